"""Compiles ``contracts/`` into artifacts with py-solc-x and one fixed compiler.

The result does not depend on the machine: source names are relative, no metadata hash is appended, and native and
npm builds of one compiler version give the same bytecode.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from qfl_chain.chain.artifacts import Artifact
from qfl_chain.errors import InputError, Unavailable

CHECKOUT = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(__file__).resolve().parent / "artifacts"
CONTRACTS = ("Federation",)
VERSION = "0.8.30"
COMPILER = "0.8.30+commit.73712a01"
SETTINGS: Mapping[str, Any] = {
    "evmVersion": "cancun",
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": True,
}
OUTPUTS: Mapping[str, Any] = {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"]}}


def compile_contracts(checkout: Path = CHECKOUT) -> tuple[Artifact, ...]:
    """Compiles every contract under ``checkout``'s ``contracts/``.

    Raises:
        Unavailable: no sources there, as in an installed wheel, or no compiler of the right version here.
        InputError: the sources do not compile; the message is the compiler's.
    """
    import solcx
    from solcx.exceptions import SolcError

    sources = _read_sources(checkout)
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**SETTINGS, "outputSelection": OUTPUTS},
    }
    try:
        answer = solcx.compile_standard(request, solc_binary=find_compiler(checkout))
    except SolcError as error:
        raise InputError(f"the contracts under {checkout / 'contracts'} do not compile: {error}") from error
    return tuple(_artifact(contract, answer, sources) for contract in CONTRACTS)


def write_artifacts(artifacts: tuple[Artifact, ...], folder: Path = ARTIFACTS) -> tuple[Path, ...]:
    """Writes each artifact to ``folder`` as ``<contract>.json`` and returns the paths."""
    paths = tuple(folder / f"{artifact.contract}.json" for artifact in artifacts)
    for path, artifact in zip(paths, artifacts, strict=True):
        path.write_text(artifact.to_json(), encoding="utf-8")
    return paths


def find_compiler(checkout: Path = CHECKOUT) -> Path:
    """The compiler to run: ``QFL_SOLC``, else the npm wrapper, else a native one py-solc-x installed or on PATH.

    Raises:
        Unavailable: none is here, or the one ``QFL_SOLC`` names is missing or of another version.
    """
    chosen = os.environ.get("QFL_SOLC")
    if chosen:
        return _require_version(Path(chosen))
    for candidate in _candidates(checkout):
        if _version(candidate) == COMPILER:
            return candidate
    raise Unavailable(
        f"no solc {VERSION} found: run scripts/install-solc (needs node and npm), or set QFL_SOLC to a compiler"
    )


def _candidates(checkout: Path) -> list[Path]:
    import solcx

    found = [checkout / "scripts" / "solc-wrapper"] if shutil.which("node") else []
    if solcx.get_solcx_install_folder().joinpath(f"solc-v{VERSION}").exists():
        found.append(Path(solcx.install.get_executable(VERSION)))
    on_path = shutil.which("solc")
    return [*found, Path(on_path)] if on_path else found


def _require_version(compiler: Path) -> Path:
    version = _version(compiler)
    if version != COMPILER:
        raise Unavailable(f"QFL_SOLC is {compiler}, which is {version or 'no compiler'}; solc {COMPILER} is needed")
    return compiler


def _version(compiler: Path) -> str | None:
    try:
        answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"Version: (\d+\.\d+\.\d+\+commit\.[0-9a-f]+)", answer.stdout)
    return match.group(1) if match else None


def _read_sources(checkout: Path) -> dict[str, str]:
    paths = sorted((checkout / "contracts").rglob("*.sol"))
    if not paths:
        raise Unavailable(f"no contract sources under {checkout / 'contracts'}: this needs a checkout, not a wheel")
    return {path.relative_to(checkout).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _artifact(contract: str, answer: Mapping[str, Any], sources: Mapping[str, str]) -> Artifact:
    file = f"contracts/{contract}.sol"
    compiled = answer["contracts"][file][contract]
    deployed = compiled["evm"]["deployedBytecode"]
    return Artifact(
        contract=contract,
        abi=tuple(compiled["abi"]),
        bytecode=bytes.fromhex(compiled["evm"]["bytecode"]["object"]),
        runtime=bytes.fromhex(deployed["object"]),
        immutables=_immutables(
            [source["ast"] for source in answer["sources"].values()], deployed["immutableReferences"]
        ),
        compiler=COMPILER,
        settings=SETTINGS,
        sources={name: sha256(text.encode()).hexdigest() for name, text in sources.items()},
    )


def _immutables(
    asts: Sequence[Mapping[str, Any]], references: Mapping[str, Sequence[Mapping[str, int]]]
) -> dict[str, tuple[int, ...]]:
    """Where each immutable's words stand in the deployed code, by its name; the compiler names them by AST node."""
    members = [member for ast in asts for unit in ast["nodes"] for member in unit.get("nodes", ())]
    names = {str(one["id"]): one["name"] for one in members if one.get("mutability") == "immutable"}
    return {names[node]: tuple(one["start"] for one in places) for node, places in references.items()}
