"""VERDICT, SPLIT, REWARDS and DECREASE: what became of the candidate, and who is paid what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.rewards import add_rewards, split

from .judge import Judge, acquitted, refused
from .references import RewardTree
from .round_by_hand import Reported, Standing, account, pack_accounts, report_honestly

UINT64 = (1 << 64) - 1


def a_round(after: int = 900, earned: Mapping[str, int] | None = None, budget: int = 1000) -> Reported:
    """Two players gain, one loses, a fourth reveal took no part. The base model's loss is 1000."""
    losses = {mask: 1000 - 100 * (mask & 1) - 50 * (mask >> 1 & 1) + 30 * (mask >> 2) for mask in range(8)}
    return report_honestly(
        stakes=[5, 6, 7, 8],
        statuses=[0, 1, 0, 0],
        deltas=[[1], [2], [3], [4]],
        base=[0],
        loss_of=losses,
        after=after,
        budget=budget,
        earned={account(0): 11, account(3): 5, account(20): 7, account(21): 1} if earned is None else earned,
    )


def weighted(weights: list[int], budget: int, rewards: list[int]) -> Reported:
    """A round of which only weights and rewards are looked at."""
    standings = tuple(
        Standing(account(i), 1, bytes(32), player=i, weight=weight, reward=reward)
        for i, (weight, reward) in enumerate(zip(weights, rewards, strict=True))
    )
    return replace(a_round(), standings=standings, budget=budget)


@pytest.mark.parametrize("after", [-5, 900, 1000, 1001])
def test_an_honest_round_is_acquitted_whatever_became_of_it(judge: Judge, after: int) -> None:
    honest = a_round(after)
    assert honest.aggregate.accepted == (after <= 1000)
    acquitted(judge, Fault.VERDICT, honest, honest.verdict_proof())
    acquitted(judge, Fault.SPLIT, honest, honest.split_proof())
    acquitted(judge, Fault.REWARDS, honest, honest.rewards_proof())
    acquitted(judge, Fault.DECREASE, honest, honest.decrease_proof(account(0)))


def test_a_round_in_which_nobody_has_a_weight_is_acquitted(judge: Judge) -> None:
    honest = report_honestly(
        stakes=[5], deltas=[[1]], base=[0], loss_of={0: 10, 1: 11}, after=0, earned={account(1): 4}
    )
    assert not honest.aggregate.accepted
    acquitted(judge, Fault.VERDICT, honest, honest.verdict_proof())
    acquitted(judge, Fault.SPLIT, honest, honest.split_proof())
    acquitted(judge, Fault.REWARDS, honest, honest.rewards_proof())


# -- verdict


@pytest.mark.parametrize("change", [{"before": 999}, {"accepted": 0}, {"model": b"\x66" * 32}, {"after": 1001}])
def test_a_wrong_verdict_is_convicted(judge: Judge, change: Mapping[str, Any]) -> None:
    lie = a_round().with_aggregate(**change)
    judge.convict(Fault.VERDICT, lie.case(), lie.verdict_proof())


@pytest.mark.parametrize("change", [{"model": b"\x66" * 32}, {"total": 1023}, {"total": 24}, {"total": UINT64}])
def test_a_report_that_contradicts_its_verdict_is_convicted(judge: Judge, change: Mapping[str, Any]) -> None:
    honest = a_round()
    assert honest.total == 1024
    judge.convict(Fault.VERDICT, honest.case(**change), honest.verdict_proof())


def test_a_worse_candidate_that_was_accepted_is_convicted(judge: Judge) -> None:
    worse = a_round(after=1001)
    lie = replace(worse.with_aggregate(accepted=1, model=worse.aggregate.candidate), model=worse.aggregate.candidate)
    judge.convict(Fault.VERDICT, lie.case(total=1024), lie.verdict_proof())


def test_a_candidate_that_nobody_has_a_weight_in_is_not_accepted(judge: Judge) -> None:
    lie = a_round()
    for position in range(4):
        lie = lie.with_standing(position, weight=0)
    judge.convict(Fault.VERDICT, lie.case(), lie.verdict_proof())


def test_a_total_beyond_64_bits_is_never_right(judge: Judge) -> None:
    lie = replace(a_round(earned={account(0): UINT64 - 1010}), budget=1011)
    judge.convict(Fault.VERDICT, lie.case(total=0), lie.verdict_proof())


