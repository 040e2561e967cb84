"""Metrics as tables a person can read: single figures of a group together, then a table for each kind of key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import click

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import METRICS, Metric, Number, Value
from qfl_chain.analysis.metrics.learning import MEASURES, baselines, curves
from qfl_chain.cli.output import WIDTH, print_table, printable

UNKNOWN = "-"
GAP = 3
"""Blanks between two columns."""

Table = list[tuple[str, ...]]


def print_metrics(facts: Facts, values: Mapping[str, Value], *, with_curves: bool) -> None:
    """Print the values by group, then what the history lacks."""
    click.echo(printable(f"{facts.name or facts.federation} on chain {facts.chain_id}, up to block {facts.block}\n"))
    for group, metrics in groupby((METRICS[name] for name in values), key=lambda metric: metric.group):
        _print_group(group, list(metrics), values)
        if with_curves and group == "learning":
            _print_curves(facts)
    for gap in facts.gaps:
        click.echo(printable(f"gap: {gap}"))


def figure(value: Number | None) -> str:
    """A figure as people read it."""
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4f}"


def _print_group(group: str, metrics: Sequence[Metric], values: Mapping[str, Value]) -> None:
    single = [metric for metric in metrics if not metric.per]
    if single:
        rows = [(one.title, _single(values[one.name]), one.unit, one.name) for one in single]
        print_table(group.capitalize(), ("metric", "value", "unit", "name"), rows)
    for per in dict.fromkeys(metric.per for metric in metrics if metric.per):
        keyed = {metric: _keyed(values[metric.name]) for metric in metrics if metric.per == per}
        for part in _parts(per, keyed):
            _print_keyed(group, per, part)


def _print_keyed(group: str, per: str, keyed: Mapping[Metric, Mapping[str, Number | None]]) -> None:
    """Metrics with the same kind of key side by side; nothing where none has a figure."""
    keys = dict.fromkeys(key for one in keyed.values() for key in one)
    rows = [(key, *(figure(one.get(key)) for one in keyed.values())) for key in keys]
    if rows:
        print_table(f"{group.capitalize()} by {per}", (per, *map(_column, keyed)), rows, _units(list(keyed)))


def _parts(
    per: str, keyed: Mapping[Metric, Mapping[str, Number | None]]
) -> Iterator[dict[Metric, Mapping[str, Number | None]]]:
    """The metrics in as many tables as it takes for each to fit the width."""
    used = first = max(map(len, (per, *(key for one in keyed.values() for key in one))))
    part: dict[Metric, Mapping[str, Number | None]] = {}
    for metric, one in keyed.items():
        wide = GAP + max(map(len, (_column(metric), *map(figure, one.values()))))
        if part and used + wide > WIDTH:
            yield part
            part, used = {}, first
        part[metric] = one
        used += wide
    yield part


def _print_curves(facts: Facts) -> None:
    """Each client's rows and the pooled ones, after every round; beneath them the baselines on the same rows."""
    for measure, title in MEASURES.items():
        found = curves(facts.figures, measure)
        rounds = sorted({number for curve in found.values() for number in curve})
        rows = [(str(number), *(figure(curve.get(number)) for curve in found.values())) for number in rounds]
        for model, figures in baselines(facts.figures, measure).items():
            rows.append((model, *(figure(figures.get(name)) for name in found)))
        if rows:
            print_table(f"{title} by round, then of the baselines", ("model", *found), rows)


def _column(metric: Metric) -> str:
    return metric.name.removesuffix("_by_round")


def _keyed(value: Value) -> Mapping[str, Number | None]:
    return value if isinstance(value, Mapping) else {}


def _single(value: Value) -> str:
    return UNKNOWN if isinstance(value, Mapping) else figure(value)


def _units(metrics: Sequence[Metric]) -> str:
    """What the columns are counted in, such as ``In gwei: net. In rounds: until.``"""
    units = dict.fromkeys(metric.unit for metric in metrics if metric.unit)
    named = {unit: ", ".join(_column(metric) for metric in metrics if metric.unit == unit) for unit in units}
    return " ".join(f"In {unit}: {names}." for unit, names in named.items())
