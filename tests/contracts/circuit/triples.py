"""Random circuits with parameters and a sample, each from its own number."""

from __future__ import annotations

from typing import NamedTuple, cast, get_args

import numpy as np

from qfl_chain.circuit.gates import ROTATIONS, TWO_QUBIT, Angle, Circuit, Gate, GateName, Source
from qfl_chain.types import IntArray

MOST_GATES = 60


class Triple(NamedTuple):
    circuit: Circuit
    parameters: IntArray
    features: IntArray


def random_triple(number: int, qubits: int | None = None, gates: int | None = None) -> Triple:
    """1 to 8 qubits unless given, up to :data:`MOST_GATES` gates, and inputs of all sizes their bytes can hold."""
    rng = np.random.default_rng(number)
    width = qubits or int(rng.integers(1, 9))
    features, parameters = (int(count) for count in rng.integers(0, 7, 2))
    count = int(rng.integers(MOST_GATES + 1)) if gates is None else gates
    circuit = Circuit(
        width,
        features,
        parameters,
        tuple(_gate(rng, width, features, parameters) for _ in range(count)),
        tuple(_word(rng, width) for _ in range(int(rng.integers(1, 5)))),
    )
    return Triple(circuit, _signed(rng, 63, parameters), _signed(rng, 31, features))


def _gate(rng: np.random.Generator, qubits: int, features: int, parameters: int) -> Gate:
    names = [name for name in get_args(GateName) if qubits > 1 or name not in TWO_QUBIT]
    name = cast(GateName, names[int(rng.integers(len(names)))])
    wires = tuple(int(wire) for wire in rng.permutation(qubits)[: 2 if name in TWO_QUBIT else 1])
    return Gate(name, wires, _angle(rng, features, parameters) if name in ROTATIONS else None)


def _angle(rng: np.random.Generator, features: int, parameters: int) -> Angle:
    constant = int(rng.integers(2**32)) if rng.integers(2) else 0
    source = Source(int(rng.integers(3)))
    count = {Source.NONE: 0, Source.FEATURE: features, Source.PARAMETER: parameters}[source]
    if count == 0:
        return Angle(constant)
    scale = 1 << 24 if rng.integers(2) else int(_signed(rng, 31, 1)[0]) or 1
    return Angle(constant, scale, source, int(rng.integers(count)))


def _word(rng: np.random.Generator, qubits: int) -> tuple[int, ...]:
    wires = rng.permutation(qubits)[: int(rng.integers(1, qubits + 1))]
    return tuple(sorted(int(wire) for wire in wires))


def _signed(rng: np.random.Generator, bits: int, count: int) -> IntArray:
    """Integers of ``bits`` and a sign: each of a size that is as likely to be small as large, or at the very end."""
    values = rng.integers(-(2**bits), 2**bits - 1, count, endpoint=True) >> rng.integers(0, bits, count)
    ends = np.where(rng.integers(2, size=count) == 1, 2**bits - 1, -(2**bits))
    return np.where(rng.integers(8, size=count) == 0, ends, values)
