"""Histories side by side: where their scenarios differ, what they learned, what they paid, and whether they verify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from qfl_chain.analysis.facts import Facts, ParticipantFacts
from qfl_chain.analysis.metrics.catalogue import METRICS, Number, Prices, measure
from qfl_chain.analysis.verify import verify
from qfl_chain.storage.archive import open_archive

WEI_PER_GWEI = 10**9
MODEL = "federation"
"""What the federation's own model is called among the figures."""


@dataclass(frozen=True, slots=True)
class BehaviourMoney:
    """Participants of one behaviour in one history, together, in gwei."""

    count: int
    earned: int
    penalties: int
    gas: int
    net: int


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What recomputing a run directory says: its scenario, and how many reports came out equal."""

    scenario: Mapping[str, Any]
    equal: int


@dataclass(frozen=True, slots=True)
class Column:
    """One history.

    Attributes:
        path: where it was read.
        name: of its scenario; empty where nobody said.
        block: the last block read.
        reports: rounds whose report stands; ``equal``: how many reports recomputed equal, None where there is no run
            directory to recompute from.
        accepted: rounds that gave a new model, as far as their evidence was read.
        paid: gwei of all rewards.
        figures: of the last model, by rows and metric, such as ``pooled accuracy``.
        money: by behaviour; empty where nobody said how they behaved.
        gas: mean gas of each contract function; ``fees`` is the gwei all calls cost.
        metrics: those of ``docs/metrics.md`` that are a single figure, by name, at default prices.
        gaps: what could not be read.
    """

    path: str
    name: str
    block: int
    reports: int
    equal: int | None
    accepted: int
    paid: int
    figures: Mapping[str, float | None]
    money: Mapping[str, BehaviourMoney]
    gas: Mapping[str, int]
    fees: int
    metrics: Mapping[str, Number | None]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Histories side by side.

    ``differences`` holds one value a history for each dotted key of the scenario that differs; it is about those that
    are run directories, and None stands where there is no such key or no scenario.
    """

    columns: tuple[Column, ...]
    differences: Mapping[str, tuple[Any, ...]]


def recomputation(path: Path) -> Recomputation | None:
    """Recompute a run directory; None for a history that is none.

    Raises:
        RunError: a run directory that was edited.
        ContentError: its circuit or validation set is missing.
        ProtocolError: its chain log contradicts itself.
    """
    if not path.is_dir():
        return None
    checks = verify(path).checks
    scenario = open_archive(path).facts().get("scenario")
    return Recomputation(scenario or {}, sum(check.verdict == "equal" for check in checks))


def compare(paths: Sequence[str], facts: Sequence[Facts], recomputed: Sequence[Recomputation | None]) -> Comparison:
    """Put histories side by side; the three go together, one of each a history."""
    scenarios = [flattened(one.scenario) if one else {} for one in recomputed]
    columns = tuple(_column(*one) for one in zip(paths, facts, recomputed, strict=True))
    return Comparison(columns, scenario_differences(scenarios))


def scenario_differences(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """The values of the keys that are not the same in all scenarios there are."""
    keys = dict.fromkeys(key for scenario in scenarios for key in scenario)
    known = [scenario for scenario in scenarios if scenario]
    differing = [key for key in keys if any(one.get(key) != known[0].get(key) for one in known)]
    return {key: tuple(scenario.get(key) for scenario in scenarios) for key in differing}


def flattened(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested table by dotted keys; participants by their names, other lists as they are."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if key == "participants":
            value = {one["name"]: {part: one[part] for part in one if part != "name"} for one in value}
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _column(path: str, facts: Facts, recomputed: Recomputation | None) -> Column:
    return Column(
        path=path,
        name=facts.name,
        block=facts.block,
        reports=sum(one.status == "reported" for one in facts.rounds),
        equal=recomputed.equal if recomputed else None,
        accepted=sum(bool(one.accepted) for one in facts.rounds if one.status == "reported"),
        paid=sum(one.paid for one in facts.rounds),
        figures=_last_figures(facts),
        money=_money(facts),
        gas=_gas(facts),
        fees=_gwei(one.fee for one in facts.transactions),
        metrics=_single_figures(facts),
        gaps=facts.gaps,
    )


def _single_figures(facts: Facts) -> dict[str, Number | None]:
    values = measure(facts, Prices(), [name for name, metric in METRICS.items() if not metric.per])
    return {name: value for name, value in values.items() if not isinstance(value, Mapping)}


def _last_figures(facts: Facts) -> dict[str, float | None]:
    own = [one for one in facts.figures if one.model == MODEL and one.round is not None]
    last = max((one.round for one in own if one.round is not None), default=0)
    return {f"{one.rows} {one.metric}": one.value for one in own if one.round == last}


def _money(facts: Facts) -> dict[str, BehaviourMoney]:
    behaviours = dict.fromkeys(one.behaviour for one in facts.participants if one.behaviour)
    return {
        behaviour: _together([one for one in facts.participants if one.behaviour == behaviour])
        for behaviour in behaviours
    }


def _together(participants: Sequence[ParticipantFacts]) -> BehaviourMoney:
    earned = sum(one.earned for one in participants)
    penalties = sum(one.penalties for one in participants)
    # Rounded up for each, as in a run's summary: nobody's costs look smaller than they are.
    gas = sum(_gwei([one.fees]) for one in participants)
    return BehaviourMoney(len(participants), earned, penalties, gas, earned - penalties - gas)


def _gas(facts: Facts) -> dict[str, int]:
    used: dict[str, list[int]] = {}
    for one in facts.transactions:
        used.setdefault(one.function, []).append(one.gas_used)
    return {function: round(fmean(calls)) for function, calls in used.items()}


def _gwei(fees: Iterable[int]) -> int:
    return -(-sum(fees) // WEI_PER_GWEI)
