"""Random circuits and inputs for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.types import IntArray

FEATURES, PARAMETERS = 3, 5
UP_TO_EIGHT = st.integers(1, 8)


@st.composite
def angles(draw: st.DrawFn) -> Angle:
    constant = draw(st.one_of(st.just(0), st.integers(0, 2**32 - 1)))
    source = draw(st.sampled_from(Source))
    if source is Source.NONE:
        return Angle(constant)
    scale = draw(st.one_of(st.just(1 << 24), st.integers(-(2**31), 2**31 - 1).filter(bool)))
    return Angle(constant, scale, source, draw(st.integers(0, (FEATURES if source == 1 else PARAMETERS) - 1)))


@st.composite
def gates(draw: st.DrawFn, qubits: int) -> Gate:
    names = ["H", "X", "RX", "RY", "RZ"] + ["CNOT", "CZ"] * 2 * (qubits > 1)
    name = draw(st.sampled_from(names))
    first = draw(st.integers(0, qubits - 1))
    if name in ("CNOT", "CZ"):
        return Gate(name, (first, (first + draw(st.integers(1, qubits - 1))) % qubits))
    return Gate(name, (first,), draw(angles()) if name.startswith("R") else None)


@st.composite
def circuits(draw: st.DrawFn, max_qubits: int = 8, max_gates: int = 100) -> Circuit:
    qubits = draw(st.integers(1, max_qubits))
    word = st.sets(st.integers(0, qubits - 1), min_size=1).map(lambda wires: tuple(sorted(wires)))
    return Circuit(
        qubits,
        FEATURES,
        PARAMETERS,
        tuple(draw(st.lists(gates(qubits), max_size=max_gates))),
        tuple(draw(st.lists(word, min_size=1, max_size=3))),
    )


@st.composite
def seeded_circuits(draw: st.DrawFn, sizes: st.SearchStrategy[int] = UP_TO_EIGHT, max_gates: int = 100) -> Circuit:
    """Circuits of full size from one drawn seed: hypothesis itself rarely draws long lists."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    qubits = draw(sizes)
    count = draw(st.integers(0, max_gates))
    made = tuple(_random_gate(rng, qubits) for _ in range(count))
    words = tuple((int(wire),) for wire in rng.permutation(qubits)[:2])
    return Circuit(qubits, FEATURES, PARAMETERS, made, (*words, tuple(range(qubits))))


def _random_gate(rng: np.random.Generator, qubits: int) -> Gate:
    name = str(rng.choice(["H", "X", "RX", "RY", "RZ", "RX", "RY", "RZ"] + ["CNOT", "CZ"] * (qubits > 1)))
    wires = tuple(int(wire) for wire in rng.permutation(qubits)[: 2 if name in ("CNOT", "CZ") else 1])
    if not name.startswith("R"):
        return Gate(name, wires)
    source = Source(int(rng.integers(3)))
    if source is Source.NONE:
        return Gate(name, wires, Angle(int(rng.integers(2**32))))
    index = int(rng.integers(FEATURES if source == 1 else PARAMETERS))
    return Gate(name, wires, Angle(int(rng.integers(2**32)), int(rng.integers(1, 2**26)), source, index))


def inputs(seed: int, sets: int, samples: int) -> tuple[IntArray, IntArray]:
    """Parameters of several turns and features of the whole int32 range, in units."""
    rng = np.random.default_rng(seed)
    return rng.integers(-(2**34), 2**34, (sets, PARAMETERS)), rng.integers(-(2**31), 2**31, (samples, FEATURES))
