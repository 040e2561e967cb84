"""What oracles and participants can be convicted of beside a wrong report, one offence a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qfl_chain.actors.court import Court
from qfl_chain.actors.demands import Demand, demands
from qfl_chain.actors.oracle import fetch_update
from qfl_chain.actors.phases import Window
from qfl_chain.actors.reporting import Peers
from qfl_chain.actors.running import Step, sent
from qfl_chain.actors.sightings import Sightings
from qfl_chain.actors.signatures import SignedReport, check_signed
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import MalformedPayload, ProtocolError, QflError, Reverted
from qfl_chain.ports import ContentStore, Executor
from qfl_chain.protocol.codec import check_update
from qfl_chain.protocol.filing import NO_FILING
from qfl_chain.protocol.history import History, RoundRecord, RoundStatus
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.types import Address, Event, Filing, LiveRound, Phase, Receipt


@dataclass(frozen=True, slots=True)
class Place:
    """Where a federation stands: its history, the live round, the latest report with its filing and committee."""

    history: History
    live: LiveRound
    window: Window
    latest: RoundRecord | None
    filing: Filing
    oracles: tuple[Address, ...]


class Offences:
    """Looks for what can be proved now.

    Args:
        court: the federation, written as the account that proves.
        store: where updates are fetched.
        executor: the circuit's scoring program.
        view: the federation's history as one sees it.
        sightings: the signed reports one saw.
        peers: oracles that show their signatures.
    """

    def __init__(
        self,
        court: Court,
        store: ContentStore,
        executor: Executor,
        view: ChainView,
        sightings: Sightings,
        peers: Peers,
    ) -> None:
        self._court = court
        self._store = store
        self._executor = executor
        self._view = view
        self._sightings = sightings
        self._peers = peers
        self._wellformed: set[tuple[int, bytes]] = set()
        self._read: set[str] = set()
        self._settled: set[tuple[object, ...]] = set()

    def step(self, place: Place) -> Step | None:
        """Prove one offence, or take what is credited; None where there is nothing."""
        self._look(place)
        for search in (self._silent_update, self._equivocation, self._malformed, self._missing_reveal, self._credit):
            done = search(place)
            if done is not None:
                return done
        return None

    # Equivocation

    def _look(self, place: Place) -> None:
        """Keep every signed report that the chain and the peers show."""
        events = self._view.events()
        for event in events:
            if event.name == "Reported" and event.transaction not in self._read:
                for report, signature in self._court.signed_reports(event.transaction):
                    self._keep("chain", SignedReport(self._court.chain_id, self._court.federation, report, signature))
                self._read.add(event.transaction)
        numbers = {place.live.number} if place.window.phase is Phase.REPORT else set()
        for number in numbers | ({place.latest.number} if place.latest else set()):
            for origin, signed in self._peers.collect(number)[0]:
                if signed.report.round == number:
                    self._keep(origin, signed)

    def _keep(self, origin: str, signed: SignedReport) -> None:
        """One of an oracle with a bond; whoever has none has nothing to lose."""
        oracle = signed.signature.oracle
        try:
            check_signed(signed, origin, self._court.chain_id, self._court.federation, (oracle,))
        except ProtocolError:
            return
        if oracle in self._view.history().bonds:
            self._sightings.add(signed)

    def _equivocation(self, place: Place) -> Step | None:
        proved = {(one.args["oracle"], one.args["round"]) for one in self._view.events() if one.name == "Equivocated"}
        for first, second in self._sightings.pairs():
            oracle, number = first.signature.oracle, first.report.round
            if (oracle, number) in proved or not self._court.bond_of(oracle)[0]:
                continue
            receipt = self._court.refute_equivocation(first.report, first.signature, second.report, second.signature)
            return self._did("convict", number, receipt, offence="EQUIVOCATION", oracle=oracle)
        return None

    # Updates

    def _silent_update(self, place: Place) -> Step | None:
        """Convict a participant of silence, or where the report was made before the deadline its oracles."""
        for number in self._disputable(place):
            record = place.history.rounds[number]
            for demand in demands(self._view.events(), number):
                if demand.subject in self._settled or not demand.is_silent(self._court.now()):
                    continue
                if demand.participant is None or demand.digest is None:
                    continue
                of_report = bool(record.reported_at) and demand.deadline > record.reported_at
                filing, oracles = (place.filing, place.oracles) if record.reported_at else (NO_FILING, ())
                done = self._settle(demand, filing, oracles)
                if done is not None:
                    whom = {} if of_report else {"participant": demand.participant}
                    return self._did("convict", number, done, offence="UNAVAILABLE", **whom)
        return None

    def _settle(self, demand: Demand, filing: Filing, oracles: Sequence[Address]) -> Receipt | None:
        """None where somebody settled it before: no log says so."""
        assert demand.participant is not None  # the caller asked
        assert demand.digest is not None
        self._settled.add(demand.subject)
        try:
            return self._court.convict_silent_update(demand.round, demand.participant, demand.digest, filing, oracles)
        except Reverted as error:
            if error.error != "NothingDemanded":
                self._settled.discard(demand.subject)
                raise
            return None
        except QflError:
            self._settled.discard(demand.subject)
            raise

    def _malformed(self, place: Place) -> Step | None:
        """Convict a participant of bytes that are no update."""
        terms = self._court.terms()
        for number in self._disputable(place):
            record = place.history.rounds[number]
            for index, reveal in enumerate(record.reveals):
                key = (number, bytes(reveal.digest))
                if key in self._wellformed or _convicted(place.history, number, reveal.participant):
                    continue
                data = fetch_update(self._store, reveal.digest)
                if data is None:
                    continue
                try:
                    check_update(
                        data,
                        circuit=terms.circuit,
                        round_number=number,
                        count=self._executor.parameters,
                        max_norm=terms.max_norm,
                    )
                    self._wellformed.add(key)
                except MalformedPayload as error:
                    circuit = self._store.get(terms.circuit)
                    receipt = self._court.convict_malformed(
                        number, place.filing, packed_reveals(record.reveals), index, data, circuit
                    )
                    facts = {"participant": reveal.participant, "finding": str(error)}
                    return self._did("convict", number, receipt, offence="MALFORMED", **facts)
        return None

    def _missing_reveal(self, place: Place) -> Step | None:
        """Settle a commitment that was not opened, once its round's report is active."""
        for number in place.history.standing[-2:]:
            record = place.history.rounds[number]
            if self._court.now() < record.active_at:
                continue
            revealed = {one.participant for one in record.reveals}
            for commit in record.commits:
                member = None if commit.participant in revealed else self._court.member(commit.participant)
                if member is not None and member.commitment and member.round == number:
                    receipt = self._court.penalize(commit.participant)
                    return self._did("penalize", number, receipt, participant=commit.participant)
        return None

    def _credit(self, place: Place) -> Step | None:
        credit = self._court.credit(self._court.account)
        if not credit:
            return None
        return self._did("collect", place.live.number, self._court.collect(), credit_gwei=credit)

    # What they have in common

    def _disputable(self, place: Place) -> Iterator[int]:
        """The rounds in which a participant can be convicted: the live one in its report phase, the latest report's."""
        if place.window.phase is Phase.REPORT:
            yield place.live.number
        if place.latest is not None and place.latest.status is RoundStatus.REPORTED:
            yield place.latest.number

    def _did(self, action: str, number: int, receipt: Receipt, **facts: Any) -> Step:
        return sent(action, number, receipt, **facts, bounty_gwei=bounty(self._view.events(), receipt.transaction))


def bounty(events: Iterable[Event], transaction: str) -> int:
    """What a transaction earned whoever sent it, in gwei."""
    return sum(int(one.args.get("bounty", 0)) for one in events if one.transaction == transaction)


def _convicted(history: History, number: int, participant: Address) -> bool:
    return any(one.args["round"] == number and one.args["participant"] == participant for one in history.convictions)
