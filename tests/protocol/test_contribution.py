from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise, permutations
from math import factorial

import numpy as np
import pytest
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ChecksumError, ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.contribution import (
    EXACT_UP_TO,
    Draws,
    Plan,
    check_efficiency,
    coalition_models,
    coalitions,
    plan,
    shapley,
    subset,
)
from qfl_chain.types import Gwei

SCORES = st.integers(-(1 << 60), 1 << 60)


@st.composite
def games(draw: st.DrawFn, most: int = 5) -> tuple[int, dict[int, int]]:
    players = draw(st.integers(0, most))
    return players, {mask: draw(SCORES) for mask in range(1 << players)}


def slow_shapley(players: int, scores: dict[int, int]) -> list[Fraction]:
    """The definition: the mean marginal contribution over all orders of arrival."""
    phis = [Fraction(0)] * players
    for order in permutations(range(players)):
        present = 0
        for player in order:
            phis[player] += scores[present | 1 << player] - scores[present]
            present |= 1 << player
    return [phi / factorial(players) for phi in phis]


@settings(deadline=None)
@given(games())
def test_exact_values_equal_the_mean_over_all_orders(game: tuple[int, dict[int, int]]) -> None:
    players, scores = game
    planned = plan(players, 0, 1, 2)
    phis = shapley(planned, scores)
    assert [Fraction(phi, planned.scale) for phi in phis] == slow_shapley(players, scores)


@settings(deadline=None)
@given(games(), st.data())
def test_a_player_that_changes_nothing_gets_nothing(game: tuple[int, dict[int, int]], data: st.DataObject) -> None:
    players, scores = game
    null = players
    joined = scores | {mask | 1 << null: score for mask, score in scores.items()}
    assert shapley(plan(players + 1, 0, 1, 2), joined)[null] == 0


@settings(deadline=None)
@given(games())
def test_players_that_contribute_alike_get_alike(game: tuple[int, dict[int, int]]) -> None:
    players, scores = game
    twins = {}
    for mask in range(1 << players + 2):
        others, how_many = mask & (1 << players) - 1, (mask >> players).bit_count()
        twins[mask] = scores[others] * (1 + how_many * how_many)
    phis = shapley(plan(players + 2, 0, 1, 2), twins)
    assert phis[-1] == phis[-2]


@settings(max_examples=20, deadline=None)
@given(st.integers(EXACT_UP_TO + 1, 12), st.integers(0, (1 << 184) - 1), st.integers(1, 4))
def test_sampled_values_are_the_sum_of_marginals_over_the_drawn_orders(
    players: int, accumulator: int, pairs: int
) -> None:
    planned = plan(players, accumulator, 3, 2 * pairs)
    scores = {mask: hash((mask, accumulator)) % 10_007 for mask in coalitions(planned)}
    expected = [0] * players
    for order in planned.orders:
        for arrived, player in enumerate(order):
            before = sum(1 << other for other in order[:arrived])
            expected[player] += scores[before | 1 << player] - scores[before]
    assert list(shapley(planned, scores)) == expected
    assert planned.scale == 2 * pairs
    assert sum(expected) == planned.scale * (scores[(1 << players) - 1] - scores[0])


def test_sampling_is_exact_for_additive_games() -> None:
    players = EXACT_UP_TO + 2
    planned = plan(players, 5, 1, 4)
    scores = {mask: sum(player for player in range(players) if mask >> player & 1) for mask in coalitions(planned)}
    assert shapley(planned, scores) == tuple(4 * player for player in range(players))


def test_sampling_comes_near_the_exact_value() -> None:
    players = EXACT_UP_TO + 1
    scores = {mask: 1000 * mask.bit_count() ** 2 + (mask & 3) * 500 for mask in range(1 << players)}
    exact = shapley(Plan(players, ()), scores)
    planned = plan(players, 11, 1, 400)
    for phi, truth in zip(shapley(planned, scores), exact, strict=True):
        assert phi / planned.scale == pytest.approx(truth / factorial(players), rel=0.1)


