"""The committed artifact is what the sources give, and the compiler is found or asked for clearly."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from qfl_chain.chain.artifacts import Artifact, load_artifact
from qfl_chain.chain.compile import (
    ARTIFACTS,
    CHECKOUT,
    CONTRACTS,
    compile_contracts,
    find_compiler,
    write_artifacts,
)
from qfl_chain.errors import InputError, Unavailable

WRAPPER = CHECKOUT / "scripts" / "solc-wrapper"


@pytest.fixture
def compiler() -> Path:
    """A compiler, or the reason why there is none."""
    try:
        return find_compiler()
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No compiler in the environment, on PATH or among py-solc-x's own."""
    monkeypatch.delenv("QFL_SOLC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))


def test_the_committed_artifacts_are_what_the_sources_give(compiler: Path) -> None:
    assert compile_contracts() == tuple(load_artifact(contract) for contract in CONTRACTS)


def test_the_artifact_names_the_sources_it_was_made_from() -> None:
    found = {
        path.relative_to(CHECKOUT).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (CHECKOUT / "contracts").rglob("*.sol")
    }
    assert load_artifact().sources == found


def test_the_runtime_fits_the_size_limit_of_eip_170() -> None:
    assert load_artifact().runtime_size < 24_576


def test_an_artifact_is_written_as_it_was_read(tmp_path: Path) -> None:
    (path,) = write_artifacts((load_artifact(),), tmp_path)
    assert path.read_text() == (ARTIFACTS / "Federation.json").read_text()
    assert Artifact.from_json(path.read_text()) == load_artifact()


def test_an_unknown_contract_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="no artifact of a contract named 'Nobody'"):
        load_artifact("Nobody")


def test_a_wheel_without_sources_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no contract sources under"):
        compile_contracts(tmp_path)


def test_sources_that_do_not_compile_raise_the_compilers_message(compiler: Path, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Federation.sol").write_text("pragma solidity 0.8.30; contract Federation { oops }")
    shutil.copytree(CHECKOUT / "scripts", tmp_path / "scripts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QFL_SOLC", str(compiler))
        with pytest.raises(InputError, match=r"(?s)do not compile:.*Expected identifier"):
            compile_contracts(tmp_path)


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_compiler_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="run scripts/install-solc"):
        find_compiler(tmp_path)


@pytest.mark.usefixtures("nothing_installed")
def test_a_compiler_that_is_named_but_missing_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QFL_SOLC", str(tmp_path / "solc"))
    with pytest.raises(Unavailable, match="which is no compiler"):
        find_compiler()


def test_a_compiler_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "solc"
    other.write_text("#!/bin/sh\necho 'Version: 0.8.19+commit.7dd6d404.Linux.g++'\n")
    other.chmod(0o755)
    monkeypatch.setenv("QFL_SOLC", str(other))
    with pytest.raises(Unavailable, match=r"which is 0\.8\.19\+commit\.7dd6d404; solc 0\.8\.30"):
        find_compiler()


@pytest.mark.usefixtures("nothing_installed")
def test_a_native_compiler_of_the_right_version_on_the_path_is_found(tmp_path: Path) -> None:
    native = tmp_path / "solc"
    native.write_text("#!/bin/sh\necho 'Version: 0.8.30+commit.73712a01.Linux.g++'\n")
    native.chmod(0o755)
    assert find_compiler(tmp_path) == native


def test_the_wrapper_knows_only_what_py_solc_x_uses(compiler: Path) -> None:
    if compiler != WRAPPER:
        pytest.skip(f"the compiler here is {compiler}, not npm's")
    answer = subprocess.run([WRAPPER, "--bin"], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "only --version and --standard-json" in answer.stderr
