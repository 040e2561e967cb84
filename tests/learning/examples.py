"""Small circuits, samples and CSV files the learning tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.learning.preprocess import Samples

ONE = 1 << 24


def feature(index: int) -> Angle:
    return Angle(0, ONE, Source.FEATURE, index)


def parameter(index: int) -> Angle:
    return Angle(0, ONE, Source.PARAMETER, index)


def two_qubit_circuit(outputs: int = 1) -> Circuit:
    """Two features, four parameters: angles in, a turn each, a CNOT, a turn each."""
    gates = (
        Gate("RY", (0,), feature(0)),
        Gate("RY", (1,), feature(1)),
        Gate("RY", (0,), parameter(0)),
        Gate("RY", (1,), parameter(1)),
        Gate("CNOT", (1, 0)),
        Gate("RX", (0,), parameter(2)),
        Gate("RX", (1,), parameter(3)),
    )
    return Circuit(2, 2, 4, gates, tuple((wire,) for wire in range(outputs)))


def separable(rows: int, seed: int) -> Samples:
    """Class 1 where the first feature is positive; features within a quarter turn."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    first = np.where(labels == 1, 1, -1) * rng.integers(1 << 28, 1 << 30, rows)
    return Samples(np.stack([first, rng.integers(-(1 << 28), 1 << 28, rows)], axis=1), labels)


def write_csv(folder: Path, text: str) -> str:
    """Write a file and return its ``csv:`` source."""
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return f"csv:{path}"


def two_hospitals(rows: int = 12) -> str:
    """CSV text: two owners, two classes each, one column that tells the classes apart."""
    lines = ["hospital,age,pulse,sick"]
    for owner, shift in (("north", 0), ("south", 5)):
        lines += [
            f"{owner},{30 + shift + row},{60 + 10 * (row % 2)},{'yes' if row % 2 else 'no'}" for row in range(rows)
        ]
    return "\n".join(lines) + "\n"
