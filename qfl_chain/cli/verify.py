"""``qfl verify``: recompute a run's reports from its chain log and payloads."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.errors import VerificationFailed


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def command(run: Path, as_json: bool) -> None:
    """Recompute every report of RUN, a run directory, and say round by round whether it is equal.

    Ends with exit code 7 when a report differs or cannot be recomputed.
    """
    from qfl_chain.analysis.verify import verify

    recomputed = verify(run)
    if as_json:
        print_json({"run": str(run), "equal": recomputed.sound, "rounds": recomputed.checks})
    else:
        rows = [(str(check.round), check.verdict) for check in recomputed.checks]
        print_table("Reports recomputed from chain log and payloads", ("round", "verdict"), rows)
        for check in recomputed.checks:
            for difference in check.differences:
                click.echo(f"round {check.round}: {difference}")
    unsound = [str(check.round) for check in recomputed.checks if not check.sound]
    if unsound:
        raise VerificationFailed(
            f"{len(unsound)} of {len(recomputed.checks)} rounds do not verify: {', '.join(unsound)}"
        )
