"""MODEL and AGGREGATE: every rule, recomputed by the referee to the bit."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.faults import Fault

from .judge import Judge, acquitted, refused
from .round_by_hand import CIRCUIT, ROUND, RULE_CODES, Reported, model_block, report_honestly, update_block

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
INT62 = st.integers(-(1 << 62), (1 << 62) - 1)
EVERY_RULE = range(len(RULE_CODES))


def three_players(rule: int = 0) -> Reported:
    """Two players count, the third one's update made every model worse; a fourth reveal was malformed."""
    losses = {mask: 1000 - 100 * (mask & 1) - 50 * (mask >> 1 & 1) + 30 * (mask >> 2) for mask in range(8)}
    return report_honestly(
        stakes=[5, 6, 7, 8],
        statuses=[0, 1, 0, 0],
        deltas=[[1, -2, 3, 4, -5, 6, 7, -8, 9], [0] * 9, [10, 20, -30] * 3, [-7, 7, 0] * 3],
        base=[100, -(1 << 40), 0, 5, 6, -7, 8, 9, (1 << 62) - 1],
        loss_of=losses,
        after=900,
        rule=rule,
    )


@st.composite
def rounds(draw: st.DrawFn) -> Reported:
    """Any weights and deltas, with the candidate and the model of a coalition that follow from them."""
    players, parameters = draw(st.integers(1, 9)), draw(st.integers(1, 19))
    values = draw(st.sampled_from([INT32, st.integers(-2, 2), st.sampled_from([-(1 << 31), (1 << 31) - 1])]))
    deltas = [draw(st.lists(values, min_size=parameters, max_size=parameters)) for _ in range(players)]
    most = draw(st.sampled_from([2, 1 << 60, 1 << 100, (1 << 145) - 1]))
    weights = draw(st.lists(st.integers(0, most), min_size=players, max_size=players))
    base = draw(st.lists(INT62, min_size=parameters, max_size=parameters))
    rule, mask = draw(st.sampled_from(EVERY_RULE)), draw(st.integers(0, (1 << players) - 1))
    stakes = draw(st.lists(st.integers(1, (1 << 64) - 1), min_size=players, max_size=players))
    blank = report_honestly(
        stakes=stakes, deltas=deltas, base=base, loss_of=dict.fromkeys(range(1 << 9), 0), after=0, rule=rule
    )
    if draw(st.booleans()):
        weights = stakes
    standings = tuple(replace(one, weight=w) for one, w in zip(blank.standings, weights, strict=True))
    candidate = _model(rule, base, deltas, weights)
    members = [stake if mask >> i & 1 else 0 for i, stake in enumerate(stakes)]
    scored = (replace(blank.coalitions[0], mask=mask, model=_model(rule, base, deltas, members)),)
    return replace(
        blank, standings=standings, coalitions=scored, aggregate=replace(blank.aggregate, candidate=candidate)
    )


def _model(rule: int, base: list[int], deltas: list[list[int]], weights: list[int]) -> bytes:
    """The digest by the package's rule; an update without weight is left out of the package's work too."""
    counted = [(row, weight) for row, weight in zip(deltas, weights, strict=True) if weight]
    change = np.zeros(len(base), dtype=np.int64)
    if counted:
        change = RULES[RULE_CODES[rule]](np.array([row for row, _ in counted]), [weight for _, weight in counted])
    return sha256(model_block(CIRCUIT, ROUND, [b + int(d) for b, d in zip(base, change, strict=True)])).digest()


@settings(max_examples=120, deadline=None)
@given(reported=rounds())
def test_the_referee_computes_every_model_as_the_package_does(judge: Judge, reported: Reported) -> None:
    acquitted(judge, Fault.AGGREGATE, reported, reported.aggregate_proof())
    acquitted(judge, Fault.MODEL, reported, reported.model_proof(0))


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_every_model_of_an_honest_round_is_acquitted(judge: Judge, rule: int) -> None:
    honest = three_players(rule)
    assert [one.weight > 0 for one in honest.standings] == [True, False, True, False]
    for position in range(8):
        acquitted(judge, Fault.MODEL, honest, honest.model_proof(position))
    acquitted(judge, Fault.AGGREGATE, honest, honest.aggregate_proof())


@pytest.mark.parametrize("position", range(8))
def test_a_wrong_coalition_model_is_convicted(judge: Judge, position: int) -> None:
    lie = three_players().with_coalition(position, model=b"\x66" * 32)
    judge.convict(Fault.MODEL, lie.case(), lie.model_proof(position))


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_a_wrong_candidate_is_convicted(judge: Judge, rule: int) -> None:
    lie = three_players(rule).with_aggregate(candidate=b"\x66" * 32)
    judge.convict(Fault.AGGREGATE, lie.case(), lie.aggregate_proof())


def test_a_candidate_by_another_rule_is_convicted(judge: Judge) -> None:
    lie = replace(three_players(0), rule=2)
    judge.convict(Fault.AGGREGATE, lie.case(), lie.aggregate_proof())


def test_without_a_weight_the_candidate_is_the_base_under_this_rounds_number(judge: Judge) -> None:
    arguments: dict[str, Any] = {"stakes": [5, 6], "deltas": [[1], [2]], "base": [9], "after": 0}
    honest = report_honestly(loss_of={0: 1, 1: 2, 2: 2, 3: 3}, **arguments)
    assert honest.aggregate.candidate == sha256(model_block(CIRCUIT, ROUND, [9])).digest()
    acquitted(judge, Fault.AGGREGATE, honest, honest.aggregate_proof())
    lie = honest.with_aggregate(candidate=sha256(honest.base).digest())
    judge.convict(Fault.AGGREGATE, lie.case(), lie.aggregate_proof())


