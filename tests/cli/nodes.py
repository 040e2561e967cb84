"""Real nodes on the loopback interface for one test: anvil, and geth --dev."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web3 import Web3

from tests.services import need

PATIENCE = 30


@contextmanager
def anvil() -> Iterator[str]:
    port = _free_port()
    with _running([need("anvil"), "--host", "127.0.0.1", "--port", port, "--silent"], port) as url:
        yield url


@contextmanager
def geth(folder: Path) -> Iterator[str]:
    port = _free_port()
    network = ("--nodiscover", "--maxpeers", "0", "--port", "0", "--authrpc.port", _free_port(), "--ipcdisable")
    http = ("--http", "--http.addr", "127.0.0.1", "--http.port", port)
    command = [need("geth"), "--dev", "--dev.period", "1", *http, *network, "--datadir", folder / "geth"]
    with _running(command, port) as url:
        yield url


def fund(url: str, account: str) -> None:
    """Give an account ten eth from the node's own."""
    web3 = Web3(Web3.HTTPProvider(url))
    sent = {"from": web3.eth.accounts[0], "to": account, "value": 10 * 10**18}
    web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(sent), timeout=PATIENCE)  # type: ignore[arg-type]


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@contextmanager
def _running(command: list[object], port: str) -> Iterator[str]:
    node = subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE
        while not Web3(Web3.HTTPProvider(url)).is_connected():
            assert node.poll() is None, f"{command[0]} ended"
            assert time.monotonic() < end, f"{command[0]} does not answer"
            time.sleep(0.05)
        yield url
    finally:
        node.terminate()
        node.wait(PATIENCE)
