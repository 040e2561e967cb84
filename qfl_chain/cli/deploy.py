"""``qfl deploy``: the sponsor publishes a scenario's content and deploys its federation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import ADDRESS, signs
from qfl_chain.cli.output import json_option
from qfl_chain.config import Settings
from qfl_chain.errors import InputError
from qfl_chain.types import Address, Receipt, Terms

if TYPE_CHECKING:
    from qfl_chain.cli.deployment import Deployment
    from qfl_chain.simulation.scenario import Scenario

NOBODY = Address("0x" + "00" * 20)


@click.command()
@click.argument("scenario")
@click.option("--oracle", "oracles", type=ADDRESS, multiple=True, required=True, help="A committee member; repeat it.")
@click.option(
    "--guardian", type=ADDRESS, help="Who may pause joining and void reports, for ten years.  [default: nobody]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="deployment.json",
    show_default=True,
    help="The deployment file to write.",
)
@signs("rpc_url", "store")
@json_option
def command(
    scenario: str, oracles: tuple[Address, ...], guardian: Address | None, out: Path, settings: Settings, as_json: bool
) -> None:
    """Deploy a federation for SCENARIO, a TOML file or the name of a shipped one.

    Publishes circuit, initial model and validation set in the store, deploys the contract with the scenario's terms
    and funding, and writes the deployment file that the other commands take.
    """
    from qfl_chain.cli.deployment import write_deployment
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.simulation.scenario import load_scenario

    if out.exists():
        raise InputError(f"{out} exists already: choose another --out")
    chosen = load_scenario(scenario)
    if len(set(oracles)) != chosen.committee.oracles:
        raise InputError(
            f"the scenario's committee has {chosen.committee.oracles} oracles, {len(set(oracles))} different ones are "
            "given with --oracle: name each of them once"
        )
    deployment, receipt = _deploy(chosen, oracles, guardian, settings)
    write_deployment(deployment, out)
    sentence = f"deployed {chosen.name} at {deployment.federation} on chain {deployment.chain_id}, see {out}"
    print_receipt(receipt, sentence, as_json=as_json, deployment=deployment, file=out)


def _deploy(
    scenario: Scenario, oracles: tuple[Address, ...], guardian: Address | None, settings: Settings
) -> tuple[Deployment, Receipt]:
    from qfl_chain.chain.amounts import parse_gwei
    from qfl_chain.chain.ledger import deploy
    from qfl_chain.cli.connection import connect, open_account, open_store, send_policy
    from qfl_chain.learning.preprocess import prepare
    from qfl_chain.simulation.federation import GUARDIAN_SECONDS, publish_terms
    from qfl_chain.simulation.scenario import build_circuit

    store, account = open_store(settings), open_account(settings)
    data = prepare(scenario.data, scenario.seed)
    circuit = build_circuit(scenario.circuit, len(data.features), len(data.classes))
    with connect(settings) as web3:
        terms = publish_terms(
            scenario,
            data,
            circuit,
            store,
            sponsor=Address(account.address),
            guardian=guardian or NOBODY,
            guardian_expiry=int(web3.eth.get_block("latest")["timestamp"]) + GUARDIAN_SECONDS if guardian else 0,
            oracles=oracles,
        )
        federation, receipt = deploy(
            web3, account, terms, funding=parse_gwei(scenario.terms.funding), policy=send_policy(settings)
        )
        return _deployment(scenario.name, int(web3.eth.chain_id), federation, receipt, terms), receipt


def _deployment(name: str, chain_id: int, federation: Address, receipt: Receipt, terms: Terms) -> Deployment:
    from qfl_chain.cli.deployment import FORMAT, Deployment
    from qfl_chain.storage.cid import cid_of

    return Deployment(
        format=FORMAT,
        chain_id=chain_id,
        federation=federation,
        block=receipt.block,
        scenario=name,
        circuit=cid_of(terms.circuit),
        model=cid_of(terms.model),
        validation=cid_of(terms.validation),
    )
