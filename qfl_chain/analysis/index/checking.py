"""The contract's state, rebuilt from an index's logs alone, beside what the contract says at that block."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eth_hash.auto import keccak
from web3 import Web3
from web3.exceptions import Web3RPCError

from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.deployed import decode_deployed
from qfl_chain.analysis.index.events import read_events
from qfl_chain.chain.bulk import PRUNED
from qfl_chain.chain.raw import RawNode
from qfl_chain.chain.snapshot import Snapshot, read_snapshot
from qfl_chain.chain.transport import answering, reason
from qfl_chain.errors import LedgerError, RunError, WrongContract
from qfl_chain.protocol.packing import pack_address
from qfl_chain.protocol.state import NOBODY, ContractState
from qfl_chain.types import Address, Event, Gwei, Terms

WEI_PER_GWEI = 10**9
TERMS_BYTES = 15 * 32
BALANCE = ("contract", "balance")
ACTIVE = "active report"

Field = tuple[str, str]
"""Whose and what: an account's ``stake``, the pool's ``funded``."""
Values = dict[Field, int | bytes]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as the logs say."""

    subject: str
    field: str
    logs: int | bytes
    contract: int | bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """What comparing an index with its contract gave.

    Attributes:
        block: at which both were looked at.
        fields: how many were compared.
        first: the first divergent event, in words; empty where nothing differs.
        notes: what is no difference, and worth knowing.
    """

    block: int
    events: int
    members: int
    fields: int
    differences: tuple[Difference, ...] = ()
    contradictions: tuple[str, ...] = ()
    first: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the logs tell what the contract says."""
        return not self.differences and not self.contradictions


class _Pruned(Exception):
    """The node has no state of that block any more."""


def check_index(index: Index, web3: Web3) -> Checked:
    """Compare the state that follows from an index's logs with the contract's, at the last block of the index.

    Raises:
        RunError: nothing was indexed, a run directory was, or the chain has another block there by now.
        WrongContract: another chain, or no contract.
        LedgerError: no answer, or a node without that block or its state.
    """
    with answering(web3):
        node = RawNode(web3)
        block = index.next_block - 1
        now = _check_chain(index, node, block)
        return _Check(index, node).at(block, now)


class _Check:
    """One comparison, with what it needs at every block."""

    def __init__(self, index: Index, node: RawNode) -> None:
        self._index = index
        self._node = node
        self._federation = index.meta.federation
        self._data, self._terms = _deployed(index)

    def at(self, block: int, now: int) -> Checked:
        state, events = ContractState(self._terms.challenge_window), 0
        for event in read_events(self._index, 0, block):
            state.apply(event)
            events += 1
        accounts = tuple(state.members)
        try:
            said = self._said(block, accounts)
        except _Pruned as error:
            raise LedgerError(
                f"the node has no state of block {block} any more ({error}): bring the index up to the latest block by "
                "`qfl analyze index` and check again at once, or use an archive node"
            ) from error
        expected = self._expected(state, accounts, now, said)
        found = _values(said)
        differences = _differences(expected, found)
        contradictions = _contradictions(self._index, state)
        return Checked(
            block,
            events,
            len(accounts),
            len(expected),
            differences,
            contradictions,
            self._first(block, differences) if differences else "",
            _notes(expected, found),
        )

    def _said(self, block: int, accounts: Sequence[Address]) -> Snapshot:
        try:
            return read_snapshot(self._node, self._federation, block, accounts)
        except Web3RPCError as error:
            if PRUNED.search(reason(error)):
                raise _Pruned(reason(error)) from error
            raise

    def _expected(self, state: ContractState, accounts: Iterable[Address], now: int, said: Snapshot) -> Values:
        # A node may answer by the clock of the block to come, in which the latest report is active already.
        active = state.latest if said.active == state.latest else state.active(now)
        oracles = b"".join(pack_address(oracle) for oracle in self._terms.oracles)
        return _values(
            Snapshot(
                state.live,
                Gwei(state.funded),
                Gwei(state.paid),
                state.latest,
                active,
                keccak(oracles),
                self._data[:TERMS_BYTES],
                state.balance * WEI_PER_GWEI,
                {account: state.members.get(account, NOBODY) for account in accounts},
            )
        )

    def _first(self, block: int, differences: Sequence[Difference]) -> str:
        """The first event after which a field that differs now is not what the contract says, by bisection.

        At the lower bound all those fields agree, at the upper one some do not.
        """
        wanted = {(one.subject, one.field) for one in differences}
        accounts = tuple(Address(one) for one in dict(wanted) if one.startswith("0x"))
        low, state = self._index.meta.from_block - 1, ContractState(self._terms.challenge_window)
        high = block
        try:
            while high - low > 1:
                middle = (low + high) // 2
                trial = self._advanced(state, low, middle)
                if self._differ(trial, middle, accounts, wanted):
                    high = middle
                else:
                    low, state = middle, trial
        except _Pruned as error:
            return self._last_touching(wanted, block) + f", and the node has pruned older state ({error})"
        return self._named(state, high, wanted)

    def _advanced(self, state: ContractState, low: int, middle: int) -> ContractState:
        trial = state.copy()
        for event in read_events(self._index, low + 1, middle):
            trial.apply(event)
        return trial

    def _differ(self, state: ContractState, block: int, accounts: Sequence[Address], wanted: set[Field]) -> bool:
        if self._node.ask("eth_getCode", self._federation, hex(block)) in ("0x", None):
            return any(_touched(state, account) for account in accounts) or state.live.number > 0
        said = self._said(block, accounts)
        now = int(self._node.ask("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
        differences = _differences(self._expected(state, accounts, now, said), _values(said))
        return any((one.subject, one.field) in wanted for one in differences)

    def _named(self, state: ContractState, block: int, wanted: set[Field]) -> str:
        """The event of this block that moves one of the fields, or that none does."""
        events = list(read_events(self._index, block, block))
        for event in _touching(events, state, wanted):
            return f"the first divergent event is {_shown(event)}"
        held = f"only {', '.join(event.name for event in events)}" if events else "no log"
        return f"the first divergence is in block {block}, of which the index has {held}: a log is missing"

    def _last_touching(self, wanted: set[Field], block: int) -> str:
        state = ContractState(self._terms.challenge_window)
        last = deque(_touching(read_events(self._index, 0, block), state, wanted), maxlen=1)
        return f"the last event that touched it is {_shown(last[0])}" if last else "no event in the index touches it"


def _deployed(index: Index) -> tuple[bytes, Terms]:
    rows = index.query("SELECT data FROM events WHERE name = 'Deployed' ORDER BY block, log_index LIMIT 1")
    if not rows:
        raise RunError(f"{index.name} has no log of a deployment: bring it up to date by `qfl analyze index` first")
    return rows[0][0], decode_deployed(rows[0][0])


def _check_chain(index: Index, node: RawNode, block: int) -> int:
    """The time of the index's last block, when the chain is the index's and has that block."""
    meta, newest = index.meta, index.recent_blocks(1)
    if not newest:
        raise RunError(f"{index.name} has no block yet: bring it up to date by `qfl analyze index` first")
    if newest[0][1] is None:
        raise RunError(
            f"{index.name} was read from the run directory {meta.source}, whose chain is gone: there is nothing to "
            "compare it with; `qfl verify` recomputes its reports"
        )
    chain = int(node.ask("eth_chainId"), 16)
    if chain != meta.chain_id:
        raise WrongContract(
            f"the index is of chain {meta.chain_id}, the endpoint serves chain {chain}: use the other endpoint"
        )
    found: Any = node.ask("eth_getBlockByNumber", hex(block), False)
    if found is None:
        raise LedgerError(
            f"the node does not have block {block} yet, the last of {index.name}: wait until it is synced"
        )
    if bytes.fromhex(found["hash"][2:]) != newest[0][1]:
        raise RunError(f"the chain has another block {block} by now: bring the index up to date by `qfl analyze index`")
    if node.ask("eth_getCode", meta.federation, "latest") in ("0x", None):
        raise WrongContract(f"no contract at {meta.federation} on chain {chain}: check the endpoint")
    return int(found["timestamp"], 16)


def _values(said: Snapshot) -> Values:
    """Every field by whose it is."""
    parts: dict[str, Any] = {"round": said.live, "latest report": said.latest, ACTIVE: said.active}
    parts |= {str(account): member for account, member in said.members.items()}
    values: Values = {(subject, name): value for subject, part in parts.items() for name, value in asdict(part).items()}
    values |= {("pool", "funded"): said.funded, ("pool", "paid"): said.paid, BALANCE: said.balance}
    return values | {("terms", "committee"): said.committee, ("terms", "terms"): said.terms}


def _differences(expected: Values, found: Values) -> tuple[Difference, ...]:
    """What differs; more ether than the logs account for does not: anybody can force some on a contract."""
    return tuple(
        Difference(*field, value, found[field])
        for field, value in expected.items()
        if value != found[field] and not (field == BALANCE and _more(found[field], value))
    )


def _more(found: Any, expected: Any) -> bool:
    return bool(found > expected)


def _notes(expected: Values, found: Values) -> tuple[str, ...]:
    if not _more(found[BALANCE], expected[BALANCE]):
        return ()
    surplus = int(found[BALANCE]) - int(expected[BALANCE])
    return (f"the contract holds {surplus} wei more than its logs account for: somebody forced them on it",)


def _contradictions(index: Index, state: ContractState) -> tuple[str, ...]:
    """What is wrong with the logs by themselves."""
    rows = index.query("SELECT block, log_index, name, field, said, folded FROM contradictions")
    found = [
        ((block, at), f"{name} in block {block}, log {at}: {field} {said}, the logs before give {folded}")
        for block, at, name, field, said, folded in rows
    ]
    found += [
        (position, f"Reported in block {position[0]}, log {position[1]}: its inputs are not the reveals before it")
        for position in state.unfounded
    ]
    return tuple(text for _, text in sorted(found))


def _touching(events: Iterable[Event], state: ContractState, wanted: set[Field]) -> Iterator[Event]:
    """The events that change one of the fields, or are about its account. ``state`` moves along."""
    for event in events:
        before = _picked(state, wanted)
        state.apply(event)
        if event.args.get("participant") in dict(wanted) or _picked(state, wanted) != before:
            yield event


def _picked(state: ContractState, wanted: set[Field]) -> tuple[object, ...]:
    """The parts of a state that the fields belong to."""
    parts: Mapping[str, object] = {
        "round": state.live,
        "latest report": state.latest,
        ACTIVE: (state.latest, state.previous),
        "pool": (state.funded, state.paid),
        "contract": state.balance if BALANCE in wanted else None,
    }
    return tuple(parts.get(subject) for subject in sorted({subject for subject, _ in wanted}))


def _touched(state: ContractState, account: Address) -> bool:
    return state.members.get(account, NOBODY) != NOBODY


def _shown(event: Event) -> str:
    return f"{event.name} in block {event.block}, log {event.index}, transaction {event.transaction}"
