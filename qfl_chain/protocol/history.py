"""The history of a federation: what :func:`~qfl_chain.protocol.replay.replay` folds its logs into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.money import Account, Money
from qfl_chain.types import Address, Digest, Event, Gwei, Report, Reveal


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


def logged_report(event: Event) -> Report:
    """The report in a ``Reported`` log."""
    args = event.args
    return Report(
        round=int(args["round"]),
        inputs=int(args["inputs"]),
        rewards=bytes(args["rewards"]),
        model=Digest(bytes(args["model"])),
        evidence=Digest(bytes(args["evidence"])),
        evidence_root=bytes(args["evidenceRoot"]),
        total=Gwei(int(args["total"])),
    )


@dataclass(frozen=True, slots=True)
class UpdateDemand:
    """A demand for an update's bytes. Nobody can answer from the deadline on."""

    participant: Address
    digest: Digest
    demander: Address
    deadline: int
    answered: bool = False


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round as the logs tell it.

    Attributes:
        base_model: digest of the model it trains on.
        base_round: the round whose report produced that model and the rewards before it; None for the sponsor's.
        report: its report, standing or voided; None without one.
        signed: mask of the oracles that signed the report.
        reported_at, active_at: when it was reported, and from when claims are paid from it; 0 without a report.
        refuted: the fault that its report was voided for; None where no proof voided it.
        commits, reveals: in chain order.
        demands: of its updates, in chain order.
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
    reported_at: int = 0
    active_at: int = 0
    refuted: Fault | None = None
    demands: tuple[UpdateDemand, ...] = ()

    def silent_at(self, time: int) -> frozenset[tuple[Address, Digest]]:
        """The updates of which a demand had run out by a time: nothing else makes an update unavailable."""
        overdue = (one for one in self.demands if not one.answered and one.deadline <= time)
        return frozenset((one.participant, one.digest) for one in overdue)

    def silent(self, now: int) -> frozenset[tuple[Address, Digest]]:
        """Those that count for its report; for one that is yet to be made, those there are now."""
        return self.silent_at(self.reported_at or now)


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
        bonds: what every oracle has put down and not lost or taken out.
        convictions: the Convicted logs.
    """

    federation: Address
    initial_model: Digest
    rounds: Mapping[int, RoundRecord]
    standing: tuple[int, ...]
    accounts: Mapping[Address, Account]
    money: Money
    claims: tuple[Event, ...]
    cancelled: bool
    bonds: Mapping[Address, Gwei]
    convictions: tuple[Event, ...]
