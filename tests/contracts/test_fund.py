"""fund(): anyone adds to the pool."""

from __future__ import annotations

from .chain import Chain
from .conftest import FUNDING
from .harness import Deployment
from .references import Terms, address, committee

TOO_MUCH = 2**64 * 10**9


def test_funding_adds_to_the_pool_whoever_pays(federation: Deployment) -> None:
    sent = federation.send("outsider", "fund", value=25)
    assert sent.only("Funded") == {"from": address("outsider"), "amount": 25, "funded": FUNDING + 25}
    assert federation.pool == (FUNDING + 25, 0)


def test_funding_goes_on_while_paused(federation: Deployment) -> None:
    federation.send("guardian", "pause")
    federation.send("outsider", "fund", value=1)
    assert federation.pool == (FUNDING + 1, 0)


def test_funding_without_ether_is_refused(federation: Deployment) -> None:
    assert federation.refused("alice", "fund") == ("ZeroAmount",)


def test_funding_with_a_fraction_of_a_gwei_is_refused(federation: Deployment) -> None:
    assert federation.refused("alice", "fund", wei=10**9 + 1) == ("NotWholeGwei", 10**9 + 1)
    assert federation.refused("alice", "fund", wei=10**9 - 1) == ("NotWholeGwei", 10**9 - 1)


def test_a_cancelled_federation_refuses_funds(federation: Deployment) -> None:
    federation.send("sponsor", "cancel")
    assert federation.refused("alice", "fund", wei=10**9) == ("FederationCancelled",)


def test_a_pool_beyond_64_bits_of_gwei_is_refused() -> None:
    chain = Chain(["sponsor", "guardian"], balance=4 * TOO_MUCH)
    federation = Deployment.create(chain, Terms(), committee(1))
    assert federation.refused("sponsor", "fund", wei=TOO_MUCH) == ("AmountTooLarge", 2**64)
    federation.send("sponsor", "fund", value=2**64 - 1)
    assert federation.refused("sponsor", "fund", wei=10**9) == ("AmountTooLarge", 2**64)
