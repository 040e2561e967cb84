"""``qfl analyze compare``: runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.errors import InputError

if TYPE_CHECKING:
    from qfl_chain.lab.comparing import Comparison, RunColumn

LONGEST = 40


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="RUN RUN...")
@json_option
def command(runs: tuple[Path, ...], as_json: bool) -> None:
    """Show two or more run directories, RUN RUN..., side by side: where their scenarios differ, and what came of it."""
    from qfl_chain.lab.comparing import compare_runs

    if len(runs) < 2:
        raise InputError("one run alone compares with nothing: name two or more (for one, qfl analyze summary)")
    comparison = compare_runs(runs)
    if as_json:
        print_json(comparison)
    else:
        print_comparison(comparison)


def print_comparison(comparison: Comparison) -> None:
    """Print differences, learning, money by behaviour and gas."""
    for letter, run in zip(_letters(comparison), comparison.runs, strict=True):
        click.echo(f"{letter}: {run.path} ({run.name}, seed {run.seed}, {run.status})")
    click.echo()
    table = [(key, *map(_value, values)) for key, values in comparison.differences.items()]
    if table:
        print_table("Where the scenarios differ", ("key", *_letters(comparison)), table)
    else:
        click.echo("The scenarios are the same.\n")
    _print_rows(comparison, "What came of it", _results(comparison))
    for behaviour in dict.fromkeys(name for run in comparison.runs for name in run.money):
        _print_rows(comparison, f"Participants: {behaviour}, together in gwei", _money(behaviour))
    functions = dict.fromkeys(name for run in comparison.runs for name in run.gas)
    gas = {name: _gas_of(name) for name in functions}
    _print_rows(comparison, "Mean gas", {**gas, "all fees, gwei": lambda run: f"{run.fees:,}"})


Cell = Callable[["RunColumn"], str]


def _results(comparison: Comparison) -> dict[str, Cell]:
    metrics = dict.fromkeys(metric for run in comparison.runs for metric in run.figures)
    return {
        "reports": lambda run: str(run.reports),
        "of those recomputed equal": lambda run: str(run.equal),
        "rounds with a new model": lambda run: str(run.accepted),
        **{f"{metric}, last model": _figure_of(metric) for metric in metrics},
        "paid, gwei": lambda run: f"{run.paid:,}",
    }


def _money(behaviour: str) -> dict[str, Cell]:
    def cell(part: str) -> Cell:
        return lambda run: f"{getattr(run.money[behaviour], part):,}" if behaviour in run.money else "-"

    return {part: cell(part) for part in ("count", "earned", "penalties", "gas", "net")}


def _figure_of(metric: str) -> Cell:
    def cell(run: RunColumn) -> str:
        value = run.figures.get(metric)
        return "-" if value is None else f"{value:.4f}"

    return cell


def _gas_of(function: str) -> Cell:
    return lambda run: f"{run.gas[function]:,}" if function in run.gas else "-"


def _print_rows(comparison: Comparison, title: str, rows: dict[str, Cell]) -> None:
    table = [(name, *(cell(run) for run in comparison.runs)) for name, cell in rows.items()]
    print_table(title, ("", *_letters(comparison)), table)


def _letters(comparison: Comparison) -> list[str]:
    return [f"run {number}" for number in range(1, len(comparison.runs) + 1)]


def _value(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
