"""``qfl status``: where a federation stands."""

from __future__ import annotations

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings


@click.command()
@uses("rpc_url", "deployment")
@json_option
def command(settings: Settings, as_json: bool) -> None:
    """Show a federation's round and phase, stakes, pool and latest report."""
    from qfl_chain.cli.connection import open_federation
    from qfl_chain.cli.standing import federation_standing, print_standing

    with open_federation(settings) as ledger:
        standing = federation_standing(ledger)
    if as_json:
        print_json(standing)
    else:
        print_standing(standing)
