"""``qfl oracle bond`` and what comes after it: an oracle's bond, and the committee's seat."""

from __future__ import annotations

import click

from qfl_chain.cli.options import signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings


@click.command()
@click.option("--amount", metavar="AMOUNT", help="What to put down, such as '1 eth'.  [default: what is missing]")
@signs("rpc_url", "deployment")
@json_option
def bond(amount: str | None, settings: Settings, as_json: bool) -> None:
    """Put down the account's bond, or add to it.

    Half of it is burned when a report that the oracle signed is refuted, and all of it when it signed two for one
    round. The committee reports once every member's bond is whole and it is seated.
    """
    from qfl_chain.chain.amounts import format_gwei, parse_gwei
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.errors import AmountError
    from qfl_chain.types import Gwei

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        held, _ = ledger.bond_of(ledger.account)
        missing = Gwei(max(ledger.terms().oracle_bond - held, 0))
        added = missing if amount is None else parse_gwei(amount)
        if not added:
            raise AmountError(f"{ledger.account} has its whole bond of {held:,} gwei: give --amount to put down more")
        receipt = ledger.bond(added)
        total, _ = ledger.bond_of(ledger.account)
        sentence = f"{ledger.account} put down {format_gwei(added)}, its bond is {format_gwei(total)}"
        print_receipt(receipt, sentence, as_json=as_json, oracle=ledger.account, amount=added, bond=total)


@click.command()
@signs("rpc_url", "deployment")
@json_option
def unbond(settings: Settings, as_json: bool) -> None:
    """Give notice: the bond can leave after the unbonding window, and stays slashable until it has."""
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.cli.refusals import moment

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        receipt = ledger.unbond()
        amount, leaves = ledger.bond_of(ledger.account)
        sentence = f"{ledger.account} leaves: its bond of {amount:,} gwei can go at {moment(leaves, ledger.now())}"
        print_receipt(receipt, sentence, as_json=as_json, oracle=ledger.account, bond=amount, withdrawable_at=leaves)


@click.command("withdraw-bond")
@signs("rpc_url", "deployment")
@json_option
def withdraw_bond(settings: Settings, as_json: bool) -> None:
    """Take the bond out after the unbonding window. A member that does so unseats the committee."""
    from qfl_chain.chain.amounts import format_gwei
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        amount, _ = ledger.bond_of(ledger.account)
        receipt = ledger.withdraw_bond()
        sentence = f"{ledger.account} took out its bond of {format_gwei(amount)}"
        print_receipt(receipt, sentence, as_json=as_json, oracle=ledger.account, amount=amount)


@click.command()
@click.option("--scheduled", is_flag=True, help="Seat the one that the sponsor scheduled, from its time on.")
@signs("rpc_url", "deployment")
@json_option
def seat(scheduled: bool, settings: Settings, as_json: bool) -> None:
    """Seat the committee, whose members must all have their bond. Anybody may."""
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.errors import InputError
    from qfl_chain.protocol.filing import committee_at, scheduled_committee

    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        events = ledger.events()
        oracles = scheduled_committee(events) if scheduled else committee_at(events, None)
        if not oracles:
            raise InputError("--scheduled: the sponsor scheduled no committee")
        receipt = ledger.seat(oracles)
        sentence = f"the committee of {len(oracles)} oracles is seated"
        print_receipt(receipt, sentence, as_json=as_json, oracles=list(oracles))
