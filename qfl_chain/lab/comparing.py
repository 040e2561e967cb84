"""Runs side by side: where their scenarios differ, what they learned, what they paid, and whether they verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qfl_chain.analysis.summary import Summary, summarise
from qfl_chain.errors import RunError

ABSENT = None


@dataclass(frozen=True, slots=True)
class BehaviourMoney:
    """Participants of one behaviour in one run, together, in gwei."""

    count: int
    earned: int
    penalties: int
    gas: int
    net: int


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One run.

    Attributes:
        path: its directory.
        reports, equal: reports there are, and of those how many recomputed equal.
        accepted: rounds that gave a new model.
        paid: gwei of all rewards.
        figures: accuracy and AUC of the last model on all test rows.
        money: by behaviour.
        gas: mean gas of each contract function; ``fees`` is the gwei all calls cost.
    """

    path: str
    name: str
    seed: int
    status: str
    reports: int
    equal: int
    accepted: int
    paid: int
    figures: Mapping[str, float | None]
    money: Mapping[str, BehaviourMoney]
    gas: Mapping[str, int]
    fees: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side. ``differences`` holds one value a run for each dotted key of the scenario that differs."""

    runs: tuple[RunColumn, ...]
    differences: Mapping[str, tuple[Any, ...]]


def compare_runs(paths: Sequence[Path]) -> Comparison:
    """Recompute and compare run directories.

    Raises:
        RunError: one is not a run directory, or nothing happened in it.
    """
    summaries = [summarise(path) for path in paths]
    scenarios = [flattened(summary.facts.get("scenario") or {}) for summary in summaries]
    return Comparison(
        tuple(_column(path, summary) for path, summary in zip(paths, summaries, strict=True)),
        scenario_differences(scenarios),
    )


def scenario_differences(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """The values of the keys that are not the same everywhere; None where a scenario has no such key."""
    keys = dict.fromkeys(key for scenario in scenarios for key in scenario)
    rows = {key: tuple(scenario.get(key, ABSENT) for scenario in scenarios) for key in keys}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}


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


def _column(path: Path, summary: Summary) -> RunColumn:
    facts, recomputed = summary.facts, summary.recomputed
    if not summary.rounds:
        raise RunError(f"{path} has no model yet: there is nothing to compare")
    reported = [check for check in recomputed.checks if recomputed.history.rounds[check.round].report is not None]
    return RunColumn(
        path=str(path),
        name=str(facts["name"]),
        seed=int(facts["seed"]),
        status=str(facts["status"]),
        reports=len(reported),
        equal=sum(check.verdict == "equal" for check in reported),
        accepted=sum(outcome.accepted for outcome in recomputed.outcomes.values()),
        paid=sum(row.paid for row in summary.rounds),
        figures=summary.rounds[-1].figures["pooled"],
        money=_money(summary),
        gas={row.function: row.mean for row in summary.gas},
        fees=sum(row.fees for row in summary.gas),
    )


def _money(summary: Summary) -> dict[str, BehaviourMoney]:
    behaviours = dict.fromkeys(row.behaviour for row in summary.participants)
    grouped = {name: [row for row in summary.participants if row.behaviour == name] for name in behaviours}
    return {
        name: BehaviourMoney(
            len(rows),
            sum(row.earned for row in rows),
            sum(row.penalties for row in rows),
            sum(row.gas for row in rows),
            sum(row.net for row in rows),
        )
        for name, rows in grouped.items()
    }
