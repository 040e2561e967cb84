"""What tests of updates and demands share: rounds whose reveals have bytes behind them, and demands of those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eth_utils import keccak, to_canonical_address

from .disputes import Pending
from .harness import Deployment, Sent
from .references import NO_FILING, Filing, Opening, address, commitment_of

GOOD = {"alice": b"\x01 alice", "bob": b"\x01 bob"}
"""Updates; the referee of these tests takes whatever does not begin with a zero."""
BAD = {"alice": b"\x00 alice", "bob": b"\x01 bob"}
"""The first of these is none."""


@dataclass(frozen=True)
class Played:
    """A live round in its report phase."""

    number: int
    payloads: Mapping[str, bytes]
    reveals: bytes

    def digest(self, name: str) -> bytes:
        return sha256(self.payloads[name]).digest()

    def key(self, name: str) -> tuple[int, str, bytes]:
        """What names a demand of an update."""
        return self.number, address(name), self.digest(name)


def play_updates(federation: Deployment, payloads: Mapping[str, bytes] = GOOD) -> Played:
    """All commit to these bytes and reveal, in this order; the clock stands where reports open."""
    number = federation.next_round
    openings = [
        Opening(address(name), sha256(payload).digest(), keccak(text=f"salt {name}")[:16])
        for name, payload in payloads.items()
    ]
    for name, opening in zip(payloads, openings, strict=True):
        federation.send(name, "commit", number, commitment_of(federation.address, number, opening))
    federation.chain.clock = federation.reveal_opens
    reveals = b"".join(
        to_canonical_address(one.participant) + federation.member(name).stake.to_bytes(8, "big") + one.digest
        for name, one in zip(payloads, openings, strict=True)
    )
    federation.send("sponsor", "revealMany", openings)
    federation.chain.clock = federation.report_opens
    return Played(number, payloads, reveals)


def report_on(federation: Deployment, played: Played, **changes: Any) -> Pending:
    """The first quorum reports the round."""
    sent = federation.send("sponsor", "report", *federation.signed(federation.report_of(**changes)))
    return Pending(federation.filing_of(sent, len(played.payloads)), played.reveals)


def demand(
    federation: Deployment, played: Played, filing: Filing = NO_FILING, index: int = 0, who: str = "outsider"
) -> Sent:
    """Demands the bytes of a reveal."""
    arguments = (played.number, filing, played.reveals, index)
    return federation.send(who, "demandUpdate", *arguments, value=federation.demand_bond)


def demand_leaf(federation: Deployment, index: int, who: str = "outsider") -> Sent:
    return federation.send(who, "demandLeaf", index, value=federation.demand_bond)


def update_key(number: int, participant: str, digest: bytes) -> bytes:
    """What the contract keeps a demand of an update under."""
    return keccak(number.to_bytes(32, "big") + bytes(12) + to_canonical_address(participant) + digest)


def leaf_key(filed: bytes, index: int) -> bytes:
    """What the contract keeps a demand of a leaf under."""
    return keccak(filed + index.to_bytes(32, "big"))


def filed(filing: Filing) -> bytes:
    """The hash of a filing, word for word."""
    words = [*filing.report, *filing[1:]]
    return keccak(b"".join(word if isinstance(word, bytes) else word.to_bytes(32, "big") for word in words))


def received(federation: Deployment, who: str, before: int, sent: Sent) -> int:
    """What the last transaction, which this account sent, paid it: its balance's change in wei, plus the gas."""
    price = federation.chain.tester.get_block_by_number("latest")["base_fee_per_gas"]
    return int(federation.chain.balance(address(who)) - before + sent.gas * price)
