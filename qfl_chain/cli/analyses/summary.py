"""``qfl analyze summary``: the tables of a run, again."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.output import json_option


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def command(run: Path, as_json: bool) -> None:
    """Show learning, participants, gas and money of RUN, a run directory."""
    from qfl_chain.analysis.summary import summarise
    from qfl_chain.cli.tables import print_summary, summary_json

    if as_json:
        summary_json(summarise(run), run)
    else:
        print_summary(summarise(run))
