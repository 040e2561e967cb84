from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.training import training_program
from qfl_chain.circuit.units import to_radians

from .reference import operations, statevector


def parameter(index: int, constant: int = 0) -> Angle:
    return Angle(constant, 3 << 23, Source.PARAMETER, index)


CIRCUIT = Circuit(
    3,
    2,
    3,
    (
        Gate("H", (0,)),
        Gate("RY", (0,), Angle(0, 1 << 24, Source.FEATURE, 0)),
        Gate("RZ", (1,), Angle(9 << 20, 1 << 23, Source.FEATURE, 1)),
        Gate("RX", (1,), parameter(0)),
        Gate("CNOT", (2, 0)),
        Gate("CNOT", (0, 1)),
        Gate("CZ", (1, 2)),
        Gate("X", (2,)),
        Gate("RY", (2,), parameter(1, 1 << 28)),
        Gate("CZ", (0, 2)),
        Gate("RX", (0,), parameter(2)),
        Gate("CNOT", (0, 2)),
        Gate("RZ", (2,), parameter(0)),
        Gate("H", (2,)),
    ),
    ((0,), (1, 2)),
)
RNG = np.random.default_rng(5)
THETA = RNG.integers(-(2**33), 2**33, (4, 3))
X = RNG.integers(-(2**31), 2**31, (6, 2))


def expected(theta: np.ndarray) -> np.ndarray:
    return np.array([statevector(3, operations(CIRCUIT, theta, x), CIRCUIT.observables) for x in X])


def test_the_compiled_program_is_the_circuit() -> None:
    z = jax.jit(training_program(CIRCUIT))(to_radians(THETA[0]), to_radians(X))
    assert z.dtype == jnp.float64
    np.testing.assert_allclose(z, expected(THETA[0]), rtol=0, atol=1e-7)


def test_single_precision_stays_single() -> None:
    z = jax.jit(training_program(CIRCUIT, np.float32))(to_radians(THETA[0]), to_radians(X))
    assert z.dtype == jnp.float32
    np.testing.assert_allclose(z, expected(THETA[0]), rtol=0, atol=1e-5)


def test_clients_can_be_mapped_over() -> None:
    z = jax.jit(jax.vmap(training_program(CIRCUIT), in_axes=(0, None)))(to_radians(THETA), to_radians(X))
    np.testing.assert_allclose(z, [expected(theta) for theta in THETA], rtol=0, atol=1e-7)


def test_gradients_are_the_slopes() -> None:
    program = training_program(CIRCUIT)
    weights = np.random.default_rng(1).normal(size=(6, 2))

    @jax.jit
    def loss(theta: jax.Array, x: jax.Array) -> jax.Array:
        return (program(theta, x) * weights).sum()

    theta, x = to_radians(THETA[0]), to_radians(X)
    gradients = jax.grad(loss, argnums=(0, 1))(theta, x)
    for argument, gradient in enumerate(gradients):
        values = (theta, x)
        for at in np.ndindex(values[argument].shape):
            shifted = [[value.copy() for value in values] for _ in range(2)]
            shifted[0][argument][at] -= 1e-5
            shifted[1][argument][at] += 1e-5
            slope = (loss(*shifted[1]) - loss(*shifted[0])) / 2e-5
            assert slope == pytest.approx(float(gradient[at]), abs=1e-7)


@pytest.mark.parametrize("gates", [(), (Gate("CZ", (0, 1)),), (Gate("X", (1,)),)])
def test_circuits_that_read_nothing_still_answer_for_every_sample(gates: tuple[Gate, ...]) -> None:
    circuit = Circuit(2, 0, 0, gates, ((1,), (0,)))
    z = training_program(circuit)(np.empty(0), np.empty((3, 0)))
    np.testing.assert_allclose(z, [[-1 if gates[:1] == (Gate("X", (1,)),) else 1, 1]] * 3, rtol=0, atol=1e-12)
