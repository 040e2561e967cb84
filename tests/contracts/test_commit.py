"""commit(): commits, and opens rounds."""

from __future__ import annotations

from .conftest import FUNDING, STAKE
from .harness import Deployment
from .references import address, commitment_of, opening_of


def test_the_first_commit_opens_a_round_at_its_own_time(federation: Deployment) -> None:
    sent = federation.commit("alice")
    assert [log.name for log in sent.logs] == ["RoundOpened", "Committed"]
    assert sent.only("RoundOpened") == {"round": 1, "start": sent.time, "budget": 600}
    assert federation.live == (1, sent.time, 0, 0, 0)


def test_a_commitment_is_kept_and_announced(federation: Deployment) -> None:
    federation.commit("alice")
    sent = federation.commit("bob")
    expected = commitment_of(federation.address, 1, opening_of("bob", 1))
    assert [log.name for log in sent.logs] == ["Committed"]
    assert sent.only("Committed") == {"participant": address("bob"), "round": 1, "commitment": expected}
    assert federation.member("bob")[2:4] == (1, expected)


def test_commits_are_accepted_to_the_last_second_of_the_window(federation: Deployment) -> None:
    federation.commit("alice")
    start = federation.live.start
    federation.chain.clock = federation.reveal_opens - 1
    federation.commit("bob")
    assert federation.refused("carol", "commit", 1, 1) == ("WrongPhase", start, start + 100)


def test_commits_are_refused_until_the_round_has_expired(federation: Deployment) -> None:
    federation.commit("alice")
    start = federation.live.start
    federation.chain.clock = federation.report_closes - 1
    assert federation.refused("bob", "commit", 1, 1) == ("WrongPhase", start, start + 100)
    federation.chain.clock += 1
    assert federation.send("bob", "commit", 2, 1).only("RoundOpened")["round"] == 2


def test_the_next_commit_after_an_expiry_says_so_and_opens_a_round(federation: Deployment) -> None:
    federation.commit("alice")
    federation.chain.clock = federation.report_closes
    sent = federation.commit("bob")
    assert [log.name for log in sent.logs] == ["RoundExpired", "RoundOpened", "Committed"]
    assert sent.only("RoundExpired") == {"round": 1}
    assert federation.live[:2] == (2, sent.time)


def test_a_new_round_knows_nothing_of_the_reveals_before(federation: Deployment) -> None:
    federation.commit("alice")
    federation.chain.clock = federation.reveal_opens
    federation.reveal("alice")
    federation.chain.clock = federation.report_closes
    sent = federation.commit("bob")
    assert federation.live == (2, sent.time, 0, 0, 0)


def test_a_round_opens_right_after_a_report(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report({address("alice"): 600})
    sent = federation.commit("alice")
    assert [log.name for log in sent.logs] == ["RoundOpened", "Committed"]
    assert sent.only("RoundOpened")["round"] == 2


def test_the_budget_is_what_the_latest_report_left_unallocated(federation: Deployment) -> None:
    for paid in range(600, FUNDING, 600):
        federation.play(["alice"])
        federation.report({address("alice"): paid})
    assert federation.commit("alice").only("RoundOpened")["budget"] == FUNDING % 600


def test_a_zero_commitment_is_refused(federation: Deployment) -> None:
    assert federation.refused("alice", "commit", 1, 0) == ("ZeroCommitment",)


def test_a_second_commit_in_a_round_is_refused(federation: Deployment) -> None:
    federation.commit("alice")
    assert federation.refused("alice", "commit", 1, 5) == ("AlreadyCommitted", 1)


def test_a_commit_made_for_another_round_is_refused_and_opens_none(federation: Deployment) -> None:
    assert federation.refused("alice", "commit", 2, 5) == ("WrongRound", 2, 1)
    assert federation.live.number == 0
    federation.commit("alice")
    assert federation.refused("bob", "commit", 0, 5) == ("WrongRound", 0, 1)


def test_a_commit_that_lands_after_its_round_expired_costs_nothing(federation: Deployment) -> None:
    federation.commit("alice")
    federation.chain.clock = federation.report_closes
    assert federation.refused("bob", "commit", 1, 5) == ("WrongRound", 1, 2)
    assert federation.member("bob").commitment == 0


def test_a_stranger_cannot_commit(federation: Deployment) -> None:
    assert federation.refused("outsider", "commit", 1, 5) == ("StakeTooLow", 0, 1_000)


def test_a_missing_reveal_is_settled_by_the_next_commit(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.report()
    federation.activate()
    sent = federation.commit("bob")
    assert sent.only("Penalized") == {
        "participant": address("bob"),
        "round": 1,
        "amount": STAKE // 20,
        "stake": STAKE - STAKE // 20,
    }
    assert federation.member("bob")[:3] == (STAKE - STAKE // 20, 0, 2)
    assert federation.pool == (FUNDING + STAKE // 20, 0)


def test_a_penalty_that_leaves_too_little_stake_refuses_the_commit_and_is_not_lost(federation: Deployment) -> None:
    federation.send("dave", "join", value=1_000)
    federation.play(["alice"], silent=["dave"])
    federation.report()
    federation.activate()
    assert federation.refused("dave", "commit", 2, 5) == ("StakeTooLow", 950, 1_000)
    assert federation.member("dave").stake == 1_000
    federation.send("alice", "penalize", address("dave"))
    federation.send("dave", "join", value=50)
    federation.commit("dave")


def test_a_commit_waits_for_the_outcome_of_a_missing_reveal(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.report()
    federation.commit("alice")
    active_at = federation.latest.active_at
    assert federation.refused("bob", "commit", 2, 5) == ("OutcomeOpen", 1, active_at)


def test_an_expired_round_costs_nobody_anything(federation: Deployment) -> None:
    federation.commit("alice")
    federation.chain.clock = federation.report_closes
    sent = federation.commit("alice")
    assert "Penalized" not in [log.name for log in sent.logs]
    assert federation.member("alice")[:3] == (STAKE, 0, 2)
    assert federation.pool == (FUNDING, 0)


def test_committing_is_refused_while_paused_until_the_guardian_expires(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    assert federation.refused("alice", "commit", 1, 5) == ("FederationPaused",)
    federation.chain.clock = federation.terms.guardianExpiry
    federation.commit("alice")
    assert federation.live.admission == 0


def test_committing_is_refused_after_a_cancellation(federation: Deployment) -> None:
    federation.commit("bob")
    federation.send("sponsor", "cancel")
    assert federation.refused("alice", "commit", 1, 5) == ("FederationCancelled",)
    federation.chain.clock = federation.report_closes
    assert federation.refused("alice", "commit", 1, 5) == ("FederationCancelled",)


def test_round_numbers_end_with_a_clear_error(federation: Deployment) -> None:
    federation.chain.poke(federation.address, slot=3, value=2**16 - 1)
    assert federation.live == (2**16 - 1, 0, 0, 0, 0)
    assert federation.refused("alice", "commit", 1, 5) == ("RoundsExhausted",)
