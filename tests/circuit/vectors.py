"""Golden vectors of circuits: bytes, digests and exact scores, for any second implementation to be checked against.

``python -m tests.circuit.vectors`` writes ``tests/vectors/circuit.json`` from the slow reference, not from the program
under test. A change to the file is a change of protocol.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.trace import trace

from .reference import ONE, integer_expectations, sine_cosine

PATH = Path(__file__).parents[1] / "vectors" / "circuit.json"

EVERY_GATE = Circuit(
    3,
    2,
    2,
    (
        Gate("H", (0,)),
        Gate("RX", (1,), Angle(0, 1 << 24, Source.FEATURE, 0)),
        Gate("RY", (2,), Angle(4_000_000_000, -(5 << 22), Source.PARAMETER, 1)),
        Gate("CNOT", (0, 2)),
        Gate("RZ", (2,), Angle(123_456_789)),
        Gate("X", (1,)),
        Gate("CZ", (2, 1)),
        Gate("RX", (0,), Angle(1, (1 << 31) - 1, Source.PARAMETER, 0)),
        Gate("CNOT", (2, 0)),
        Gate("RZ", (0,), Angle(0, -(1 << 31), Source.FEATURE, 1)),
        Gate("H", (0,)),
        Gate("RY", (1,), Angle(1 << 31, 1, Source.PARAMETER, 0)),
    ),
    ((0,), (1,), (0, 2), (0, 1, 2)),
)


def build() -> dict[str, Any]:
    """The content of the file."""
    named = {
        "every gate": EVERY_GATE,
        "strongly-entangling": trace(*ANSATZES["strongly-entangling"](qubits=4, layers=2, features=3)),
        "data-reuploading": trace(*ANSATZES["data-reuploading"](qubits=3, layers=2, features=5, outputs=3, scale=0.3)),
        "basic-entangler": trace(*ANSATZES["basic-entangler"](qubits=2, layers=2, features=2, scale=np.pi / 4)),
    }
    return {
        "sine_cosine": [[phase, *sine_cosine(phase)] for phase in _phases()],
        "circuits": [_vector(name, circuit, seed) for seed, (name, circuit) in enumerate(named.items())],
    }


def _phases() -> list[int]:
    edges = [quarter * 2**31 + step for quarter in range(4) for step in (0, 1, 2**30 - 1, 2**30, 2**30 + 1, 2**31 - 1)]
    return [*edges, *(int(phase) for phase in np.random.default_rng(9).integers(0, 2**33, 8))]


def _vector(name: str, circuit: Circuit, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    parameters = rng.integers(-(2**36), 2**36, (3, circuit.parameters)).tolist()
    features = rng.integers(-(2**31), 2**31, (3, circuit.features)).tolist()
    parameters[0] = [0] * circuit.parameters
    features[0] = [(2**31 - 1) * (-1) ** i - i % 2 for i in range(circuit.features)]
    targets = rng.choice([-1, 1], (3, len(circuit.observables))).tolist()
    scores = [[integer_expectations(circuit, theta, x) for x in features] for theta in parameters]
    return {
        "name": name,
        "bytes": circuit.to_bytes().hex(),
        "digest": circuit.digest.hex(),
        "parameters": parameters,
        "features": features,
        "targets": targets,
        "expectations": scores,
        "losses": [[_loss(z, t) for z, t in zip(row, targets, strict=True)] for row in scores],
    }


def _loss(outputs: list[int], targets: list[int]) -> int:
    return sum((z - t * ONE) ** 2 >> 30 for z, t in zip(outputs, targets, strict=True))


def render(content: dict[str, Any]) -> str:
    """One vector of numbers a line: short, and a difference shows where it is."""
    pieces = ['{\n  "sine_cosine": [\n', ",\n".join(f"    {json.dumps(row)}" for row in content["sine_cosine"])]
    pieces.append('\n  ],\n  "circuits": [\n')
    circuits = []
    for vector in content["circuits"]:
        fields = ",\n".join(f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in vector.items())
        circuits.append(f"    {{\n{fields}\n    }}")
    return "".join([*pieces, ",\n".join(circuits), "\n  ]\n}\n"])


if __name__ == "__main__":
    PATH.write_text(render(build()))
