"""Filings, and what else of disputes stands in logs and transactions.

A filing is a report with what the contract knew when it took it; the contract keeps its hash, the logs all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.eip712 import committee_bytes
from qfl_chain.protocol.history import RoundRecord
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.protocol.packing import DIGEST_BYTES
from qfl_chain.types import Address, Digest, Event, Filing, Gwei, Report

REPORT_ABI = "(uint16,uint184,bytes32,bytes32,bytes32,bytes32,uint64)"
FILING_ABI = f"({REPORT_ABI},uint256,bytes32,uint40,uint40,uint64,uint16)"
_NOTHING = bytes(DIGEST_BYTES)
NO_FILING = Filing(
    Report(0, 0, _NOTHING, Digest(_NOTHING), Digest(_NOTHING), _NOTHING, Gwei(0)), 0, _NOTHING, 0, 0, Gwei(0), 0
)
"""What stands for the report before the first one."""


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """A leaf of a report's evidence as somebody showed it on chain, and the losses it commits to."""

    index: int
    leaf: Excerpt
    row: bytes


def committee_hash(oracles: Iterable[Address]) -> bytes:
    """How the contract names a committee."""
    return keccak(committee_bytes(oracles))


def scheduled_committee(events: Sequence[Event]) -> tuple[Address, ...]:
    """The committee the sponsor scheduled last; empty where it scheduled none."""
    named = [event.args["oracles"] for event in events if event.name == "CommitteeScheduled"]
    return tuple(Address(str(one)) for one in named[-1]) if named else ()


def committee_at(events: Sequence[Event], number: int | None) -> tuple[Address, ...]:
    """The committee whose oracles answer for the report of a round; without a number, the present one.

    Raises:
        ProtocolError: logs without a deployment, or a committee seated that was never named.
    """
    named: dict[bytes, tuple[Address, ...]] = {}
    current: tuple[Address, ...] | None = None
    for event in events:
        if event.name in ("Deployed", "CommitteeScheduled"):
            oracles = tuple(Address(str(one)) for one in event.args["oracles"])
            named[committee_hash(oracles)] = oracles
            current = oracles if current is None else current
        elif event.name == "CommitteeSeated":
            current = named.get(bytes(event.args["committee"]))
            if current is None:
                raise ProtocolError("a committee was seated that no log names; a log is missing")
        elif event.name == "Reported" and event.args["round"] == number:
            break
    if current is None:
        raise ProtocolError("the logs do not hold the deployment, so nobody knows the committee; read them from there")
    return current


def filing_of(record: RoundRecord, committee: Iterable[Address]) -> Filing:
    """The filing of a round's report.

    Raises:
        ProtocolError: the round has no report.
    """
    if record.report is None:
        raise ProtocolError(f"round {record.number} has no report")
    return Filing(
        report=record.report,
        signed=record.signed,
        committee=committee_hash(committee),
        reported_at=record.reported_at,
        active_at=record.active_at,
        budget=record.budget,
        revealed=len(record.reveals),
    )


def filing_hash(filing: Filing) -> bytes:
    """What the contract keeps of a filing."""
    return keccak(encode([FILING_ABI], [filing_tuple(filing)]))


def filing_tuple(filing: Filing) -> tuple[object, ...]:
    """A filing as the contract's calls take it."""
    report = filing.report
    fields: Mapping[str, object] = {name: getattr(filing, name) for name in Filing.__dataclass_fields__}
    return (tuple(getattr(report, name) for name in Report.__dataclass_fields__), *list(fields.values())[1:])