@pytest.mark.parametrize("rule", EVERY_RULE)
@pytest.mark.parametrize("total", [1, 2, (1 << 96) - 1, 1 << 96, (1 << 161) - 1])
@pytest.mark.parametrize("delta", [-(1 << 31), -1, (1 << 31) - 1])
def test_the_largest_sums_do_not_spill_over(judge: Judge, rule: int, total: int, delta: int) -> None:
    """Below 2**96 the referee keeps two sums in a word."""
    weights = [total - total // 2, total // 2][: min(total, 2)]
    rows = [[delta] * 9, [delta, -1 - delta] * 4 + [0]][: len(weights)]
    base = [0] * 9
    blank = report_honestly(
        stakes=[1] * len(rows), deltas=rows, base=base, loss_of=dict.fromkeys(range(4), 0), after=0, rule=rule
    )
    standings = tuple(replace(one, weight=w) for one, w in zip(blank.standings, weights, strict=True))
    reported = replace(blank, standings=standings).with_aggregate(candidate=_model(rule, base, rows, weights))
    acquitted(judge, Fault.AGGREGATE, reported, reported.aggregate_proof())


# -- an honest round, and everything a prover can get wrong about it


@pytest.mark.parametrize("fault", [Fault.MODEL, Fault.AGGREGATE])
def test_other_bytes_than_the_base_models_prove_nothing(judge: Judge, fault: Fault) -> None:
    honest = three_players()
    *excerpts, base, deltas = _proof(honest, fault)
    other = model_block(CIRCUIT, ROUND - 1, [1] * 9)
    for wrong in (other, base[:-8], base + bytes(8), b""):
        error = refused(judge, fault, honest, (*excerpts, wrong, deltas))
        assert (error.error, error.arguments[0]) == ("WrongBytes", "base")


@pytest.mark.parametrize("fault", [Fault.MODEL, Fault.AGGREGATE])
def test_other_deltas_than_those_revealed_prove_nothing(judge: Judge, fault: Fault) -> None:
    honest = three_players()
    *excerpts, deltas = _proof(honest, fault)
    size = 4 * 9
    swapped = deltas[size:] + deltas[:size]
    for wrong in (bytes(len(deltas)), swapped, deltas[:-1] + b"\x01"):
        error = refused(judge, fault, honest, (*excerpts, wrong))
        assert (error.error, error.arguments[0]) == ("WrongBytes", "deltas")


@pytest.mark.parametrize("fault", [Fault.MODEL, Fault.AGGREGATE])
def test_one_update_too_many_or_too_few_proves_nothing(judge: Judge, fault: Fault) -> None:
    honest = three_players()
    *excerpts, deltas = _proof(honest, fault)
    for wrong in (deltas[:-36], deltas + deltas[-36:], deltas[:-4], b"", deltas + b"\x00"):
        error = refused(judge, fault, honest, (*excerpts, wrong))
        assert (error.error, error.arguments) == ("UnreadableBytes", ("deltas",))


def test_a_part_of_the_standings_proves_nothing(judge: Judge) -> None:
    honest = three_players()
    _, verdict, *rest = honest.aggregate_proof()
    error = refused(judge, Fault.AGGREGATE, honest, (honest.standing(0), verdict, *rest))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("standings",))


def test_a_coalition_is_not_taken_for_the_aggregate(judge: Judge) -> None:
    honest = three_players()
    standings, _, *rest = honest.aggregate_proof()
    error = refused(judge, Fault.AGGREGATE, honest, (standings, honest.coalition(7), *rest))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("aggregate",))


def test_an_update_of_another_round_is_not_an_update_of_this_one(judge: Judge) -> None:
    """Its deltas alone do not say which round it was for; the head that the referee puts before them does."""
    honest = three_players()
    stale = update_block(CIRCUIT, ROUND - 1, [1, -2, 3, 4, -5, 6, 7, -8, 9])
    lie = honest.with_standing(0, digest=sha256(stale).digest())
    error = refused(judge, Fault.AGGREGATE, lie, lie.aggregate_proof())
    assert (error.error, error.arguments[0]) == ("WrongBytes", "deltas")


def test_a_base_that_is_no_model_is_refused(judge: Judge) -> None:
    broken = replace(three_players(), base=b"QFLM")
    error = refused(judge, Fault.AGGREGATE, broken, broken.aggregate_proof())
    assert (error.error, error.arguments) == ("UnreadableBytes", ("base",))


def test_a_rule_that_nobody_knows_is_refused(judge: Judge) -> None:
    broken = replace(three_players(), rule=len(RULE_CODES))
    error = refused(judge, Fault.AGGREGATE, broken, broken.aggregate_proof())
    assert (error.error, error.arguments) == ("UnreadableBytes", ("rules",))


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_a_weight_that_cannot_be_is_left_to_its_own_proof(judge: Judge, rule: int) -> None:
    lie = three_players(rule).with_standing(0, weight=1 << 192)
    error = refused(judge, Fault.AGGREGATE, lie, lie.aggregate_proof())
    assert (error.error, error.arguments) == ("OutOfRange", ("weight", 1 << 192, 1 << 192))
    judge.convict(Fault.WEIGHT, lie.case(), lie.weight_proof(0))


def _proof(reported: Reported, fault: Fault) -> tuple[Any, ...]:
    return reported.aggregate_proof() if fault is Fault.AGGREGATE else reported.model_proof(5)
