"""The catalogue's metrics on the page: the chosen ones as single figures, all of them in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import METRICS, Metric, Number, Value
from qfl_chain.analysis.metrics.readings import labels
from qfl_chain.analysis.page.columns import Column, table
from qfl_chain.analysis.page.plan import Card, Section
from qfl_chain.analysis.page.words import as_text

AMOUNTS = ("gwei", "wei")

ELSEWHERE = ("poorest",)
"""What metrics are given by that the page has a table of its own for."""


def figures(measured: Mapping[str, Value], section: Section, made: Iterable[str]) -> list[dict[str, str]]:
    """A section's single figures, without those that are not known."""
    tables = set(made)
    shown = (
        (card, METRICS[_metric(card)], _value(card, measured)) for card in section.cards if _metric(card) in METRICS
    )
    return [_figure(card, metric, value, tables) for card, metric, value in shown if value is not None]


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
        Column("value", "Value", "number", [value for _, value in found]),
        Column("unit", "Unit", "text", [metric.unit for metric, _ in found]),
        Column("range", "Range", "text", [_range(metric) for metric, _ in found]),
    ]
    return table("Measures", "docs/metrics.md defines each of them. An empty value is not known.", columns)


def spread_tables(measured: Mapping[str, Value], facts: Facts) -> dict[str, dict[str, Any]]:
    """Metrics that are several figures: a table for each group and what they are given by, as ``money-participant``."""
    spread: dict[tuple[str, str], dict[str, Mapping[str, Number | None]]] = {}
    for name, value in measured.items():
        metric = METRICS[name]
        if isinstance(value, Mapping) and value and metric.per not in ELSEWHERE:
            spread.setdefault((metric.group, metric.per), {})[name] = value
    return {f"{group}-{per}": _spread(per, found, facts) for (group, per), found in spread.items()}


def _spread(per: str, found: Mapping[str, Mapping[str, Number | None]], facts: Facts) -> dict[str, Any]:
    keys = list(dict.fromkeys(key for value in found.values() for key in value))
    columns = [
        Column(name, _titled(METRICS[name]), _kind(METRICS[name], value.values()), [value.get(key) for key in keys])
        for name, value in found.items()
    ]
    return table(f"Measures by {per}", "docs/metrics.md defines each of them.", [_keys(per, keys, facts), *columns])


def _keys(per: str, keys: Sequence[str], facts: Facts) -> Column:
    if per == "round":
        return Column("round", "Round", "round", [int(key) for key in keys])
    if per == "participant":
        numbers = {labels(facts)[one.account]: number for number, one in enumerate(facts.participants)}
        return Column("participant", "Participant", "participant", [numbers.get(key) for key in keys])
    return Column(per, per.capitalize(), "text", keys)


def _metric(card: Card) -> str:
    return card.metric.partition(":")[0]


def _value(card: Card, measured: Mapping[str, Value]) -> Number | None:
    name, _, part = card.metric.partition(":")
    value = measured.get(name)
    if isinstance(value, Mapping):
        return value.get(part)
    return None if part else value


def _figure(card: Card, metric: Metric, value: Number, tables: Iterable[str]) -> dict[str, str]:
    return {
        "metric": metric.name,
        "label": card.label or metric.title,
        "value": as_text(value),
        "unit": metric.unit,
        "note": card.note or _range(metric),
        **({"table": card.table} if card.table in tables else {}),
    }


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
