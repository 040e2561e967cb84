"""``qfl participant``: a participant that runs by itself."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.running import listen_option, state_option, until_option
from qfl_chain.config import Settings


@click.group()
def command() -> None:
    """Take part in every round by itself."""


@command.command()
@click.option("--scenario", required=True, help="The scenario the federation was deployed with.")
@click.option("--data", "client", required=True, metavar="CLIENT", help="Whose rows of it are your own.")
@state_option
@listen_option
@until_option
@signs("rpc_url", "deployment", "store")
def run(
    scenario: str, client: str, state: Path, listen: str | None, until_round: int | None, settings: Settings
) -> None:
    """Commit, reveal, publish and claim, round after round, until stopped by SIGTERM or Ctrl-C.

    Join first, with `qfl join`. It may be killed at any instant and started again: what it needs is on the chain and
    in its state directory. It opens the next round as soon as one is decided.
    """
    import time
    from functools import partial

    from qfl_chain.actors.answering import Answering
    from qfl_chain.actors.participant import StoredUpdate
    from qfl_chain.actors.taking_part import TakingPart
    from qfl_chain.actors.view import ChainView
    from qfl_chain.chain.outbox import FileOutbox
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.participation import require_stake, training_participant
    from qfl_chain.cli.running import Pause, live, patiently, state_file
    from qfl_chain.cli.watching import Log
    from qfl_chain.storage.state import held
    from qfl_chain.types import Address

    account = open_account(settings)
    log = Log("participant", time.time)
    with held(state) as folder:
        outbox = partial(FileOutbox, folder, account=Address(account.address))

        def work(pause: Pause) -> None:
            with open_federation(settings, account, outbox) as ledger:
                store = open_store(settings, ledger.terms())
                ledger.resolve()
                require_stake(ledger)
                memory = StoredUpdate(state_file(folder, ledger, account.address, "update"))
                participant = training_participant(ledger, store, account, scenario, client, memory)
                view = ChainView(ledger, store)
                actor = TakingPart(participant, ledger, view, Answering(ledger, store, view), until_round or 0)
                log.write(
                    "info", "started", account=account.address, federation=ledger.federation, chain_id=ledger.chain_id
                )
                live("participant", actor, ledger, log, listen, {}, pause)

        patiently(work, log)
