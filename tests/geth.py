"""geth in development mode on a free port of the loopback interface, alone: no peers, no discovery."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import Web3

from qfl_chain.chain.transport import open_web3
from tests.ports import free_port, wait_for_rpc
from tests.services import need


@dataclass(frozen=True)
class Geth:
    """A running node; its own account is unlocked and rich."""

    url: str
    web3: Web3

    def fund(self, address: str, ether: int = 100) -> None:
        """Give an account something to spend."""
        sent: Any = {"from": self.web3.eth.accounts[0], "to": address, "value": ether * 10**18}
        self.web3.eth.wait_for_transaction_receipt(self.web3.eth.send_transaction(sent), poll_latency=0.05)


@contextmanager
def geth(folder: Path, period: int = 1) -> Iterator[Geth]:
    """Start ``geth --dev`` with its data in a folder, a block every ``period`` seconds, 0 for one a transaction.

    Skips the test where geth is absent.
    """
    port = free_port()
    with subprocess.Popen(
        [
            *(str(need("geth")), "--dev", "--dev.period", str(period), "--datadir", str(folder)),
            *("--http", "--http.addr", "127.0.0.1", "--http.port", str(port), "--http.api", "eth,net,web3,txpool"),
            *("--authrpc.addr", "127.0.0.1", "--authrpc.port", str(free_port())),
            *("--nodiscover", "--maxpeers", "0", "--port", "0", "--ipcdisable", "--verbosity", "1"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_rpc(url, process)
            yield Geth(url, open_web3(url))
        finally:
            process.terminate()
