from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit.units import UNIT
from qfl_chain.errors import DataError
from qfl_chain.learning.metrics import accuracy
from qfl_chain.learning.preprocess import Samples, targets
from qfl_chain.learning.settings import TrainingSettings
from qfl_chain.learning.training import batches, bounded, expectations, initial_model, local_update
from tests.learning.examples import separable, two_qubit_circuit

CIRCUIT = two_qubit_circuit()
SETTINGS = TrainingSettings(steps=8, batch=8, learning_rate=0.1, optimiser="sgd")
BASE = np.array([1 << 28, -(1 << 28), 1 << 27, 1 << 26], dtype=np.int64)


def loss_of(model: np.ndarray, samples: Samples, chosen: TrainingSettings, outputs: int) -> float:
    """The local loss written out, row by row, from the circuit's expectation values."""
    z = expectations(two_qubit_circuit(outputs), model, samples.features)
    total = 0.0
    for row, label in zip(z, samples.labels, strict=True):
        wanted = targets(np.array([label]), outputs)[0]
        if chosen.loss == "squared":
            total += sum((value - want) ** 2 for value, want in zip(row, wanted, strict=True))
        elif outputs == 1:
            total += np.log(1 + np.exp(-chosen.sharpness * row[0] * wanted[0]))
        else:
            total += -np.log(np.exp(chosen.sharpness * row[label]) / np.exp(chosen.sharpness * row).sum())
    return total / len(samples)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_one_step_follows_the_numerical_gradient_of_the_loss(loss: str, outputs: int) -> None:
    samples = separable(6, seed=1)
    chosen = replace(SETTINGS, steps=1, loss=loss, sharpness=3.0)
    found = local_update(two_qubit_circuit(outputs), BASE, samples, chosen, seed=0)
    nudge = 1 << 16
    for index in range(len(BASE)):
        shift = np.eye(len(BASE), dtype=np.int64)[index] * nudge
        above, below = (loss_of(BASE + sign * shift, samples, chosen, outputs) for sign in (1, -1))
        slope = (above - below) / (2 * nudge * UNIT)
        assert found[index] * UNIT == pytest.approx(-chosen.learning_rate * slope, abs=1e-6)


def test_equal_arguments_give_equal_updates_and_another_seed_or_round_does_not() -> None:
    samples = separable(20, seed=0)
    first = local_update(CIRCUIT, BASE, samples, SETTINGS, seed=1)
    np.testing.assert_array_equal(first, local_update(CIRCUIT, BASE, samples, SETTINGS, seed=1))
    assert not np.array_equal(first, local_update(CIRCUIT, BASE, samples, SETTINGS, seed=2))
    assert not np.array_equal(first, local_update(CIRCUIT, BASE, samples, SETTINGS, seed=1, round_number=1))


def test_an_update_is_int32_deltas_from_the_base() -> None:
    found = local_update(CIRCUIT, BASE + (1 << 40), separable(8, seed=0), SETTINGS, seed=0)
    assert found.dtype == np.int64
    assert np.abs(found).max() < 1 << 31


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_training_learns(optimiser: str) -> None:
    samples = separable(40, seed=0)
    chosen = replace(SETTINGS, optimiser=optimiser, steps=60)
    model = BASE + local_update(CIRCUIT, BASE, samples, chosen, seed=0)
    assert accuracy(expectations(CIRCUIT, model, samples.features), samples.labels) > 0.95
    assert loss_of(model, samples, chosen, 1) < loss_of(BASE, samples, chosen, 1)


def test_the_first_adam_step_moves_every_parameter_by_the_learning_rate() -> None:
    chosen = replace(SETTINGS, optimiser="adam", steps=1, learning_rate=0.05)
    found = local_update(two_qubit_circuit(2), BASE, separable(8, seed=0), chosen, seed=0)
    np.testing.assert_allclose(np.abs(found) * UNIT, 0.05, rtol=1e-4)


def test_the_learning_rate_decays_with_the_round() -> None:
    samples, chosen = separable(6, seed=0), replace(SETTINGS, steps=1, decay=1.0)
    first, second = (local_update(CIRCUIT, BASE, samples, chosen, seed=0, round_number=r) for r in (0, 1))
    np.testing.assert_allclose(first, 2 * second, atol=2)


def test_rows_that_pad_a_batch_do_not_count() -> None:
    samples = separable(4, seed=0)
    exact, padded = (
        local_update(CIRCUIT, BASE, samples, replace(SETTINGS, steps=1, batch=size), seed=0) for size in (4, 16)
    )
    np.testing.assert_allclose(exact, padded, atol=2)


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12), st.integers(0, 3))
@settings(deadline=None, max_examples=100)
def test_batches_see_every_row_before_any_row_again(rows: int, size: int, steps: int, seed: int) -> None:
    chosen = TrainingSettings(batch=size, steps=steps)
    drawn, mask = batches(rows, chosen, np.random.default_rng(seed))
    assert drawn.shape == mask.shape == (steps, size)
    counted = drawn[mask == 1]
    assert len(counted) == steps * min(rows, size)
    seen = np.bincount(counted, minlength=rows)
    assert seen.max() - seen.min() <= 1


@given(st.lists(st.floats(-1e10, 1e10), min_size=1, max_size=20), st.integers(0, 1 << 33))
@settings(deadline=None, max_examples=200)
def test_a_bounded_update_keeps_the_norm_and_int32(values: list[float], max_norm: int) -> None:
    found = bounded(np.array(values), max_norm)
    assert sum(int(value) ** 2 for value in found) <= max_norm**2
    assert np.abs(found).max() < 1 << 31


def test_a_short_update_is_only_rounded() -> None:
    assert bounded(np.array([1.4, -2.6]), 1000).tolist() == [1, -3]
    assert bounded(np.array([1.4, -2.6]), None).tolist() == [1, -3]


def test_an_update_longer_than_the_bound_keeps_its_direction() -> None:
    found = bounded(np.array([3e6, 4e6]), 1000)
    assert found.tolist() == [600, 799]


def test_the_initial_model_has_the_settings_spread() -> None:
    model = initial_model(CIRCUIT, replace(SETTINGS, spread=0.2), seed=5)
    assert model.shape == (4,)
    np.testing.assert_array_equal(model, initial_model(CIRCUIT, replace(SETTINGS, spread=0.2), seed=5))
    np.testing.assert_allclose(initial_model(CIRCUIT, replace(SETTINGS, spread=0.4), seed=5), 2 * model, atol=2)


def test_training_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="local training needs at least one row"):
        local_update(CIRCUIT, BASE, separable(0, seed=0), SETTINGS, seed=0)


def test_rows_of_another_width_are_refused() -> None:
    samples = Samples(np.zeros((3, 5), np.int64), np.array([0, 1, 0]))
    with pytest.raises(DataError, match="the samples have 5 features, the circuit reads 2"):
        local_update(CIRCUIT, BASE, samples, SETTINGS, seed=0)
