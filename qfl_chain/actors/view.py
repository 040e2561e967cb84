"""What one actor knows of a federation: the logs of the chain, and what they and the evidence add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qfl_chain.errors import ProtocolError
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.codec import decode_model
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.protocol.history import History, RoundRecord
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.types import Address, Digest, Event, Gwei, IntArray


class ChainView:
    """The federation as one actor sees it."""

    def __init__(self, ledger: Ledger, store: ContentStore) -> None:
        self._ledger = ledger
        self._store = store
        self._told: tuple[Sequence[Event], History | None] = ((), None)
        self._earned = Earned(store)

    def events(self) -> Sequence[Event]:
        """All logs up to the latest block, in chain order."""
        return self._ledger.events()

    def history(self, events: Sequence[Event] | None = None) -> History:
        """The history those logs tell, or the logs that were just read; folded again only when they are others."""
        events = self.events() if events is None else events
        told, history = self._told
        if history is None or (events is not told and events != told):
            history = replay(events, self._ledger.federation, self._ledger.terms().model)
            self._told = (events, history)
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
        """As :meth:`Earned.cumulative`."""
        return self._earned.cumulative(history, number)


class Earned:
    """What everybody earned, from published evidence."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._cumulative: dict[bytes, Mapping[Address, Gwei]] = {}

    def cumulative(self, history: History, number: int | None) -> Mapping[Address, Gwei]:
        """Every account's rewards up to and with the report of round ``number``, from published evidence.

        Nothing is believed: the rewards must rebuild the root that report put on chain.

        Raises:
            ContentError: evidence is missing or damaged.
            ProtocolError: the evidence does not lead to the root on chain.
        """
        missing: list[RoundRecord] = []
        known: Mapping[Address, Gwei] = {}
        at = number
        while at is not None:
            record = self._record(history, at)
            # By root, not by round: after a reorg, a round can have another report.
            if (found := self._cumulative.get(_root(record))) is not None:
                known = found
                break
            missing.append(record)
            at = record.base_round
        for record in reversed(missing):
            known = self._cumulative[_root(record)] = published_rewards(record, known, self._store)
        return known

    def _record(self, history: History, number: int) -> RoundRecord:
        record = history.rounds.get(number)
        if record is None or record.report is None:
            raise ProtocolError(f"round {number} has no report, so nothing was earned by it")
        return record


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


def _root(record: RoundRecord) -> bytes:
    return record.report.rewards if record.report else b""
