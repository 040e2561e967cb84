"""pause() and unpause(): the guardian stops joining and committing, nothing else, for a while."""

from __future__ import annotations

import pytest

from .harness import Deployment
from .references import address


def test_a_pause_is_announced_and_ends_with_unpause(federation: Deployment) -> None:
    assert federation.send("guardian", "pause").only("Paused") == {}
    assert federation.view("paused") is True
    assert federation.send("guardian", "unpause").only("Unpaused") == {}
    assert federation.view("paused") is False
    federation.commit("alice")


def test_a_pause_does_not_outlive_the_guardian(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    federation.chain.clock = federation.terms.guardianExpiry - 1
    assert federation.view("paused") is True
    federation.chain.clock += 1
    assert federation.view("paused") is False


@pytest.mark.parametrize("function", ["pause", "unpause", "voidReport"])
@pytest.mark.parametrize("name", ["sponsor", "alice", "outsider"])
def test_only_the_guardian_may(federation: Deployment, function: str, name: str) -> None:
    assert federation.refused(name, function) == ("NotGuardian", address(name))


@pytest.mark.parametrize("function", ["pause", "unpause", "voidReport"])
def test_the_guardian_is_nobody_after_its_expiry(federation: Deployment, function: str) -> None:
    federation.send("guardian", "pause")
    federation.chain.clock = federation.terms.guardianExpiry
    assert federation.refused("guardian", function) == ("GuardianExpired", federation.terms.guardianExpiry)


def test_pausing_twice_is_refused(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    assert federation.refused("guardian", "pause") == ("FederationPaused",)


def test_unpausing_what_is_not_paused_is_refused(federation: Deployment) -> None:
    assert federation.refused("guardian", "unpause") == ("NotPaused",)


def test_a_cancelled_federation_is_beyond_pausing(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    assert federation.refused("guardian", "pause") == ("FederationCancelled",)
    assert federation.refused("guardian", "unpause") == ("NotPaused",)


def test_a_pause_keeps_the_live_round(federation: Deployment) -> None:
    federation.commit("alice")
    before = federation.live
    federation.send("guardian", "pause")
    assert federation.live == before._replace(admission=1)
    federation.send("guardian", "unpause")
    assert federation.live == before