def test_plans_are_exact_up_to_eight_and_walk_each_order_both_ways_beyond() -> None:
    assert plan(8, 0, 1, 6) == Plan(8, ())
    orders = plan(9, 0, 1, 6).orders
    assert len(orders) == 6
    assert all(sorted(order) == list(range(9)) for order in orders)
    assert all(walk == back[::-1] for walk, back in zip(orders[::2], orders[1::2], strict=True))
    assert len(set(orders[::2])) == 3


def test_plans_depend_on_accumulator_and_round() -> None:
    assert plan(9, 0, 1, 2) == plan(9, 0, 1, 2)
    assert len({plan(9, 0, 1, 2), plan(9, 1, 1, 2), plan(9, 0, 2, 2)}) == 3


def test_coalitions_are_listed_once_and_ascending() -> None:
    assert coalitions(plan(3, 0, 1, 2)) == tuple(range(8))
    assert coalitions(plan(0, 0, 1, 2)) == (0,)
    assert coalitions(Plan(3, ((0, 1, 2), (2, 1, 0)))) == (0, 1, 3, 4, 6, 7)


def test_a_sum_that_does_not_come_out_is_an_error() -> None:
    check_efficiency([3, -1], 2)
    with pytest.raises(ChecksumError, match="contributions sum to 2, the scaled gain is 3"):
        check_efficiency([3, -1], 3)


def test_coalition_models_are_base_plus_the_stake_weighted_mean_of_members() -> None:
    base, deltas = np.array([100, 200]), np.array([[10, 0], [20, 40], [-5, 7]])
    stakes = [Gwei(1), Gwei(3), Gwei(2)]
    models = coalition_models(base, deltas, stakes, range(8), RULES["weighted-mean"])
    for mask, model in enumerate(models.tolist()):
        members = [index for index in range(3) if mask >> index & 1]
        total = sum(stakes[index] for index in members)
        expected = [
            base[column] + (sum(stakes[i] * deltas[i, column] for i in members) // total if members else 0)
            for column in range(2)
        ]
        assert model == expected


def slow_words(purpose: bytes, accumulator: int, number: int, count: int) -> list[int]:
    seed = keccak(purpose + accumulator.to_bytes(23, "big") + number.to_bytes(2, "big"))
    stream = b"".join(keccak(seed + counter.to_bytes(4, "big")) for counter in range(count // 4 + 1))
    return [int.from_bytes(stream[8 * index : 8 * index + 8], "big") for index in range(count)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, (1 << 184) - 1), st.integers(1, 65535), st.integers(1, 40), st.integers(1, 40))
def test_the_subset_is_drawn_without_replacement_from_the_keccak_stream(
    accumulator: int, number: int, population: int, size: int
) -> None:
    words = iter(slow_words(b"qfl-chain subset", accumulator, number, 200))
    urn, drawn = list(range(population)), []
    for _ in range(min(size, population)):
        left = population - len(drawn)
        pick = len(drawn) + next(words) % left
        urn[len(drawn)], urn[pick] = urn[pick], urn[len(drawn)]
        drawn.append(urn[len(drawn)])
    assert subset(accumulator, number, population, size) == tuple(sorted(drawn))


def test_every_sample_is_drawn_about_equally_often() -> None:
    counts = Counter(index for round_ in range(1, 2001) for index in subset(round_, 1, 10, 3))
    assert set(counts) == set(range(10))
    assert all(500 < count < 700 for count in counts.values())


def test_draws_reject_the_incomplete_stretch() -> None:
    bound = 3 << 62
    words = slow_words(b"x", 1, 1, 40)
    draws = Draws(b"x", 1, 1)
    fair = [word for word in words if word < bound]
    assert len(fair) < len(words)
    assert [draws.below(bound) for _ in fair] == fair


@pytest.mark.parametrize("bound", [0, -1, (1 << 64) + 1])
def test_draws_below_nothing_or_beyond_a_word_are_refused(bound: int) -> None:
    with pytest.raises(ProtocolError, match=f"cannot draw below {bound}"):
        Draws(b"x", 1, 1).below(bound)


def test_prefixes_of_neighbouring_orders_share_scores() -> None:
    planned = plan(9, 1, 1, 8)
    masks = coalitions(planned)
    assert len(masks) == len(set(masks)) < 8 * 10
    assert all(low < high for low, high in pairwise(masks))
