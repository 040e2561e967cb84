"""``qfl withdraw``: get the stake back once its unbonding is over."""

from __future__ import annotations

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings


@click.command()
@signs("rpc_url", "deployment")
@json_option
def command(settings: Settings, as_json: bool) -> None:
    """Withdraw a stake whose unbonding window is over."""
    from qfl_chain.chain.amounts import format_gwei
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        amount = ledger.member(ledger.account).exiting
        receipt = ledger.withdraw()
        sentence = f"{ledger.account} withdrew {format_gwei(amount)}"
        print_receipt(receipt, sentence, as_json=as_json, participant=ledger.account, amount=amount)