def test_the_loss_before_is_that_of_the_empty_coalition(judge: Judge) -> None:
    honest = a_round()
    standings, _, verdict = honest.verdict_proof()
    error = refused(judge, Fault.VERDICT, honest, (standings, honest.coalition(1), verdict))
    assert (error.error, error.arguments) == ("WrongExcerpt", ("coalition",))


# -- split


@settings(max_examples=80, deadline=None)
@given(
    weights=st.lists(st.one_of(st.integers(0, 3), st.integers(0, (1 << 145) - 1)), min_size=1, max_size=12).filter(any),
    budget=st.one_of(st.integers(0, 20), st.integers(0, UINT64)),
    spot=st.integers(0, 11),
)
def test_rewards_are_the_packages_split(judge: Judge, weights: list[int], budget: int, spot: int) -> None:
    honest = weighted(weights, budget, list(split(budget, weights)))
    acquitted(judge, Fault.SPLIT, honest, honest.split_proof())
    position = spot % len(weights)
    lie = honest.with_standing(position, reward=honest.standings[position].reward ^ 1)
    judge.convict(Fault.SPLIT, lie.case(), lie.split_proof())


def test_of_equal_remainders_the_lower_index_gets_the_gwei(judge: Judge) -> None:
    acquitted(judge, Fault.SPLIT, *_with_split(weighted([1, 1, 1], 5, [2, 2, 1])))
    lie = weighted([1, 1, 1], 5, [1, 2, 2])
    judge.convict(Fault.SPLIT, lie.case(), lie.split_proof())


def test_a_reward_of_a_round_that_pays_nothing_is_convicted(judge: Judge) -> None:
    lie = a_round(after=1001).with_standing(0, reward=1)
    judge.convict(Fault.SPLIT, lie.case(), lie.split_proof())


def test_an_accepted_round_that_pays_nobody_is_convicted(judge: Judge) -> None:
    lie = a_round()
    for position in range(4):
        lie = lie.with_standing(position, reward=0)
    judge.convict(Fault.SPLIT, lie.case(), lie.split_proof())


@pytest.mark.parametrize("fault", [Fault.VERDICT, Fault.SPLIT])
def test_a_weight_that_cannot_be_is_left_to_its_own_proof(judge: Judge, fault: Fault) -> None:
    lie = a_round().with_standing(0, weight=(1 << 256) - 1)
    proof = lie.verdict_proof() if fault is Fault.VERDICT else lie.split_proof()
    error = refused(judge, fault, lie, proof)
    assert (error.error, error.arguments[0]) == ("OutOfRange", "weight")


# -- the tree of rewards


@st.composite
def payments(draw: st.DrawFn) -> Reported:
    known = draw(st.lists(st.integers(0, 40), unique=True, max_size=17))
    earned = {account(i): draw(st.integers(1, 1 << 50)) for i in known}
    paid_now = draw(st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=9))
    rewards = {account(i): draw(st.sampled_from([0, 1, 1 << 40])) for i in paid_now}
    standings = tuple(
        Standing(who, 1, bytes(32), reward=reward, cumulative=earned.get(who, 0) + reward)
        for who, reward in rewards.items()
    )
    paid = add_rewards(earned, rewards)  # type: ignore[arg-type]
    return replace(a_round(), standings=standings, earned=earned, paid=paid, total=sum(paid.values()))


@settings(max_examples=80, deadline=None)
@given(reported=payments())
def test_the_tree_is_the_one_of_the_accounts_before_and_the_rewards(judge: Judge, reported: Reported) -> None:
    acquitted(judge, Fault.REWARDS, reported, reported.rewards_proof())
    judge.convict(Fault.REWARDS, reported.case(rewards=b"\x66" * 32), reported.rewards_proof())


def test_a_wrong_cumulative_reward_is_convicted(judge: Judge) -> None:
    honest = a_round()
    for position in range(4):
        lie = honest.with_standing(position, cumulative=honest.standings[position].cumulative + 1)
        judge.convict(Fault.REWARDS, lie.case(), lie.rewards_proof())


