"""What a federation's contract says it is at one block, member by member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from qfl_chain.chain.raw import RawNode, making_sense
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.protocol.state import Bond, Demand, Live, ReportSlot, Seating
from qfl_chain.types import Address, Digest, Gwei, Member

_WORD = 32
_GLOBAL = (
    "live()",
    "pool()",
    "latestReport()",
    "activeReport()",
    "committee()",
    "seating()",
    "filings()",
    "terms()",
)
_MEMBER, _BOND, _CREDIT = "member(address)", "bondOf(address)", "credit(address)"
_DEMAND = "updateDemand(uint16,address,bytes32)"
_ANSWERED = 2
"""The contract's ``DemandState``."""

Update = tuple[int, Address, Digest]
"""Round, participant and digest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom a contract is asked: accounts with a stake, a bond or a credit, and updates that were demanded."""

    members: tuple[Address, ...] = ()
    oracles: tuple[Address, ...] = ()
    creditors: tuple[Address, ...] = ()
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A contract at one block. ``balance`` is in wei; ``terms`` is the ABI encoding, ``filings`` are hashes."""

    live: Live
    funded: Gwei
    paid: Gwei
    latest: ReportSlot
    active: ReportSlot
    seating: Seating
    filings: tuple[bytes, bytes]
    terms: bytes
    balance: int
    members: Mapping[Address, Member]
    bonds: Mapping[Address, Bond]
    credits: Mapping[Address, Gwei]
    updates: Mapping[Update, Demand]


def read_snapshot(node: RawNode, federation: Address, block: int, asked: Asked) -> Snapshot:
    """Ask the contract, at a block, for everything it keeps of the federation and of these accounts and updates.

    Raises:
        Web3RPCError: the node refuses; one without the block's state says so here.
        Unreachable: no answer.
        LedgerError: an answer of another contract's.
    """
    at = hex(block)
    answers = iter(node.ask_all("eth_call", [({"to": federation, "data": one}, at) for one in _calls(asked)]))
    balance = node.ask("eth_getBalance", federation, at)
    with making_sense(f"the contract {federation}"):
        held = (bytes.fromhex(answer[2:]) for answer in answers)
        live, pool, latest, active, committee, seating, filings, terms = (next(held) for _ in _GLOBAL)
        funded, paid = _numbers(pool, 2)
        return Snapshot(
            live=Live(*_numbers(live, 5)),
            funded=Gwei(funded),
            paid=Gwei(paid),
            latest=_report(latest),
            active=_report(active),
            seating=_seating(committee, seating),
            filings=(filings[:_WORD], filings[_WORD:]),
            terms=terms,
            balance=int(balance, 16),
            members={account: _member(next(held)) for account in asked.members},
            bonds={account: _bond(next(held)) for account in asked.oracles},
            credits={account: Gwei(*_numbers(next(held), 1)) for account in asked.creditors},
            updates={update: _demand(next(held)) for update in asked.updates},
        )


def _calls(asked: Asked) -> list[str]:
    """The input of every call."""
    of = ((_MEMBER, asked.members), (_BOND, asked.oracles), (_CREDIT, asked.creditors))
    return [
        *map(_selector, _GLOBAL),
        *(_selector(function) + _word(account) for function, accounts in of for account in accounts),
        *(
            _selector(_DEMAND) + f"{number:064x}" + _word(participant) + digest.hex()
            for number, participant, digest in asked.updates
        ),
    ]


def _word(account: Address) -> str:
    return account[2:].lower().rjust(2 * _WORD, "0")


def _selector(signature: str) -> str:
    return "0x" + keccak(signature.encode())[:4].hex()


def _numbers(data: bytes, count: int) -> tuple[int, ...]:
    if len(data) != count * _WORD:
        raise ValueError(f"{len(data)} bytes where {count} words belong")
    return tuple(int.from_bytes(data[at : at + _WORD], "big") for at in range(0, len(data), _WORD))


def _report(data: bytes) -> ReportSlot:
    number, active_at, total, _ = _numbers(data, 4)
    return ReportSlot(number, active_at, Gwei(total), data[-_WORD:])


def _member(data: bytes) -> Member:
    values: Any = _numbers(data, 6)
    return Member(*values)


def _bond(data: bytes) -> Bond:
    amount, withdrawable_at = _numbers(data, 2)
    return Bond(Gwei(amount), withdrawable_at)


def _seating(committee: bytes, data: bytes) -> Seating:
    seated, _, effective_at = _numbers(data, 3)
    return Seating(committee, bool(seated), data[_WORD : 2 * _WORD], effective_at)


def _demand(data: bytes) -> Demand:
    _, deadline, state = _numbers(data, 3)
    return Demand(unpack_address(data[_WORD - 20 : _WORD]), deadline, state == _ANSWERED)
