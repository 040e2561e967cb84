"""``qfl sweep``: scenarios, seeds and parameters over all cores."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qfl_chain.lab.grid import Cell, Sweep
    from qfl_chain.lab.sweep_table import Interval, SweepRow
    from qfl_chain.lab.sweeping import CellResult

MILLION = 10**6
NOTE = (
    "Mean over seeds and 95 % confidence interval (Student's t). Nets are after gas and penalties, per participant and "
    "run, in millions of gwei. Pays: no where the whole interval is at or below zero, yes where it is above. Equal: "
    "runs of which every report recomputed equal."
)


@click.command()
@click.argument("grid")
@click.option("--out", type=click.Path(path_type=Path), help="Where runs and results go.  [default: sweeps/<name>]")
@click.option("--jobs", type=click.IntRange(min=1), help="How many processes.  [default: one for each core]")
@json_option
def command(grid: str, out: Path | None, jobs: int | None, as_json: bool) -> None:
    """Run every cell of GRID, a TOML file or the name of a shipped one (no-attack-pays), and compare them.

    Each cell is a run directory that `qfl verify` recomputes. A sweep that was stopped goes on where it was.
    """
    from qfl_chain.lab.grid import load_sweep
    from qfl_chain.lab.sweep_table import sweep_rows
    from qfl_chain.lab.sweeping import run_cells

    sweep = load_sweep(grid)
    folder = out or Path("sweeps") / sweep.grid.name
    try:
        results = run_cells(sweep.cells, folder / "runs", jobs or os.cpu_count() or 1, Progress(len(sweep.cells)))
    except KeyboardInterrupt:
        click.echo(f"Finished cells are in {folder}/runs; the same command goes on from there", err=True)
        raise
    write_results(sweep, results, folder)
    rows = sweep_rows(sweep.cells, results)
    if as_json:
        print_json({"grid": sweep.grid, "folder": str(folder), "rows": rows})
    else:
        print_sweep(sweep, rows)
    click.echo(f"\nEverything is in {folder}. Recompute a run: qfl verify {folder}/runs/<run>", err=True)
    _raise_failures(sweep, results)


class Progress:
    """A line on standard error for every cell that ends."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, cell: Cell, result: CellResult) -> None:
        self._done += 1
        accuracy = "" if result.accuracy is None else f"accuracy {result.accuracy:.3f}"
        ended = f"failed: {result.failure}" if result.failure else accuracy
        click.echo(f"[{self._done}/{self._total}] {cell.title}: {ended}", err=True)


def write_results(sweep: Sweep, results: Mapping[str, CellResult], folder: Path) -> None:
    """Write the grid, and every cell as a line of JSON and of CSV.

    Raises:
        RunError: a file cannot be written.
    """
    from qfl_chain.lab.sweep_table import cell_record

    records = [cell_record(cell, results[cell.digest]) for cell in sweep.cells]
    try:
        (folder / "grid.toml").write_text(sweep.text, encoding="utf-8")
        (folder / "cells.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
        with (folder / "cells.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    except OSError as error:
        raise RunError(f"cannot write the results to {folder}: {error.strerror}") from error


def print_sweep(sweep: Sweep, rows: tuple[SweepRow, ...]) -> None:
    """Print the table over the seeds."""
    parameters = list(sweep.cells[0].parameters)
    table = [
        (
            row.scenario,
            row.behaviour,
            f"{row.share:.0%}",
            *(str(row.parameters[key]) for key in parameters),
            _interval(row.attackers, MILLION, ".2f"),
            _interval(row.honest, MILLION, ".2f"),
            _interval(row.accuracy, 1, ".3f"),
            row.pays,
            f"{row.equal}/{row.runs}" + (f", {row.failed} failed" if row.failed else ""),
        )
        for row in rows
    ]
    columns = (
        "scenario",
        "behaviour",
        "share",
        *parameters,
        "attackers' net",
        "honest net",
        "accuracy",
        "pays",
        "equal",
    )
    print_table(f"{sweep.grid.name}: {len(sweep.grid.seeds)} seeds", columns, table, NOTE)


def _interval(value: Interval | None, unit: int, form: str) -> str:
    if value is None:
        return "-"
    mean = format(value.mean / unit, form)
    return mean if value.half is None else f"{mean} ± {value.half / unit:{form}}"


def _raise_failures(sweep: Sweep, results: Mapping[str, CellResult]) -> None:
    failed = [cell for cell in sweep.cells if results[cell.digest].failure]
    if failed:
        first = f"{failed[0].title}: {results[failed[0].digest].failure}"
        raise RunError(
            f"{len(failed)} of {len(sweep.cells)} cells failed, the first of them {first}; the same command tries "
            "them again"
        )