@pytest.mark.parametrize(
    "change",
    [{account(20): 6}, {account(20): 0}, {account(0): 12}, {account(50): 1}, {account(3): 4, account(20): 8}],
    ids=["less", "left out", "more", "nobody's", "moved"],
)
def test_a_wrong_tree_is_convicted(judge: Judge, change: Mapping[str, int]) -> None:
    honest = a_round()
    lie = replace(honest, paid={who: sum_ for who, sum_ in {**honest.paid, **change}.items() if sum_})
    judge.convict(Fault.REWARDS, lie.case(), lie.rewards_proof())


def test_a_leaf_of_zero_gwei_is_convicted(judge: Judge) -> None:
    honest = a_round()
    lie = replace(honest, paid={**honest.paid, account(1): 0})
    assert RewardTree(lie.paid).total == RewardTree(honest.paid).total
    judge.convict(Fault.REWARDS, lie.case(), lie.rewards_proof())


def test_accounts_that_are_not_those_before_prove_nothing(judge: Judge) -> None:
    honest = a_round()
    standings, _ = honest.rewards_proof()
    for wrong in ({}, {account(0): 24}, {**honest.earned, account(0): 12}, {**honest.earned, account(30): 0}):
        error = refused(judge, Fault.REWARDS, honest, (standings, pack_accounts(wrong)))
        assert (error.error, error.arguments) == ("InvalidClaim", ("accounts",))


def test_accounts_must_ascend_and_be_whole(judge: Judge) -> None:
    honest = a_round()
    standings, packed = honest.rewards_proof()
    for wrong in (packed[28:] + packed[:28], packed[:28] * 2, packed[:-1], packed + b"\x00"):
        error = refused(judge, Fault.REWARDS, honest, (standings, wrong))
        assert (error.error, error.arguments) == ("UnreadableBytes", ("accounts",))


# -- claims


def test_a_decrease_is_convicted(judge: Judge) -> None:
    honest = a_round()
    lie = replace(honest, paid={**honest.paid, account(20): 6})
    judge.convict(Fault.DECREASE, lie.case(total=honest.total - 1), lie.decrease_proof(account(20)))


def test_claims_of_two_accounts_are_no_decrease(judge: Judge) -> None:
    honest = a_round()
    before, after = honest.decrease_proof(account(0)), honest.decrease_proof(account(21))
    for who in (account(0), account(21)):
        error = refused(judge, Fault.DECREASE, honest, (who, *before[1:4], *after[4:]))
        assert (error.error, error.arguments) == ("InvalidClaim", ("after" if who == account(0) else "before",))


@pytest.mark.parametrize(("field", "part"), [(1, "before"), (2, "before"), (4, "after"), (5, "after")])
def test_a_claim_that_does_not_hold_is_refused(judge: Judge, field: int, part: str) -> None:
    honest = a_round()
    proof = list(honest.decrease_proof(account(0)))
    proof[field] += 1
    error = refused(judge, Fault.DECREASE, honest, tuple(proof))
    assert (error.error, error.arguments) == ("InvalidClaim", (part,))


@pytest.mark.parametrize(("field", "part"), [(3, "before"), (6, "after")])
@pytest.mark.parametrize("spoil", [lambda path: path[:-40], lambda path: path + bytes(40), lambda path: path[:-1]])
def test_a_claim_of_another_length_is_refused(judge: Judge, field: int, part: str, spoil: Any) -> None:
    honest = a_round()
    proof = list(honest.decrease_proof(account(0)))
    proof[field] = spoil(proof[field])
    error = refused(judge, Fault.DECREASE, honest, tuple(proof))
    assert (error.error, error.arguments) == ("InvalidClaim", (part,))


def test_sums_that_overflow_64_bits_are_no_claim(judge: Judge) -> None:
    """A tree whose sums wrap around would let an account own more than the total."""
    huge = RewardTree({account(0): UINT64, account(1): 2})
    honest = a_round()
    case = honest.case(rewards=huge.root, total=1)
    proof = (account(0), 11, *RewardTree(honest.earned).proof(account(0)), UINT64, *huge.proof(account(0)))
    with pytest.raises(Exception, match="InvalidClaim"):
        judge.convict(Fault.DECREASE, case, proof)


def _with_split(reported: Reported) -> tuple[Reported, tuple[Any, ...]]:
    return reported, reported.split_proof()
