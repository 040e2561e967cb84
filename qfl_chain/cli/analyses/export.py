"""``qfl analyze export``: a federation's history as files for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings

FORMATS = ("parquet", "csv", "json")


@click.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The directory to write to.")
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="What the files are.")
@json_option
@uses(optional=("rpc_url", "store"))
def command(history: Path, out: Path, kind: str, as_json: bool, settings: Settings) -> None:
    """Write every table and view of HISTORY, one file each.

    HISTORY is an index, a run directory, or a deployment file, which takes --rpc-url. Amounts stay exact: DECIMAL(38,0)
    in Parquet, which has no integer of that size, digits in CSV, and text in JSON. Bytes are 0x text, times UTC.
    """
    from qfl_chain.analysis.index.exporting import export
    from qfl_chain.cli.histories import open_history

    with open_history(history, settings) as index:
        written = export(index, out, kind)
    if as_json:
        print_json([{"file": str(one.path), "rows": one.rows} for one in written])
    else:
        for one in written:
            click.echo(f"{one.path}  {one.rows:,} rows")
