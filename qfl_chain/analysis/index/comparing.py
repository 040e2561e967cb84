"""An index and its contract side by side, at any block: every field as the logs have it, and as the contract says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from eth_hash.auto import keccak
from web3.exceptions import Web3RPCError

from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.deployed import decode_deployed
from qfl_chain.analysis.index.events import read_events
from qfl_chain.chain.bulk import PRUNED
from qfl_chain.chain.raw import RawNode
from qfl_chain.chain.snapshot import Snapshot, read_snapshot
from qfl_chain.chain.transport import reason
from qfl_chain.errors import RunError
from qfl_chain.protocol.packing import pack_address
from qfl_chain.protocol.state import NOBODY, ContractState
from qfl_chain.types import Address, Gwei

WEI_PER_GWEI = 10**9
TERMS_BYTES = 15 * 32
BALANCE = ("contract", "balance")

Field = tuple[str, str]
"""Whose and what: an account's ``stake``, the pool's ``funded``."""
Value = int | bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as the logs say. The balance is in wei."""

    subject: str
    field: str
    logs: Value
    contract: Value


class Pruned(Exception):  # not an error yet: another block may do
    """The node has no state of that block any more."""


class Comparison:
    """An index beside the contract on a node.

    Raises:
        RunError: an index without the log of a deployment.
    """

    def __init__(self, index: Index, node: RawNode) -> None:
        self.index = index
        self.node = node
        self.federation = index.meta.federation
        rows = index.query("SELECT data FROM events WHERE name = 'Deployed' ORDER BY block, log_index LIMIT 1")
        if not rows:
            raise RunError(f"{index.name} has no log of a deployment: bring it up to date by `qfl analyze index` first")
        self._data: bytes = rows[0][0]
        self._terms = decode_deployed(self._data)

    def begin(self) -> ContractState:
        """The contract's state before its first log."""
        return ContractState()

    def advanced(self, state: ContractState, after: int, block: int) -> ContractState:
        """The state at a block, from that at an earlier one."""
        later = state.copy()
        for event in read_events(self.index, after + 1, block):
            later.apply(event)
        return later

    def deployed_at(self, block: int) -> bool:
        """Whether the contract is there at a block.

        Raises:
            Pruned: the node has no state of the block any more.
        """
        with _pruning():
            return self.node.ask("eth_getCode", self.federation, hex(block)) not in ("0x", None)

    def differences(
        self, state: ContractState, block: int, now: int, accounts: Sequence[Address], forced: int
    ) -> tuple[Difference, ...]:
        """What differs at a block.

        Args:
            state: that the logs up to it give.
            now: its time.
            accounts: the members to look at.
            forced: wei that somebody is known to have forced on the contract by then.

        Raises:
            Pruned: the node has no state of the block any more.
        """
        with _pruning():
            said = read_snapshot(self.node, self.federation, block, accounts)
        expected, found = _values(self._expected(state, accounts, now, said)), _values(said)
        expected[BALANCE] = state.balance * WEI_PER_GWEI + forced
        return tuple(
            Difference(*field, value, found[field]) for field, value in expected.items() if value != found[field]
        )

    def _expected(self, state: ContractState, accounts: Iterable[Address], now: int, said: Snapshot) -> Snapshot:
        # A node may answer by the clock of the block to come, in which the latest report is active already.
        active = state.latest if said.active == state.latest else state.active(now)
        return Snapshot(
            live=state.live,
            funded=Gwei(state.funded),
            paid=Gwei(state.paid),
            latest=state.latest,
            active=active,
            committee=keccak(b"".join(pack_address(oracle) for oracle in self._terms.oracles)),
            terms=self._data[:TERMS_BYTES],
            balance=0,
            members={account: state.members.get(account, NOBODY) for account in accounts},
        )


@contextmanager
def _pruning() -> Iterator[None]:
    try:
        yield
    except Web3RPCError as error:
        if PRUNED.search(reason(error)):
            raise Pruned(reason(error)) from error
        raise


def _values(said: Snapshot) -> dict[Field, Value]:
    """Every field by whose it is."""
    parts: dict[str, Any] = {"round": said.live, "latest report": said.latest, "active report": said.active}
    parts |= {str(account): member for account, member in said.members.items()}
    values: Mapping[Field, Value] = {
        (subject, name): value for subject, part in parts.items() for name, value in asdict(part).items()
    }
    pool: Mapping[Field, Value] = {("pool", "funded"): said.funded, ("pool", "paid"): said.paid}
    terms: Mapping[Field, Value] = {("terms", "committee"): said.committee, ("terms", "terms"): said.terms}
    return {**values, **pool, **terms, BALANCE: said.balance}
