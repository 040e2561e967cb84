"""Answers demands for bytes that one holds: whoever answers gets the demander's bond, and the dispute ends."""

from __future__ import annotations

from collections.abc import Sequence

from qfl_chain.actors.court import Court
from qfl_chain.actors.demands import Demand, demands
from qfl_chain.actors.examining import published_block
from qfl_chain.actors.oracle import fetch_update
from qfl_chain.actors.running import Step, sent
from qfl_chain.actors.view import ChainView
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.evidence import LOSS_BYTES, EvidenceBlock, read_header
from qfl_chain.protocol.filing import committee_at, filing_of
from qfl_chain.protocol.merkle import excerpt
from qfl_chain.protocol.packing import pack_address


class Answering:
    """Looks for demands of the live round and of the latest report's, and answers one at a time.

    Everybody who holds the bytes can answer, so each account begins at another demand: many are then answered by many,
    and not the first of them by all.

    Args:
        court: the federation, written as the account that answers.
        store: what one holds.
        view: the federation's history as one sees it.
    """

    def __init__(self, court: Court, store: ContentStore, view: ChainView) -> None:
        self._court = court
        self._store = store
        self._view = view

    def step(self, live: int) -> Step | None:
        """Answer one open demand of the live or the latest reported round; None where there is nothing to do.

        Asks the chain for its logs alone, unless there is a demand: whoever calls this has phases to keep.
        """
        events = self._view.events()
        standing = self._view.history(events).standing
        latest = standing[-1] if standing else 0
        unanswered = [one for number in sorted({latest, live}) for one in demands(events, number) if not one.answer]
        if not unanswered:
            return None
        now = self._court.now()
        for demand in self._from_own_place([one for one in unanswered if one.is_open(now)]):
            answered = self._update(demand) if demand.digest is not None else self._leaf(demand)
            if answered is not None:
                return answered
        return None

    def _from_own_place(self, found: Sequence[Demand]) -> Sequence[Demand]:
        start = int.from_bytes(pack_address(self._court.account), "big") % len(found) if found else 0
        return [*found[start:], *found[:start]]

    def _update(self, demand: Demand) -> Step | None:
        assert demand.digest is not None  # the caller asked
        assert demand.participant is not None
        payload = fetch_update(self._store, demand.digest)
        if payload is None:
            return None
        receipt = self._court.answer_update(demand.round, demand.participant, payload)
        facts = {"participant": demand.participant, "bytes": len(payload), "bond_gwei": demand.bond}
        return sent("answer", demand.round, receipt, **facts)

    def _leaf(self, demand: Demand) -> Step | None:
        assert demand.index is not None  # the caller asked
        events = self._view.events()
        record = self._view.history().rounds[demand.round]
        block = published_block(record.report, self._store) if record.report else None
        if block is None:
            return None
        # Where there is no such leaf, any other one shows how many there are.
        place = demand.index if demand.index < len(block.leaves) else 0
        filing = filing_of(record, committee_at(events, demand.round))
        row = leaf_row(block, len(record.reveals), place) if place == demand.index else b""
        receipt = self._court.answer_leaf(filing, demand.index, excerpt(block.leaves, place), row)
        return sent("answer", demand.round, receipt, leaf=demand.index, bond_gwei=demand.bond)


def leaf_row(block: EvidenceBlock, reveals: int, place: int) -> bytes:
    """The losses that a leaf commits to; none for the header and the standings."""
    if place <= reveals:
        return b""
    size = LOSS_BYTES * len(read_header(block.leaves[0]).subset)
    at = (place - reveals - 1) * size
    return block.rows[at : at + size]
