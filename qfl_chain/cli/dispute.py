"""``qfl dispute``: what a dispute about a report would be about."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.config import Settings
from qfl_chain.errors import InputError

if TYPE_CHECKING:
    from qfl_chain.cli.explaining import Explanation


@click.group()
def command() -> None:
    """Explain what is wrong with a report, and what proving it takes."""


@command.command()
@click.argument("number", metavar="ROUND", type=click.IntRange(min=1))
@click.option("--run", "path", type=click.Path(path_type=Path), metavar="DIR", help="A run directory, not a chain.")
@uses(optional=("rpc_url", "deployment", "store"))
@json_option
def explain(number: int, path: Path | None, settings: Settings, as_json: bool) -> None:
    """Recompute the report of ROUND, and say what was checked, what differs, which proof applies, its cost and gain.

    Nothing is sent; no account is needed. Gas and gain are told while the report is in its challenge window.
    """
    from qfl_chain.cli.connection import open_federation, open_store
    from qfl_chain.cli.explaining import explain_live, explain_run

    if path is not None:
        found = explain_run(path, number)
    else:
        missing = [name for name in ("rpc_url", "deployment", "store") if not getattr(settings, name)]
        if missing:
            names = ", ".join("--" + name.replace("_", "-") for name in missing)
            raise InputError(f"a federation on a chain needs {names}; a run directory is given with --run")
        with open_federation(settings) as ledger:
            found = explain_live(ledger, open_store(settings, ledger.terms()), number)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: Explanation) -> None:
    rows = [
        ("report", found.report),
        ("verdict", found.verdict),
        ("checked and right", ", ".join(found.checked) or "nothing"),
        ("proof", found.fault or "none"),
        ("proof bytes", f"{found.proof_bytes:,}"),
        ("gas of refuting", "not known" if found.gas is None else f"{found.gas:,}"),
        ("demands needed", f"{found.demands:,}"),
        ("their bonds, gwei", f"{found.bonds:,}"),
        ("bounty, gwei", "not known" if found.bounty is None else f"{found.bounty:,}"),
    ]
    print_table(f"Report of round {found.round}", ("what", "value"), rows, found.finding)
