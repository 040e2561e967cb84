"""The catalogue's metrics on the page: the chosen ones as single figures, all of them in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import METRICS, Metric, Number, Value
from qfl_chain.analysis.metrics.readings import labels
from qfl_chain.analysis.page.columns import Column, column, decode, table
from qfl_chain.analysis.page.plan import Card, Section
from qfl_chain.analysis.page.wording import as_text, eth

AMOUNTS = ("gwei", "wei")

ELSEWHERE = frozenset(
    {
        *("conservation", "net", "profit_by_behaviour", "lorenz_reward", "contribution"),
        *("gas_by_function", "gas_by_role", "gas_by_participant", "fees_paid"),
        *("accuracy_by_round", "auc_by_round", "baseline_accuracy", "baseline_auc"),
        *("loss_by_round", "agreement_by_round", "step_by_round", "drift_by_round"),
    }
)
"""Metrics that stand in the page's own tables already."""

TABLES = {"participant": "participants", "round": "rounds", "role": "roles", "function": "functions"}
"""The page's own tables that take a metric in as one more column, by what it is given by."""


def figures(measured: Mapping[str, Value], section: Section, made: Iterable[str]) -> list[dict[str, str]]:
    """A section's single figures, without those that are not known; of two with one label, the first that is."""
    tables = set(made)
    known: dict[str, tuple[Card, Number]] = {}
    for card in section.cards:
        if (value := _value(card, measured)) is not None:
            known.setdefault(card.label or card.metric, (card, value))
    return [_figure(card, METRICS[_metric(card)], value, tables) for card, value in known.values()]


def single_table(measured: Mapping[str, Value], groups: Iterable[str]) -> dict[str, Any] | None:
    """All metrics of some groups that are one figure."""
    chosen = set(groups)
    found = [
        (METRICS[name], value)
        for name, value in measured.items()
        if METRICS[name].group in chosen and not isinstance(value, Mapping) and not METRICS[name].per
    ]
    if not found:
        return None
    columns = [
        Column("metric", "Metric", "text", [metric.name for metric, _ in found]),
        Column("title", "What it is", "text", [metric.title for metric, _ in found]),
        Column("value", "Value", "text", [None if value is None else as_text(value) for _, value in found]),
        Column("unit", "Unit", "text", [metric.unit for metric, _ in found]),
        Column("range", "Range", "text", [_range(metric) for metric, _ in found]),
    ]
    return table("Measures", "docs/metrics.md defines each of them. An empty value is not known.", columns)


def extended(made: Mapping[str, Any], measured: Mapping[str, Value], facts: Facts) -> dict[str, Any]:
    """The page's own tables with one more column for every metric by participant, round, role or function."""
    tables = dict(made)
    for per, name in TABLES.items():
        keys = _keys_of(made[name]["columns"][0], per, facts)
        columns = [column(one) for one in _columns(_spread(measured, per), keys)]
        tables[name] = {**made[name], "columns": [*made[name]["columns"], *columns]}
    return tables


def spread_tables(measured: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
    """The other metrics that are several figures: a table for each group and what they are given by: ``money-rows``."""
    kinds = {(METRICS[name].group, METRICS[name].per) for name in measured if METRICS[name].per not in (*TABLES, "")}
    return {
        f"{group}-{per}": _table(per, found)
        for group, per in sorted(kinds)
        if (found := _spread({name: one for name, one in measured.items() if METRICS[name].group == group}, per))
    }


def _spread(measured: Mapping[str, Value], per: str) -> dict[str, Mapping[str, Number | None]]:
    """The metrics given by something, without those that stand elsewhere or say nothing."""
    return {
        name: value
        for name, value in measured.items()
        if isinstance(value, Mapping)
        and METRICS[name].per == per
        and name not in ELSEWHERE
        and not is_concentration(name)
        and any(one is not None for one in value.values())
    }


def is_concentration(name: str) -> bool:
    """Whether a metric stands in the table of concentration."""
    return METRICS[name].group == "decentralisation" and name.endswith("_by_round")


def _table(per: str, found: Mapping[str, Mapping[str, Number | None]]) -> dict[str, Any]:
    keys = list(dict.fromkeys(key for value in found.values() for key in value))
    columns = [Column(per, per.capitalize(), "text", keys), *_columns(found, keys)]
    return table(f"Measures by {per}", "docs/metrics.md defines each of them.", columns)


def _columns(found: Mapping[str, Mapping[str, Number | None]], keys: Sequence[str]) -> list[Column]:
    return [
        Column(name, _titled(METRICS[name]), _kind(METRICS[name], value.values()), [value.get(key) for key in keys])
        for name, value in found.items()
    ]


def _keys_of(first: Mapping[str, Any], per: str, facts: Facts) -> list[str]:
    """What metrics call the rows of a table."""
    if per == "participant":
        called = labels(facts)
        return [called[facts.participants[number].account] for number in decode(first)]
    return [str(value) for value in decode(first)]


def _metric(card: Card) -> str:
    return card.metric.partition(":")[0]


def _value(card: Card, measured: Mapping[str, Value]) -> Number | None:
    name, _, part = card.metric.partition(":")
    value = measured.get(name)
    if isinstance(value, Mapping):
        return value.get(part)
    return None if part else value


def _figure(card: Card, metric: Metric, value: Number, tables: Iterable[str]) -> dict[str, str]:
    shown, unit = _amount(value, metric.unit)
    return {
        "metric": metric.name,
        "label": card.label or metric.title,
        "value": shown,
        "unit": unit,
        "note": card.note or (_range(metric) if metric.high is not None else ""),
        **({"table": card.table} if card.table in tables else {}),
    }


def _amount(value: Number, unit: str) -> tuple[str, str]:
    """A figure and its unit; an amount in ether, just as exact, so that amounts beside one another compare."""
    if unit == "gwei" and isinstance(value, int) and value:
        number, ether = eth(value).split(" ")
        return number, ether
    return as_text(value), unit


def _range(metric: Metric) -> str:
    if metric.low is not None and metric.high is not None:
        return f"from {as_text(metric.low)} to {as_text(metric.high)}"
    if metric.low is not None:
        return f"at least {as_text(metric.low)}"
    return f"at most {as_text(metric.high)}" if metric.high is not None else ""


def _kind(metric: Metric, values: Iterable[Number | None]) -> str:
    if not all(isinstance(value, int) for value in values if value is not None):
        return "number"
    return metric.unit if metric.unit in AMOUNTS else "integer"


def _titled(metric: Metric) -> str:
    return f"{metric.title}, {metric.unit}" if metric.unit and metric.unit not in AMOUNTS else metric.title
