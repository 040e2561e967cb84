"""What happened in a run, as plain rows: learning, participants, gas and money. Every figure is the directory's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from qfl_chain.analysis.verify import Recomputed, recompute
from qfl_chain.errors import RunError
from qfl_chain.protocol.evidence import Standing, Status, decode_evidence
from qfl_chain.protocol.money import Account, Money
from qfl_chain.protocol.report import Outcome
from qfl_chain.storage.archive import RunArchive, Spending, open_archive
from qfl_chain.types import Address

WEI_PER_GWEI = 10**9
Q30 = 1 << 30


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """One participant's run. Amounts are gwei; ``net`` is earned - penalties - gas.

    ``score`` is the mean over rounds of its Shapley value: by how much its update lowered the validation loss, per
    sample.
    """

    name: str
    behaviour: str
    deposited: int
    stake: int
    committed: int
    revealed: int
    accepted: int
    refused: int
    score: float
    earned: int
    claimed: int
    penalties: int
    gas: int

    @property
    def net(self) -> int:
        return self.earned - self.penalties - self.gas


@dataclass(frozen=True, slots=True)
class GasRow:
    """Gas of one contract function over the run."""

    function: str
    calls: int
    least: int
    mean: int
    most: int
    fees: int


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round of the global model: pooled and per-client figures on held-out rows, and what the committee decided."""

    round: int
    verdict: str
    paid: int
    figures: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything ``qfl run`` and ``qfl analyze summary`` show."""

    facts: Mapping[str, Any]
    rounds: tuple[RoundRow, ...]
    participants: tuple[ParticipantRow, ...]
    gas: tuple[GasRow, ...]
    money: Money
    baselines: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    recomputed: Recomputed


def summarise(path: Path) -> Summary:
    """Summarise a run directory, recomputing its reports on the way.

    Raises:
        RunError: not a run directory, or nothing happened in it.
    """
    archive = open_archive(path)
    facts = archive.facts()
    if "federation" not in facts:
        raise RunError(f"{path} ended before its federation was deployed: there is nothing to summarise")
    recomputed = recompute(archive.events(), Address(facts["federation"]), archive.blocks)
    spendings = archive.spendings()
    return Summary(
        facts=facts,
        rounds=_rounds(archive, recomputed),
        participants=tuple(_participant(one, archive, spendings, recomputed) for one in facts["participants"]),
        gas=gas_rows(spendings),
        money=recomputed.history.money,
        baselines=archive.baselines(),
        recomputed=recomputed,
    )


def gas_rows(spendings: Iterable[Spending]) -> tuple[GasRow, ...]:
    """Gas by contract function, in the order the functions were first called."""
    by_function: dict[str, list[Spending]] = {}
    for spending in spendings:
        by_function.setdefault(spending.receipt.function, []).append(spending)
    return tuple(_gas_row(function, calls) for function, calls in by_function.items())


def _gas_row(function: str, calls: list[Spending]) -> GasRow:
    used = [call.receipt.gas_used for call in calls]
    return GasRow(function, len(used), min(used), sum(used) // len(used), max(used), _fees(calls))


def _fees(spendings: Iterable[Spending]) -> int:
    """Fees in gwei, rounded up: nobody's costs look smaller than they are."""
    return -(-sum(spending.receipt.fee_wei for spending in spendings) // WEI_PER_GWEI)


def _rounds(archive: RunArchive, recomputed: Recomputed) -> tuple[RoundRow, ...]:
    rows = []
    standing_outcomes = recomputed.standing_outcomes
    for record in archive.metrics():
        number = int(record["round"])
        outcome = standing_outcomes.get(number)
        verdict = "initial" if number == 0 else _ended(recomputed, number) if outcome is None else _verdict(outcome)
        paid = sum(standing.reward for standing in outcome.standings) if outcome else 0
        rows.append(RoundRow(number, verdict, paid, record["figures"]))
    return tuple(rows)


def _verdict(outcome: Outcome) -> str:
    return "new model" if outcome.accepted else "kept"


def _ended(recomputed: Recomputed, number: int) -> str:
    voided = number in recomputed.outcomes and number not in recomputed.history.standing
    return "voided" if voided else "expired"


def _participant(
    facts: Mapping[str, Any], archive: RunArchive, spendings: Iterable[Spending], recomputed: Recomputed
) -> ParticipantRow:
    account, name = Address(facts["account"]), str(facts["name"])
    history = recomputed.history
    standings = [
        (standing, outcome)
        for outcome in recomputed.standing_outcomes.values()
        for standing in outcome.standings
        if standing.participant == account
    ]
    money = history.accounts.get(account, Account())
    return ParticipantRow(
        name=name,
        behaviour=str(facts["behaviour"]),
        deposited=money.deposited,
        stake=money.stake,
        committed=sum(commit.participant == account for one in history.rounds.values() for commit in one.commits),
        revealed=sum(reveal.participant == account for one in history.rounds.values() for reveal in one.reveals),
        accepted=sum(standing.status is Status.ACCEPTED for standing, _ in standings),
        refused=sum(refusal["party"] == name for refusal in archive.refusals()),
        score=mean([_score(standing, outcome) for standing, outcome in standings] or [0.0]),
        earned=sum(standing.reward for standing, _ in standings),
        claimed=money.claimed,
        penalties=money.penalties,
        gas=_fees(spending for spending in spendings if spending.party == name),
    )


def _score(standing: Standing, outcome: Outcome) -> float:
    samples = len(decode_evidence(outcome.evidence).header.subset)
    return standing.phi / outcome.scale / samples / Q30
