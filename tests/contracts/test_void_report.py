"""voidReport(): the guardian undoes a report in its challenge window, and what builds on it."""

from __future__ import annotations

from .conftest import STAKE
from .harness import Deployment
from .references import MAX_UINT256, address, claim_args, opening_of

FIRST = {address("alice"): 600}
SECOND = {address("alice"): 600, address("bob"): 600}


def first_active(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(FIRST)
    federation.activate()


def test_a_void_is_announced_and_restores_the_report_before(federation: Deployment) -> None:
    first_active(federation)
    first = federation.latest
    federation.play(["alice", "bob"])
    federation.report(SECOND)
    assert federation.send("guardian", "voidReport").only("ReportVoided") == {"round": 2}
    assert federation.latest == federation.active == first
    federation.claim("alice", FIRST)


def test_the_first_report_voided_leaves_none(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(FIRST)
    federation.send("guardian", "voidReport")
    assert federation.latest[:3] == (0, 0, 0)
    federation.chain.clock += 10_000
    assert federation.refused("alice", "claim", *claim_args("alice", FIRST)) == ("NoActiveReport",)


def test_a_voided_report_never_pays(federation: Deployment) -> None:
    first_active(federation)
    federation.play(["alice", "bob"])
    federation.report(SECOND)
    federation.send("guardian", "voidReport")
    federation.chain.clock += 10_000
    assert federation.refused("bob", "claim", *claim_args("bob", SECOND)) == ("InvalidProof",)


def test_the_next_report_takes_the_place_of_the_voided_one(federation: Deployment) -> None:
    first_active(federation)
    federation.play(["alice", "bob"])
    federation.report(SECOND)
    federation.send("guardian", "voidReport")
    federation.play(["bob"])
    third = FIRST | {address("bob"): 600}
    federation.report(third)
    assert federation.claim("alice", FIRST).only("Claimed")["amount"] == 600
    federation.activate()
    assert federation.claim("bob", third).only("Claimed")["amount"] == 600


def test_the_budget_of_the_voided_report_is_free_again(federation: Deployment) -> None:
    first_active(federation)
    federation.play(["alice"])
    federation.report(SECOND)
    federation.send("guardian", "voidReport")
    federation.play(["alice"])
    args = federation.signed(federation.report_of(total=1_201))
    assert federation.refused("sponsor", "report", *args) == ("TotalOutOfRange", 1_201, 600, 1_200)


def test_a_live_round_that_built_on_it_is_voided_too(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(FIRST)
    federation.commit("bob")
    sent = federation.send("guardian", "voidReport")
    assert [(log.name, log.args["round"]) for log in sent.logs] == [("ReportVoided", 1), ("RoundVoided", 2)]
    assert federation.live == (2, 0, 0, 0, 0)
    assert federation.refused("bob", "reveal", *opening_of("bob", 2)) == ("WrongPhase", MAX_UINT256, MAX_UINT256)


def test_participants_of_voided_rounds_go_on_and_leave_unharmed(federation: Deployment) -> None:
    federation.play(["alice"], silent=["carol"])
    federation.report(FIRST)
    federation.commit("bob")
    federation.send("guardian", "voidReport")
    assert federation.send("carol", "exit").only("Exited")["amount"] == STAKE
    sent = federation.commit("bob")
    assert [log.name for log in sent.logs] == ["RoundOpened", "Committed"]
    assert federation.member("bob")[:3] == (STAKE, 0, 3)


def test_only_a_report_in_its_challenge_window_can_be_voided(federation: Deployment) -> None:
    assert federation.refused("guardian", "voidReport") == ("NoPendingReport",)
    federation.play(["alice"])
    federation.report(FIRST)
    federation.chain.clock = federation.latest.active_at
    assert federation.refused("guardian", "voidReport") == ("NoPendingReport",)
    federation.chain.clock -= 1
    federation.send("guardian", "voidReport")
    assert federation.refused("guardian", "voidReport") == ("NoPendingReport",)


def test_a_void_keeps_pause_and_cancellation(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(FIRST)
    federation.commit("bob")
    federation.send("sponsor", "cancel")
    federation.send("guardian", "voidReport")
    assert federation.live == (2, 0, 2, 0, 0)
