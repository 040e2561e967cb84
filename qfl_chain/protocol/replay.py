"""The history of a federation, folded from its logs in chain order. Rules P53 and P54.

``replay`` keeps what the chain says and checks what the chain must have kept true; :func:`round_facts` joins one
round with the cumulative rewards of the report before it, which no log holds, into what ``build_report`` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.bonds import DisputeLedger, agree
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.history import Commit, History, RoundRecord, RoundStatus, UpdateDemand, logged_report
from qfl_chain.protocol.money import ZERO, Account, money_statement
from qfl_chain.types import Address, Digest, Event, Gwei, Report, Reveal, Round


def replay(events: Iterable[Event], federation: Address, initial_model: Digest) -> History:
    """Fold a federation's logs, in chain order, into its history.

    Raises:
        ProtocolError: a log out of order, of an unknown name, or about a round or account that never began.
        ChecksumError: logs that contradict one another about money or inputs.
    """
    ledger = _Ledger(initial_model)
    last = (-1, -1)
    for event in events:
        if (event.block, event.index) <= last:
            raise ProtocolError(f"log {event.name} at {(event.block, event.index)} comes after {last}; sort the logs")
        last = (event.block, event.index)
        handler = _HANDLERS.get(event.name)
        if handler is None:
            raise ProtocolError(f"log {event.name} at {last} is none of a federation's; wrong contract or version")
        _apply(handler, ledger, event)
    latest = ledger.latest_report()
    total = latest.total if latest else ZERO
    money = money_statement(
        ledger.accounts.values(), ledger.funding, ledger.funded, ledger.reclaimed, total, ledger.disputes.money()
    )
    return History(
        federation,
        initial_model,
        {number: ledger.record(number) for number in ledger.rounds},
        tuple(ledger.standing),
        dict(ledger.accounts),
        money,
        tuple(ledger.claims),
        ledger.cancelled,
        dict(ledger.disputes.bonds),
        tuple(ledger.convictions),
    )


def _apply(handler: Callable[[_Ledger, Event], None], ledger: _Ledger, event: Event) -> None:
    try:
        handler(ledger, event)
    except (KeyError, TypeError, ValueError) as error:
        where = (event.block, event.index)
        raise ProtocolError(f"log {event.name} at {where} is damaged: {type(error).__name__}: {error}") from error


def round_facts(history: History, number: int, cumulative: Mapping[Address, Gwei]) -> Round:
    """What ``build_report`` takes: a round's record and the cumulative rewards of the report it builds on.

    ``cumulative`` is the recomputed outcome's of ``base_round``; empty when that is None.

    Raises:
        ProtocolError: no such round, or rewards that do not sum to the base report's total.
    """
    record = history.rounds.get(number)
    if record is None:
        raise ProtocolError(f"round {number} never opened; the rounds are {sorted(history.rounds)}")
    base = None if record.base_round is None else history.rounds[record.base_round].report
    total = ZERO if base is None else base.total
    if sum(cumulative.values()) != total:
        raise ProtocolError(
            f"round {number} builds on rewards of {total} gwei, those given sum to {sum(cumulative.values())}; "
            f"recompute round {record.base_round} first"
        )
    return Round(
        federation=history.federation,
        number=number,
        accumulator=accumulate(record.reveals),
        reveals=record.reveals,
        base_model=record.base_model,
        budget=record.budget,
        total=total,
        cumulative=cumulative,
    )


@dataclass(slots=True)
class _Ledger:
    """The fold's running state. Commits and reveals of each round are kept apart, so that adding one copies none."""

    initial_model: Digest
    rounds: dict[int, RoundRecord] = field(default_factory=dict)
    standing: list[int] = field(default_factory=list)
    accounts: dict[Address, Account] = field(default_factory=dict)
    commits: dict[int, dict[Address, Commit]] = field(default_factory=dict)
    reveals: dict[int, dict[Address, Reveal]] = field(default_factory=dict)
    claims: list[Event] = field(default_factory=list)
    convictions: list[Event] = field(default_factory=list)
    disputes: DisputeLedger = field(default_factory=DisputeLedger)
    funding: int = 0
    reclaimed: int = 0
    funded: int = 0
    cancelled: bool = False

    def round_of(self, event: Event) -> RoundRecord:
        number = int(event.args["round"])
        if number not in self.rounds:
            raise ProtocolError(f"log {event.name} is about round {number}, which never opened; a log is missing")
        return self.rounds[number]

    def open_round_of(self, event: Event) -> RoundRecord:
        record = self.round_of(event)
        if record.status is not RoundStatus.OPEN:
            raise ProtocolError(f"log {event.name} is about round {record.number}, which is {record.status.value}")
        return record

    def record(self, number: int) -> RoundRecord:
        """A round with its commits and reveals."""
        commits, reveals = self.commits[number].values(), self.reveals[number].values()
        return replace(self.rounds[number], commits=tuple(commits), reveals=tuple(reveals))

    def change(self, record: RoundRecord, **changes: Any) -> None:
        self.rounds[record.number] = replace(record, **changes)

    def account_of(self, event: Event) -> tuple[Address, Account]:
        participant = Address(str(event.args["participant"]))
        if participant not in self.accounts:
            raise ProtocolError(f"log {event.name} is about {participant}, who never joined; a log is missing")
        return participant, self.accounts[participant]

    def latest_report(self) -> Report | None:
        return self.rounds[self.standing[-1]].report if self.standing else None


