"""``qfl network``: a scenario as separate programs on this machine, from the chain's start to the verified run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.output import json_option
from qfl_chain.errors import LedgerError, ScenarioError, VerificationFailed

if TYPE_CHECKING:
    from rich.table import Table

    from qfl_chain.chain.ledger import Web3Ledger
    from qfl_chain.simulation.network import Network

START_SECONDS = 60.0
LONGEST_SILENCE = 600.0
"""Seconds without any change on chain after which the network is given up."""


@click.command()
@click.argument("scenario", default="heart-network")
@click.option("--rounds", type=click.IntRange(min=1), help="Another number of rounds than the scenario's.")
@click.option(
    "--backend",
    type=click.Choice(["eth-tester", "anvil"]),
    default="eth-tester",
    show_default=True,
    help="What runs the chain.",
)
@click.option(
    "--content",
    type=click.Choice(["directory", "kubo"]),
    default="directory",
    show_default=True,
    help="Where content is: a directory, or two Kubo nodes in a private swarm.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The run directory to create.  [default: runs/<id>]")
@json_option
def command(scenario: str, rounds: int | None, backend: str, content: str, out: Path | None, as_json: bool) -> None:
    """Run SCENARIO as separate programs: a devnet, an oracle each, a participant each.

    They meet only at the chain's RPC and the content store. What happened is written down as a run directory in the
    end, summed up and verified, as `qfl run` and `qfl verify` do. All participants are honest. Keystores and logs
    stay beside the run directory, in one named .network.
    """
    from qfl_chain.analysis.summary import summarise
    from qfl_chain.cli.run import run_id
    from qfl_chain.cli.tables import print_summary, summary_json
    from qfl_chain.simulation.scenario import load_scenario

    chosen = load_scenario(scenario)
    chosen = chosen.with_rounds(rounds) if rounds is not None else chosen
    if any(one.behaviour != "honest" for one in chosen.participants):
        raise ScenarioError(f"{scenario}: a network runs honest participants; play others with `qfl run`")
    directory = (out or Path("runs") / run_id(chosen.name, chosen.seed, datetime.now(UTC))).absolute()
    _play(scenario, chosen.rounds, backend, content, directory)
    summary = summarise(directory)
    if as_json:
        summary_json(summary, directory)
    else:
        print_summary(summary)
    checks = [check for check in summary.recomputed.checks if check.verdict not in ("open", "expired", "voided")]
    equal = sum(check.verdict == "equal" for check in checks)
    click.echo(f"\n{equal} of {len(checks)} reports recomputed and equal. Everything is in {directory}.", err=True)
    if not summary.recomputed.sound:
        raise VerificationFailed(f"not all reports verify: see `qfl verify {directory}`")


def _play(scenario: str, rounds: int, backend: str, content: str, directory: Path) -> None:
    from qfl_chain.chain.devnet import load_settings
    from qfl_chain.chain.ledger import Web3Ledger
    from qfl_chain.chain.transport import open_web3
    from qfl_chain.cli.deployment_file import read_deployment
    from qfl_chain.learning.clients import prepare
    from qfl_chain.simulation.capture import capture
    from qfl_chain.simulation.network import found_network
    from qfl_chain.simulation.scenario import find_scenario, load_scenario, scenario_text
    from qfl_chain.storage.places import open_store
    from qfl_chain.types import Address

    chosen = load_scenario(scenario).with_rounds(rounds)
    path = find_scenario(scenario).absolute()
    names = [client.name for client in prepare(chosen.data, chosen.seed).clients]
    folder = directory.with_name(directory.name + ".network")
    (folder / "logs").mkdir(parents=True)
    with ExitStack() as stack:
        url = stack.enter_context(_chain(folder, backend))
        training, reporting = stack.enter_context(_content(folder, content))
        click.echo(f"{backend} answers at {url}; content in {content}; logs in {folder / 'logs'}", err=True)
        network = found_network(
            chosen,
            str(path),
            names,
            folder,
            url,
            training,
            load_settings(),
            rounds,
            lambda name: (url, reporting if name.startswith("oracle-") else training),
        )
        deployment = read_deployment(network.deployment)
        web3 = open_web3(url)
        ledger = Web3Ledger(web3, Address(deployment.federation), from_block=deployment.block)
        stack.callback(network.stop)
        for role in network.roles:
            network.start(role)
        watch(network, ledger)
        click.echo("every actor has ended by itself; writing the run down", err=True)
        parties = {role.name: role.account for role in network.roles if role.name in names}
        text = scenario_text(path)
        capture(web3, ledger, open_store([training]), chosen, text, parties, deployment.block, directory)


def watch(network: Network, ledger: Web3Ledger) -> None:
    """Show what happens until every actor has ended.

    Raises:
        LedgerError: an actor failed, or nothing changes any more.
    """
    from rich.console import Console
    from rich.live import Live

    screen = Console(stderr=True)
    last, since = "", time.monotonic()
    with Live(console=screen, refresh_per_second=4, transient=True) if screen.is_terminal else ExitStack() as live:
        while True:
            ended = network.ended()
            failed = [f"{name} ended with {code}" for name, code in ended.items() if code]
            if failed:
                raise LedgerError(f"{'; '.join(failed)}: its log is {network.log(failed[0].split(' ')[0])}")
            if len(ended) == len(network.roles):
                return
            state = _sentence(ledger)
            if isinstance(live, Live):
                live.update(_table(network, state))
            if state != last:
                last, since = state, time.monotonic()
                if not screen.is_terminal:
                    click.echo(state, err=True)
            if time.monotonic() - since > LONGEST_SILENCE:
                raise LedgerError(f"nothing has changed for {LONGEST_SILENCE:.0f} s: read the logs in {network.folder}")
            time.sleep(0.5)


def _sentence(ledger: Web3Ledger) -> str:
    from qfl_chain.cli.standing import federation_standing

    standing = federation_standing(ledger)
    here = standing.round
    paid = f"; {standing.money.paid:,} gwei claimed" if standing.money.paid else ""
    counts = f"{len(here.committed)} committed, {len(here.revealed)} revealed"
    reported = f", report of round {standing.report.round} stands" if standing.report else ""
    return f"round {here.number}, {here.phase.value}: {counts}{reported}{paid}"


def _table(network: Network, state: str) -> Table:
    from rich.table import Table

    table = Table(title=state, title_justify="left", box=None, pad_edge=False)
    for column in ("actor", "event", "round", "since"):
        table.add_column(column)
    for role in network.roles:
        said = network.last_line(role.name)
        table.add_row(
            role.name, *(str(said.get(name, "")) for name in ("event", "round")), str(said.get("time", ""))[11:19]
        )
    return table


@contextmanager
def _chain(folder: Path, backend: str) -> Iterator[str]:
    from qfl_chain.simulation.network import PROGRAM, program
    from qfl_chain.storage.kubo_node import free_port

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ("--dir", str(folder / "devnet"), "--port", str(port), "--backend", backend)
    with program([*PROGRAM, "devnet", "start", *options], folder / "logs" / "devnet.log", os.environ) as process:
        _until_it_answers(url, lambda: process.poll() is not None, folder / "logs" / "devnet.log")

        yield url


@contextmanager
def _content(folder: Path, content: str) -> Iterator[tuple[str, str]]:
    """The store of sponsor and participants, and that of the oracles."""
    if content == "directory":
        yield str(folder / "blocks"), str(folder / "blocks")
        return
    from secrets import token_hex

    from qfl_chain.chain.services import need_service
    from qfl_chain.simulation.network import program
    from qfl_chain.storage.kubo_node import KuboFolder, free_port

    key, kubo = token_hex(32), need_service("ipfs")
    nodes = [KuboFolder(kubo, folder / name, free_port(), free_port(), free_port()) for name in ("kubo-a", "kubo-b")]
    with ExitStack() as stack:
        for node in nodes:
            node.prepare(key)
            log = folder / "logs" / f"{node.folder.name}.log"
            stack.enter_context(program([str(kubo), "daemon"], log, node.environment))
        for node in nodes:
            node.wait(START_SECONDS)
        nodes[1].meet(nodes[0])
        yield nodes[0].url, nodes[1].url


def _until_it_answers(url: str, ended: Callable[[], bool], log: Path) -> None:
    from qfl_chain.chain.node.client import ask
    from qfl_chain.errors import QflError

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask(url, "eth_chainId")
        except QflError:
            if ended() or time.monotonic() > deadline:
                raise LedgerError(f"the devnet did not start: its log is {log}") from None
            time.sleep(0.1)
        else:
            return
