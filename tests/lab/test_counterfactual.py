"""Gains of cheating, in rounds small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from qfl_chain.lab.cases import Case, RunCases, open_cases
from qfl_chain.lab.counterfactual import (
    ALL_PAIRS_UP_TO,
    CollusionGain,
    CopyGain,
    Deviations,
    RoundBench,
    SybilGain,
    deviations,
    nudged,
)
from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.contribution import EXACT_UP_TO
from qfl_chain.protocol.report import build_report
from qfl_chain.types import Gwei
from tests.protocol.builders import Entry, account, scene

GOOD, HALF, BAD = (-10, 18, 12), (-5, 9, 6), (-7, 2, -80)
STAKE, MIN_STAKE = 2_000_000_000, Gwei(1_000_000_000)


def case(*entries: Entry, rules: Rules | None = None) -> Case:
    facts, observations = scene(entries, rules=rules)
    return Case(facts, observations, build_report(facts, observations), None)


def found(*entries: Entry, accounts: int = 2, rules: Rules | None = None) -> tuple[Case, Deviations]:
    judged = case(*entries, rules=rules)
    return judged, deviations([judged], MIN_STAKE, accounts)


def paid(judged: Case) -> list[int]:
    return [one.reward for one in judged.outcome.standings]


@pytest.fixture(scope="module")
def run(attacked_run: object) -> RunCases:
    return open_cases(attacked_run)  # type: ignore[arg-type]


def test_without_a_deviation_a_round_pays_what_it_paid(run: RunCases) -> None:
    for judged in run.cases:
        bench = RoundBench.of(judged)
        assert bench.pay(list(bench.reveals.values())) == bench.paid


def test_the_rows_stay_those_the_round_drew() -> None:
    judged = case(Entry(GOOD, STAKE), Entry(HALF, STAKE), rules=Rules(subset=5))
    bench = RoundBench.of(judged)
    alone = Entry(GOOD, STAKE)
    others = bench.pay([bench.reveals[account(1)]])
    facts, observations = scene([alone], rules=Rules(subset=5))
    assert bench.pay(list(bench.reveals.values())) == bench.paid
    assert sum(others.values()) == facts.budget
    assert observations.validation != bench.case.observations.validation


def test_accounts_with_the_same_update_are_duplicates_of_the_first() -> None:
    judged, gains = found(Entry(GOOD, STAKE), Entry(HALF, STAKE))
    lone = case(Entry(GOOD, STAKE // 2), Entry(HALF, STAKE))
    assert gains.sybils[0].same == paid(lone)[0] - paid(judged)[0]
    assert gains.sybils[0].same < 0


def test_copies_that_are_a_unit_off_are_no_duplicates() -> None:
    judged, gains = found(Entry(GOOD, STAKE), Entry(HALF, STAKE))
    other = case(Entry(GOOD, STAKE // 2), Entry((-10, 17, 12), STAKE // 2), Entry(HALF, STAKE))
    assert gains.sybils[0].nudged == sum(paid(other)[:2]) - paid(judged)[0]


def test_a_stake_that_cannot_be_split_over_so_many_gains_nothing_and_says_so() -> None:
    _, gains = found(Entry(GOOD, STAKE), Entry(HALF, 3 * STAKE), accounts=3)
    assert gains.sybils[0] == SybilGain(1, account(1), None, None)
    assert gains.sybils[1].nudged is not None


def test_what_does_not_divide_stays_with_the_first_account() -> None:
    odd = STAKE + 1
    judged, gains = found(Entry(GOOD, odd), Entry(HALF, STAKE))
    lone = case(Entry(GOOD, STAKE // 2 + 1), Entry(HALF, STAKE))
    assert gains.sybils[0].same == paid(lone)[0] - paid(judged)[0]


def test_colluding_gives_both_the_mean_of_their_updates() -> None:
    judged, gains = found(Entry(GOOD, STAKE), Entry(HALF, STAKE), Entry((1, 2, 3), STAKE))
    mean = (-8, 13, 9)
    both = case(Entry(mean, STAKE), Entry((-8, 12, 9), STAKE), Entry((1, 2, 3), STAKE))
    merged = case(Entry(mean, 2 * STAKE), Entry((1, 2, 3), STAKE))
    first = gains.collusions[0]
    assert (first.first, first.second) == (account(1), account(2))
    assert first.mean == sum(paid(both)[:2]) - sum(paid(judged)[:2])
    assert first.merged == paid(merged)[0] - sum(paid(judged)[:2])
    assert len(gains.collusions) == 3


def test_among_many_everybody_colludes_with_the_next_alone() -> None:
    entries = [Entry((at, at, at), STAKE) for at in range(1, ALL_PAIRS_UP_TO + 2)]
    judged = case(*entries, rules=Rules(permutations=2))
    bench = RoundBench.of(judged)
    assert len(bench.accepted) > max(EXACT_UP_TO, ALL_PAIRS_UP_TO)
    gains = deviations([judged], Gwei(2 * STAKE), 2)
    assert [(one.first, one.second) for one in gains.collusions] == [
        (account(at), account(at + 1)) for at in range(1, len(entries))
    ]


def test_an_exact_copy_is_a_duplicate_however_early_its_owner_revealed_before() -> None:
    judged, gains = found(Entry(BAD, STAKE), Entry(GOOD, STAKE), Entry(HALF, STAKE))
    first, second, third, newcomer = gains.copies
    assert (first.participant, first.victim, first.exact) == (account(1), account(2), -paid(judged)[0])
    assert (third.victim, third.exact) == (account(2), -paid(judged)[2])
    assert (second.participant, second.victim) == (account(2), account(3))
    assert (newcomer.participant, newcomer.victim, newcomer.exact) == (None, account(2), 0)


def test_a_near_copy_is_paid_and_its_victim_loses() -> None:
    judged, gains = found(Entry(GOOD, STAKE), Entry(BAD, STAKE))
    copied = case(Entry(GOOD, STAKE), Entry((-10, 17, 12), STAKE))
    second = gains.copies[1]
    assert second == CopyGain(1, account(2), account(1), 0, paid(copied)[1], paid(judged)[0] - paid(copied)[0])
    assert second.nudged > 0
    beside = case(Entry(GOOD, STAKE), Entry(BAD, STAKE), Entry((-10, 17, 12), MIN_STAKE))
    assert gains.copies[-1].nudged == paid(beside)[2]


def test_with_nobody_else_there_is_nothing_to_copy_or_to_collude_with() -> None:
    _, gains = found(Entry(GOOD, STAKE))
    assert [one.participant for one in gains.copies] == [None]
    assert gains.collusions == ()
    assert found(Entry(None, STAKE))[1] == Deviations(2, (), (), ())


@pytest.mark.parametrize(
    ("deltas", "moved"),
    [((3, -9, 1), (3, -8, 1)), ((9, 3), (8, 3)), ((0, 0), (1, 0)), ((-(1 << 31), 0), (1 - (1 << 31), 0))],
)
def test_a_nudge_moves_the_largest_delta_towards_zero(deltas: Sequence[int], moved: Sequence[int]) -> None:
    before = np.array(deltas, dtype=np.int64)
    assert nudged(before, 1).tolist() == list(moved)
    assert before.tolist() == list(deltas)
    assert nudged(before, 0).tolist() == list(deltas)


def test_the_worked_example_of_the_document() -> None:
    judged, gains = found(Entry(GOOD, STAKE), Entry(HALF, STAKE), Entry(BAD, STAKE))
    assert paid(judged) == [536_949, 463_051, 0]
    assert gains.sybils[0] == SybilGain(1, account(1), -288_559, -119_991)
    assert gains.collusions[0] == CollusionGain(1, account(1), account(2), 0, 0)
    assert gains.copies[1] == CopyGain(1, account(2), account(1), -463_051, 36_135, 36_135)


def test_every_round_is_told_and_tried(run: RunCases) -> None:
    told: list[int] = []
    gains = deviations(run.cases, run.terms.min_stake, 2, told.append)
    assert told == [1, 2, 3]
    assert {one.round for one in gains.copies} == {1, 2, 3}
