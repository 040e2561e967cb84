"""``qfl dashboard``: a federation's history as a page that follows the chain."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.prices import price_options, read_prices
from qfl_chain.config import Settings

if TYPE_CHECKING:
    from qfl_chain.analysis.facts import Facts
    from qfl_chain.analysis.page.following import Follower

LONGEST_POLL, SHORTEST_POLL = 2.0, 1.0
"""Seconds: looks at the chain are never further apart than the first, the page's at the server never closer than the
second.
"""


@click.command()
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:8700",
    show_default=True,
    help="Where to show the page; port 0 takes a free one.",
)
@price_options
@uses("deployment", "rpc_url", optional=("store",))
def command(listen: str, settings: Settings, **prices: Any) -> None:
    """Show a federation as `qfl analyze report` does, live, until stopped.

    The history is read from the chain into memory, and evidence from the stores; nothing is written. When the node does
    not answer, the page keeps what was last known and says how old it is.
    """
    import time

    from qfl_chain.analysis.page.live import Live
    from qfl_chain.analysis.page.serving import show
    from qfl_chain.cli.running import address_of, stoppable

    host, port = address_of(listen)
    with stoppable() as pause, _following(settings) as (follower, poll):
        live = Live(partial(_look, settings, follower), read_prices(prices), time.time, max(poll, SHORTEST_POLL))
        with show(live, host, port) as address:
            click.echo(f"{address}/")
            if not _is_loopback(host):
                click.echo("whoever reaches this address can read the page", err=True)
            while not pause(poll):
                live.step()


@contextmanager
def _following(settings: Settings) -> Iterator[tuple[Follower, float]]:
    """What reads the federation of the deployment file, and how often to look, in seconds."""
    from qfl_chain.analysis.index.database import Meta
    from qfl_chain.analysis.page.following import Follower
    from qfl_chain.chain.endpoint import public_name
    from qfl_chain.cli.connection import open_store
    from qfl_chain.cli.deployment_checks import check_deployment
    from qfl_chain.cli.deployment_file import read_deployment, read_terms
    from qfl_chain.cli.running import poll_seconds
    from qfl_chain.types import Address

    path = settings.deployment
    assert path is not None
    deployment = read_deployment(path)
    terms = read_terms(deployment.terms)
    meta = Meta(
        chain_id=deployment.chain_id,
        federation=Address(deployment.federation),
        from_block=deployment.block,
        source=public_name(settings.rpc_url or ""),
        name=deployment.scenario,
    )
    store = open_store(settings, terms) if settings.store else None
    follower = Follower(meta, lambda web3: check_deployment(web3, deployment, path), store)
    with closing(follower):
        yield follower, min(poll_seconds(terms), LONGEST_POLL)


def _look(settings: Settings, follower: Follower) -> Facts:
    from qfl_chain.cli.connection import connect

    with connect(settings) as web3:
        return follower.look(web3)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
