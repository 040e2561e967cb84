from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit import scoring
from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.scoring import ONE, ScoringProgram, expectations, sine_cosine
from qfl_chain.errors import CircuitError
from qfl_chain.ports import Executor

from . import reference
from .strategies import inputs, seeded_circuits

CIRCUIT = Circuit(
    2,
    1,
    1,
    (
        Gate("RY", (0,), Angle(0, 1 << 24, Source.FEATURE, 0)),
        Gate("CNOT", (0, 1)),
        Gate("RX", (1,), Angle(0, 1 << 24, Source.PARAMETER, 0)),
    ),
    ((0,), (1,)),
)
THETA, X = np.array([[7], [8]]), np.array([[1 << 29], [2], [3]])


@given(st.integers(0, 2**33 - 1))
def test_sine_and_cosine_are_the_specification(phase: int) -> None:
    assert sine_cosine(np.array([phase])) == reference.sine_cosine(phase)


def test_sine_and_cosine_are_within_two_units_in_the_last_place() -> None:
    edges = np.arange(0, 2**33, 2**30)[:, None] + np.arange(-2, 3)
    phases = np.concatenate([np.random.default_rng(0).integers(0, 2**33, 200_000), edges.ravel() % 2**33])
    sine, cosine = sine_cosine(phases)
    radians = phases * (2 * np.pi / 2**33)
    assert np.abs(sine - ONE * np.sin(radians)).max() < 2
    assert np.abs(cosine - ONE * np.cos(radians)).max() < 2


def test_sine_and_cosine_of_quarter_turns_are_exact() -> None:
    sine, cosine = sine_cosine(np.arange(4) << 31)
    assert sine.tolist() == [0, ONE, 0, -ONE]
    assert cosine.tolist() == [ONE, 0, -ONE, 0]


@settings(deadline=None, max_examples=10)
@given(seeded_circuits(st.integers(1, 4), max_gates=30), st.sampled_from([1, 40, 1 << 10]))
def test_chunks_do_not_change_a_result(circuit: Circuit, chunk: int) -> None:
    parameters, features = inputs(3, sets=5, samples=7)
    whole = expectations(circuit, parameters, features)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "_CHUNK", chunk)
        np.testing.assert_array_equal(expectations(circuit, parameters, features), whole)


@settings(deadline=None, max_examples=10)
@given(seeded_circuits(st.integers(1, 4), max_gates=30))
def test_a_batch_is_its_members_one_by_one(circuit: Circuit) -> None:
    parameters, features = inputs(4, sets=3, samples=4)
    batch = expectations(circuit, parameters, features)
    for s, b in np.ndindex(3, 4):
        alone = expectations(circuit, parameters[s : s + 1], features[b : b + 1])
        np.testing.assert_array_equal(alone[0, 0], batch[s, b])


def test_parameters_wrap_by_the_turn_and_not_before() -> None:
    turns = np.array([[7], [7 + 2**32], [7 - 5 * 2**32], [7 + 2**62]])
    z = expectations(CIRCUIT, turns, X)
    assert (z == z[0]).all()


def test_losses_are_the_summed_squares_shifted_one_by_one() -> None:
    targets = np.array([[1, -1], [1, 1], [-1, 1]])
    z = expectations(CIRCUIT, THETA, X)
    expected = [
        [
            sum((int(v) - int(t) * ONE) ** 2 >> 30 for v, t in zip(row, target, strict=True))
            for row, target in zip(z[s], targets, strict=True)
        ]
        for s in range(2)
    ]
    executor: Executor = ScoringProgram(CIRCUIT)
    assert executor.losses(THETA, X, targets).tolist() == expected


def test_the_largest_loss_fits() -> None:
    worst = np.full((1, 2), -1)
    zero = np.zeros((1, 1), dtype=np.int64)
    assert ScoringProgram(CIRCUIT).losses(zero, zero, worst).tolist() == [[8 * ONE]]


def test_no_samples_give_no_losses() -> None:
    none = np.empty((0, 1), dtype=np.int64)
    assert ScoringProgram(CIRCUIT).losses(THETA, none, np.empty((0, 2), dtype=np.int64)).shape == (2, 0)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(CircuitError, match=r"parameters have shape \(2, 2\), the circuit with 1 parameters"):
        expectations(CIRCUIT, np.zeros((2, 2), dtype=np.int64), X)
    with pytest.raises(CircuitError, match=r"features have shape \(3,\)"):
        expectations(CIRCUIT, THETA, X[:, 0])


def test_floats_are_refused() -> None:
    with pytest.raises(CircuitError, match="parameters are float64, scoring takes integers"):
        expectations(CIRCUIT, THETA * 1.0, X)


@pytest.mark.parametrize("feature", [2**31, -(2**31) - 1])
def test_features_beyond_int32_are_refused(feature: int) -> None:
    with pytest.raises(CircuitError, match="features must lie in the int32 range"):
        expectations(CIRCUIT, THETA, np.array([[feature]]))


@pytest.mark.parametrize("targets", [np.zeros((3, 2), dtype=np.int64), np.ones((2, 2), dtype=np.int64)])
def test_targets_must_be_signs_one_row_a_sample(targets: np.ndarray) -> None:
    with pytest.raises(CircuitError, match=r"targets must be \+1 or -1, one row for each of the 3 samples"):
        ScoringProgram(CIRCUIT).losses(THETA, X, targets)
