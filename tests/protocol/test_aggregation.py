from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.aggregation import RULES, Rule, median, trimmed_mean, weighted_mean
from qfl_chain.types import IntArray

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
SMALL = st.integers(-3, 3)


@st.composite
def problems(draw: st.DrawFn) -> tuple[IntArray, list[int]]:
    participants, parameters = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    values = draw(st.sampled_from([INT32, SMALL]))
    rows = [[draw(values) for _ in range(parameters)] for _ in range(participants)]
    size = draw(st.sampled_from([3, 1 << 33, 1 << 120]))
    weights = [draw(st.integers(0, size)) for _ in range(participants)]
    weights[draw(st.integers(0, participants - 1))] += 1
    return np.array(rows, dtype=np.int64), weights


def slow_mean(column: list[int], weights: list[int]) -> int:
    return floor(Fraction(sum(w * x for w, x in zip(weights, column, strict=True)), sum(weights)))


def slow_trimmed_mean(column: list[int], weights: list[int], trim_percent: int) -> int:
    """Eat a share of the weight from the bottom, the same from the top, average what is left."""
    cut = sum(weights) * trim_percent // 100
    rows = sorted([value, weight] for value, weight in zip(column, weights, strict=True))
    for side in (rows, rows[::-1]):
        hunger = cut
        for row in side:
            bite = min(hunger, row[1])
            row[1] -= bite
            hunger -= bite
    return slow_mean([row[0] for row in rows], [row[1] for row in rows])


def slow_median(column: list[int], weights: list[int]) -> int:
    return min(x for x in column if 2 * sum(w for y, w in zip(column, weights, strict=True) if y <= x) >= sum(weights))


@settings(deadline=None)
@given(problems())
def test_weighted_mean_equals_the_floor_of_the_fraction(problem: tuple[IntArray, list[int]]) -> None:
    deltas, weights = problem
    assert weighted_mean(deltas, weights).tolist() == [slow_mean(column, weights) for column in deltas.T.tolist()]


@settings(deadline=None)
@given(problems(), st.integers(0, 49))
def test_trimmed_mean_equals_cutting_weight_by_hand(problem: tuple[IntArray, list[int]], percent: int) -> None:
    deltas, weights = problem
    expected = [slow_trimmed_mean(column, weights, percent) for column in deltas.T.tolist()]
    assert trimmed_mean(deltas, weights, percent).tolist() == expected


@settings(deadline=None)
@given(problems())
def test_median_equals_the_least_delta_that_half_the_weight_does_not_exceed(
    problem: tuple[IntArray, list[int]],
) -> None:
    deltas, weights = problem
    assert median(deltas, weights).tolist() == [slow_median(column, weights) for column in deltas.T.tolist()]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@settings(max_examples=50, deadline=None)
@given(problem=problems())
def test_every_rule_stays_between_the_deltas_and_fits_int64(rule: Rule, problem: tuple[IntArray, list[int]]) -> None:
    deltas, weights = problem
    aggregate = rule(deltas, weights)
    assert aggregate.dtype == np.int64
    assert (deltas.min(axis=0) <= aggregate).all()
    assert (aggregate <= deltas.max(axis=0)).all()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@settings(max_examples=50, deadline=None)
@given(problem=problems(), data=st.data())
def test_no_rule_depends_on_the_order_of_participants(
    rule: Rule, problem: tuple[IntArray, list[int]], data: st.DataObject
) -> None:
    deltas, weights = problem
    order = data.draw(st.permutations(range(len(weights))))
    shuffled = rule(deltas[order], [weights[index] for index in order])
    assert shuffled.tolist() == rule(deltas, weights).tolist()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@settings(max_examples=50, deadline=None)
@given(problem=problems())
def test_splitting_a_stake_over_two_accounts_changes_nothing(rule: Rule, problem: tuple[IntArray, list[int]]) -> None:
    deltas, weights = problem
    part = weights[0] // 3
    sybil = rule(np.vstack([deltas, deltas[:1]]), [weights[0] - part, *weights[1:], part])
    assert sybil.tolist() == rule(deltas, weights).tolist()


def test_robust_rules_ignore_a_minority_that_the_mean_follows() -> None:
    deltas = np.array([[10], [11], [12], [13], [1 << 30]])
    weights = [1] * 5
    assert weighted_mean(deltas, weights)[0] > 1 << 27
    assert trimmed_mean(deltas, weights).tolist() == [12]
    assert median(deltas, weights).tolist() == [12]


@pytest.mark.parametrize("total", [(1 << 32) - 1, 1 << 32, (1 << 32) + 1])
def test_weighted_mean_is_exact_on_both_sides_of_the_int64_bound(total: int) -> None:
    deltas, weights = np.array([[-(1 << 31)], [(1 << 31) - 1]]), [total - 1, 1]
    assert weighted_mean(deltas, weights).tolist() == [slow_mean(deltas[:, 0].tolist(), weights)]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("deltas", "weights", "reason"),
    [
        ([[1], [2]], [1], "1 weights for deltas of shape"),
        ([[1], [2]], [0, 0], "not all zero"),
        ([[1], [2]], [2, -1], "non-negative"),
        ([[1 << 31]], [1], "outside int32"),
        ([[-(1 << 31) - 1]], [1], "outside int32"),
    ],
)
def test_problems_that_make_no_sense_are_refused(
    rule: Rule, deltas: list[list[int]], weights: list[int], reason: str
) -> None:
    with pytest.raises(ProtocolError, match=reason):
        rule(np.array(deltas), weights)


@pytest.mark.parametrize("percent", [-1, 50])
def test_trimming_everything_is_refused(percent: int) -> None:
    with pytest.raises(ProtocolError, match=f"{percent} % at each end leaves nothing"):
        trimmed_mean(np.array([[1]]), [1], percent)
