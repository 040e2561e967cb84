"""``qfl analyze``: what a run's history shows."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.output import json_option


@click.group()
def command() -> None:
    """Say what a run's history shows."""


@command.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def summary(run: Path, as_json: bool) -> None:
    """Show learning, participants, gas and money of RUN, a run directory."""
    from qfl_chain.analysis.summary import summarise
    from qfl_chain.cli.tables import print_summary, summary_json

    if as_json:
        summary_json(summarise(run), run)
    else:
        print_summary(summarise(run))
