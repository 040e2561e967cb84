"""Slow, obvious simulators that the executors are held to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.types import FloatArray

ONE = 2**30
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
UP, DOWN = np.diag([1, 0]), np.diag([0, 1])

Operation = tuple[str, tuple[int, ...], float]
"""Name, wires, and the angle in radians (0 without)."""


def exact_units(angle: Angle, parameters: Sequence[int], features: Sequence[int]) -> int:
    """The angle in units by Python's unbounded integers."""
    values = {Source.NONE: [0], Source.PARAMETER: parameters, Source.FEATURE: features}[angle.source]
    return (angle.constant + (angle.scale * int(values[angle.index]) >> 24)) % 2**32


def operations(circuit: Circuit, parameters: Sequence[int], features: Sequence[int]) -> list[Operation]:
    def radians(gate: Gate) -> float:
        return exact_units(gate.angle, parameters, features) * 2 * math.pi / 2**32 if gate.angle else 0.0

    return [(gate.name, gate.wires, radians(gate)) for gate in circuit.gates]


def dense(qubits: int, gates: Iterable[Operation], words: Iterable[Sequence[int]]) -> FloatArray:
    """Expectation values by whole 2**n x 2**n matrices."""
    state = np.zeros(2**qubits, dtype=complex)
    state[0] = 1
    for name, wires, angle in gates:
        state = _matrix(qubits, name, wires, angle) @ state
    on_wires = (_on(qubits, dict.fromkeys(word, PAULIS["Z"])) for word in words)
    return np.array([(state.conj() @ observable @ state).real for observable in on_wires])


def statevector(qubits: int, gates: Iterable[Operation], words: Iterable[Sequence[int]]) -> FloatArray:
    """The same by small matrices on a tensor of one axis a wire: still obvious, and fast enough for 8 qubits."""
    state = np.zeros((2,) * qubits, dtype=complex)
    state[(0,) * qubits] = 1
    for name, wires, angle in gates:
        count = len(wires)
        small = _matrix(count, name, range(count), angle).reshape((2,) * 2 * count)
        state = np.tensordot(small, state, axes=(range(count, 2 * count), wires))
        state = np.moveaxis(state, range(count), wires)
    weights = np.abs(state) ** 2
    signs = (np.indices(state.shape)[list(word)].sum(axis=0) % 2 for word in words)
    return np.array([(weights * (1 - 2 * odd)).sum() for odd in signs])


def _on(qubits: int, matrices: dict[int, np.ndarray]) -> np.ndarray:
    return reduce(np.kron, [matrices.get(wire, PAULIS["I"]) for wire in range(qubits)])


def _matrix(qubits: int, name: str, wires: Sequence[int], angle: float) -> np.ndarray:
    if name in ("CNOT", "CZ"):
        pauli = PAULIS["X" if name == "CNOT" else "Z"]
        return _on(qubits, {wires[0]: UP}) + _on(qubits, {wires[0]: DOWN, wires[1]: pauli})
    if name == "H":
        return _on(qubits, {wires[0]: (PAULIS["X"] + PAULIS["Z"]) / math.sqrt(2)})
    if name == "X":
        return _on(qubits, {wires[0]: PAULIS["X"]})
    return _on(
        qubits,
        {wires[0]: math.cos(angle / 2) * PAULIS["I"] - 1j * math.sin(angle / 2) * PAULIS[name.removeprefix("R")]},
    )


def nearest(value: int, bits: int = 30) -> int:
    return (value + (1 << (bits - 1))) >> bits


def sine_cosine(phase: int) -> tuple[int, int]:
    """The scoring program's specification, line by line, in unbounded integers."""
    quadrant = (phase + 2**30) >> 31
    t = nearest((phase - (quadrant << 31)) * 3373259426, 32)
    u = nearest(t * t)
    r = -27
    for k in (9, 7, 5, 3):
        r = (-1) ** (k // 2) * round(ONE / math.factorial(k)) + nearest(u * r)
    s = t + nearest(t * nearest(u * r))
    r = 2
    for k in (10, 8, 6, 4, 2):
        r = (-1) ** (k // 2) * round(ONE / math.factorial(k)) + nearest(u * r)
    c = ONE + nearest(u * r)
    return [(s, c), (c, -s), (-s, -c), (-c, s)][quadrant % 4]


def integer_expectations(circuit: Circuit, parameters: Sequence[int], features: Sequence[int]) -> list[int]:
    """The scoring program's specification on one sample: one Python integer per amplitude, gate after gate."""
    size = 2**circuit.qubits
    re, im = [ONE] + [0] * (size - 1), [0] * size
    for gate in circuit.gates:
        units = exact_units(gate.angle, parameters, features) if gate.angle else 0
        _apply(circuit.qubits, gate, units, re, im)
    outputs = []
    for word in circuit.observables:
        signs = [(-1) ** sum(_bit(circuit.qubits, i, wire) for wire in word) for i in range(size)]
        outputs.append(nearest(sum(signs[i] * (re[i] ** 2 + im[i] ** 2) for i in range(size))))
    return outputs


def _bit(qubits: int, basis: int, wire: int) -> int:
    return basis >> (qubits - 1 - wire) & 1


def _apply(qubits: int, gate: Gate, units: int, re: list[int], im: list[int]) -> None:
    if gate.name == "CZ":
        for i in range(len(re)):
            if all(_bit(qubits, i, wire) for wire in gate.wires):
                re[i], im[i] = -re[i], -im[i]
        return
    flip = 1 << (qubits - 1 - gate.wires[-1])
    for low in range(len(re)):
        high = low | flip
        if low == high or (gate.name == "CNOT" and not _bit(qubits, low, gate.wires[0])):
            continue
        _pair(gate.name, units, low, high, re, im)


def _rotate(v: int, w: int, cosine: int, sine: int) -> tuple[int, int]:
    return nearest(cosine * v - sine * w), nearest(sine * v + cosine * w)


def _pair(name: str, units: int, low: int, high: int, re: list[int], im: list[int]) -> None:
    sine, cosine = sine_cosine(2 * units if name == "RZ" else units)
    if name in ("X", "CNOT"):
        for part in (re, im):
            part[low], part[high] = part[high], part[low]
    elif name == "H":
        for part in (re, im):
            v, w = part[low], part[high]
            part[low], part[high] = nearest(759250125 * (v + w)), nearest(759250125 * (v - w))
    elif name == "RY":
        for part in (re, im):
            part[low], part[high] = _rotate(part[low], part[high], cosine, sine)
    elif name == "RX":
        re[low], im[high] = _rotate(re[low], im[high], cosine, -sine)
        im[low], re[high] = _rotate(im[low], re[high], cosine, sine)
    elif name == "RZ":
        re[high], im[high] = _rotate(re[high], im[high], cosine, sine)
