"""``qfl join``: stake in a federation, or add to the stake."""

from __future__ import annotations

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings
from qfl_chain.errors import AmountError
from qfl_chain.types import Gwei


@click.command()
@click.option(
    "--stake", required=True, metavar="AMOUNT", help="What to put down, such as '2 eth' or '2000000000' gwei."
)
@signs("rpc_url", "deployment")
@json_option
def command(stake: str, settings: Settings, as_json: bool) -> None:
    """Join a federation with a stake, or top up the stake."""
    from qfl_chain.chain.amounts import format_gwei, parse_gwei
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt

    amount = parse_gwei(stake)
    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        require_enough(amount, ledger.member(ledger.account).stake, ledger.terms().min_stake)
        receipt = ledger.join(amount)
        total = ledger.member(ledger.account).stake
        sentence = f"{ledger.account} staked {format_gwei(amount)}, now {format_gwei(total)}"
        print_receipt(receipt, sentence, as_json=as_json, participant=ledger.account, amount=amount, stake=total)


def require_enough(amount: Gwei, held: Gwei, minimum: Gwei) -> None:
    """Refuse what the contract would, before anything is sent.

    Raises:
        AmountError: nothing, or too little to reach the minimum.
    """
    if amount == 0:
        raise AmountError("--stake: nothing to put down; stake more than 0 gwei")
    if held + amount < minimum:
        missing = minimum - held
        raise AmountError(f"--stake: {amount:,} gwei is under the minimum; stake at least {missing:,} gwei")
