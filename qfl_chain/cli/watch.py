"""``qfl watch``: recompute every report of a federation, and prove on chain what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.running import listen_option, state_option, until_option
from qfl_chain.config import Settings


@click.command()
@click.option("--peer", "peers", multiple=True, metavar="URL", help="Where an oracle shows its signatures; repeat it.")
@click.option(
    "--max-bonds",
    default="0.1 eth",
    show_default=True,
    metavar="AMOUNT",
    help="What its demands for one round's bytes may take. Answered demands cost their bond.",
)
@state_option
@listen_option
@until_option
@signs("rpc_url", "deployment", "store")
def command(
    peers: tuple[str, ...],
    max_bonds: str,
    state: Path,
    listen: str | None,
    until_round: int | None,
    settings: Settings,
) -> None:
    """Recompute every report, and prove on chain what is wrong, until stopped by SIGTERM or Ctrl-C.

    Anybody may, with an account that can pay gas; the bounty is a tenth of what the proof takes from the guilty. It
    also convicts silence, payloads that are no update, and oracles that sign twice, and settles missing reveals. Many
    may watch one federation. It may be killed at any instant and started again.
    """
    import time
    from functools import partial

    from qfl_chain.chain.amounts import parse_gwei
    from qfl_chain.chain.outbox import FileOutbox
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.reporting import watching_actor
    from qfl_chain.cli.running import Pause, live, patiently
    from qfl_chain.cli.watching import Log
    from qfl_chain.storage.state import held
    from qfl_chain.types import Address

    account, most_bonds = open_account(settings), parse_gwei(max_bonds)
    log = Log("watcher", time.time)
    with held(state) as folder:
        outbox = partial(FileOutbox, folder, account=Address(account.address))

        def work(pause: Pause) -> None:
            with open_federation(settings, account, outbox) as ledger:
                store = open_store(settings, ledger.terms())
                ledger.resolve()
                actor = watching_actor(ledger, store, folder, peers, most_bonds, until_round or 0)
                log.write(
                    "info", "started", account=account.address, federation=ledger.federation, chain_id=ledger.chain_id
                )
                live("watcher", actor, ledger, log, listen, {}, pause)

        patiently(work, log)
