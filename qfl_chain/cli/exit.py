"""``qfl exit``: take the whole stake out; it can be withdrawn after the unbonding window."""

from __future__ import annotations

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings


@click.command()
@signs("rpc_url", "deployment")
@json_option
def command(settings: Settings, as_json: bool) -> None:
    """Leave a federation: start the unbonding of the whole stake."""
    from qfl_chain.chain.amounts import format_gwei
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.cli.refusals import moment

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        receipt = ledger.exit()
        member = ledger.member(ledger.account)
        when = moment(member.withdrawable_at, ledger.now())
        sentence = f"{ledger.account} can withdraw {format_gwei(member.exiting)} from {when}"
        facts = {"amount": member.exiting, "withdrawable_at": member.withdrawable_at}
        print_receipt(receipt, sentence, as_json=as_json, participant=ledger.account, **facts)
