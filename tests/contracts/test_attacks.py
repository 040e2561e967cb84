"""Attacks that a reviewer tried on a federation and that the contract alone does not stop: what it really does then."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from eth_utils import to_canonical_address

from .fake_referee import circuit_of
from .harness import Deployment
from .references import Opening, address, commitment_of, opening_of

JUNK = b"\x00 no update"


def pack_reveals(reveals: Sequence[tuple[str, int, bytes]]) -> bytes:
    """The reveals of a round as the referee takes them."""
    return b"".join(to_canonical_address(who) + stake.to_bytes(8, "big") + digest for who, stake, digest in reveals)


def commit_junk(federation: Deployment, name: str) -> Opening:
    """Commits to bytes that are no update."""
    number = federation.next_round
    opening = Opening(address(name), sha256(JUNK).digest(), bytes(16))
    federation.send(name, "commit", number, commitment_of(federation.address, number, opening))
    return opening


def test_a_conviction_for_the_round_before_can_leave_a_reveal_without_any_stake(federation: Deployment) -> None:
    """The convicted stake is on its way out, but the penalty is taken of the new stake first."""
    chain, minimum = federation.chain, federation.terms.minStake
    federation.send("dave", "join", value=10 * minimum)
    opening = commit_junk(federation, "dave")
    federation.commit("alice")
    chain.clock = federation.reveal_opens
    federation.send("outsider", "revealMany", [opening])
    revealed = federation.send("alice", "reveal", *opening_of("alice", 1))
    first = (address("dave"), 10 * minimum, opening.digest)
    second = revealed.only("Revealed")
    reveals = pack_reveals([first, (address("alice"), second["stake"], second["digest"])])
    chain.clock = federation.report_opens
    filing = federation.filing_of(federation.report(), revealed=2)
    federation.send("dave", "exit")
    federation.send("dave", "join", value=minimum)
    federation.commit("dave")
    payload = (1, filing, reveals, 0, JUNK, circuit_of(federation, 1))
    convicted = federation.send("outsider", "convictMalformed", *payload).only("Convicted")
    assert (convicted["amount"], convicted["stake"]) == (11 * minimum * 20 // 100, 0)
    chain.clock = federation.reveal_opens
    assert federation.reveal("dave").only("Revealed")["stake"] == 0
