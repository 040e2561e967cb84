"""A watcher: recomputes every report, and proves on chain what is wrong with it, with its evidence, with an update.

Anybody may run one, and several may watch one federation: a proof that came second is no failure, the report is void
either way. What is due follows from the chain; what the watcher must not forget are the signed reports it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.court import Court
from qfl_chain.actors.demands import Demand, demands, shown
from qfl_chain.actors.examining import Examiner, Lacking, Sound
from qfl_chain.actors.offences import Offences, Place, bounty
from qfl_chain.actors.phases import Window, current_window
from qfl_chain.actors.running import WAIT, Step, sent
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import LedgerError, Unreachable
from qfl_chain.protocol.filing import NO_FILING, committee_at, filing_of
from qfl_chain.protocol.history import History, RoundRecord, RoundStatus
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.protocol.refutation import Proof
from qfl_chain.protocol.trial import Withheld
from qfl_chain.types import Address, Event, Filing, Gwei, LiveRound, Phase, Receipt, Report


@dataclass(frozen=True, slots=True)
class Accusation:
    """A proof against a report that was about to be sent."""

    fault: str
    finding: str


class Watcher:
    """The watcher's steps.

    Args:
        court: the federation, written as the account that proves.
        examiner: recomputes reports.
        answering: answers demands for what the watcher holds.
        offences: proves what oracles and participants did beside a report.
        view: the federation's history as the watcher sees it.
        most_bonds: gwei that its demands of one round may hold or have cost. A demand costs its bond where it is
            answered: whoever showed the bytes gets it.
        until_round: the last round to watch; 0 for all.
    """

    def __init__(
        self,
        court: Court,
        examiner: Examiner,
        answering: Answering,
        offences: Offences,
        view: ChainView,
        most_bonds: Gwei,
        until_round: int = 0,
    ) -> None:
        self._court = court
        self._examiner = examiner
        self._answering = answering
        self._offences = offences
        self._view = view
        self._most_bonds = most_bonds
        self._until_round = until_round
        self._sound: set[Report] = set()
        self._accused: dict[int, Accusation] = {}

    def step(self) -> Step:
        """Do what is due first: a proof against the pending report, an answer, an offence, a credit."""
        place = self._place()
        beaten = self._beaten(place.history)
        if beaten is not None:
            return beaten
        pending = place.latest if place.latest and self._court.now() < place.latest.active_at else None
        waits: Step | None = None
        for act in (self._silent_leaf, self._dispute) if pending is not None else ():
            done = act(place)
            if done is not None and done.action != WAIT:
                return done
            waits = done or waits
        done = self._answering.step(place.live.number) or self._offences.step(place) or waits
        if done is not None:
            return done
        if pending is None and self._is_over(place.live, place.window):
            return Step("finish", place.live.number, finished=True)
        return Step(WAIT, place.live.number, {"phase": place.window.phase.value, "until": place.window.closes_at})

    def _place(self) -> Place:
        history, live = self._view.history(), self._court.live()
        latest = history.rounds[history.standing[-1]] if history.standing else None
        filing, oracles = self._filing(latest)
        window = current_window(live, self._court.terms(), self._court.now())
        return Place(history, live, window, latest, filing, oracles)

    def _filing(self, record: RoundRecord | None) -> tuple[Filing, tuple[Address, ...]]:
        if record is None or record.report is None:
            return NO_FILING, ()
        oracles = committee_at(self._view.events(), record.number)
        return filing_of(record, oracles), oracles

    def _is_over(self, live: LiveRound, window: Window) -> bool:
        if window.phase is not Phase.IDLE:
            return bool(self._until_round) and live.number > self._until_round
        return live.cancelled or 0 < self._until_round <= live.number

    # The report

    def _dispute(self, place: Place) -> Step | None:
        """Refute the pending report, or ask for what it takes to know; a wait where others may act meanwhile."""
        record = place.latest
        if record is None or record.report is None or record.report in self._sound:
            return None
        found = demands(self._view.events(), record.number)
        seen = shown(self._court, found, record.report.evidence_root)
        verdict = self._examiner.examine(place.history, record, seen).verdict
        if isinstance(verdict, Proof):
            return self._refute(place, record, verdict)
        if isinstance(verdict, Sound):
            self._sound.add(record.report)
            note = {"note": verdict.note} if verdict.note else {}
            return Step("check", record.number, {"verdict": "sound", "total": record.report.total, **note})
        if isinstance(verdict, Lacking):
            return self._demand_update(place, record, verdict, found)
        return self._demand_leaf(record, verdict, found)

    def _refute(self, place: Place, record: RoundRecord, proof: Proof) -> Step:
        base = place.history.rounds[record.base_round] if record.base_round is not None else None
        base_filing, _ = self._filing(base)
        facts = {"proof_bytes": len(proof.data)}
        return self._race(
            "refute",
            record.number,
            Accusation(proof.fault.name, proof.finding),
            lambda: self._court.refute(proof.fault, place.filing, base_filing, place.oracles, proof.data),
            facts,
        )

    def _race(
        self, action: str, number: int, accusation: Accusation, call: Callable[[], Receipt], facts: dict[str, Any]
    ) -> Step:
        """Make a call that another watcher may make as well: whoever is second says who was first."""
        self._accused[number] = accusation
        try:
            receipt = call()
        except Unreachable:
            raise
        except LedgerError:
            beaten = self._beaten(self._view.history())
            if beaten is None:
                raise
            return beaten
        del self._accused[number]
        earned = bounty(self._view.events(), receipt.transaction)
        said = {"fault": accusation.fault, "finding": accusation.finding, **facts, "bounty_gwei": earned}
        return sent(action, number, receipt, **said)

    def _beaten(self, history: History) -> Step | None:
        """A report that one had a proof against, and that somebody else got voided first."""
        for number, accusation in list(self._accused.items()):
            record = history.rounds.get(number)
            if record is not None and record.status is RoundStatus.VOIDED:
                del self._accused[number]
                by = _voided_by(self._view.events(), number)
                return Step("beaten", number, {"fault": accusation.fault, "finding": accusation.finding, "by": by})
        return None

    # What is not published

    def _silent_leaf(self, place: Place) -> Step | None:
        """Void a report for a leaf that nobody showed in time, whoever demanded it."""
        record = place.latest
        assert record is not None  # the caller asked
        for demand in demands(self._view.events(), record.number):
            index = demand.index
            if index is not None and demand.is_silent(self._court.now()):
                accusation = Accusation("UNAVAILABLE", f"nobody showed leaf {index} of the evidence in time")
                call = _convict_leaf(self._court, index, place)
                return self._race("convict", record.number, accusation, call, {})
        return None

    def _demand_leaf(self, record: RoundRecord, verdict: Withheld, found: Sequence[Demand]) -> Step:
        asked = {one.index for one in found}
        missing = [index for index in verdict.leaves if index not in asked]
        facts = {"leaves_missing": len(verdict.leaves), "leaves_demanded": len(verdict.leaves) - len(missing)}
        if not missing:
            return Step(WAIT, record.number, facts)
        refused = self._refuses(record, found)
        if refused:
            return Step(WAIT, record.number, {**facts, "not_demanded": refused})
        return sent("demand", record.number, self._court.demand_leaf(missing[0]), leaf=missing[0], **facts)

    def _demand_update(self, place: Place, record: RoundRecord, verdict: Lacking, found: Sequence[Demand]) -> Step:
        asked = {(one.participant, one.digest) for one in found}
        reveals = record.reveals
        missing = [at for at in verdict.reveals if (reveals[at].participant, reveals[at].digest) not in asked]
        facts = {"updates_missing": len(verdict.reveals), "updates_demanded": len(verdict.reveals) - len(missing)}
        if not missing:
            return Step(WAIT, record.number, facts)
        refused = self._refuses(record, found)
        if refused:
            return Step(WAIT, record.number, {**facts, "not_demanded": refused})
        packed = packed_reveals(reveals)
        receipt = self._court.demand_update(record.number, place.filing, packed, missing[0])
        return sent("demand", record.number, receipt, participant=reveals[missing[0]].participant, **facts)

    def _refuses(self, record: RoundRecord, found: Sequence[Demand]) -> str:
        """Why no demand can be made now; empty where one can."""
        bond, window = self._court.demand_terms()
        if self._court.now() + 2 * window > record.active_at:
            return "no time is left to answer a demand and to show silence before the report is active"
        mine = sum(one.bond for one in found if one.demander == self._court.account)
        if mine + bond > self._most_bonds:
            return (
                f"a demand takes a bond of {bond:,} gwei, {mine:,} are spent of the {self._most_bonds:,} that demands "
                "of one round may take: allow more"
            )
        return ""


def _convict_leaf(court: Court, index: int, place: Place) -> Callable[[], Receipt]:
    return lambda: court.convict_silent_leaf(index, place.filing, place.oracles)


def _voided_by(events: Sequence[Event], number: int) -> str:
    refuted = (one for one in events if one.name == "Refuted" and one.args["round"] == number)
    return next((str(one.args["reporter"]) for one in refuted), "the guardian")
