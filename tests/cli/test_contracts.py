from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from qfl_chain.chain import compile as compiler
from qfl_chain.chain.artifacts import load_artifact

from .conftest import qfl

# The compiler itself is tested in tests/contracts/test_artifacts.py.


def test_show_lists_selectors_sizes_and_the_compiler() -> None:
    shown = qfl("contracts", "show", "--json").json
    functions = {one["signature"]: one["selector"] for one in shown["functions"]}
    # keccak("pause()"), keccak("Paused()") and so on, as any other tool computes them
    assert functions["pause()"] == "0x8456cb59"
    assert functions["revealMany((address,bytes32,bytes16)[])"]
    events = {one["signature"]: one["selector"] for one in shown["events"]}
    assert events["Paused()"] == "0x9e87fac88ff661f02d44f95383c817fece4bce600a3dab7a54406878b965e752"
    assert "WrongPhase(uint256,uint256)" in {one["signature"] for one in shown["errors"]}
    assert shown["compiler"] == load_artifact().compiler
    assert 0 < shown["bytes"]["runtime"] <= shown["bytes"]["runtime_limit"] == 24_576


def test_people_read_the_same() -> None:
    out = qfl("contracts", "show").out
    assert out.startswith(f"Federation, solc {load_artifact().compiler}: ")
    assert "commit(uint16,uint112)" in out
    assert "0x8456cb59" in out


def test_an_unknown_contract_is_named() -> None:
    said = qfl("contracts", "show", "Nothing")
    assert said.code == 8
    assert "no artifact of a contract named 'Nothing'" in said.err


def test_compile_writes_what_the_compiler_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "compile_contracts", lambda: (load_artifact(),))
    monkeypatch.setattr(compiler, "write_artifacts", partial(compiler.write_artifacts, folder=tmp_path))
    said = qfl("contracts", "compile")
    assert said.out == f"wrote {tmp_path / 'Federation.json'}\n"
    assert (tmp_path / "Federation.json").read_text() == load_artifact().to_json()


@pytest.mark.parametrize(("bytecode", "code"), [(None, 0), (b"other", 7)])
def test_check_writes_nothing_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytecode: bytes | None, code: int
) -> None:
    artifact = load_artifact()
    given = artifact if bytecode is None else replace(artifact, bytecode=bytecode)
    monkeypatch.setattr(compiler, "compile_contracts", lambda: (given,))
    monkeypatch.setattr(compiler, "write_artifacts", partial(compiler.write_artifacts, folder=tmp_path))
    said = qfl("contracts", "compile", "--check")
    assert said.code == code
    assert list(tmp_path.iterdir()) == []
    assert ("not what the sources give: Federation" in said.err) == (code == 7)


def test_a_missing_compiler_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QFL_SOLC", str(tmp_path / "solc"))
    said = qfl("contracts", "compile", "--check")
    assert said.code == 8
    assert "QFL_SOLC is" in said.err
