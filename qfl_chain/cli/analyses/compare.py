"""``qfl analyze compare``: histories side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json, print_table, printable
from qfl_chain.config import Settings
from qfl_chain.errors import InputError

if TYPE_CHECKING:
    from qfl_chain.lab.comparing import Column, Comparison

    Cell = Callable[[Column], str]

LONGEST = 40
"""Characters of a scenario's value in a table."""


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="RUN RUN...")
@json_option
@uses(optional=("rpc_url", "store"))
def command(runs: tuple[Path, ...], as_json: bool, settings: Settings) -> None:
    """Show two or more histories, RUN RUN..., side by side: where their scenarios differ, and what came of it.

    Each is a run directory, which is recomputed, an index, or a deployment file, which takes --rpc-url.
    """
    from qfl_chain.analysis.index.facts import load_facts
    from qfl_chain.cli.histories import open_history
    from qfl_chain.lab.comparing import compare, recomputation

    if len(runs) < 2:
        raise InputError("one run alone compares with nothing: name two or more (for one, qfl analyze summary)")
    facts = []
    for path in runs:
        with open_history(path, settings) as index:
            facts.append(load_facts(index))
    comparison = compare([str(path) for path in runs], facts, [recomputation(path) for path in runs])
    if as_json:
        print_json(comparison)
    else:
        print_comparison(comparison)


def print_comparison(comparison: Comparison) -> None:
    """Print differences, learning, money by behaviour and gas."""
    for name, column in zip(_names(comparison), comparison.columns, strict=True):
        click.echo(printable(f"{name}: {column.path} ({column.name or 'unnamed'}, up to block {column.block:,})"))
        for gap in column.gaps:
            click.echo(printable(f"- {gap}"))
    click.echo()
    table = [(key, *map(_value, values)) for key, values in comparison.differences.items()]
    if table:
        print_table("Where the scenarios differ", ("key", *_names(comparison)), table)
    else:
        click.echo("No scenario is known to differ.\n")
    _print_rows(comparison, "What came of it", _results(comparison))
    for behaviour in dict.fromkeys(name for column in comparison.columns for name in column.money):
        _print_rows(comparison, f"Participants: {behaviour}, together in gwei", _money(behaviour))
    functions = dict.fromkeys(name for column in comparison.columns for name in column.gas)
    gas = {name: _gas_of(name) for name in functions}
    _print_rows(comparison, "Mean gas", {**gas, "all fees, gwei": lambda column: f"{column.fees:,}"})
    _print_metrics(comparison)


def _print_metrics(comparison: Comparison) -> None:
    """The metrics that at least one history has a figure for, by group."""
    from qfl_chain.analysis.metrics.catalogue import GROUPS, METRICS

    known = {name for column in comparison.columns for name, value in column.metrics.items() if value is not None}
    for group in GROUPS:
        chosen = [metric for name, metric in METRICS.items() if name in known and metric.group == group]
        rows = {f"{one.title}, {one.unit}" if one.unit else one.title: _metric_of(one.name) for one in chosen}
        if rows:
            _print_rows(comparison, f"Metrics: {group}", rows)


def _metric_of(name: str) -> Cell:
    from qfl_chain.cli.metric_tables import figure

    return lambda column: figure(column.metrics.get(name))


def _results(comparison: Comparison) -> dict[str, Cell]:
    metrics = dict.fromkeys(metric for column in comparison.columns for metric in column.figures)
    return {
        "reports that stand": lambda column: str(column.reports),
        "reports recomputed equal": lambda column: "-" if column.equal is None else str(column.equal),
        "rounds with a new model": lambda column: str(column.accepted),
        **{f"last model, {metric}": _figure_of(metric) for metric in metrics},
        "paid, gwei": lambda column: f"{column.paid:,}",
    }


def _money(behaviour: str) -> dict[str, Cell]:
    def cell(part: str) -> Cell:
        return lambda column: f"{getattr(column.money[behaviour], part):,}" if behaviour in column.money else "-"

    return {part: cell(part) for part in ("count", "earned", "penalties", "gas", "net")}


def _figure_of(metric: str) -> Cell:
    def cell(column: Column) -> str:
        value = column.figures.get(metric)
        return "-" if value is None else f"{value:.4f}"

    return cell


def _gas_of(function: str) -> Cell:
    return lambda column: f"{column.gas[function]:,}" if function in column.gas else "-"


def _print_rows(comparison: Comparison, title: str, rows: dict[str, Cell]) -> None:
    table = [(name, *(cell(column) for column in comparison.columns)) for name, cell in rows.items()]
    print_table(title, ("", *_names(comparison)), table)


def _names(comparison: Comparison) -> list[str]:
    return [f"run {number}" for number in range(1, len(comparison.columns) + 1)]


def _value(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
