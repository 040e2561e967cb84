"""cancel(): the sponsor ends the federation without loss to anyone."""

from __future__ import annotations

import pytest

from .harness import Deployment
from .references import address


def test_a_cancellation_is_announced_and_final(federation: Deployment) -> None:
    assert federation.send("sponsor", "cancel").only("Cancelled") == {}
    assert federation.live.admission == 2
    assert federation.refused("sponsor", "cancel") == ("FederationCancelled",)


@pytest.mark.parametrize("name", ["guardian", "alice"])
def test_only_the_sponsor_may(federation: Deployment, name: str) -> None:
    assert federation.refused(name, "cancel") == ("NotSponsor", address(name))
    assert federation.refused(name, "reclaim") == ("NotSponsor", address(name))


def test_the_live_round_finishes_normally(federation: Deployment) -> None:
    federation.commit("alice")
    federation.send("sponsor", "cancel")
    federation.chain.clock = federation.reveal_opens
    federation.reveal("alice")
    federation.chain.clock = federation.report_opens
    rewards = {address("alice"): 600}
    federation.report(rewards)
    federation.activate()
    assert federation.claim("alice", rewards).only("Claimed")["amount"] == 600
    assert federation.refused("alice", "commit", 1, 5) == ("FederationCancelled",)


def test_a_missing_reveal_of_the_last_round_is_settled_as_any_other(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    federation.send("sponsor", "cancel")
    federation.report()
    federation.activate()
    assert federation.send("bob", "exit").only("Penalized")["round"] == 1


def test_a_paused_federation_can_be_cancelled(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    federation.send("sponsor", "cancel")
    assert federation.live.admission == 2
    assert federation.view("paused") is False
