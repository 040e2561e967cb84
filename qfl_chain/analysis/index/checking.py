"""The contract's state, rebuilt from an index's logs alone, compared with what the contract says at that block.

What the contract does not keep, such as the salt of a commitment or the digest of a report's evidence, is compared
nowhere but in the block where a divergence begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web3 import Web3

from qfl_chain.analysis.index.comparing import BALANCE, Comparison, Difference, Pruned, everybody
from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.divergence import Divergence, first_divergence
from qfl_chain.analysis.index.events import read_events
from qfl_chain.chain.raw import NUMBER_BITS, TIME_BITS, RawNode, making_sense, quantity
from qfl_chain.chain.snapshot import Asked
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError, RunError, WrongContract
from qfl_chain.protocol.state import ContractState

GLOBAL_FIELDS = 5 + 2 * 4 + 4 + 2 + 2 + 1 + 1
MEMBER_FIELDS, BOND_FIELDS, CREDIT_FIELDS, DEMAND_FIELDS = 6, 2, 1, 3
MOST_FORCED = 16
"""Times that ether may have been forced on a contract before the search for the rest is given up."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What comparing an index with its contract gave.

    Attributes:
        block: at which both were looked at.
        fields: how many were compared.
        contradictions: what is wrong with the logs by themselves.
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
        return _compare(Comparison(index, node), block, now)


def _compare(comparison: Comparison, block: int, now: int) -> Checked:
    state, events = comparison.begin(), 0
    for event in read_events(comparison.index, 0, block):
        state.apply(event)
        events += 1
    asked = everybody(state)
    try:
        differences = comparison.differences(state, block, now, asked, 0)
    except Pruned as error:
        raise LedgerError(
            f"the node has no state of block {block} any more ({error}): bring the index up to the latest block by "
            "`qfl analyze index` and check again at once, or use an archive node"
        ) from error
    differences, notes = _without_forced(comparison, differences, block)
    contradictions = _contradictions(comparison.index, state)
    fields = GLOBAL_FIELDS + MEMBER_FIELDS * len(asked.members) + BOND_FIELDS * len(asked.oracles)
    fields += CREDIT_FIELDS * len(asked.creditors) + DEMAND_FIELDS * len(asked.updates)
    first = _first(comparison, differences, contradictions, block, asked)
    return Checked(block, events, len(asked.members), fields, differences, contradictions, first, notes)


def _first(
    comparison: Comparison,
    differences: tuple[Difference, ...],
    contradictions: tuple[str, ...],
    block: int,
    asked: Asked,
) -> str:
    if not differences:
        return contradictions[0] if contradictions else ""
    wanted = {(one.subject, one.field) for one in differences}
    # The balance follows from the others; alone, it says that a log of money is missing.
    return first_divergence(comparison, wanted - {BALANCE} or wanted, block, asked).text


def _without_forced(
    comparison: Comparison, differences: tuple[Difference, ...], block: int
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Differences without ether that came without a log, which anybody can force on a contract, and a note of it."""
    balance = next((one for one in differences if (one.subject, one.field) == BALANCE), None)
    surplus = _surplus(balance)
    if balance is None or surplus <= 0:
        return differences, ()
    forced = 0
    for _ in range(MOST_FORCED):
        found: Divergence = first_divergence(comparison, {BALANCE}, block, Asked(), forced)
        if not found.unlogged or found.block is None:
            return differences, ()
        forced = _surplus_at(comparison, found.block)
        if forced == surplus:
            note = f"the contract holds {forced} wei more than its logs account for: somebody forced them on it"
            return tuple(one for one in differences if one is not balance), (note,)
    return differences, ()


def _surplus_at(comparison: Comparison, block: int) -> int:
    state = comparison.advanced(comparison.begin(), -1, block)
    found = comparison.differences(state, block, 0, Asked(), 0)
    return _surplus(next((one for one in found if (one.subject, one.field) == BALANCE), None))


def _surplus(balance: Difference | None) -> int:
    return 0 if balance is None else int(balance.contract) - int(balance.logs)


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
    answer = node.ask("eth_chainId")
    with making_sense("its chain"):
        chain = quantity(answer, NUMBER_BITS)
    if chain != meta.chain_id:
        raise WrongContract(
            f"the index is of chain {meta.chain_id}, the endpoint serves chain {chain}: use the other endpoint"
        )
    found: Any = node.ask("eth_getBlockByNumber", hex(block), False)
    if found is None:
        raise LedgerError(f"the node does not have block {block} yet, the last of {index.name}: wait until it has it")
    with making_sense("a block"):
        digest, time = bytes.fromhex(found["hash"][2:]), quantity(found["timestamp"], TIME_BITS)
    if digest != newest[0][1]:
        raise RunError(f"the chain has another block {block} by now: bring the index up to date by `qfl analyze index`")
    if node.ask("eth_getCode", meta.federation, "latest") in ("0x", None):
        raise WrongContract(f"no contract at {meta.federation} on chain {chain}: check the endpoint")
    return time


def _contradictions(index: Index, state: ContractState) -> tuple[str, ...]:
    """What is wrong with the logs by themselves."""
    rows = index.query("SELECT block, log_index, name, field, said, folded FROM contradictions")
    found = [
        ((block, at), f"{name} in block {block}, log {at}: {field} is {said}, the logs before give {folded}")
        for block, at, name, field, said, folded in rows
    ]
    found += [
        (position, f"Reported in block {position[0]}, log {position[1]}: its inputs are not the reveals before it")
        for position in state.unfounded
    ]
    return tuple(text for _, text in sorted(found))
