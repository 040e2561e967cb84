"""How far the Q30 arithmetic of scoring and of the referee is from real numbers: the maxima of docs/fixed-point.md.

    python benchmarks/fixed_point.py

Needs no service and takes about two minutes. The reference is float64, whose own error is a ten-millionth of the unit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from qfl_chain.circuit.gates import Angle, Circuit, Gate  # noqa: E402
from qfl_chain.circuit.scoring import ONE, expectations, sine_cosine  # noqa: E402
from qfl_chain.circuit.units import UNIT  # noqa: E402
from qfl_chain.types import FloatArray, IntArray  # noqa: E402
from tests.circuit.reference import operations, statevector  # noqa: E402

PHASES = 1 << 23
TRIALS = 30
SIZES = (1, 2, 4, 6, 8, 10)
DEPTHS = (100, 1000)
MILLIONTH = 1e-6
NONE: IntArray = np.zeros((1, 0), dtype=np.int64)

# What docs/fixed-point.md derives: errors of a sine and of a rotation in units of 2^-30.
SINE_BOUND = 2.4
ROTATION_BOUND = 3.2


def sines(phases: IntArray) -> tuple[float, FloatArray]:
    """The largest error of sines and cosines, in units, and the drift of the squared norm a rotation brings."""
    sine, cosine = sine_cosine(phases)
    radians = phases * (UNIT / 2)
    error = max(np.abs(sine - ONE * np.sin(radians)).max(), np.abs(cosine - ONE * np.cos(radians)).max())
    return float(error), (sine * sine + cosine * cosine - (1 << 60)) / ONE


def bound(qubits: int, gates: int) -> float:
    """What an expectation value can be off after so many rotations."""
    distance = gates * (2 ** ((qubits - 1) / 2) + ROTATION_BOUND) / ONE
    return distance * (2 + distance) + 0.5 / ONE


def guaranteed(qubits: int) -> int:
    """The most rotations after which a millionth is still certain."""
    return next(gates for gates in range(1 << 16) if bound(qubits, gates + 1) > MILLIONTH)


def measured(qubits: int, gates: int) -> float:
    """The largest error over random circuits in which every gate rounds."""
    rng = np.random.default_rng([qubits, gates])
    return max(_error(_random(rng, qubits, gates)) for _ in range(TRIALS))


def _random(rng: np.random.Generator, qubits: int, gates: int) -> Circuit:
    made: list[Gate] = []
    for _ in range(gates):
        name = ("RX", "RY", "RZ")[int(rng.integers(3))]
        made.append(Gate(name, (int(rng.integers(qubits)),), Angle(int(rng.integers(2**32)))))  # type: ignore[arg-type]
        if qubits > 1 and rng.integers(2):
            first, second = (int(wire) for wire in rng.permutation(qubits)[:2])
            made.append(Gate("CNOT", (first, second)))
    return Circuit(qubits, 0, 0, tuple(made), tuple((wire,) for wire in range(qubits)))


def _error(circuit: Circuit) -> float:
    found = expectations(circuit, NONE, NONE)[0, 0] / ONE
    exact = statevector(circuit.qubits, operations(circuit, [], []), circuit.observables)
    return float(np.abs(found - exact).max())


def drift(angle: int, gates: int) -> float:
    """The error after turning one qubit by one angle again and again: errors of one direction add up."""
    circuit = Circuit(1, 0, 0, (Gate("RY", (0,), Angle(angle)),) * gates, ((0,),))
    return abs(float(expectations(circuit, NONE, NONE)[0, 0, 0] / ONE - np.cos(gates * angle * UNIT)))


def main() -> None:
    edges = (np.arange(0, 2**33, 2**30)[:, None] + np.arange(-1000, 1000)).ravel() % 2**33
    phases = np.concatenate([np.random.default_rng(0).integers(0, 2**33, PHASES), edges])
    error, growth = sines(phases)
    print(f"sine and cosine, {len(phases):,} phases: at most {error:.3f} units of 2^-30 (bound {SINE_BOUND})")
    print(f"squared norm a rotation: {growth.min():+.3f} to {growth.max():+.3f} units")

    print("\nqubits  certain to a millionth up to   " + "".join(f"{n} rotations (bound)      " for n in DEPTHS))
    for qubits in SIZES:
        cells = "".join(f"{measured(qubits, n):.1e} ({bound(qubits, n):.1e})       " for n in DEPTHS)
        print(f"{qubits:6}  {guaranteed(qubits):>5} rotations                {cells}")

    angle = int(phases[np.abs(growth).argmax()]) % 2**32
    print(f"\none angle, {angle:#010x}, again and again:")
    for gates in (100, 1000, 10_000, 65_535):
        print(f"  {gates:>6} rotations: {max(drift(angle, gates - back) for back in range(4)):.1e}")


if __name__ == "__main__":
    main()
