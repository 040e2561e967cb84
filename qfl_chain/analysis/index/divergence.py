"""Where an index and its contract part: the first block, by bisection, and the log of that block that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from web3.exceptions import Web3RPCError

from qfl_chain.analysis.index.comparing import Comparison, Field, Pruned, bond_of, credit_of, demand_of, only
from qfl_chain.analysis.index.database import create_index
from qfl_chain.analysis.index.decoding import decode_piece
from qfl_chain.analysis.index.events import read_events
from qfl_chain.chain.bulk import RawBlock, RawPiece
from qfl_chain.chain.snapshot import Asked
from qfl_chain.errors import LedgerError, WrongContract
from qfl_chain.protocol.state import ContractState
from qfl_chain.types import Event


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where it began. ``unlogged``: the contract changed, and its chain has no log of that either."""

    text: str
    block: int | None = None
    unlogged: bool = False


def first_divergence(
    comparison: Comparison, wanted: Collection[Field], block: int, asked: Asked, forced: int = 0
) -> Divergence:
    """The first event after which one of the wanted fields, which differ at ``block``, is not what the contract says.

    At the lower bound of the search all of them agree, at the upper one some do not.

    Args:
        asked: the accounts and demands that the contract was asked about.
        forced: wei that are known to have been forced on the contract before.
    """
    asked = only(asked, {subject for subject, _ in wanted})
    low, high, state = comparison.index.meta.from_block - 1, block, comparison.begin()
    try:
        while high - low > 1:
            middle = (low + high) // 2
            trial = comparison.advanced(state, low, middle)
            if _differs(comparison, trial, middle, asked, wanted, forced):
                high = middle
            else:
                low, state = middle, trial
    except Pruned as error:
        last = _last_touching(comparison, wanted, block)
        return Divergence(
            f"{last}; the node has pruned the state before ({error}), an archive node finds the first one"
        )
    return _in_block(comparison, high)


def _differs(
    comparison: Comparison,
    state: ContractState,
    block: int,
    asked: Asked,
    wanted: Collection[Field],
    forced: int,
) -> bool:
    if not comparison.deployed_at(block):
        return state != comparison.begin()  # no log may say otherwise
    now = int(comparison.node.ask("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
    found = comparison.differences(state, block, now, asked, forced)
    return any((one.subject, one.field) in wanted for one in found)


def _in_block(comparison: Comparison, block: int) -> Divergence:
    """The first log of a block that is one thing in the index and another on the chain."""
    indexed = {event.index: event for event in read_events(comparison.index, block, block)}
    try:
        logged = {event.index: event for event in _node_events(comparison, block)}
    except (Web3RPCError, WrongContract, LedgerError) as error:
        names = ", ".join(event.name for event in indexed.values()) or "no log"
        return Divergence(f"it begins in block {block}, where the index has {names}; the node's logs: {error}", block)
    for at in sorted({*indexed, *logged}):
        ours, theirs = indexed.get(at), logged.get(at)
        if ours is None and theirs is not None:
            return Divergence(f"{_shown(theirs)}, which the index lacks", block)
        if theirs is None and ours is not None:
            return Divergence(f"{_shown(ours)}, which the chain does not have", block)
        if ours is not None and theirs is not None and ours != theirs:
            return Divergence(f"{_shown(ours)}: {_difference(ours, theirs)}", block)
    return Divergence(f"it begins in block {block}, whose logs are the chain's", block, unlogged=True)


def _node_events(comparison: Comparison, block: int) -> list[Event]:
    """The block's logs as the chain has them."""
    node, at = comparison.node, hex(block)
    logs = node.ask("eth_getLogs", {"address": comparison.federation, "fromBlock": at, "toBlock": at})
    head = node.ask("eth_getBlockByNumber", at, False)
    blocks = (RawBlock(block, bytes.fromhex(head["hash"][2:]), int(head["timestamp"], 16)),)
    with create_index(None, comparison.index.meta) as scratch:
        scratch.forget_from(block)
        scratch.append(decode_piece(RawPiece(block, block, block, logs, blocks)))
        return list(read_events(scratch))


def _difference(ours: Event, theirs: Event) -> str:
    if ours.name != theirs.name:
        return f"the chain has {theirs.name} there"
    for field, value in theirs.args.items():
        if ours.args[field] != value and isinstance(value, tuple):
            return f"{field} are others on the chain"
        if ours.args[field] != value:
            return f"{field} is {_text(ours.args[field])} in the index, {_text(value)} on the chain"
    if ours.timestamp != theirs.timestamp:
        return f"its time is {ours.timestamp} in the index, {theirs.timestamp} on the chain"
    return "its transaction is another on the chain"


def _last_touching(comparison: Comparison, wanted: Collection[Field], block: int) -> str:
    last = None
    for event in _touching(read_events(comparison.index, 0, block), comparison.begin(), wanted):
        last = event
    return f"the last event that touched it is {_shown(last)}" if last else "no event in the index touches it"


def _touching(events: Iterable[Event], state: ContractState, wanted: Collection[Field]) -> Iterator[Event]:
    """The events that change one of the fields, or are about its account. ``state`` moves along."""
    subjects = {subject for subject, _ in wanted}
    for event in events:
        before = _parts(state, subjects)
        state.apply(event)
        if event.args.get("participant") in subjects or _parts(state, subjects) != before:
            yield event


def _parts(state: ContractState, subjects: Collection[str]) -> tuple[object, ...]:
    """What a state holds beside its members, as far as it is asked for."""
    parts: dict[str, object] = {
        "round": state.live,
        "latest report": (state.latest, state.filings),
        "active report": (state.latest, state.previous),
        "report before": state.filings,
        "pool": (state.funded, state.paid),
        "committee": state.seating,
        **{bond_of(one): bond for one, bond in state.bonds.items()},
        **{credit_of(one): amount for one, amount in state.credits.items()},
        **{demand_of(one): demand for one, demand in state.updates.items()},
    }
    return tuple(parts[subject] for subject in parts if subject in subjects)


def _shown(event: Event) -> str:
    return f"{event.name} in block {event.block}, log {event.index}, transaction {event.transaction}"


def _text(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
