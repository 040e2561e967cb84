"""What other rules would have paid and learned, from the payloads of a run.

Two answers, which must not be mixed up. *Exact*: every round is judged on the model the chain had, with the updates
that were trained from it; this is what the rules would have paid in that very round. *Carried*: the alternative keeps
its own model and the same updates are added to it. They were trained from another model, so this only approximates
what the participants would have learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qfl_chain.lab.cases import Case, RunCases, open_cases, per_sample
from qfl_chain.lab.models import ModelFigures, judge
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.report import Outcome, build_report
from qfl_chain.protocol.scheme import Scheme
from qfl_chain.types import Address, Gwei


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one set of rules made of one round: gwei by account, losses per drawn sample."""

    paid: Mapping[Address, Gwei]
    loss_before: float
    loss_after: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class ReplayedRound:
    """One round: under the run's own rules, exact and carried."""

    round: int
    own: Ruling
    exact: Ruling
    carried: Ruling


@dataclass(frozen=True, slots=True)
class ParticipantDifference:
    """What a participant was paid over the run, and how much more or less it would have been, in gwei."""

    name: str
    behaviour: str
    own: int
    exact: int
    carried: int

    @property
    def exact_difference(self) -> int:
        return self.exact - self.own

    @property
    def carried_difference(self) -> int:
        return self.carried - self.own


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run under other rules.

    Attributes:
        scheme: the other rules; ``aggregation`` is always a name.
        own_aggregation: the run's own aggregation rule.
        own_model, carried_model: figures of the last model, as it was and as it would have been.
        notes: what could not be judged or measured.
    """

    scheme: Scheme
    own_aggregation: str
    names: Mapping[Address, str]
    rounds: tuple[ReplayedRound, ...]
    participants: tuple[ParticipantDifference, ...]
    own_model: ModelFigures
    carried_model: ModelFigures
    notes: tuple[str, ...]


def replay_run(path: Path, scheme: Scheme) -> Replayed:
    """Judge every reported round of a run directory by other rules.

    Raises:
        RunError: not a run directory, or one without a reported round.
        ContentError: the circuit or the validation set is missing.
        ProtocolError: a chain log that contradicts itself.
    """
    run = open_cases(path)
    own_aggregation = run.validation.rules.rule
    scheme = replace(scheme, aggregation=scheme.aggregation or own_aggregation)
    exact = [build_report(case.facts, case.observations, scheme) for case in run.cases]
    carried = carry(run.cases, scheme)
    rounds = tuple(
        ReplayedRound(case.facts.number, *(ruling(one) for one in (case.outcome, there, away)))
        for case, there, away in zip(run.cases, exact, carried, strict=True)
    )
    measured, notes = judge(run)
    return Replayed(
        scheme=scheme,
        own_aggregation=own_aggregation,
        names=run.names,
        rounds=rounds,
        participants=_differences(run, rounds),
        own_model=measured.figures(run.cases[-1].outcome.model),
        carried_model=measured.figures(carried[-1].model),
        notes=(*run.notes, *notes),
    )


def carry(cases: Iterable[Case], scheme: Scheme) -> list[Outcome]:
    """Every round's outcome when the rules keep their own model and rewards from the first round on.

    A round that builds on one that cannot be judged again starts from the chain's model, as the first does.
    """
    outcomes: dict[int, Outcome] = {}
    for case in cases:
        facts, observations = case.facts, case.observations
        before = outcomes.get(case.base_round) if case.base_round is not None else None
        if before is not None:
            facts = replace(
                facts,
                base_model=digest_of_bytes(before.model),
                cumulative=before.cumulative,
                total=before.report.total,
            )
            observations = replace(observations, base_model=before.model)
        outcomes[facts.number] = build_report(facts, observations, scheme)
    return list(outcomes.values())


def ruling(outcome: Outcome) -> Ruling:
    """An outcome, in the figures that are compared."""
    return Ruling(
        paid={one.participant: one.reward for one in outcome.standings},
        loss_before=per_sample(outcome.loss_before, outcome),
        loss_after=per_sample(outcome.loss_after, outcome),
        accepted=outcome.accepted,
    )


def _differences(run: RunCases, rounds: tuple[ReplayedRound, ...]) -> tuple[ParticipantDifference, ...]:
    revealed = {account for one in rounds for account in one.own.paid}
    accounts = [*run.names, *sorted(revealed - run.names.keys())]
    return tuple(
        ParticipantDifference(
            run.names.get(account, account),
            run.behaviours.get(account, ""),
            *(
                sum(ruled.paid.get(account, 0) for ruled in rulings)
                for rulings in zip(*((one.own, one.exact, one.carried) for one in rounds), strict=True)
            ),
        )
        for account in accounts
    )
