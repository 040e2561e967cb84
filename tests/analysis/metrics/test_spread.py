"""How evenly something is spread: each measure beside a slow, obvious one, and what must hold for any amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import isclose, log2, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfl_chain.analysis.metrics.decentralisation import entropy, hhi, nakamoto, slope
from qfl_chain.analysis.metrics.fairness import gini, jain, kendall, lorenz, spearman

GWEI = st.integers(0, 2**64 - 1)
AMOUNTS = st.lists(GWEI, min_size=1, max_size=12).filter(any)
PAIRS = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(-5, 5)), min_size=2, max_size=10)
PERCENT = st.sampled_from((33, 50, 66))

Measure = Callable[[Sequence[int]], float | None]
MEASURES: dict[str, Measure] = {
    "gini": gini,
    "jain": jain,
    "hhi": hhi,
    "entropy": entropy,
    "nakamoto": lambda amounts: nakamoto(amounts, 50),
}
measures = pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))


def slow_gini(amounts: Sequence[int]) -> float:
    """Half the mean of all differences, relative to the mean."""
    count, total = len(amounts), sum(amounts)
    differences = sum(abs(one - other) for one in amounts for other in amounts)
    return float(Fraction(differences, count * count) / Fraction(total, count) / 2)


def slow_nakamoto(amounts: Sequence[int], percent: int) -> int:
    """The size of the smallest group of all that there are which has more than the share."""
    for size in range(1, len(amounts) + 1):
        for group in combinations(amounts, size):
            if Fraction(sum(group), sum(amounts)) > Fraction(percent, 100):
                return size
    raise AssertionError("all of them have everything")


def slow_kendall(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Kendall's tau-b over all pairs of pairs."""
    score = untied = other_untied = 0
    for (one, other), (next_one, next_other) in combinations(pairs, 2):
        sign = (one > next_one) - (one < next_one)
        other_sign = (other > next_other) - (other < next_other)
        score, untied, other_untied = score + sign * other_sign, untied + sign**2, other_untied + other_sign**2
    return score / sqrt(untied * other_untied) if untied and other_untied else None


def slow_spearman(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Pearson's correlation of mean ranks."""
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    ranks = [
        [Fraction(2 * sum(x < value for x in side) + sum(x == value for x in side) + 1, 2) for value in side]
        for side in sides
    ]
    centred = [[rank - sum(side) / len(side) for rank in side] for side in ranks]
    norms = [sum(value * value for value in side) for side in centred]
    product = sum(one * other for one, other in zip(*centred, strict=True))
    return float(product) / sqrt(norms[0] * norms[1]) if all(norms) else None


@given(AMOUNTS)
def test_gini_is_half_the_relative_mean_difference(amounts: list[int]) -> None:
    measured = gini(amounts)
    assert measured is not None
    assert isclose(measured, slow_gini(amounts), abs_tol=1e-15)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any), PERCENT)
def test_nakamoto_is_the_size_of_the_smallest_group(amounts: list[int], percent: int) -> None:
    assert nakamoto(amounts, percent) == slow_nakamoto(amounts, percent)


def test_nakamoto_is_exact_at_64_bits() -> None:
    half = 2**63
    assert nakamoto([half, half], 50) == 2
    assert nakamoto([half + 1, half - 1], 50) == 1


@given(AMOUNTS)
def test_jain_and_hhi_are_one_measure(amounts: list[int]) -> None:
    fair, concentrated = jain(amounts), hhi(amounts)
    assert fair is not None
    assert concentrated is not None
    assert isclose(fair * concentrated * len(amounts), 1)


@given(AMOUNTS)
def test_entropy_is_its_definition(amounts: list[int]) -> None:
    measured = entropy(amounts)
    shares = [amount / sum(amounts) for amount in amounts if amount]
    assert measured is not None
    assert isclose(measured, -sum(share * log2(share) for share in shares), abs_tol=1e-12)


@given(AMOUNTS)
def test_the_lorenz_curve_leads_to_the_gini(amounts: list[int]) -> None:
    points, count, measured = lorenz(amounts), len(amounts), gini(amounts)
    assert (points[0], points[-1], len(points)) == (0, 1, count + 1)
    assert list(points) == sorted(points)
    below = sum((one + other) / 2 for one, other in pairwise(points)) / count
    assert measured is not None
    assert isclose(measured, 1 - 2 * below, abs_tol=1e-12)


@given(PAIRS)
def test_kendall_is_its_definition(pairs: list[tuple[int, int]]) -> None:
    measured, expected = kendall(*zip(*pairs, strict=True)), slow_kendall(pairs)
    assert (measured is None) == (expected is None)
    assert measured is None or expected is None or isclose(measured, expected, abs_tol=1e-12)


@given(PAIRS)
def test_spearman_is_its_definition(pairs: list[tuple[int, int]]) -> None:
    measured, expected = spearman(*zip(*pairs, strict=True)), slow_spearman(pairs)
    assert (measured is None) == (expected is None)
    assert measured is None or expected is None or isclose(measured, expected, abs_tol=1e-12)


def test_correlations_see_one_gwei_beyond_what_a_float_holds() -> None:
    close = [2**63, 2**63 + 1, 2**63 + 2]
    assert len({float(amount) for amount in close}) == 1
    assert spearman(close, [1, 2, 3]) == kendall(close, [1, 2, 3]) == 1


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_what_does_not_vary_correlates_with_nothing(correlation: Callable[..., float | None]) -> None:
    assert correlation([], []) is None
    assert correlation([1], [2]) is None
    assert correlation([1, 1], [2, 3]) is None
    assert correlation([1, 2], [3, 3]) is None


@measures
@given(amounts=AMOUNTS, factor=st.integers(1, 1000), data=st.data())
def test_neither_scale_nor_order_matters(
    measure: Measure, amounts: list[int], factor: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(amounts))
    expected = measure(amounts)
    assert expected is not None
    found = measure([factor * amount for amount in shuffled])
    assert found is not None
    assert isclose(found, expected, abs_tol=1e-12)


@given(AMOUNTS)
def test_measures_keep_their_range(amounts: list[int]) -> None:
    count = len(amounts)
    assert 0 <= (gini(amounts) or 0) <= (count - 1) / count
    for measure in (jain, hhi):
        found = measure(amounts)
        assert found is not None
        assert 1 / count - 1e-15 <= found <= 1
    assert 0 <= (entropy(amounts) or 0) <= log2(count) + 1e-12
    assert 1 <= (nakamoto(amounts, 66) or 0) <= count


@pytest.mark.parametrize(("name", "alone"), [("gini", 0), ("jain", 1), ("hhi", 1), ("entropy", 0), ("nakamoto", 1)])
def test_one_alone_has_it_all(name: str, alone: float) -> None:
    assert MEASURES[name]([2**64 - 1]) == alone


@measures
@pytest.mark.parametrize("amounts", [[], [0], [0, 0, 0]])
def test_nothing_is_not_spread_at_all(measure: Measure, amounts: list[int]) -> None:
    assert measure(amounts) is None
    assert lorenz(amounts) == ()


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=10, unique=True), st.integers(-9, 9), st.integers(-9, 9))
def test_the_slope_of_a_line_is_the_lines(xs: list[int], rise: int, start: int) -> None:
    assert slope(xs, [start + rise * x for x in xs]) == rise


def test_a_point_has_no_slope() -> None:
    assert slope([], []) is None
    assert slope([3, 3], [1, 2]) is None
