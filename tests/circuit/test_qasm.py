from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.qasm import to_qasm3
from qfl_chain.circuit.units import to_radians

from .reference import Operation, operations, statevector
from .strategies import circuits, inputs

STATEMENT = re.compile(r"(\w+)(?:\((.+)\))? (q\[\d+\](?:, q\[\d+\])?);")
NAMES = {"h": "H", "x": "X", "rx": "RX", "ry": "RY", "rz": "RZ", "cx": "CNOT", "cz": "CZ"}


def read(program: str, theta: np.ndarray, x: np.ndarray) -> list[Operation]:
    """The gates of a program with its inputs bound."""
    found = []
    for line in program.splitlines():
        match = STATEMENT.fullmatch(line)
        if match:
            name, angle, wires = match.groups()
            radians = eval(angle, {"theta": theta, "x": x}) if angle else 0.0
            found.append((NAMES[name], tuple(int(wire) for wire in re.findall(r"\d+", wires)), radians))
    return found


@settings(deadline=None, max_examples=40)
@given(circuits(max_qubits=4, max_gates=25))
def test_the_program_does_what_the_circuit_does(circuit: Circuit) -> None:
    parameters, features = inputs(11, sets=1, samples=1)
    gates = read(to_qasm3(circuit), to_radians(parameters[0]), to_radians(features[0]))
    assert len(gates) == len(circuit.gates)
    expected = statevector(circuit.qubits, operations(circuit, parameters[0], features[0]), circuit.observables)
    np.testing.assert_allclose(statevector(circuit.qubits, gates, circuit.observables), expected, rtol=0, atol=1e-6)


def test_the_program_reads_as_written() -> None:
    circuit = Circuit(
        2,
        1,
        2,
        (
            Gate("H", (1,)),
            Gate("RX", (0,), Angle(0, 1 << 24, Source.FEATURE, 0)),
            Gate("RY", (1,), Angle(1 << 30, 1 << 23, Source.PARAMETER, 1)),
            Gate("RZ", (1,), Angle(3 << 30, -(1 << 24), Source.PARAMETER, 0)),
            Gate("RZ", (0,), Angle(1 << 31)),
            Gate("CNOT", (1, 0)),
        ),
        ((0, 1), (1,)),
    )
    assert to_qasm3(circuit).splitlines() == [
        "OPENQASM 3.0;",
        'include "stdgates.inc";',
        "input array[float[64], 1] x;",
        "input array[float[64], 2] theta;",
        "qubit[2] q;",
        "h q[1];",
        "rx(x[0]) q[0];",
        "ry(0.5 * theta[1] + 1.5707963267948966) q[1];",
        "rz(-1.0 * theta[0] - 1.5707963267948966) q[1];",
        "rz(-3.141592653589793) q[0];",
        "cx q[1], q[0];",
        "// output 0: expectation value of Z[0] Z[1]",
        "// output 1: expectation value of Z[1]",
    ]


def test_no_empty_array_is_declared() -> None:
    assert "array" not in to_qasm3(Circuit(1, 0, 0, (), ((0,),)))
