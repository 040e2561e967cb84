"""How ``qfl participant run`` and ``qfl oracle run`` live: signals, state directory, log, server, and the loop."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import click

from qfl_chain.actors.running import Actor, run
from qfl_chain.actors.serving import Route, serve
from qfl_chain.chain.clock import clock_warning
from qfl_chain.cli.watching import Log, Watched
from qfl_chain.errors import InputError
from qfl_chain.ports import Ledger
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Terms

SHORTEST_POLL, LONGEST_POLL = 0.2, 12.0
STALE_POLLS = 10

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    envvar="QFL_STATE",
    show_envvar=True,
    help="Where it remembers what it needs after a restart. One directory for each account.",
)
listen_option = click.option(
    "--listen", metavar="HOST:PORT", help="Serve /health and /metrics (Prometheus) there.  [default: nowhere]"
)
until_option = click.option(
    "--until-round", type=click.IntRange(min=1), help="End after this round is decided.  [default: run until stopped]"
)


def poll_seconds(terms: Terms) -> float:
    """How often to look at the chain: ten times in the shortest phase, within reason."""
    shortest = min(terms.commit_window, terms.reveal_window, terms.report_window)
    return min(max(shortest / 10, SHORTEST_POLL), LONGEST_POLL)


def state_file(folder: Path, ledger: Ledger, account: str, name: str) -> StateFile:
    """The actor's state file, which says whose it is."""
    return StateFile(
        folder / f"{name}.json", {"federation": ledger.federation, "chain_id": ledger.chain_id, "account": account}
    )


def live(name: str, actor: Actor, ledger: Ledger, log: Log, listen: str | None, routes: Mapping[str, Route]) -> None:
    """Run an actor until it has finished or the process is told to stop."""
    poll = poll_seconds(ledger.terms())
    warning = clock_warning(ledger.now(), time.time())
    if warning is not None:
        log.write("warning", "clock", reason=warning)
    watched = Watched(name, log, time.time, stale_after=max(STALE_POLLS * poll, 60.0))
    shown = {"health": watched.health, "metrics": watched.metrics, **routes}
    with ExitStack() as stack:
        if listen is not None:
            log.write("info", "listening", address=stack.enter_context(serve(*address_of(listen), shown)))
        pause = stack.enter_context(stoppable())
        run(actor, watched, pause, poll)
        log.write("info", "stopped")


@contextmanager
def stoppable() -> Iterator[Callable[[float], bool]]:
    """A pause that ends, and says so, when the process gets SIGTERM or SIGINT; the step under way ends first."""
    stop = Event()

    def told(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop.wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def address_of(listen: str) -> tuple[str, int]:
    """``HOST:PORT`` as a pair.

    Raises:
        InputError: not written so.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or len(port) > 5 or int(port) > 65_535:
        raise InputError(f"--listen: {listen!r} is not HOST:PORT, such as 127.0.0.1:9101")
    return host, int(port)
