"""An index and its contract side by side, at any block: every field as the logs have it, and as the contract says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from web3.exceptions import Web3RPCError

from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.deployed import decode_deployed
from qfl_chain.analysis.index.events import read_events
from qfl_chain.chain.bulk import PRUNED
from qfl_chain.chain.raw import RawNode
from qfl_chain.chain.snapshot import Asked, Snapshot, Update, read_snapshot
from qfl_chain.chain.transport import reason
from qfl_chain.errors import RunError
from qfl_chain.protocol.filing import filing_hash
from qfl_chain.protocol.state import NOBODY, Bond, ContractState, Demand
from qfl_chain.types import Address, Filing, Gwei

WEI_PER_GWEI = 10**9
TERMS_BYTES = 18 * 32
BALANCE = ("contract", "balance")

FIRST_FILING = (1).to_bytes(32, "big")
"""What the contract holds where it has no filing yet."""
UNDEMANDED = Demand(Address("0x" + "00" * 20), 0)
FILINGS = (("latest report", "filing"), ("report before", "filing"))

Field = tuple[str, str]
"""Whose and what: an account's ``stake``, the pool's ``funded``."""
Value = int | bytes | str


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
        self, state: ContractState, block: int, now: int, asked: Asked, forced: int
    ) -> tuple[Difference, ...]:
        """What differs at a block.

        Args:
            state: that the logs up to it give.
            now: its time.
            asked: the accounts and demands to look at.
            forced: wei that somebody is known to have forced on the contract by then.

        Raises:
            Pruned: the node has no state of the block any more.
        """
        with _pruning():
            said = read_snapshot(self.node, self.federation, block, asked)
        expected, found = _values(self._expected(state, asked, now, said)), _values(said)
        owed = state.balance * WEI_PER_GWEI
        # Less of it may have been there at an earlier block, so a search backwards must not stop at one.
        expected[BALANCE] = min(max(int(found[BALANCE]), owed), owed + forced)
        return tuple(
            Difference(*field, value, found[field]) for field, value in expected.items() if value != found[field]
        )

    def _expected(self, state: ContractState, asked: Asked, now: int, said: Snapshot) -> Snapshot:
        # A node may answer by the clock of the block to come, in which the latest report is active already.
        active = state.latest if said.active == state.latest else state.active(now)
        return Snapshot(
            live=state.live,
            funded=Gwei(state.funded),
            paid=Gwei(state.paid),
            latest=state.latest,
            active=active,
            seating=state.seating,
            filings=(_hash(state.filings[0]), _hash(state.filings[1])),
            terms=self._data[:TERMS_BYTES],
            balance=0,
            members={account: state.members.get(account, NOBODY) for account in asked.members},
            bonds={account: state.bonds.get(account, Bond()) for account in asked.oracles},
            credits={account: state.credits.get(account, Gwei(0)) for account in asked.creditors},
            updates={update: state.updates.get(update, UNDEMANDED) for update in asked.updates},
        )


def everybody(state: ContractState) -> Asked:
    """Whoever and whatever a state knows."""
    return Asked(tuple(state.members), tuple(state.bonds), tuple(state.credits), tuple(state.updates))


def only(asked: Asked, subjects: Collection[str]) -> Asked:
    """Those that fields have as their subject."""
    return Asked(
        tuple(one for one in asked.members if one in subjects),
        tuple(one for one in asked.oracles if bond_of(one) in subjects),
        tuple(one for one in asked.creditors if credit_of(one) in subjects),
        tuple(one for one in asked.updates if demand_of(one) in subjects),
    )


def bond_of(oracle: Address) -> str:
    """The subject of an oracle's bond."""
    return f"bond of {oracle}"


def credit_of(account: Address) -> str:
    """The subject of what an account can collect."""
    return f"credit of {account}"


def demand_of(update: Update) -> str:
    """The subject of a demand for an update."""
    number, participant, _ = update
    return f"demand of the update of {participant} in round {number}"


def _hash(filing: Filing | None) -> bytes:
    return FIRST_FILING if filing is None else filing_hash(filing)


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
    parts |= {"committee": said.seating}
    parts |= {str(account): member for account, member in said.members.items()}
    parts |= {bond_of(account): bond for account, bond in said.bonds.items()}
    parts |= {demand_of(update): demand for update, demand in said.updates.items()}
    values: Mapping[Field, Value] = {
        (subject, name): value for subject, part in parts.items() for name, value in asdict(part).items()
    }
    pool: Mapping[Field, Value] = {("pool", "funded"): said.funded, ("pool", "paid"): said.paid}
    credited: Mapping[Field, Value] = {(credit_of(account), "amount"): one for account, one in said.credits.items()}
    filings: Mapping[Field, Value] = dict(zip(FILINGS, said.filings, strict=True))
    return {**values, **pool, **credited, **filings, ("terms", "terms"): said.terms, BALANCE: said.balance}