def _funded(ledger: _Ledger, event: Event) -> None:
    ledger.funding += event.args["amount"]
    ledger.funded += event.args["amount"]
    agree("funds", int(event.args["funded"]), ledger.funded, event)


def _joined(ledger: _Ledger, event: Event) -> None:
    participant, amount = Address(str(event.args["participant"])), event.args["amount"]
    account = ledger.accounts.get(participant, Account())
    stake, deposited = Gwei(account.stake + amount), Gwei(account.deposited + amount)
    agree(f"stake of {participant}", event.args["stake"], stake, event)
    ledger.accounts[participant] = replace(account, stake=stake, deposited=deposited)


def _round_opened(ledger: _Ledger, event: Event) -> None:
    number, start, budget = (int(event.args[name]) for name in ("round", "start", "budget"))
    agree("round", number, len(ledger.rounds) + 1, event)
    if ledger.cancelled:
        raise ProtocolError(f"round {number} opened after the federation was cancelled")
    latest = ledger.latest_report()
    base_round = latest.round if latest else None
    base_model = latest.model if latest else ledger.initial_model
    ledger.rounds[number] = RoundRecord(number, start, Gwei(budget), base_model, base_round)
    ledger.commits[number], ledger.reveals[number] = {}, {}


def _committed(ledger: _Ledger, event: Event) -> None:
    record, (participant, _) = ledger.open_round_of(event), ledger.account_of(event)
    commits = ledger.commits[record.number]
    if participant in commits:
        raise ProtocolError(f"{participant} committed twice in round {record.number}; a round takes one commitment")
    position = (event.block, event.index)
    commits[participant] = Commit(participant, record.number, int(event.args["commitment"]), position)


def _revealed(ledger: _Ledger, event: Event) -> None:
    record, (participant, account) = ledger.open_round_of(event), ledger.account_of(event)
    reveals = ledger.reveals[record.number]
    if participant in reveals:
        raise ProtocolError(f"{participant} revealed twice in round {record.number}; a commitment opens once")
    if participant not in ledger.commits[record.number]:
        raise ProtocolError(f"{participant} revealed in round {record.number} without a commitment; a log is missing")
    agree(f"stake of {participant}", event.args["stake"], account.stake, event)
    reveals[participant] = Reveal(participant, account.stake, Digest(bytes(event.args["digest"])))


def _reported(ledger: _Ledger, event: Event) -> None:
    record, args = ledger.open_round_of(event), event.args
    agree("inputs", args["inputs"], accumulate(ledger.reveals[record.number].values()), event)
    ledger.change(
        record,
        report=logged_report(event),
        signed=int(args["signed"]),
        reported_at=event.timestamp,
        active_at=int(args["activeAt"]),
        status=RoundStatus.REPORTED,
    )
    ledger.standing.append(record.number)


def _round_expired(ledger: _Ledger, event: Event) -> None:
    ledger.change(ledger.round_of(event), status=RoundStatus.EXPIRED)


def _round_voided(ledger: _Ledger, event: Event) -> None:
    ledger.change(ledger.round_of(event), status=RoundStatus.VOIDED)


def _report_voided(ledger: _Ledger, event: Event) -> None:
    record = ledger.round_of(event)
    agree("latest report", record.number, ledger.standing[-1] if ledger.standing else 0, event)
    ledger.standing.pop()
    ledger.change(record, status=RoundStatus.VOIDED)


def _claimed(ledger: _Ledger, event: Event) -> None:
    # A report may pay an account that never joined; the contract lets it claim.
    participant = Address(str(event.args["participant"]))
    account = ledger.accounts.get(participant, Account())
    claimed = Gwei(account.claimed + event.args["amount"])
    agree(f"claims of {participant}", event.args["cumulative"], claimed, event)
    ledger.accounts[participant] = replace(account, claimed=claimed)
    ledger.claims.append(event)


