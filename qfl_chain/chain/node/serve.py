"""Running a devnet: in this process until it is told to stop, in place of this process, or beside it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from qfl_chain.chain.devnet import DevnetSettings
from qfl_chain.chain.node.directory import (
    ANVIL_STATE,
    CHAIN,
    LOG,
    POLL_SECONDS,
    Endpoint,
    announce,
    check_made_with,
    claim,
    endpoint_of,
    holder,
)
from qfl_chain.chain.node.server import LOOPBACK, listening
from qfl_chain.chain.services import need_service
from qfl_chain.errors import InputError, LedgerError

if TYPE_CHECKING:
    from qfl_chain.chain.node.dispatch import Dispatcher
    from qfl_chain.chain.node.node import Node

ANVIL_INTERVAL = 2
"""Seconds between two savings of anvil's state."""
GAS_LIMIT = 30_029_122
"""Of a block; what eth-tester gives its blocks."""

Said = Callable[[Endpoint], None]


def serve(directory: Path, settings: DevnetSettings, port: int, *, interval: bool, on_ready: Said) -> None:
    """Serve the directory's chain until SIGINT or SIGTERM.

    Args:
        directory: where the chain is, or is begun.
        settings: what ``devnet.toml`` says.
        port: on loopback; 0 for a free one.
        interval: whether blocks without transactions are mined every ``block_time`` seconds.
        on_ready: told where it answers, once it does.

    Raises:
        InputError: the directory, its chain or the port cannot be used.
    """
    from qfl_chain.chain.node.database import ChainDatabase
    from qfl_chain.chain.node.dispatch import Dispatcher
    from qfl_chain.chain.node.node import Node

    stopped = _stop_signal()
    lock = claim(directory)
    try:
        check_made_with(directory, settings, "eth-tester")
        path = directory / CHAIN
        try:
            database = ChainDatabase(path)
        except sqlite3.DatabaseError as error:
            advice = f"remove this devnet with `qfl devnet reset --dir {directory}`"
            raise InputError(f"{path} is no devnet's chain, or damaged ({error}): {advice}") from error
        node = Node(settings, database, _machine_clock)
        dispatcher = Dispatcher(node)
        with listening(dispatcher.answer, port) as bound:
            endpoint = Endpoint(f"http://{LOOPBACK}:{bound}", "eth-tester", os.getpid())
            announce(directory, endpoint)
            on_ready(endpoint)
            if interval:
                Thread(target=_tick, args=(node, dispatcher, settings.block_time), name="blocks", daemon=True).start()
            stopped.wait()
        dispatcher.lock.acquire()  # and never released: what still comes in must not reach a closed database
        database.close()
    finally:
        os.close(lock)


def become_anvil(directory: Path, settings: DevnetSettings, port: int, *, interval: bool, on_ready: Said) -> None:
    """Run anvil on the directory in place of this process, on the same accounts and rules. Does not return.

    Raises:
        Unavailable: anvil is not installed.
        InputError: the directory, its chain or the port cannot be used.
    """
    program = need_service("anvil")
    lock = claim(directory)
    check_made_with(directory, settings, "anvil")
    with listening(lambda body: b"", port) as free:
        endpoint = Endpoint(f"http://{LOOPBACK}:{free}", "anvil", os.getpid())
    announce(directory, endpoint)
    on_ready(endpoint)
    os.set_inheritable(lock, True)  # anvil holds the directory then
    options = {
        "--host": LOOPBACK,
        "--port": free,
        "--chain-id": settings.chain_id,
        "--hardfork": settings.fork,
        "--mnemonic": settings.mnemonic,
        "--accounts": settings.accounts,
        "--balance": settings.balance_eth,
        "--gas-limit": GAS_LIMIT,
        "--state": directory / ANVIL_STATE,
        "--state-interval": ANVIL_INTERVAL,
        **({"--block-time": settings.block_time} if interval else {}),
    }
    words = [str(word) for option in options.items() for word in option]
    flags = ["--quiet", "--no-cors", *(["--mixed-mining"] if interval else [])]
    os.execv(program, [str(program), *words, *flags])


def serve_beside(directory: Path, arguments: list[str], seconds: float) -> Endpoint:
    """Start ``qfl devnet start`` with these arguments as a process of its own, and wait until it answers.

    Raises:
        InputError: it ended; with its own words.
        LedgerError: it does not answer.
    """
    pid = holder(directory)
    if pid is not None:
        os.close(claim(directory))  # raises, and says who has it
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", "from qfl_chain.cli.main import main; main()", "devnet", "start", *arguments]
    with (directory / LOG).open("wb") as log:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        endpoint = endpoint_of(directory)
        if endpoint is not None and endpoint.pid == started.pid and _answers(endpoint.url):
            started.returncode = 0  # it goes on when this process ends: Popen must not warn that nobody waited
            return endpoint
        if started.poll() is not None:
            raise InputError((directory / LOG).read_text().strip().removeprefix("error: ") or "the devnet ended")
        time.sleep(POLL_SECONDS)
    started.terminate()
    raise LedgerError(f"the devnet did not answer within {seconds:g} seconds: see {directory / LOG}")


def _answers(url: str) -> bool:
    from qfl_chain.chain.node.client import ask

    try:
        ask(url, "eth_chainId")
    except LedgerError:
        return False
    return True


def _tick(node: Node, dispatcher: Dispatcher, seconds: int) -> None:
    while True:
        time.sleep(seconds)
        with dispatcher.lock:
            node.tick()


def _machine_clock() -> int:
    return int(time.time())


def _stop_signal() -> Event:
    stopped = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)
    return stopped
