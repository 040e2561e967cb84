"""A run's reported rounds, ready to be judged again: what the chain said of each, its content, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qfl_chain.actors.oracle import fetch_updates
from qfl_chain.actors.view import published_rewards
from qfl_chain.analysis.verify import Recomputed, recompute
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.errors import RunError
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import Validation, decode_validation
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.protocol.history import History, RoundStatus
from qfl_chain.protocol.replay import round_facts
from qfl_chain.protocol.report import Observations, Outcome
from qfl_chain.storage.archive import RunArchive, open_archive
from qfl_chain.types import Address, Gwei, Report, Round, Terms

Q30 = 1 << 30
UNREPORTED = {
    RoundStatus.OPEN: "has no report",
    RoundStatus.EXPIRED: "expired without a report",
    RoundStatus.VOIDED: "had its report voided",
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One round whose report stands.

    Attributes:
        facts, observations: what ``build_report`` takes.
        outcome: what the run's own rules make of it; that is the report on chain, unless a note says otherwise.
        base_round: the round whose model and rewards it builds on; None for the sponsor's model.
    """

    facts: Round
    observations: Observations
    outcome: Outcome
    base_round: int | None


@dataclass(frozen=True, slots=True, eq=False)
class RunCases:
    """A run directory as the lab uses it.

    Attributes:
        names: what the scenario calls an account; whoever has no name is called by its address.
        behaviours: how it behaved, empty where nobody said.
        holdings: the client whose data a participant holds, by account; only those who hold any.
        notes: what is not among the cases, and why, a sentence each.
    """

    archive: RunArchive
    terms: Terms
    circuit: Circuit
    validation: Validation
    names: Mapping[Address, str]
    behaviours: Mapping[Address, str]
    holdings: Mapping[Address, str]
    cases: tuple[Case, ...]
    notes: tuple[str, ...]


def open_cases(path: Path) -> RunCases:
    """Recompute a run directory and give its rounds.

    Raises:
        RunError: not a run directory, or one without a reported round.
        ContentError: the circuit or the validation set is missing.
        ProtocolError: a chain log that contradicts itself.
    """
    archive = open_archive(path)
    facts = archive.facts()
    if not isinstance(facts.get("federation"), str):
        raise RunError(f"{path} ended before its federation was deployed: there is nothing to judge again")
    recomputed = recompute(archive.events(), Address(facts["federation"]), archive.blocks)
    terms, store = recomputed.terms, archive.blocks
    parties = _parties(facts, path)
    cases = tuple(_case(recomputed, number, store) for number in _judged(recomputed))
    if not cases:
        raise RunError(f"{path} has no round whose report can be judged again: {'; '.join(_notes(recomputed))}")
    return RunCases(
        archive=archive,
        terms=terms,
        circuit=Circuit.from_bytes(store.get(terms.circuit)),
        validation=decode_validation(store.get(terms.validation)),
        names={account: name for account, (name, _, _) in parties.items()},
        behaviours={account: behaviour for account, (_, behaviour, _) in parties.items()},
        holdings={account: data for account, (_, _, data) in parties.items() if data},
        cases=cases,
        notes=_notes(recomputed),
    )


def per_sample(summed: int, outcome: Outcome) -> float:
    """A loss that is summed over the round's drawn samples, as the mean of one."""
    return summed / len(decode_evidence(outcome.evidence).header.subset) / Q30


def _parties(facts: Mapping[str, Any], path: Path) -> dict[Address, tuple[str, str, str]]:
    """Name, behaviour and data of every participant that ``run.json`` lists."""
    try:
        return {
            Address(one["account"]): (str(one["name"]), str(one["behaviour"]), str(one["data"]))
            for one in facts.get("participants", ())
        }
    except (KeyError, TypeError) as error:
        raise RunError(f"{path}/run.json: its participants do not read ({error!r}); was the file edited?") from error


def _judged(recomputed: Recomputed) -> tuple[int, ...]:
    return tuple(number for number in recomputed.history.standing if number in recomputed.outcomes)


def _case(recomputed: Recomputed, number: int, store: ContentStore) -> Case:
    history, terms = recomputed.history, recomputed.terms
    base_round = history.rounds[number].base_round
    facts = round_facts(history, number, _earned(recomputed, base_round, store))
    observations = Observations(
        circuit=terms.circuit,
        max_norm=terms.max_norm,
        base_model=store.get(facts.base_model),
        validation=store.get(terms.validation),
        updates=fetch_updates(store, facts.reveals),
        executor=ScoringProgram(Circuit.from_bytes(store.get(terms.circuit))),
        silent=history.rounds[number].silent_at(history.rounds[number].reported_at),
    )
    return Case(facts, observations, recomputed.outcomes[number], base_round)


def _earned(recomputed: Recomputed, number: int | None, store: ContentStore) -> Mapping[Address, Gwei]:
    """The cumulative rewards on chain with a round's report."""
    if number is None:
        return {}
    record, outcome = recomputed.history.rounds[number], recomputed.outcomes.get(number)
    if outcome is not None and outcome.report.rewards == _report(recomputed.history, number).rewards:
        return outcome.cumulative
    return published_rewards(record, _earned(recomputed, record.base_round, store), store)


def _report(history: History, number: int) -> Report:
    report = history.rounds[number].report
    if report is None:
        raise RunError(f"round {number} has no report")
    return report


def _notes(recomputed: Recomputed) -> tuple[str, ...]:
    notes = []
    for check in recomputed.checks:
        status = recomputed.history.rounds[check.round].status
        if status in UNREPORTED:
            notes.append(f"round {check.round} {UNREPORTED[status]}: nobody was paid, under any rule")
        elif check.round not in recomputed.outcomes:
            notes.append(f"round {check.round} cannot be judged again: {'; '.join(check.differences)}")
        elif not check.sound:
            notes.append(
                f"round {check.round}: the report on chain is {check.verdict}; today's rules are taken to pay what "
                "follows from the payloads"
            )
    return tuple(notes)
