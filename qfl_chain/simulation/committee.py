"""The committee of a run: it bonds, it reports honestly or colludes, and where it lost its seat one oracle goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qfl_chain.actors.demands import demands
from qfl_chain.actors.oracle import Oracle, fetch_updates
from qfl_chain.actors.signatures import SignedReport
from qfl_chain.actors.view import ChainView
from qfl_chain.chain.court import Web3Court
from qfl_chain.errors import ProtocolError
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.eip712 import quorum
from qfl_chain.protocol.filing import NO_FILING
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.protocol.report import Outcome
from qfl_chain.simulation.liars import EQUIVOCATION, LIES, Lie, lie_of, other_split
from qfl_chain.types import Address, Event, Receipt, Report, Signature


@dataclass(frozen=True, slots=True)
class Member:
    """One oracle and its account on the ledger."""

    oracle: Oracle
    court: Web3Court

    @property
    def account(self) -> Address:
        return self.court.account


@dataclass(frozen=True, slots=True)
class Committee:
    """The oracles of a run. The first ``liars`` of them collude, as ``behaviour`` says.

    ``shown`` are signed reports that colluding oracles gave to whoever asked them.
    """

    members: tuple[Member, ...]
    store: ContentStore
    view: ChainView
    behaviour: str = "honest"
    liars: int = 0
    shown: list[SignedReport] = field(default_factory=list)

    def found(self) -> Iterator[tuple[Address, Receipt]]:
        """Every oracle puts down its bond, and the committee is seated."""
        for member in self.members:
            yield member.account, member.court.bond(member.court.terms().oracle_bond)
        yield self.members[0].account, self.members[0].court.seat(self._addresses())

    @property
    def quorum(self) -> int:
        """How many must sign."""
        return quorum(len(self.members))

    @property
    def colludes(self) -> bool:
        """Whether the next report is a lie: those who collude are enough, and seated."""
        lies = lie_of(self.behaviour) in LIES
        return lies and self.liars >= self.quorum and is_seated(self.view.events())

    def demand(self) -> Iterator[tuple[Address, Receipt]]:
        """An honest oracle demands on chain what nobody gives it; anyone may answer until the time has run out."""
        number = self.members[-1].court.live().number
        record = self.view.history().rounds[number]
        fetched = fetch_updates(self.store, record.reveals)
        for index, reveal in enumerate(record.reveals):
            if fetched[reveal.digest] is None:
                court = self.members[-1].court
                yield court.account, court.demand_update(number, NO_FILING, packed_reveals(record.reveals), index)

    def recompute(self, number: int) -> tuple[Member, Outcome]:
        """The right report of a round, as a quorum of the committee finds it, and whose turn it is to post it.

        Raises:
            ProtocolError: two oracles came to different reports.
        """
        first = number % len(self.members)
        turn = (*self.members[first:], *self.members[:first])[: self.quorum]
        outcomes = [member.oracle.observe(number) for member in turn]
        if any(outcome.report != outcomes[0].report for outcome in outcomes):
            raise ProtocolError(f"round {number}: honest oracles disagree; this is a defect, please report it")
        return turn[0], outcomes[0]

    def post(self, member: Member, outcome: Outcome) -> Receipt:
        """The right report with a quorum's signatures; where they equivocate, the colluding ones show another one."""
        first = self.members.index(member)
        turn = (*self.members[first:], *self.members[:first])[: self.quorum]
        receipt = member.oracle.transmit(outcome.report, [one.oracle.sign(outcome) for one in turn])
        if lie_of(self.behaviour) == EQUIVOCATION:
            lie = other_split(outcome, self.members[0].account)
            self.shown.extend(
                self._signed(one, other) for one in self.members[: self.liars] for other in (outcome, lie)
            )
        return receipt

    def lie(self, outcome: Outcome) -> Receipt:
        """A report that the colluding oracles make of the right one, sign and post."""
        liars = self.members[: self.quorum]
        lie = LIES[lie_of(self.behaviour)](outcome, liars[0].account)
        self.store.put(lie.model)
        if lie.published:
            self.store.put(lie.evidence)
        return liars[0].oracle.transmit(lie.report, [self._signature(one, lie.report) for one in liars])

    def alone(self) -> Member | None:
        """An honest oracle that has its whole bond and can report alone; None where there is none."""
        needed = self.members[0].court.terms().oracle_bond
        honest = (one for one in self.members[self.liars :] if one.court.bond_of(one.account)[0] >= needed)
        return next(honest, None)

    def collect(self, number: int) -> tuple[list[tuple[str, SignedReport]], list[str]]:
        """What the oracles show of a round: as peers of a watcher."""
        return [("committee", one) for one in self.shown if one.report.round == number], []

    def _addresses(self) -> Sequence[Address]:
        return [member.account for member in self.members]

    def _signature(self, member: Member, report: Report) -> Signature:
        return member.oracle.signature(report)

    def _signed(self, member: Member, made: Outcome | Lie) -> SignedReport:
        court = member.court
        return SignedReport(court.chain_id, court.federation, made.report, self._signature(member, made.report))


def is_seated(events: Sequence[Event]) -> bool:
    """Whether the committee is seated, as the logs say."""
    names = [event.name for event in events if event.name in ("CommitteeSeated", "CommitteeUnseated")]
    return bool(names) and names[-1] == "CommitteeSeated"


def open_until(view: ChainView, court: Web3Court) -> int | None:
    """When the next demand of the latest rounds runs out; None where none is open."""
    now, events = court.now(), view.events()
    rounds = sorted(view.history().rounds)[-2:]
    deadlines = [one.deadline for number in rounds for one in demands(events, number) if one.is_open(now)]
    return min(deadlines, default=None)
