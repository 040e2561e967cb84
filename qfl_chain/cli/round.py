"""``qfl round``: a participant's part in the live round."""

from __future__ import annotations

import click

from qfl_chain.cli.options import Command, signs, uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings
from qfl_chain.types import Phase


@click.group()
def command() -> None:
    """Take part in the live round."""


def _trains(function: Command) -> Command:
    """The options that say what a participant trains on."""
    scenario = click.option("--scenario", required=True, help="The scenario the federation was deployed with.")
    client = click.option("--data", "client", required=True, metavar="CLIENT", help="Whose rows of it are your own.")
    decorated: Command = scenario(client(function))
    return decorated


@command.command()
@uses("rpc_url", "deployment")
@json_option
def status(settings: Settings, as_json: bool) -> None:
    """Show the live round: its phase, and who committed and revealed."""
    from qfl_chain.cli.connection import open_federation
    from qfl_chain.cli.standing import federation_standing, print_round

    with open_federation(settings) as ledger:
        standing = federation_standing(ledger)
    if as_json:
        print_json(standing.round)
    else:
        print_round(standing)


@command.command()
@_trains
@signs("rpc_url", "deployment", "store")
@json_option
def commit(scenario: str, client: str, settings: Settings, as_json: bool) -> None:
    """Train on your own rows and commit to the update; nothing is published yet.

    Opens the next round where none is open. Needs the same --scenario and --data again at `qfl round reveal`, where
    the same update is trained again.
    """
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.participation import training_participant
    from qfl_chain.cli.receipts import print_receipt

    account, store = open_account(settings), open_store(settings)
    with open_federation(settings, account) as ledger:
        receipt = training_participant(ledger, store, account, scenario, client).commit()
        number = ledger.member(ledger.account).round
        sentence = f"{ledger.account} committed in round {number}"
        print_receipt(receipt, sentence, as_json=as_json, participant=ledger.account, round=number)


@command.command()
@_trains
@signs("rpc_url", "deployment", "store")
@json_option
def reveal(scenario: str, client: str, settings: Settings, as_json: bool) -> None:
    """Publish the committed update in the store and open the commitment."""
    from qfl_chain.actors.phases import require_phase
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.participation import require_commitment, require_same_update, training_participant
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.storage.cid import cid_of

    account, store = open_account(settings), open_store(settings)
    with open_federation(settings, account) as ledger:
        number = require_phase(ledger, Phase.REVEAL, "reveal").number
        committed = require_commitment(ledger, number)
        participant = training_participant(ledger, store, account, scenario, client)
        update = cid_of(require_same_update(ledger, participant.opening(number), number, committed))
        receipt = participant.reveal()
        sentence = f"{ledger.account} revealed {update} in round {number}"
        facts = {"participant": ledger.account, "round": number, "update": update}
        print_receipt(receipt, sentence, as_json=as_json, **facts)
