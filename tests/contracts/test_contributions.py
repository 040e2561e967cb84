"""CONTRIBUTION and WEIGHT: Shapley values, exact and over drawn orders, and what an update weighs."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.contribution import EXACT_UP_TO, coalitions, plan
from qfl_chain.protocol.faults import Fault

from .judge import Judge, acquitted, refused
from .round_by_hand import EMPTY, INPUTS, ROUND, Reported, report_honestly

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def a_round(players: int, seed: int = 0, permutations: int = 4, largest: int = 1 << 30) -> Reported:
    """One parameter; every coalition has some loss. The first reveal and the last one took no part."""
    drawn = random.Random(seed)
    planned = plan(players, INPUTS, ROUND, permutations)
    return report_honestly(
        stakes=[drawn.randrange(1, 1 << 40) for _ in range(players + 2)],
        statuses=[2, *[0] * players, 3],
        deltas=[[i] for i in range(players + 2)],
        base=[0],
        loss_of={mask: drawn.randrange(-largest, largest) for mask in coalitions(planned)},
        after=0,
        permutations=permutations,
    )


@pytest.mark.parametrize("players", range(1, EXACT_UP_TO + 1))
def test_the_exact_value_is_the_packages(judge: Judge, players: int) -> None:
    honest = a_round(players, seed=players)
    for position in {1, players // 2 + 1, players}:
        acquitted(judge, Fault.CONTRIBUTION, honest, honest.contribution_proof(position))


@pytest.mark.parametrize(("players", "permutations"), [(9, 2), (9, 16), (17, 6), (40, 4)])
def test_the_value_over_drawn_orders_is_the_packages(judge: Judge, players: int, permutations: int) -> None:
    honest = a_round(players, players, permutations)
    for position in (1, players // 2, players):
        acquitted(judge, Fault.CONTRIBUTION, honest, honest.contribution_proof(position))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1 << 30), players=st.integers(1, 11))
def test_losses_of_any_size_give_the_packages_value(judge: Judge, seed: int, players: int) -> None:
    honest = a_round(players, seed, largest=1 << 63)
    position = 1 + seed % players
    acquitted(judge, Fault.CONTRIBUTION, honest, honest.contribution_proof(position))
    acquitted(judge, Fault.WEIGHT, honest, honest.weight_proof(position))


@pytest.mark.parametrize("players", [3, 8, 9])
def test_a_wrong_contribution_is_convicted(judge: Judge, players: int) -> None:
    honest = a_round(players)
    for wrong in (0, honest.standings[1].phi + 1, -honest.standings[1].phi, (1 << 255) - 1, -(1 << 255)):
        lie = honest.with_standing(1, phi=wrong)
        judge.convict(Fault.CONTRIBUTION, lie.case(), lie.contribution_proof(1))


def test_whoever_took_no_part_contributed_nothing(judge: Judge) -> None:
    honest = a_round(3)
    for position in (0, 4):
        standings, _, _, _ = honest.contribution_proof(position)
        acquitted(judge, Fault.CONTRIBUTION, honest, (standings, EMPTY, EMPTY, position))
        lie = honest.with_standing(position, phi=1)
        judge.convict(Fault.CONTRIBUTION, lie.case(), (lie.all_standings(), EMPTY, EMPTY, position))


def test_the_value_of_a_player_needs_every_coalition(judge: Judge) -> None:
    honest = a_round(3)
    standings, _, rules, position = honest.contribution_proof(1)
    error = refused(judge, Fault.CONTRIBUTION, honest, (standings, EMPTY, rules, position))
    assert (error.error, error.arguments) == ("InvalidExcerpt", ("coalitions",))
    error = refused(judge, Fault.CONTRIBUTION, honest, (standings, honest.coalition(0), rules, position))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("coalitions",))


@pytest.mark.parametrize("players", [3, 9])
def test_coalitions_that_are_not_those_to_score_are_left_to_their_own_proof(judge: Judge, players: int) -> None:
    honest = a_round(players)
    lie = replace(honest, coalitions=(honest.coalitions[0], honest.coalitions[-1]))
    error = refused(judge, Fault.CONTRIBUTION, lie, lie.contribution_proof(1))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("coalitions",))


def test_orders_need_the_rules_of_the_federation(judge: Judge) -> None:
    honest = a_round(9)
    other = replace(honest, permutations=6)
    standings, scored, _, position = honest.contribution_proof(1)
    error = refused(judge, Fault.CONTRIBUTION, honest, (standings, scored, other.shown_rules(), position))
    assert (error.error, error.arguments) == ("InvalidExcerpt", ("rules",))


def test_a_standing_that_is_not_there_is_refused(judge: Judge) -> None:
    honest = a_round(3)
    error = refused(judge, Fault.CONTRIBUTION, honest, honest.contribution_proof(5))
    assert (error.error, error.arguments) == ("OutOfRange", ("standing", 5, 5))


def test_a_player_that_is_not_there_is_left_to_its_own_proof(judge: Judge) -> None:
    lie = a_round(3).with_standing(1, player=3)
    error = refused(judge, Fault.CONTRIBUTION, lie, lie.contribution_proof(1))
    assert (error.error, error.arguments) == ("OutOfRange", ("player", 3, 3))


# -- weights


@settings(max_examples=60, deadline=None)
@given(stake=st.integers(0, (1 << 64) - 1), phi=st.integers(-(1 << 145), 1 << 145))
def test_a_weight_is_stake_times_what_is_positive_of_phi(judge: Judge, stake: int, phi: int) -> None:
    right = a_round(1).with_standing(1, stake=stake, phi=phi, weight=stake * max(phi, 0))
    acquitted(judge, Fault.WEIGHT, right, right.weight_proof(1))
    wrong = right.with_standing(1, weight=right.standings[1].weight + 1)
    judge.convict(Fault.WEIGHT, wrong.case(), wrong.weight_proof(1))


@pytest.mark.parametrize("weight", [0, 1, (3 * ((1 << 255) - 1)) % (1 << 256), (1 << 256) - 1])
def test_no_weight_is_right_for_a_phi_that_cannot_be(judge: Judge, weight: int) -> None:
    lie = a_round(1).with_standing(1, stake=3, phi=(1 << 255) - 1, weight=weight)
    judge.convict(Fault.WEIGHT, lie.case(), lie.weight_proof(1))


def test_the_weight_of_who_took_no_part_is_zero(judge: Judge) -> None:
    honest = a_round(3)
    acquitted(judge, Fault.WEIGHT, honest, honest.weight_proof(0))
    lie = honest.with_standing(0, weight=1)
    judge.convict(Fault.WEIGHT, lie.case(), lie.weight_proof(0))


def test_many_standings_are_not_one(judge: Judge) -> None:
    honest = a_round(3)
    error = refused(judge, Fault.WEIGHT, honest, (honest.all_standings(),))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("standing",))
