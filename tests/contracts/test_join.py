"""join(): a first stake or a top-up."""

from __future__ import annotations

import pytest

from .chain import Chain
from .conftest import FUNDING, STAKE
from .harness import Deployment
from .references import Terms, address, committee


def test_a_first_stake_makes_a_member(federation: Deployment) -> None:
    sent = federation.send("dave", "join", value=1_000)
    assert sent.only("Joined") == {"participant": address("dave"), "amount": 1_000, "stake": 1_000}
    assert federation.member("dave") == (1_000, 0, 0, 0, 0, 0)


def test_a_top_up_may_be_small_where_the_result_reaches_the_minimum(federation: Deployment) -> None:
    sent = federation.send("alice", "join", value=1)
    assert sent.only("Joined") == {"participant": address("alice"), "amount": 1, "stake": STAKE + 1}
    assert federation.member("alice").stake == STAKE + 1


def test_stake_stays_out_of_the_pool(federation: Deployment) -> None:
    federation.send("dave", "join", value=1_000)
    assert federation.pool == (FUNDING, 0)


def test_a_stake_below_the_minimum_is_refused(federation: Deployment) -> None:
    assert federation.refused("dave", "join", wei=999 * 10**9) == ("StakeTooLow", 999, 1_000)


@pytest.mark.parametrize("wei", [1, 10**9 - 1, 1_000 * 10**9 + 1])
def test_a_fraction_of_a_gwei_is_refused(federation: Deployment, wei: int) -> None:
    assert federation.refused("dave", "join", wei=wei) == ("NotWholeGwei", wei)


def test_joining_without_ether_is_refused(federation: Deployment) -> None:
    assert federation.refused("alice", "join") == ("ZeroAmount",)


def test_joining_is_refused_while_paused_until_the_guardian_expires(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    assert federation.refused("dave", "join", wei=10**12) == ("FederationPaused",)
    federation.chain.clock = federation.terms.guardianExpiry - 1
    assert federation.refused("dave", "join", wei=10**12) == ("FederationPaused",)
    federation.chain.clock = federation.terms.guardianExpiry
    federation.send("dave", "join", value=1_000)


def test_joining_is_refused_after_a_cancellation(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    assert federation.refused("dave", "join", wei=10**12) == ("FederationCancelled",)
    assert federation.refused("alice", "join", wei=10**12) == ("FederationCancelled",)


def test_a_stake_beyond_64_bits_of_gwei_is_refused() -> None:
    chain = Chain(["sponsor", "guardian"], balance=2**67 * 10**9)
    federation = Deployment.create(chain, Terms(), committee(1))
    assert federation.refused("sponsor", "join", wei=2**64 * 10**9) == ("AmountTooLarge", 2**64)
    federation.send("sponsor", "join", value=2**64 - 1)
    assert federation.refused("sponsor", "join", wei=10**9) == ("AmountTooLarge", 2**64)
