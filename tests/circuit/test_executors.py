"""One circuit, three executors: the accuracy the design promises, over random circuits of up to 8 qubits, 100 gates."""

from __future__ import annotations

import jax
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit.device import device_program
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ONE, expectations
from qfl_chain.circuit.training import training_program
from qfl_chain.circuit.units import to_radians

from .reference import dense, integer_expectations, operations, statevector
from .strategies import circuits, inputs, seeded_circuits

TOLERANCE = 1e-6
SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=12)
@given(seeded_circuits(), SEEDS)
def test_scoring_and_the_device_agree_with_training_to_a_millionth(circuit: Circuit, seed: int) -> None:
    parameters, features = inputs(seed, sets=1, samples=2)
    theta, x = to_radians(parameters[0]), to_radians(features)
    trained = np.asarray(jax.jit(training_program(circuit))(theta, x))
    scored = expectations(circuit, parameters, features)[0] / ONE
    np.testing.assert_allclose(scored, trained, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(device_program(circuit)(theta, x), trained, rtol=0, atol=TOLERANCE)


@settings(deadline=None, max_examples=40)
@given(seeded_circuits(), SEEDS)
def test_scoring_agrees_with_a_float_state_to_a_millionth(circuit: Circuit, seed: int) -> None:
    parameters, features = inputs(seed, sets=2, samples=2)
    scored = expectations(circuit, parameters, features) / ONE
    for s, b in np.ndindex(2, 2):
        expected = statevector(circuit.qubits, operations(circuit, parameters[s], features[b]), circuit.observables)
        np.testing.assert_allclose(scored[s, b], expected, rtol=0, atol=TOLERANCE)


@settings(deadline=None, max_examples=60)
@given(circuits(max_qubits=4, max_gates=25), SEEDS)
def test_scoring_is_its_specification_to_the_bit(circuit: Circuit, seed: int) -> None:
    parameters, features = inputs(seed, sets=2, samples=2)
    expected = [[integer_expectations(circuit, theta, x) for x in features] for theta in parameters]
    assert expectations(circuit, parameters, features).tolist() == expected


@settings(deadline=None, max_examples=30)
@given(circuits(max_qubits=4, max_gates=20), SEEDS)
def test_the_references_agree_with_each_other(circuit: Circuit, seed: int) -> None:
    parameters, features = inputs(seed, sets=1, samples=1)
    gates = operations(circuit, parameters[0], features[0])
    whole = dense(circuit.qubits, gates, circuit.observables)
    np.testing.assert_allclose(statevector(circuit.qubits, gates, circuit.observables), whole, rtol=0, atol=1e-12)
