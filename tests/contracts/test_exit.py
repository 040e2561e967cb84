"""exit(): the whole stake starts to leave."""

from __future__ import annotations

from .conftest import FUNDING, STAKE
from .harness import Deployment
from .references import address


def test_an_exit_moves_the_whole_stake(federation: Deployment) -> None:
    sent = federation.send("alice", "exit")
    at = sent.time + federation.terms.unbondingWindow
    assert sent.only("Exited") == {"participant": address("alice"), "amount": STAKE, "withdrawableAt": at}
    assert federation.member("alice") == (0, 0, 0, 0, STAKE, at)


def test_a_member_without_stake_is_refused(federation: Deployment) -> None:
    assert federation.refused("outsider", "exit") == ("NoStake",)


def test_a_second_exit_waits_for_the_first_withdrawal(federation: Deployment) -> None:
    federation.send("alice", "exit")
    assert federation.refused("alice", "exit") == ("ExitPending", federation.member("alice").withdrawable_at)
    federation.send("alice", "join", value=1_000)
    federation.chain.clock = at = federation.member("alice").withdrawable_at
    assert federation.refused("alice", "exit") == ("ExitPending", at)
    federation.send("alice", "withdraw")
    federation.send("alice", "exit")
    assert federation.member("alice").exiting == 1_000


def test_an_unrevealed_commitment_holds_an_exit_until_the_round_is_decided(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    latest_end = federation.report_closes + federation.terms.commitWindow + federation.terms.revealWindow
    assert federation.refused("bob", "exit") == ("OutcomeOpen", 1, latest_end)
    federation.report()
    active_at = federation.latest.active_at
    assert federation.refused("bob", "exit") == ("OutcomeOpen", 1, active_at)
    federation.chain.clock = active_at
    sent = federation.send("bob", "exit")
    assert [log.name for log in sent.logs] == ["Penalized", "Exited"]
    assert sent.only("Exited")["amount"] == STAKE - STAKE // 20
    assert federation.pool == (FUNDING + STAKE // 20, 0)


def test_after_an_expiry_an_unrevealed_commitment_leaves_with_everything(federation: Deployment) -> None:
    federation.commit("bob")
    federation.chain.clock = federation.report_closes
    assert federation.send("bob", "exit").only("Exited")["amount"] == STAKE
    assert federation.member("bob").commitment == 0


def test_whoever_revealed_may_leave_at_once(federation: Deployment) -> None:
    federation.play(["alice"])
    assert federation.send("alice", "exit").only("Exited")["amount"] == STAKE


def test_neither_guardian_nor_sponsor_can_stop_an_exit(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    federation.send("alice", "exit")
    federation.send("sponsor", "cancel")
    federation.send("bob", "exit")
    assert [federation.member(name).exiting for name in ("alice", "bob")] == [STAKE, STAKE]


def test_a_member_may_join_again_after_an_exit(federation: Deployment) -> None:
    federation.send("alice", "exit")
    federation.send("alice", "join", value=2_000)
    assert federation.member("alice").stake == 2_000
    assert federation.member("alice").exiting == STAKE


def test_rejoining_does_not_allow_a_second_commit_in_a_round(federation: Deployment) -> None:
    federation.commit("alice")
    federation.chain.clock = federation.reveal_opens
    federation.reveal("alice")
    federation.send("alice", "exit")
    federation.send("alice", "join", value=2_000)
    assert federation.member("alice").round == 1
    assert federation.refused("alice", "commit", 1, 5)[0] == "WrongPhase"
