"""penalize(): a commitment that was not revealed in a reported round costs 5 %, once."""

from __future__ import annotations

import pytest

from .conftest import FUNDING, STAKE
from .harness import Deployment
from .references import address, opening_of

PENALTY = STAKE // 20


@pytest.fixture
def decided(federation: Deployment) -> Deployment:
    """Alice revealed, bob did not, and the round's report is active."""
    federation.play(["alice"], silent=["bob"])
    federation.report()
    federation.activate()
    return federation


def test_anyone_settles_a_missing_reveal(decided: Deployment) -> None:
    sent = decided.send("outsider", "penalize", address("bob"))
    expected = {"participant": address("bob"), "round": 1, "amount": PENALTY, "stake": STAKE - PENALTY}
    assert sent.only("Penalized") == expected
    assert decided.member("bob")[:4] == (STAKE - PENALTY, 0, 1, 0)


def test_a_penalty_goes_from_the_stake_to_the_pool(decided: Deployment) -> None:
    before = decided.balance
    decided.send("outsider", "penalize", address("bob"))
    assert decided.pool == (FUNDING + PENALTY, 0)
    assert decided.balance == before


@pytest.mark.parametrize(("extra", "penalty"), [(0, 250), (19, 250), (20, 251)])
def test_the_penalty_is_5_percent_rounded_down(decided: Deployment, extra: int, penalty: int) -> None:
    if extra:
        decided.send("bob", "join", value=extra)
    assert decided.send("alice", "penalize", address("bob")).only("Penalized")["amount"] == penalty


def test_a_missing_reveal_costs_once(decided: Deployment) -> None:
    decided.send("outsider", "penalize", address("bob"))
    assert decided.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))
    assert [log.name for log in decided.commit("bob").logs] == ["RoundOpened", "Committed"]


def test_it_still_costs_rounds_later(decided: Deployment) -> None:
    decided.play(["alice"])
    decided.report()
    decided.activate()
    assert decided.send("outsider", "penalize", address("bob")).only("Penalized")["round"] == 1


@pytest.mark.parametrize("name", ["alice", "carol", "outsider"])
def test_whoever_revealed_or_never_committed_is_safe(decided: Deployment, name: str) -> None:
    assert decided.refused("outsider", "penalize", address(name)) == ("NothingToPenalize", address(name))


def test_nobody_is_penalized_while_the_round_is_open(federation: Deployment) -> None:
    federation.commit("alice")
    federation.commit("bob")
    decided_by = federation.report_closes + federation.terms.commitWindow + federation.terms.revealWindow
    for time in (
        federation.chain.clock,
        federation.reveal_opens,
        federation.report_opens,
        federation.report_closes - 1,
    ):
        federation.chain.clock = time
        assert federation.refused("outsider", "penalize", address("bob")) == ("OutcomeOpen", 1, decided_by)


def test_nobody_is_penalized_while_the_report_is_pending(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.report()
    active_at = federation.latest.active_at
    federation.chain.clock = active_at - 1
    assert federation.refused("outsider", "penalize", address("bob")) == ("OutcomeOpen", 1, active_at)
    federation.chain.clock = active_at
    federation.send("outsider", "penalize", address("bob"))


def test_an_expired_round_penalizes_nobody_before_and_after_the_next_opens(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.chain.clock = federation.report_closes
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))
    federation.play(["alice"])
    federation.report()
    federation.activate()
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))
    assert federation.member("bob").stake == STAKE


def test_a_voided_round_penalizes_nobody(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.report()
    federation.send("guardian", "voidReport")
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))


def test_a_round_voided_with_the_report_it_opened_on_penalizes_nobody(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report()
    federation.commit("bob")
    federation.send("guardian", "voidReport")
    federation.play(["alice"])
    federation.report()
    federation.activate()
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))


def test_a_reveal_in_the_last_second_saves_from_the_penalty(federation: Deployment) -> None:
    federation.commit("alice")
    federation.commit("bob")
    federation.chain.clock = federation.reveal_opens
    federation.reveal("alice")
    federation.chain.clock = federation.report_opens - 1
    federation.send("bob", "reveal", *opening_of("bob", 1))
    federation.report()
    federation.activate()
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))
