"""The history of a federation, folded from its logs in chain order. Rules P53 and P54.

``replay`` keeps what the chain says and checks what the chain must have kept true; :func:`round_facts` joins one
round with the cumulative rewards of the report before it, which no log holds, into what ``build_report`` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from qfl_chain.errors import ChecksumError, ProtocolError
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.money import ZERO, Account, Money, money_statement
from qfl_chain.types import Address, Digest, Event, Gwei, Report, Reveal, Round


class RoundStatus(Enum):
    """What the logs say of a round. ``OPEN``: no report yet; by the clock it may have expired unnoticed."""

    OPEN = "open"
    REPORTED = "reported"
    EXPIRED = "expired"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commitment and its position among all logs."""

    participant: Address
    round: int
    commitment: int
    position: tuple[int, int]


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round as the logs tell it.

    Attributes:
        base_model: digest of the model it trains on.
        base_round: the round whose report produced that model and the rewards before it; None for the sponsor's.
        report: its report, standing or voided; None without one.
        signed: mask of the oracles that signed the report.
        commits, reveals: in chain order.
    """

    number: int
    start: int
    budget: Gwei
    base_model: Digest
    base_round: int | None
    status: RoundStatus = RoundStatus.OPEN
    commits: tuple[Commit, ...] = ()
    reveals: tuple[Reveal, ...] = ()
    report: Report | None = None
    signed: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Everything the logs say up to the last one.

    Attributes:
        initial_model: digest of the sponsor's model.
        rounds: every round by number, in order of opening.
        standing: the numbers of rounds whose report stands, oldest first.
        accounts: everybody who ever joined.
        claims: the Claimed logs.
        cancelled: whether the sponsor ended the federation.
    """

    federation: Address
    initial_model: Digest
    rounds: Mapping[int, RoundRecord]
    standing: tuple[int, ...]
    accounts: Mapping[Address, Account]
    money: Money
    claims: tuple[Event, ...]
    cancelled: bool


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
    money = money_statement(ledger.accounts.values(), ledger.funding, ledger.funded, ledger.reclaimed, total)
    return History(
        federation,
        initial_model,
        {number: ledger.record(number) for number in ledger.rounds},
        tuple(ledger.standing),
        dict(ledger.accounts),
        money,
        tuple(ledger.claims),
        ledger.cancelled,
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
    _agree("funds", int(event.args["funded"]), ledger.funded, event)


def _joined(ledger: _Ledger, event: Event) -> None:
    participant, amount = Address(str(event.args["participant"])), event.args["amount"]
    account = ledger.accounts.get(participant, Account())
    stake, deposited = Gwei(account.stake + amount), Gwei(account.deposited + amount)
    _agree(f"stake of {participant}", event.args["stake"], stake, event)
    ledger.accounts[participant] = replace(account, stake=stake, deposited=deposited)


def _round_opened(ledger: _Ledger, event: Event) -> None:
    number, start, budget = (int(event.args[name]) for name in ("round", "start", "budget"))
    _agree("round", number, len(ledger.rounds) + 1, event)
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
    _agree(f"stake of {participant}", event.args["stake"], account.stake, event)
    reveals[participant] = Reveal(participant, account.stake, Digest(bytes(event.args["digest"])))


def _reported(ledger: _Ledger, event: Event) -> None:
    record, args = ledger.open_round_of(event), event.args
    _agree("inputs", args["inputs"], accumulate(ledger.reveals[record.number].values()), event)
    report = Report(
        round=record.number,
        inputs=int(args["inputs"]),
        rewards=bytes(args["rewards"]),
        model=Digest(bytes(args["model"])),
        evidence=Digest(bytes(args["evidence"])),
        evidence_root=bytes(args["evidenceRoot"]),
        total=Gwei(int(args["total"])),
    )
    ledger.change(record, report=report, signed=int(args["signed"]), status=RoundStatus.REPORTED)
    ledger.standing.append(record.number)


def _round_expired(ledger: _Ledger, event: Event) -> None:
    ledger.change(ledger.round_of(event), status=RoundStatus.EXPIRED)


def _round_voided(ledger: _Ledger, event: Event) -> None:
    ledger.change(ledger.round_of(event), status=RoundStatus.VOIDED)


def _report_voided(ledger: _Ledger, event: Event) -> None:
    record = ledger.round_of(event)
    _agree("latest report", record.number, ledger.standing[-1] if ledger.standing else 0, event)
    ledger.standing.pop()
    ledger.change(record, status=RoundStatus.VOIDED)


def _claimed(ledger: _Ledger, event: Event) -> None:
    # A report may pay an account that never joined; the contract lets it claim.
    participant = Address(str(event.args["participant"]))
    account = ledger.accounts.get(participant, Account())
    claimed = Gwei(account.claimed + event.args["amount"])
    _agree(f"claims of {participant}", event.args["cumulative"], claimed, event)
    ledger.accounts[participant] = replace(account, claimed=claimed)
    ledger.claims.append(event)


def _penalized(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    amount = event.args["amount"]
    stake, penalties = Gwei(account.stake - amount), Gwei(account.penalties + amount)
    _agree(f"stake of {participant}", event.args["stake"], stake, event)
    ledger.accounts[participant] = replace(account, stake=stake, penalties=penalties)
    ledger.funded += amount


def _exited(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    _agree(f"stake of {participant}", event.args["amount"], account.stake, event)
    exiting = Gwei(account.exiting + account.stake)
    ledger.accounts[participant] = replace(account, stake=ZERO, exiting=exiting)


def _withdrawn(ledger: _Ledger, event: Event) -> None:
    participant, account = ledger.account_of(event)
    _agree(f"exit of {participant}", event.args["amount"], account.exiting, event)
    withdrawn = Gwei(account.withdrawn + account.exiting)
    ledger.accounts[participant] = replace(account, exiting=ZERO, withdrawn=withdrawn)


def _cancelled(ledger: _Ledger, event: Event) -> None:
    ledger.cancelled = True


def _reclaimed(ledger: _Ledger, event: Event) -> None:
    ledger.reclaimed += event.args["amount"]
    ledger.funded -= event.args["amount"]


def _no_effect(ledger: _Ledger, event: Event) -> None:
    """A log that changes nothing the history holds."""


def _agree(what: str, said: int, folded: int, event: Event) -> None:
    if said != folded:
        raise ChecksumError(
            f"log {event.name} at {(event.block, event.index)}: {what} {said}, the logs before give {folded}"
        )


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
}
