"""``qfl status``: where a federation stands."""

from __future__ import annotations

from dataclasses import replace

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings


@click.command()
@uses("rpc_url", "deployment")
@click.option("--watch", is_flag=True, help="Show it again whenever it changes, until Ctrl-C.")
@json_option
def command(settings: Settings, watch: bool, as_json: bool) -> None:
    """Show a federation's round and phase, stakes, pool and latest report."""
    from qfl_chain.cli.connection import open_federation
    from qfl_chain.cli.running import poll_seconds, stoppable
    from qfl_chain.cli.standing import federation_standing, print_standing

    show = print_json if as_json else print_standing
    with open_federation(settings) as ledger:
        standing = federation_standing(ledger)
        show(standing)
        if not watch:
            return
        with stoppable() as pause:
            while not pause(poll_seconds(ledger.terms())):
                latest = federation_standing(ledger)
                # The time of the latest block alone is no change.
                if replace(latest, now=standing.now) != standing:
                    standing = latest
                    if not as_json:
                        click.echo()
                    show(standing)
