"""``qfl analyze sql``: a query over a federation's history."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json, printable
from qfl_chain.config import Settings

if TYPE_CHECKING:
    from qfl_chain.analysis.index.database import Index

MOST_ROWS = 1_000
"""Rows of a table for people."""


@click.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.argument("query", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
@uses(optional=("rpc_url", "store"))
def command(history: Path, query: str | None, as_csv: bool, as_json: bool, settings: Settings) -> None:
    """Answer QUERY, one SQL statement of DuckDB's dialect, from HISTORY; without it, list tables and columns.

    HISTORY is an index, a run directory, or a deployment file, which takes --rpc-url. It is only read, and no other
    file is. In CSV and JSON, bytes are 0x text and times UTC; in JSON, amounts (HUGEINT) are text, so that no reader
    rounds them.
    """
    from qfl_chain.analysis.index.queries import ask, cells
    from qfl_chain.cli.histories import open_history

    with open_history(history, settings) as index:
        if query is None:
            _list(index, as_json)
            return
        answer = ask(index, query)
        rows = (cells(answer, row) for row in answer.rows)
        if as_json:
            print_json([dict(zip(answer.columns, row, strict=True)) for row in rows])
        elif as_csv:
            _print_csv(answer.columns, rows)
        else:
            _print_table(answer.columns, rows)


def _list(index: Index, as_json: bool) -> None:
    from qfl_chain.analysis.index.queries import relations

    found = relations(index)
    if as_json:
        print_json({relation.name: dict(relation.columns) for relation in found})
        return
    for relation in found:
        click.echo(click.style(relation.name, bold=True))
        click.echo("  " + ", ".join(f"{name} {kind}" for name, kind in relation.columns))


def _print_csv(columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    sys.stdout.flush()


def _print_table(columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    """Every column as wide as it needs: nothing is cut, as a hash that is cut cannot be looked up."""
    shown = [[_text(value) for value in row] for row in islice(rows, MOST_ROWS)]
    widths = [max(len(line[at]) for line in (columns, *shown)) for at in range(len(columns))]
    lines: list[Sequence[str]] = [columns, ["-" * width for width in widths], *shown]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if next(rows, None) is not None:
        click.echo(f"... and more than these {MOST_ROWS:,} rows: --csv and --json print them all", err=True)


def _text(value: Any) -> str:
    """A value on one line."""
    return "" if value is None else printable(str(value)).replace("\n", "?")
