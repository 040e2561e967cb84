"""reclaim(): what no report allocated goes back to the sponsor, after the end."""

from __future__ import annotations

from .abi import encode
from .conftest import FUNDING, STAKE
from .contracts_in_bytes import forwarder
from .harness import Deployment
from .references import MAX_UINT256, Terms, address

REWARDS = {address("alice"): 600}


def test_the_sponsor_gets_what_is_not_allocated(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(REWARDS)
    federation.activate()
    federation.send("sponsor", "cancel")
    before = federation.balance
    sent = federation.send("sponsor", "reclaim")
    assert sent.only("Reclaimed") == {"to": address("sponsor"), "amount": FUNDING - 600}
    assert federation.balance == before - (FUNDING - 600)
    assert federation.pool == (600, 0)
    assert federation.claim("alice", REWARDS).only("Claimed")["amount"] == 600


def test_a_federation_that_never_started_returns_everything(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    assert federation.send("sponsor", "reclaim").only("Reclaimed")["amount"] == FUNDING


def test_stakes_are_not_reclaimed(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    federation.send("sponsor", "reclaim")
    assert federation.balance == 3 * STAKE + 4 * federation.terms.oracleBond
    for name in ("alice", "bob", "carol"):
        assert federation.send(name, "exit").only("Exited")["amount"] == STAKE


def test_a_running_federation_reclaims_nothing(federation: Deployment) -> None:
    assert federation.refused("sponsor", "reclaim") == ("NotCancelled",)


def test_the_live_round_is_waited_for(federation: Deployment) -> None:
    federation.commit("alice")
    federation.send("sponsor", "cancel")
    end = federation.report_closes
    federation.chain.clock = end - 1
    assert federation.refused("sponsor", "reclaim") == ("WrongPhase", end, MAX_UINT256)
    federation.chain.clock = end
    federation.send("sponsor", "reclaim")


def test_the_challenge_window_is_waited_for(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report(REWARDS)
    federation.send("sponsor", "cancel")
    active_at = federation.latest.active_at
    federation.chain.clock = active_at - 1
    assert federation.refused("sponsor", "reclaim") == ("WrongPhase", active_at, MAX_UINT256)
    federation.chain.clock = active_at
    federation.send("sponsor", "reclaim")


def test_money_is_reclaimed_once(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    federation.send("sponsor", "reclaim")
    assert federation.refused("sponsor", "reclaim") == ("NothingToReclaim",)


def test_a_late_penalty_can_be_reclaimed_too(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.report()
    federation.activate()
    federation.send("sponsor", "cancel")
    federation.send("sponsor", "reclaim")
    federation.send("outsider", "penalize", address("bob"))
    assert federation.send("sponsor", "reclaim").only("Reclaimed")["amount"] == STAKE // 20


def test_a_sponsor_that_refuses_ether_reverts(federation: Deployment) -> None:
    refuser = forwarder(federation.chain, "outsider", on_ether=None)
    other = Deployment.create(federation.chain, Terms(sponsor=refuser.address), federation.oracles, value=10)
    refuser.send(other, encode("cancel", ()))
    assert refuser.refused(other, encode("reclaim", ())) == ("TransferFailed",)
    assert other.pool == (10, 0)
