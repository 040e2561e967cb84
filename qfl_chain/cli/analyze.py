"""``qfl analyze``: what a federation's history says. Its commands live in :mod:`qfl_chain.cli.analyses`."""

from __future__ import annotations

import click

from qfl_chain.cli.lazy import LazyGroup

COMMANDS = {
    "index": "Read a federation's history into one DuckDB file.",
    "report": "Write a history as one page, with charts and tables.",
    "summary": "Show learning, participants, gas and money of a run.",
}
"""Every command and its line in the help. Command ``x`` is ``qfl_chain.cli.analyses.x.command``."""


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, package="qfl_chain.cli.analyses")
def command() -> None:
    """Say what a federation's history shows."""
