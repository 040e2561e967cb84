"""What a participant does between two rounds: start from the round's model, train on its own rows, publish the change.

The compiled program depends on the circuit and the settings, not on how many rows a participant has: batches are drawn
on the host and have one shape. All participants and all rounds share it.

Importing this module imports JAX, which takes a second; nothing here is reached by ``qfl --help``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.training import training_program
from qfl_chain.circuit.units import UNIT, parameters_to_units, to_radians
from qfl_chain.errors import DataError
from qfl_chain.learning.preprocess import Samples, targets
from qfl_chain.learning.settings import TrainingSettings
from qfl_chain.types import FloatArray, IntArray

_DELTA_LIMIT = (1 << 31) - 1


def initial_model(circuit: Circuit, settings: TrainingSettings, seed: int) -> IntArray:
    """The sponsor's model: (parameters,) units, normal with standard deviation ``settings.spread`` radians."""
    rng = np.random.default_rng([seed, 3])
    return parameters_to_units(rng.normal(0.0, settings.spread, circuit.parameters))


def local_update(
    circuit: Circuit,
    base: IntArray,
    samples: Samples,
    settings: TrainingSettings,
    seed: int,
    round_number: int = 0,
    max_norm: int | None = None,
) -> IntArray:
    """Train from ``base`` on ``samples`` and return the change.

    Equal arguments give equal bytes on one machine. Batches depend on ``seed`` and ``round_number``.

    Args:
        circuit: the federation's circuit.
        base: (parameters,) units, the round's model.
        samples: the participant's own rows, at least one.
        settings: loss, optimiser and steps.
        seed: the participant's own.
        round_number: rounds since the start, from 0; the learning rate decays with it.
        max_norm: bound on the update's Euclidean norm in units; a longer update is shortened to it.

    Returns:
        (parameters,) deltas in units, int32 range.

    Raises:
        DataError: no rows, or rows of another width than the circuit reads.
    """
    _check_rows(circuit, samples)
    rows, mask = batches(len(samples), settings, np.random.default_rng([seed, round_number]))
    train = _trainer(circuit, settings)
    change = train(
        to_radians(base),
        to_radians(samples.features)[rows],
        targets(samples.labels, len(circuit.observables))[rows].astype(np.float64),
        mask,
        settings.learning_rate / (1.0 + settings.decay * round_number),
    )
    return bounded(np.asarray(change) / UNIT, max_norm)


def expectations(circuit: Circuit, model: IntArray, features: IntArray) -> FloatArray:
    """The training program's expectation values of a model on samples: (rows, outputs)."""
    return np.asarray(_predictor(circuit)(to_radians(model), to_radians(features)))


def bounded(deltas: FloatArray, max_norm: int | None) -> IntArray:
    """Round deltas to int32 units whose Euclidean norm does not exceed ``max_norm``."""
    if max_norm is not None:
        # Rounding moves each delta by half a unit at most, so the norm by half the root of their number.
        room = max(max_norm - 0.5 * float(np.sqrt(len(deltas))), 0.0)
        norm = float(np.linalg.norm(deltas))
        deltas = deltas * (room / norm) if norm > room else deltas
    return np.clip(np.rint(deltas), -_DELTA_LIMIT, _DELTA_LIMIT).astype(np.int64)


def batches(rows: int, settings: TrainingSettings, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Row numbers (steps, batch) and which of them count (1 or 0).

    Rows are drawn without replacement until all were seen, then reshuffled. A client with fewer rows than a batch
    uses all of them in every step.
    """
    size = min(rows, settings.batch)
    needed = settings.steps * size
    epochs = -(-needed // rows)
    order = np.concatenate([rng.permutation(rows) for _ in range(epochs)])[:needed].reshape(settings.steps, size)
    padding = ((0, 0), (0, settings.batch - size))
    return np.pad(order, padding), np.pad(np.ones_like(order, dtype=np.float64), padding)


def _check_rows(circuit: Circuit, samples: Samples) -> None:
    if not len(samples):
        raise DataError("local training needs at least one row")
    if samples.features.shape[1] != circuit.features:
        raise DataError(
            f"the samples have {samples.features.shape[1]} features, the circuit reads {circuit.features}; "
            "build it for the features that are selected"
        )


def _loss(z: Any, wanted: Any, mask: Any, settings: TrainingSettings) -> Any:
    """Mean loss of the rows that count: z and wanted (batch, outputs), mask (batch,)."""
    if settings.loss == "squared":
        losses = jnp.sum((z - wanted) ** 2, axis=1)
    elif z.shape[1] == 1:
        losses = jax.nn.softplus(-settings.sharpness * z * wanted)[:, 0]
    else:
        losses = -jnp.sum(jnp.where(wanted > 0, jax.nn.log_softmax(settings.sharpness * z), 0.0), axis=1)
    return jnp.sum(losses * mask) / jnp.sum(mask)


@lru_cache(maxsize=16)
def _trainer(circuit: Circuit, settings: TrainingSettings) -> Callable[..., Any]:
    """Jitted: base (P,), features (steps, batch, F), targets (steps, batch, K), mask, step size -> change (P,)."""
    program = training_program(circuit)
    optimiser = optax.scale_by_adam() if settings.optimiser == "adam" else optax.identity()

    def objective(change: Any, base: Any, features: Any, wanted: Any, mask: Any) -> Any:
        return _loss(program(base + change, features), wanted, mask, settings)

    def train(base: Any, features: Any, wanted: Any, mask: Any, step_size: Any) -> Any:
        def step(carry: Any, batch: Any) -> Any:
            change, state = carry
            gradient = jax.grad(objective)(change, base, *batch)
            direction, state = optimiser.update(gradient, state)
            return (change - step_size * direction, state), None

        change = jnp.zeros_like(base)
        (change, _), _ = jax.lax.scan(step, (change, optimiser.init(change)), (features, wanted, mask))
        return change

    return jax.jit(train)  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def _predictor(circuit: Circuit) -> Callable[..., Any]:
    return jax.jit(training_program(circuit))  # type: ignore[no-any-return]
