"""What tests of disputes share: rounds on trial, packed reveals, and where every gwei is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_canonical_address

from .chain import Chain
from .harness import Deployment
from .references import Filing, address, opening_of, oracle_address

REFUTABLE = 7
"""A fault; the referee of these tests looks no closer."""
BURNT = "0x" + "00" * 20


@dataclass(frozen=True)
class Pending:
    """A report in its challenge window."""

    filing: Filing
    reveals: bytes

    @property
    def round(self) -> int:
        return self.filing.report.round


def report_pending(
    federation: Deployment, names: Sequence[str] = ("alice", "bob"), who: Sequence[int] = (), **changes: Any
) -> Pending:
    """Plays a round to a report signed by the oracles at these places (default: the first quorum)."""
    federation.play(names)
    reveals = packed_reveals(federation, names)
    sent = federation.send("sponsor", "report", *federation.signed(federation.report_of(**changes), who or None))
    return Pending(federation.filing_of(sent, len(names)), reveals)


def packed_reveals(federation: Deployment, names: Iterable[str], number: int | None = None) -> bytes:
    """The reveals of a round in which these revealed in this order, with the stakes they have now."""
    number = federation.live.number if number is None else number
    return b"".join(
        to_canonical_address(address(name))
        + federation.member(name).stake.to_bytes(8, "big")
        + opening_of(name, number).digest
        for name in names
    )


def endow_the_burn_address(chain: Chain) -> None:
    """Puts a wei there, as on every chain in use: on a bare one, the first burn pays 25,000 gas for the account."""
    chain.transact(address("sponsor"), BURNT, b"", 1)


def accounted(federation: Deployment, names: Sequence[str], demands: int = 0) -> int:
    """What the contract should hold: stakes, exits, the pool, bonds, open demands and credits, in gwei."""
    accounts = [federation.member(name) for name in names]
    oracles = [*map(oracle_address, federation.oracles), *map(address, names)]
    funded, paid = federation.pool
    bonds = sum(federation.view("bondOf", one)[0] for one in oracles)
    credited = sum(federation.view("credit", one) for one in oracles)
    stakes = sum(one.stake + one.exiting for one in accounts)
    return int(stakes + funded - paid + bonds + credited + demands * federation.demand_bond)
