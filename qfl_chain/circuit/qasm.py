"""A circuit as an OpenQASM 3 program (Cross et al., arXiv:2104.14722), for other tools to read."""

from __future__ import annotations

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source

_NAMES = {"H": "h", "X": "x", "RX": "rx", "RY": "ry", "RZ": "rz", "CNOT": "cx", "CZ": "cz"}
_ARRAYS = {Source.FEATURE: "x", Source.PARAMETER: "theta"}


def to_qasm3(circuit: Circuit) -> str:
    """The circuit with its features and parameters as input arrays ``x`` and ``theta``, in radians.

    OpenQASM has no expectation values, so outputs stand in comments after the gates.
    """
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    for name, count in (("x", circuit.features), ("theta", circuit.parameters)):
        lines += [f"input array[float[64], {count}] {name};"] if count else []
    lines.append(f"qubit[{circuit.qubits}] q;")
    lines += [_statement(gate) for gate in circuit.gates]
    for output, word in enumerate(circuit.observables):
        lines.append(f"// output {output}: expectation value of {' '.join(f'Z[{wire}]' for wire in word)}")
    return "\n".join(lines) + "\n"


def _statement(gate: Gate) -> str:
    angle = "" if gate.angle is None else f"({_expression(gate.angle)})"
    return f"{_NAMES[gate.name]}{angle} {', '.join(f'q[{wire}]' for wire in gate.wires)};"


def _expression(angle: Angle) -> str:
    constant = angle.constant_radians
    if angle.source is Source.NONE:
        return repr(constant)
    term = f"{_ARRAYS[angle.source]}[{angle.index}]"
    if angle.factor != 1:
        term = f"{angle.factor!r} * {term}"
    if constant == 0:
        return term
    return f"{term} {'-' if constant < 0 else '+'} {abs(constant)!r}"
