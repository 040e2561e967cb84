"""What one actor knows of a federation: the logs it has read, and what they and the evidence add up to."""

from __future__ import annotations

from collections.abc import Mapping

from qfl_chain.errors import ProtocolError
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.codec import decode_model
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.protocol.replay import History, RoundRecord, replay
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.types import Address, Digest, Event, Gwei, IntArray


class ChainView:
    """The federation as one actor sees it. Reads only the logs it has not seen yet."""

    def __init__(self, ledger: Ledger, store: ContentStore) -> None:
        self._ledger = ledger
        self._store = store
        self._events: list[Event] = []
        self._told: tuple[int, History | None] = (0, None)
        self._cumulative: dict[int | None, Mapping[Address, Gwei]] = {None: {}}

    def events(self) -> tuple[Event, ...]:
        """All logs up to the latest block, in chain order."""
        from_block = self._events[-1].block + 1 if self._events else 0
        self._events.extend(self._ledger.events(from_block))
        return tuple(self._events)

    def history(self) -> History:
        """The history those logs tell; folded again only when there are new ones."""
        events = self.events()
        count, history = self._told
        if history is None or count != len(events):
            history = replay(events, self._ledger.federation, self._ledger.terms().model)
            self._told = (len(events), history)
        return history

    def committing_round(self) -> int:
        """The round a commitment made now belongs to: the live one while it takes commitments, or the next."""
        live, terms = self._ledger.live(), self._ledger.terms()
        taking = live.start != 0 and self._ledger.now() < live.start + terms.commit_window
        return live.number if taking else live.number + 1

    def base_model(self, history: History) -> Digest:
        """The model the next round trains on: the latest standing report's, or the sponsor's."""
        report = history.rounds[history.standing[-1]].report if history.standing else None
        return report.model if report else history.initial_model

    def parameters(self, model: Digest) -> IntArray:
        """(parameters,) of a published model, in units."""
        return decode_model(self._store.get(model)).parameters

    def cumulative(self, history: History, number: int | None) -> Mapping[Address, Gwei]:
        """Every account's rewards up to and with the report of round ``number``, from published evidence.

        Nothing is believed: the rewards must rebuild the root that report put on chain.

        Raises:
            ContentError: evidence is missing or damaged.
            ProtocolError: the evidence does not lead to the root on chain.
        """
        missing: list[int] = []
        at = number
        while at is not None and at not in self._cumulative:
            missing.append(at)
            at = self._record(history, at).base_round
        for one in reversed(missing):
            self._cumulative[one] = self._from_evidence(self._record(history, one))
        return self._cumulative[number]

    def _record(self, history: History, number: int) -> RoundRecord:
        record = history.rounds.get(number)
        if record is None or record.report is None:
            raise ProtocolError(f"round {number} has no report, so nothing was earned by it")
        return record

    def _from_evidence(self, record: RoundRecord) -> Mapping[Address, Gwei]:
        return published_rewards(record, self._cumulative[record.base_round], self._store)


def published_rewards(
    record: RoundRecord, before: Mapping[Address, Gwei], store: ContentStore
) -> Mapping[Address, Gwei]:
    """Every account's rewards with a round's report, from those before it and the round's published evidence.

    Raises:
        ContentError: the evidence is missing or damaged.
        ProtocolError: no report, or evidence that does not lead to the root on chain.
    """
    if record.report is None:
        raise ProtocolError(f"round {record.number} has no report, so nothing was earned by it")
    standings = decode_evidence(store.get(record.report.evidence)).standings
    after = {**before, **{one.participant: one.cumulative for one in standings if one.cumulative}}
    if reward_tree(after).root != record.report.rewards:
        raise ProtocolError(f"the evidence of round {record.number} does not lead to its rewards root: do not trust it")
    return after
