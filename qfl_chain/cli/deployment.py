"""``qfl deployment``: check a deployment file against the chain, or write one from the chain."""

from __future__ import annotations

from pathlib import Path

import click

from qfl_chain.cli.deployment_file import read_deployment, write_deployment
from qfl_chain.cli.options import ADDRESS, uses
from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.config import Settings
from qfl_chain.errors import InputError
from qfl_chain.types import Address


@click.group()
def command() -> None:
    """Check a deployment file against the chain, or write one from the chain."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@uses("rpc_url")
@json_option
def check(file: Path, settings: Settings, as_json: bool) -> None:
    """Compare everything FILE says with the chain; end with exit code 4 at the first difference.

    Every command that takes a deployment file does the same before anything else.
    """
    from qfl_chain.cli.connection import connect
    from qfl_chain.cli.deployment_checks import checking

    deployment = read_deployment(file)
    with connect(settings) as web3:
        checks = list(checking(web3, deployment, file))
    if as_json:
        print_json({"deployment": deployment, "checked": checks})
        return
    print_table(f"{file} agrees with the chain", ("checked", "found"), [(one.what, one.found) for one in checks])


@command.command()
@click.argument("federation", type=ADDRESS)
@click.option("--block", type=click.IntRange(min=0), default=0, show_default=True, help="Its creation's, or earlier.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="deployment.json",
    show_default=True,
    help="The deployment file to write.",
)
@uses("rpc_url")
@json_option
def fetch(federation: Address, block: int, out: Path, settings: Settings, as_json: bool) -> None:
    """Write the deployment file of FEDERATION, an address, from the chain alone."""
    from qfl_chain.cli.connection import connect
    from qfl_chain.cli.deployment_checks import fetch_deployment
    from qfl_chain.cli.pending import settle

    if out.exists():
        raise InputError(f"{out} exists already: choose another --out")
    with connect(settings) as web3:
        deployment = fetch_deployment(web3, federation, block)
    write_deployment(deployment, out)
    settle(out, deployment)
    if as_json:
        print_json({"deployment": deployment, "file": out})
        return
    click.echo(f"{federation} was created in block {deployment.block} of chain {deployment.chain_id}, see {out}")
