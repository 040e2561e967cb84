"""``qfl claim``: collect what the active report owes the account."""

from __future__ import annotations

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings


@click.command()
@signs("rpc_url", "deployment", "store")
@json_option
def command(settings: Settings, as_json: bool) -> None:
    """Collect what the active report owes the account, proved from the published evidence."""
    from qfl_chain.chain.amounts import format_gwei
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.participation import collecting_participant
    from qfl_chain.cli.receipts import print_receipt

    account, store = open_account(settings), open_store(settings)
    with open_federation(settings, account) as ledger:
        before = ledger.member(ledger.account).claimed
        receipt = collecting_participant(ledger, store, account).claim()
        amount = ledger.member(ledger.account).claimed - before
        if receipt is not None:
            sentence = f"{ledger.account} claimed {format_gwei(amount)}"
            print_receipt(receipt, sentence, as_json=as_json, participant=ledger.account, amount=amount)
        elif as_json:
            print_json({"participant": ledger.account, "amount": 0, "receipt": None})
        else:
            click.echo(f"nothing to claim for {ledger.account}: no active report owes it anything")
