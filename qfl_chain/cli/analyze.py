"""``qfl analyze``: what a federation's history says. Its commands live in :mod:`qfl_chain.cli.analyses`."""

from __future__ import annotations

import click

from qfl_chain.cli.lazy import LazyGroup

COMMANDS = {
    "summary": "Show learning, participants, gas and money of a run.",
    "index": "Read a federation's history into one DuckDB file.",
    "check": "Compare the contract's state, rebuilt from the logs, with the contract.",
    "sql": "Answer an SQL query from a federation's history.",
    "export": "Write a federation's history as Parquet, CSV or JSON.",
    "metrics": "Show the metrics of a history: money, fairness, security, learning, cost.",
    "report": "Write a history as one page, with charts and tables.",
    "compare": "Show runs side by side.",
    "replay": "Say what other rules would have paid and learned.",
    "deviations": "Say what cheating would have gained, and what data are worth.",
}
"""Every command and its line in the help. Command ``x`` is ``qfl_chain.cli.analyses.x.command``."""


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, package="qfl_chain.cli.analyses")
def command() -> None:
    """Say what a federation's history shows."""