def _penalized(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    amount = event.args["amount"]
    stake, penalties = Gwei(account.stake - amount), Gwei(account.penalties + amount)
    agree(f"stake of {participant}", event.args["stake"], stake, event)
    ledger.accounts[participant] = replace(account, stake=stake, penalties=penalties)
    ledger.funded += amount


def _exited(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    agree(f"stake of {participant}", event.args["amount"], account.stake, event)
    exiting = Gwei(account.exiting + account.stake)
    ledger.accounts[participant] = replace(account, stake=ZERO, exiting=exiting)


def _withdrawn(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    agree(f"exit of {participant}", event.args["amount"], account.exiting, event)
    withdrawn = Gwei(account.withdrawn + account.exiting)
    ledger.accounts[participant] = replace(account, exiting=ZERO, withdrawn=withdrawn)


def _convicted(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    amount, bounty = event.args["amount"], event.args["bounty"]
    of_stake = min(amount, account.stake)
    stake, exiting = Gwei(account.stake - of_stake), Gwei(account.exiting - amount + of_stake)
    agree(f"stake of {participant}", event.args["stake"], stake, event)
    agree(f"exit of {participant}", event.args["exiting"], exiting, event)
    penalties = Gwei(account.penalties + amount)
    ledger.accounts[participant] = replace(account, stake=stake, exiting=exiting, penalties=penalties)
    ledger.funded += amount - bounty
    ledger.disputes.bounties += bounty
    ledger.convictions.append(event)


def _update_demanded(ledger: _Ledger, event: Event) -> None:
    record, args = ledger.round_of(event), event.args
    participant, digest = Address(str(args["participant"])), Digest(bytes(args["digest"]))
    demand = UpdateDemand(participant, digest, Address(str(args["demander"])), int(args["deadline"]))
    ledger.change(record, demands=(*record.demands, demand))
    ledger.disputes.demand(args["bond"])


def _update_answered(ledger: _Ledger, event: Event) -> None:
    record, args = ledger.round_of(event), event.args
    update = Address(str(args["participant"])), Digest(bytes(args["digest"]))
    if update not in {(one.participant, one.digest) for one in record.demands if not one.answered}:
        raise ProtocolError(f"log {event.name} answers a demand of {update[0]}'s update that nobody made")
    demands = (
        replace(one, answered=True) if (one.participant, one.digest) == update else one for one in record.demands
    )
    ledger.change(record, demands=tuple(demands))
    ledger.disputes.answer(args["bond"])


def _refuted(ledger: _Ledger, event: Event) -> None:
    ledger.change(ledger.round_of(event), refuted=Fault(event.args["fault"]))
    ledger.disputes.apply(event)


def _disputed(ledger: _Ledger, event: Event) -> None:
    """A log about nothing but the money of bonds and demands."""
    ledger.disputes.apply(event)


def _cancelled(ledger: _Ledger, event: Event) -> None:
    ledger.cancelled = True


def _reclaimed(ledger: _Ledger, event: Event) -> None:
    ledger.reclaimed += event.args["amount"]
    ledger.funded -= event.args["amount"]


def _no_effect(ledger: _Ledger, event: Event) -> None:
    """A log that changes nothing the history holds."""


_HANDLERS: Mapping[str, Callable[[_Ledger, Event], None]] = {
    "Deployed": _no_effect,
    "Funded": _funded,
    "Joined": _joined,
    "RoundOpened": _round_opened,
    "RoundExpired": _round_expired,
    "Committed": _committed,
    "Revealed": _revealed,
    "Reported": _reported,
    "Claimed": _claimed,
    "Penalized": _penalized,
    "Exited": _exited,
    "Withdrawn": _withdrawn,
    "Paused": _no_effect,
    "Unpaused": _no_effect,
    "ReportVoided": _report_voided,
    "RoundVoided": _round_voided,
    "Cancelled": _cancelled,
    "Reclaimed": _reclaimed,
    "Bonded": _disputed,
    "Unbonding": _no_effect,
    "BondWithdrawn": _disputed,
    "CommitteeScheduled": _no_effect,
    "CommitteeSeated": _no_effect,
    "CommitteeUnseated": _no_effect,
    "Slashed": _disputed,
    "Refuted": _refuted,
    "Equivocated": _disputed,
    "Convicted": _convicted,
    "UpdateDemanded": _update_demanded,
    "UpdateAnswered": _update_answered,
    "LeafDemanded": _disputed,
    "LeafAnswered": _disputed,
    "Credited": _disputed,
    "Collected": _disputed,
}
