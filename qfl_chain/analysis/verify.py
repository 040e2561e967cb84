"""Recompute every report of a run from its chain log and payloads, and say round by round whether it is equal.

Nothing of the run is believed but the chain log: terms and commitments come from it, every block that is read is
checked against its digest, and every report is built again by the function the oracles used. Evidence is built, not
read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from qfl_chain.actors.oracle import fetch_updates
from qfl_chain.actors.view import published_rewards
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.errors import CircuitError, ContentError, ProtocolError, RunError
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.history import History, RoundRecord
from qfl_chain.protocol.replay import replay, round_facts
from qfl_chain.protocol.report import Observations, Outcome, build_report
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.storage.archive import RunArchive, open_archive
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Address, Digest, Event, Gwei, Report, Reveal, Terms

Earned = dict[int | None, Mapping[Address, Gwei]]
"""Cumulative rewards with each round's report; None is before the first."""


@dataclass(frozen=True, slots=True)
class RoundCheck:
    """What recomputing one round gave.

    ``verdict`` is ``equal``, ``different``, ``unverifiable`` (content is missing or damaged) or the round's own
    end where there is no report to check (``open``, ``expired``). ``differences`` says what differs, or why it
    cannot be told.
    """

    round: int
    verdict: str
    differences: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against the round."""
        return self.verdict not in ("different", "unverifiable")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A run's history, and the outcome of every round that could be recomputed."""

    terms: Terms
    history: History
    checks: tuple[RoundCheck, ...]
    outcomes: Mapping[int, Outcome]

    @property
    def sound(self) -> bool:
        """Whether every report is the one that follows from its round."""
        return all(check.sound for check in self.checks)


def verify(path: Path) -> Recomputed:
    """Recompute a run directory.

    Raises:
        RunError: not a run directory, or one whose chain log is empty.
        ProtocolError: a chain log that contradicts itself.
        ContentError: the circuit or the validation set is missing.
    """
    archive = open_archive(path)
    return recompute(archive.events(), _federation(archive), archive.blocks)


def recompute(events: tuple[Event, ...], federation: Address, store: ContentStore) -> Recomputed:
    """Recompute every report of a federation from its logs and a content store."""
    if not events:
        raise RunError("the chain log is empty: the run ended before the federation was deployed")
    terms = deployed_terms(events[0])
    history = replay(events, federation, terms.model)
    executor = ScoringProgram(Circuit.from_bytes(store.get(terms.circuit)))
    validation = store.get(terms.validation)
    outcomes: dict[int, Outcome] = {}
    earned: Earned = {None: {}}
    checks = []
    for number, record in history.rounds.items():
        if record.report is None:
            checks.append(RoundCheck(number, record.status.value))
            continue
        try:
            round_ = round_facts(history, number, _earned_before(record, earned))
            base_model, updates = store.get(round_.base_model), fetch_updates(store, round_.reveals)
            silent = record.silent_at(record.reported_at)
            missing = _missing(round_.reveals, updates, silent)
            if missing:
                raise ProtocolError("; ".join(missing))
            seen = Observations(terms.circuit, terms.max_norm, base_model, validation, updates, executor, silent)
            outcomes[number] = build_report(round_, seen)
            checks.append(_compare(record.report, outcomes[number].report))
        except (CircuitError, ContentError, ProtocolError) as error:
            checks.append(RoundCheck(number, "unverifiable", (str(error),)))
        earned |= _standing_rewards(record, outcomes.get(number), earned, store)
    return Recomputed(terms, history, tuple(checks), outcomes)


def _federation(archive: RunArchive) -> Address:
    federation = archive.facts().get("federation")
    if not isinstance(federation, str):
        raise RunError(f"{archive.path} ended before its federation was deployed: there is nothing to verify")
    return Address(federation)


def _earned_before(record: RoundRecord, earned: Earned) -> Mapping[Address, Gwei]:
    if record.base_round not in earned:
        raise ProtocolError(f"it builds on round {record.base_round}, whose rewards cannot be rebuilt")
    return earned[record.base_round]


def _standing_rewards(record: RoundRecord, outcome: Outcome | None, earned: Earned, store: ContentStore) -> Earned:
    """The rewards that later rounds build on: those on chain, which after a lie are not the ones recomputed."""
    if record.report is not None and outcome is not None and outcome.report.rewards == record.report.rewards:
        return {record.number: outcome.cumulative}
    try:
        return {record.number: published_rewards(record, _earned_before(record, earned), store)}
    except (ContentError, ProtocolError):
        return {}


def _missing(
    reveals: Sequence[Reveal], updates: Mapping[Digest, bytes | None], silent: Collection[tuple[Address, Digest]]
) -> tuple[str, ...]:
    """The updates without which the round cannot be judged: those missing, but for what was demanded in vain."""
    lost = (one for one in reveals if updates[one.digest] is None and (one.participant, one.digest) not in silent)
    return tuple(f"no intact payload {cid_of(one.digest)} of {one.participant}" for one in lost)


def _compare(reported: Report, recomputed: Report) -> RoundCheck:
    differences = tuple(
        f"{field.name}: on chain {_shown(getattr(reported, field.name))}, recomputed "
        f"{_shown(getattr(recomputed, field.name))}"
        for field in fields(Report)
        if getattr(reported, field.name) != getattr(recomputed, field.name)
    )
    return RoundCheck(reported.round, "different" if differences else "equal", differences)


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
