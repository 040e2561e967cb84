from __future__ import annotations

import numpy as np
import pytest

from qfl_chain.circuit.device import device_program
from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.units import to_radians
from qfl_chain.errors import CircuitError

from .reference import operations, statevector
from .test_training import CIRCUIT, THETA, X, expected


@pytest.mark.parametrize("device", ["default.qubit", "default.mixed", "lightning.qubit"])
def test_every_simulator_runs_the_circuit(device: str) -> None:
    z = device_program(CIRCUIT, device)(to_radians(THETA[0]), to_radians(X))
    assert z.dtype == np.float64
    np.testing.assert_allclose(z, expected(THETA[0]), rtol=0, atol=1e-7)


@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit"])
def test_one_sample_is_a_batch_of_one(device: str) -> None:
    z = device_program(CIRCUIT, device)(to_radians(THETA[0]), to_radians(X[:1]))
    np.testing.assert_allclose(z, expected(THETA[0])[:1], rtol=0, atol=1e-7)


def test_a_circuit_without_features_answers_for_every_sample() -> None:
    circuit = Circuit(1, 0, 1, (Gate("RX", (0,), Angle(5, 1 << 24, Source.PARAMETER, 0)),), ((0,),))
    z = device_program(circuit)(to_radians([2**30]), np.empty((4, 0)))
    exact = statevector(1, operations(circuit, [2**30], []), [(0,)])
    np.testing.assert_allclose(z, [exact] * 4, rtol=0, atol=1e-12)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(CircuitError, match=r"PennyLane cannot make the device 'default\.qubits' with 3 wires: "):
        device_program(CIRCUIT, "default.qubits")
