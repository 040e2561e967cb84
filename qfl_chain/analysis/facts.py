"""What a federation's history says, as plain rows: what metrics, reports and comparisons are computed from.

:func:`qfl_chain.analysis.index.facts.load_facts` reads them from an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qfl_chain.protocol.money import Money
from qfl_chain.types import Address, Gwei


@dataclass(frozen=True, slots=True)
class ParticipantFacts:
    """One account that ever joined.

    Attributes:
        name: what a run directory or a scenario calls it, else its shortened address.
        behaviour: as a scenario says; empty where nobody said.
        earned: rewards of all standing reports whose evidence was read, claimed or not.
        fees: what its transactions cost, in wei.
        commits, reveals: how many; ``accepted``: how many reveals the evidence calls accepted.
        joined: when.
    """

    account: Address
    name: str
    behaviour: str
    joined: datetime
    deposited: Gwei
    stake: Gwei
    exiting: Gwei
    withdrawn: Gwei
    earned: Gwei
    claimed: Gwei
    penalties: Gwei
    gas_used: int
    fees: int
    commits: int
    reveals: int
    accepted: int


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """One round.

    Attributes:
        status: open, reported, expired or voided.
        evidence: read, missing, unreadable, contradicts, or empty where there is no report.
        paid: what its report added to the total; 0 without a standing one.
        loss_before, loss_after: of the base model and of the candidate, per drawn sample; None without evidence.
        accepted: whether the candidate became the model; None without evidence.
        signers: how many oracles signed.
        block, transaction: of the report; None and empty without one.
        agreement, step, drift: see the index's schema.
    """

    number: int
    status: str
    opened: datetime
    budget: Gwei
    commits: int
    reveals: int
    paid: Gwei
    evidence: str = ""
    detail: str = ""
    loss_before: float | None = None
    loss_after: float | None = None
    accepted: bool | None = None
    signers: int = 0
    block: int | None = None
    transaction: str = ""
    agreement: float | None = None
    step: float | None = None
    drift: float | None = None


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """One reveal as its round's evidence tells it.

    ``contribution`` is the Shapley value per sample: by how much the update lowered the validation loss. ``weight`` is
    the protocol's integer; ``reward`` counts only where ``stands`` (the report was not voided). ``block`` and
    ``log_index`` are the reveal's position, ``transaction`` its hash.
    """

    round: int
    participant: Address
    status: str
    stake: Gwei
    contribution: float
    weight: int
    reward: Gwei
    stands: bool
    block: int
    log_index: int
    transaction: str
    norm: float | None = None
    cosine: float | None = None
    moved: float | None = None


@dataclass(frozen=True, slots=True)
class MovementFacts:
    """One movement of money.

    ``kind`` is an event's name: Joined, Funded, Claimed, Penalized, Exited, Withdrawn or Reclaimed.
    ``stake`` is the account's afterwards, None where the event does not say.
    """

    kind: str
    account: Address
    amount: Gwei
    stake: Gwei | None
    round: int | None
    time: datetime
    block: int
    log_index: int
    transaction: str


@dataclass(frozen=True, slots=True)
class TransactionFacts:
    """One transaction. ``role`` is participant, oracle, sponsor or other."""

    transaction: str
    block: int
    sender: Address
    role: str
    function: str
    gas_used: int
    fee: int
    succeeded: bool


@dataclass(frozen=True, slots=True)
class ModelFigure:
    """One figure of the model after a round (0: the initial model) or of a baseline (``round`` None)."""

    model: str
    round: int | None
    rows: str
    metric: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Supplement:
    """What no chain says, and :func:`qfl_chain.lab.supplement.supplement` adds; empty where nobody did.

    Attributes:
        rows: how many rows of its own a participant trained on, by its name.
        values: how much worse the model is when it is trained again without a participant's data, by its name.
        deviations: by what was tried (splitting, colluding, copying), what whoever gains most by it earned, and what it
            would have earned.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    deviations: Mapping[str, tuple[Gwei, Gwei]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """A federation's history up to a block.

    Attributes:
        source: where it was read: an endpoint's public name, or a run directory.
        name: what the scenario is called; empty where nobody said.
        block, time: the last block read, and its time in UTC.
        quorum: how many of ``oracles`` must sign.
        oracle_bond: what every oracle must put down.
        slashed: what oracles lost of their bonds, by oracle that ever had one.
        convictions: how often a participant was convicted, by those who were.
        gaps: what could not be read, a sentence each; never guessed.
    """

    source: str
    name: str
    chain_id: int
    federation: Address
    sponsor: Address
    oracles: tuple[Address, ...]
    quorum: int
    min_stake: Gwei
    reward_per_round: Gwei
    oracle_bond: Gwei
    block: int
    time: datetime
    cancelled: bool
    money: Money
    participants: tuple[ParticipantFacts, ...]
    rounds: tuple[RoundFacts, ...]
    standings: tuple[StandingFacts, ...]
    movements: tuple[MovementFacts, ...]
    transactions: tuple[TransactionFacts, ...]
    figures: tuple[ModelFigure, ...]
    gaps: tuple[str, ...] = ()
    slashed: Mapping[Address, Gwei] = field(default_factory=dict)
    convictions: Mapping[Address, int] = field(default_factory=dict)
    names: Mapping[Address, str] = field(default_factory=dict)
    supplement: Supplement = field(default_factory=Supplement)
