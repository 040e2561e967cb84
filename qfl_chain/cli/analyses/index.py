"""``qfl analyze index``: a federation's history into one DuckDB file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json, print_table, printable
from qfl_chain.config import Settings
from qfl_chain.errors import InputError

if TYPE_CHECKING:
    from qfl_chain.analysis.index.database import Index

COUNTS = {
    "events": "SELECT count(*) FROM events",
    "participants": "SELECT count(DISTINCT account) FROM events WHERE name = 'Joined'",
    "rounds": "SELECT count(*) FROM events WHERE name = 'RoundOpened'",
    "reports": "SELECT count(*) FROM events WHERE name = 'Reported'",
    "evidence_read": "SELECT count(*) FROM evidence WHERE status = 'read'",
    "transactions": "SELECT count(*) FROM transactions",
}


@click.command()
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default="history.duckdb",
    show_default=True,
    help="The index to write, or to go on with.",
)
@uses(optional=("deployment", "rpc_url", "store"))
@json_option
def command(run: Path | None, out: Path, settings: Settings, as_json: bool) -> None:
    """Read the history of RUN, a run directory, or of a deployed federation into one DuckDB file.

    A federation is read from its chain: name its deployment file and an endpoint. An index that exists is brought up to
    the latest block, from wherever it was left, and follows the chain where it changed; that of a run is made anew.
    Evidence comes from the stores, checked against the chain; what no store has stays a gap, and is asked for again the
    next time. Transactions that failed leave no log, so the chain shows only those that succeeded.
    """
    from qfl_chain.analysis.index.runs import index_run
    from qfl_chain.cli.histories import is_deployment, read_chain

    if run is not None and is_deployment(run):
        raise InputError(f"{run} is a deployment file, not a run directory: name it by --deployment")
    if run is not None:
        with index_run(run, out) as index:
            _show(index, out, as_json)
    elif settings.deployment is not None:
        with read_chain(settings, out) as index:
            _show(index, out, as_json)
    else:
        raise InputError(
            "nothing to index: name a run directory, or a deployment file by --deployment and an endpoint by --rpc-url"
        )


def _show(index: Index, out: Path, as_json: bool) -> None:
    from qfl_chain.analysis.index.gaps import find_gaps

    meta, gaps = index.meta, find_gaps(index)
    counts = {name: int(index.query(sql)[0][0]) for name, sql in COUNTS.items()}
    if as_json:
        blocks = {"first_block": meta.from_block, "last_block": index.next_block - 1}
        about = {"index": out, "source": meta.source, "chain_id": meta.chain_id, "federation": meta.federation}
        print_json({**about, **blocks, **counts, "gaps": gaps})
        return
    rows = [(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]
    title = f"{out}: {meta.federation} in blocks {meta.from_block} to {index.next_block - 1}, from {meta.source}"
    print_table(title, ("found", "count"), rows)
    for gap in gaps:
        click.echo(printable(f"gap: {gap}"))
