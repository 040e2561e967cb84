"""The committed vectors against the program, and against the reference they were written by."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram, expectations, sine_cosine

from .vectors import PATH, build, render

VECTORS = json.loads(PATH.read_text())


def arrays(vector: dict[str, Any], *names: str) -> list[np.ndarray]:
    return [np.array(vector[name], dtype=np.int64) for name in names]


def test_the_file_is_what_the_reference_writes() -> None:
    assert PATH.read_text() == render(build())


def test_sines_and_cosines() -> None:
    phases, sines, cosines = np.array(VECTORS["sine_cosine"]).T
    sine, cosine = sine_cosine(phases)
    assert sine.tolist() == sines.tolist()
    assert cosine.tolist() == cosines.tolist()


@pytest.mark.parametrize("vector", VECTORS["circuits"], ids=lambda vector: vector["name"])
def test_bytes_digest_expectations_and_losses(vector: dict[str, Any]) -> None:
    circuit = Circuit.from_bytes(bytes.fromhex(vector["bytes"]))
    assert circuit.digest.hex() == vector["digest"]
    parameters, features, targets = arrays(vector, "parameters", "features", "targets")
    assert expectations(circuit, parameters, features).tolist() == vector["expectations"]
    assert ScoringProgram(circuit).losses(parameters, features, targets).tolist() == vector["losses"]
