"""What a federation's contract says it is at one block, member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from qfl_chain.chain.raw import RawNode, making_sense
from qfl_chain.protocol.state import Live, ReportSlot
from qfl_chain.types import Address, Gwei, Member

_WORD = 32
_GLOBAL = ("live()", "pool()", "latestReport()", "activeReport()", "committee()", "terms()")
_MEMBER = "member(address)"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A contract at one block. ``balance`` is in wei; ``terms`` the ABI encoding of the terms."""

    live: Live
    funded: Gwei
    paid: Gwei
    latest: ReportSlot
    active: ReportSlot
    committee: bytes
    terms: bytes
    balance: int
    members: Mapping[Address, Member]


def read_snapshot(node: RawNode, federation: Address, block: int, accounts: Sequence[Address]) -> Snapshot:
    """Ask the contract, at a block, for everything it keeps of the federation and of these accounts.

    Raises:
        Web3RPCError: the node refuses; one without the block's state says so here.
        Unreachable: no answer.
        LedgerError: an answer of another contract's.
    """
    at = hex(block)
    data = [
        *map(_selector, _GLOBAL),
        *(_selector(_MEMBER) + account[2:].lower().rjust(64, "0") for account in accounts),
    ]
    answers = node.ask_all("eth_call", [({"to": federation, "data": one}, at) for one in data])
    balance = node.ask("eth_getBalance", federation, at)
    with making_sense(f"the contract {federation}"):
        held = [bytes.fromhex(answer[2:]) for answer in answers]
        live, pool, latest, active, committee, terms, *members = held
        funded, paid = _numbers(pool, 2)
        return Snapshot(
            Live(*_numbers(live, 5)),
            Gwei(funded),
            Gwei(paid),
            _report(latest),
            _report(active),
            committee,
            terms,
            int(balance, 16),
            {account: _member(one) for account, one in zip(accounts, members, strict=True)},
        )


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
