"""``qfl deploy``: the sponsor publishes a scenario's content and deploys its federation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import ADDRESS, signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings
from qfl_chain.errors import InputError, Reverted
from qfl_chain.types import Address, Receipt, Terms

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from qfl_chain.cli.deployment_file import Deployment
    from qfl_chain.cli.estimate import Plan
    from qfl_chain.ports import ContentStore
    from qfl_chain.simulation.scenario import Scenario

NOBODY = Address("0x" + "00" * 20)


@click.command()
@click.argument("scenario")
@click.option(
    "--oracle",
    "oracles",
    type=ADDRESS,
    multiple=True,
    help="A committee member; repeat it.  [default: [committee] addresses of the scenario]",
)
@click.option(
    "--guardian",
    type=ADDRESS,
    help="Who may pause joining and void reports, for ten years.  [default: [committee] guardian, or nobody]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="deployment.json",
    show_default=True,
    help="The deployment file to write.",
)
@click.option("--dry-run", is_flag=True, help="Show terms and cost; send and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation on a terminal.")
@signs("rpc_url", "store")
@json_option
def command(
    scenario: str,
    oracles: tuple[Address, ...],
    guardian: Address | None,
    out: Path,
    dry_run: bool,
    yes: bool,
    settings: Settings,
    as_json: bool,
) -> None:
    """Deploy a federation for SCENARIO, a TOML file or the name of a shipped one.

    Says what it costs and, on a terminal, asks. Then publishes circuit, initial model and validation set in the store,
    deploys a referee and the contract with the scenario's terms and funding, and writes the deployment file that the
    other commands take. Committee members given with --oracle stand instead of those in the scenario. Each of them has
    to put down its bond, and the committee has to be seated, before a report is taken: see `qfl oracle bond`.
    """
    from qfl_chain.cli.connection import connect, open_account
    from qfl_chain.cli.estimate import print_plan, require_funds
    from qfl_chain.cli.pending import refuse_pending
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.simulation.scenario import load_scenario
    from qfl_chain.storage.blocks import MemoryStore

    if out.exists():
        raise InputError(f"{out} exists already: choose another --out")
    refuse_pending(out)
    chosen = load_scenario(scenario)
    committee = _committee(chosen, oracles)
    account, content = open_account(settings), MemoryStore()
    with connect(settings) as web3:
        plan = _plan(web3, account, chosen, committee, guardian, content)
        if dry_run:
            print_plan(plan, as_json=as_json)
        require_funds(plan)
        if dry_run:
            return
        _confirm(plan, yes=yes)
        _publish(plan.terms, content, settings)
        deployment, receipt = _send(web3, account, plan, out, settings)
    sentence = f"deployed {chosen.name} at {deployment.federation} on chain {deployment.chain_id}, see {out}"
    print_receipt(receipt, sentence, as_json=as_json, deployment=deployment, file=out)


def _committee(scenario: Scenario, oracles: tuple[Address, ...]) -> tuple[Address, ...]:
    """The members on the command line, else those of the scenario.

    Raises:
        InputError: none, or not as many as the scenario says.
    """
    members = tuple(dict.fromkeys(oracles)) or tuple(Address(one) for one in scenario.committee.addresses)
    if not members:
        raise InputError("no committee: write [committee] addresses in the scenario, or give each with --oracle")
    if len(members) != scenario.committee.size:
        raise InputError(
            f"the scenario's committee has {scenario.committee.size} oracles, {len(members)} different ones are "
            "given with --oracle: name each of them once"
        )
    return members


def _plan(
    web3: Web3,
    account: LocalAccount,
    scenario: Scenario,
    oracles: tuple[Address, ...],
    guardian: Address | None,
    content: ContentStore,
) -> Plan:
    from qfl_chain.chain.deployment_code import contract_address
    from qfl_chain.cli.estimate import estimate
    from qfl_chain.learning.clients import prepare_public
    from qfl_chain.simulation.federation import GUARDIAN_SECONDS, publish_terms
    from qfl_chain.simulation.scenario import build_circuit

    guardian = guardian or Address(scenario.committee.guardian)
    nonce = int(web3.eth.get_transaction_count(account.address, "pending"))
    data = prepare_public(scenario.data, scenario.seed)
    circuit = build_circuit(scenario.circuit, len(data.features), len(data.classes))
    terms = publish_terms(
        scenario,
        data,
        circuit,
        content,
        sponsor=Address(account.address),
        guardian=guardian or NOBODY,
        guardian_expiry=int(web3.eth.get_block("latest")["timestamp"]) + GUARDIAN_SECONDS if guardian else 0,
        oracles=oracles,
        referee=contract_address(Address(account.address), nonce),
    )
    return estimate(web3, Address(account.address), scenario, terms)


def _confirm(plan: Plan, *, yes: bool) -> None:
    from qfl_chain.cli.estimate import sentence
    from qfl_chain.cli.signing import on_a_terminal

    click.echo(sentence(plan), err=True)
    if not yes and on_a_terminal() and not click.confirm("Deploy?", err=True):
        click.echo("nothing was sent", err=True)
        raise click.Abort


def _publish(terms: Terms, content: ContentStore, settings: Settings) -> None:
    from qfl_chain.cli.connection import open_store

    store = open_store(settings)
    for digest in (terms.circuit, terms.model, terms.validation):
        store.put(content.get(digest))


def _send(web3: Web3, account: LocalAccount, plan: Plan, out: Path, settings: Settings) -> tuple[Deployment, Receipt]:
    """Deploy, with what is about to happen written down before and the deployment file after."""
    from qfl_chain.chain.deployment_code import contract_address
    from qfl_chain.chain.ledger import deploy, deploy_referee
    from qfl_chain.cli.connection import send_policy
    from qfl_chain.cli.deployment_file import describe, write_deployment
    from qfl_chain.cli.pending import Pending, announce, settle, withdraw

    # The referee comes first.
    nonce = int(web3.eth.get_transaction_count(account.address, "pending")) + 1
    expected = contract_address(Address(account.address), nonce)
    announce(Pending(plan.chain_id, account.address, nonce, expected, int(web3.eth.block_number)), out)
    try:
        referee, _ = deploy_referee(web3, account, policy=send_policy(settings))
        terms = replace(plan.terms, referee=referee)
        federation, receipt = deploy(web3, account, terms, funding=plan.funding, policy=send_policy(settings))
    except Reverted:
        withdraw(out)
        raise
    deployment = describe(
        chain_id=plan.chain_id,
        federation=federation,
        block=receipt.block,
        transaction=receipt.transaction,
        scenario=plan.scenario,
        terms=terms,
    )
    write_deployment(deployment, out)
    settle(out, deployment)
    return deployment, receipt
