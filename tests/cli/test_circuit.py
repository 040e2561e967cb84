from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.trace import trace

from .conftest import SCENARIO, qfl


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "pair.toml"
    path.write_text(SCENARIO)
    return path


def test_the_library_is_listed() -> None:
    assert [one["name"] for one in qfl("circuit", "list", "--json").json] == list(ANSATZES)
    assert "data-reuploading: Every layer turns in all features again" in qfl("circuit", "list").out


def test_the_digest_shown_is_the_circuits(scenario: Path) -> None:
    circuit = trace(*ANSATZES["strongly-entangling"](2, 1, 2))
    shown = qfl("circuit", "show", scenario, "--json").json
    assert shown["digest"] == f"0x{circuit.digest.hex()}"
    assert (shown["qubits"], shown["features"], shown["parameters"]) == (2, 2, 6)
    assert shown["gates"] == {"CNOT": 2, "RY": 4, "RZ": 4}


def test_people_read_sizes_and_a_drawing(scenario: Path) -> None:
    out = qfl("circuit", "show", scenario).out
    assert "2 qubits, 2 features, 6 parameters" in out
    assert "10 gates: 2 CNOT, 4 RY, 4 RZ" in out
    assert "0: ─RY(x0)─" in out


def test_qasm_is_a_program(scenario: Path) -> None:
    out = qfl("circuit", "qasm", scenario).out
    assert out.startswith('OPENQASM 3.0;\ninclude "stdgates.inc";\n')
    assert "ry(x[0]) q[0];" in out


def test_more_qubits_than_the_engine_holds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text(SCENARIO.replace("qubits = 2", "qubits = 15"))
    said = qfl("circuit", "show", path)
    assert said.code == 2
    assert "qubits" in said.err
