"""``qfl devnet``: a chain on this machine for several processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.options import ADDRESS, uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.config import Settings
from qfl_chain.types import Address

if TYPE_CHECKING:
    from qfl_chain.chain.node.directory import Endpoint

PATIENCE = 30.0
"""Seconds a devnet may take to begin to answer, or to end."""

directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".devnet",
    show_default=True,
    help="The directory that holds the chain.",
)


@click.group()
def command() -> None:
    """Run a chain on this machine for several processes.

    It signs for whoever asks and its accounts are public: it listens on loopback only.
    """


@command.command()
@directory_option
@click.option("--port", type=click.IntRange(0, 65535), default=8545, show_default=True, help="0 for a free one.")
@click.option(
    "--backend",
    type=click.Choice(["eth-tester", "anvil"]),
    default="eth-tester",
    show_default=True,
    help="What runs the chain. The two do not read each other's chains.",
)
@click.option("--detach", is_flag=True, help="Go on in the background, and return once it answers.")
@click.option("--interval/--no-interval", default=True, help="Mine a block every block_time seconds.  [default: yes]")
@click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path),
    help="Another devnet.toml than the one qfl comes with.",
)
def start(directory: Path, port: int, backend: str, detach: bool, interval: bool, settings_path: Path | None) -> None:
    """Start the devnet, or go on with the chain that is in its directory.

    A transaction is mined at once, in a block of its own. Blocks follow this machine's clock. With eth-tester, what was
    answered is on disk: kill -9 loses nothing. Anvil saves its state every two seconds and when it is stopped: kill -9
    loses what came after the last saving.
    """
    from qfl_chain.chain.devnet import load_settings
    from qfl_chain.chain.node.serve import become_anvil, serve, serve_beside

    settings = load_settings(settings_path)
    if detach:
        options: list[object] = ["--dir", directory, "--port", port, "--backend", backend]
        options += ["--interval" if interval else "--no-interval"]
        options += ["--settings", settings_path] if settings_path else []
        _say(serve_beside(directory, [str(one) for one in options], PATIENCE))
        return
    run = become_anvil if backend == "anvil" else serve
    run(directory, settings, port, interval=interval, on_ready=_say)
    click.echo(f"stopped; the chain stays in {directory}", err=True)


@command.command()
@directory_option
def stop(directory: Path) -> None:
    """Stop the devnet. Its chain stays."""
    from qfl_chain.chain.node.directory import stop as stop_devnet

    pid = stop_devnet(directory, PATIENCE)
    click.echo(f"no devnet runs in {directory}" if pid is None else f"stopped; the chain stays in {directory}")


@command.command()
@directory_option
@json_option
def status(directory: Path, as_json: bool) -> None:
    """Show whether the devnet runs, where it answers, and how far its chain is."""
    from qfl_chain.chain.node.directory import endpoint_of, size

    endpoint = endpoint_of(directory)
    facts: dict[str, Any] = {"running": endpoint is not None, "directory": str(directory), "bytes": size(directory)}
    if endpoint is not None:
        facts = {**facts, **_facts(endpoint)}
    if as_json:
        print_json(facts)
    elif endpoint is None:
        click.echo(f"no devnet runs in {directory}, which holds {facts['bytes']:,} bytes")
    else:
        click.echo("\n".join(f"{name.replace('_', ' '):<10} {value}" for name, value in facts.items()))


@command.command()
@directory_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(directory: Path, yes: bool) -> None:
    """Remove the chain of a devnet that does not run."""
    from qfl_chain.chain.node.directory import MADE_WITH
    from qfl_chain.chain.node.directory import reset as remove

    if not (directory / MADE_WITH).exists():
        click.echo(f"no chain in {directory}")
        return
    if not yes:
        click.confirm(f"Remove the chain in {directory}?", abort=True, err=True)
    remove(directory)
    click.echo(f"removed the chain in {directory}")


@command.command()
@click.argument("address", type=ADDRESS)
@click.argument("amount")
@uses("rpc_url")
def fund(address: Address, amount: str, settings: Settings) -> None:
    """Give ADDRESS an AMOUNT, such as '100 eth', from the first account of a development node.

    Works with every node that signs for its own accounts: this devnet, anvil, geth --dev.
    """
    from qfl_chain.chain.amounts import format_gwei, parse_gwei
    from qfl_chain.chain.funding import fund as send
    from qfl_chain.cli.connection import connect

    given = parse_gwei(amount)
    with connect(settings) as web3:
        transaction = send(web3, address, given)
    click.echo(f"{address} was given {format_gwei(given)} (transaction {transaction})")


def _facts(endpoint: Endpoint) -> dict[str, Any]:
    from qfl_chain.chain.node.client import ask

    block = ask(endpoint.url, "eth_getBlockByNumber", "latest", False)
    return {
        "endpoint": endpoint.url,
        "backend": endpoint.backend,
        "pid": endpoint.pid,
        "chain_id": int(ask(endpoint.url, "eth_chainId"), 16),
        "block": int(block["number"], 16),
        "time": int(block["timestamp"], 16),
    }


def _say(endpoint: Endpoint) -> None:
    click.echo(f"devnet ({endpoint.backend}, pid {endpoint.pid}) at {endpoint.url}")
    sys.stdout.flush()
