"""The nodes ``load.py`` puts under load, and JSON-RPC in batches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from qfl_chain.chain.services import need_service  # noqa: E402
from qfl_chain.errors import LedgerError  # noqa: E402
from tests.devnet_process import DevnetProcess  # noqa: E402
from tests.ports import free_port, wait_for_rpc  # noqa: E402

BACKENDS = ("anvil", "devnet")
TIMEOUT_SECONDS = 300
POLL_SECONDS, RECEIPTS = 0.01, 100


@dataclass(frozen=True, slots=True)
class Node:
    """A running node, asked over one connection."""

    backend: str
    url: str
    pid: int
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, *parameters: Any) -> Any:
        """One request's result."""
        return self.ask_all(method, [parameters])[0]

    def ask_all(self, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of one JSON-RPC batch, in the order of the calls.

        Raises:
            LedgerError: the node refuses one of them.
        """
        batch: Any = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(call)}
            for number, call in enumerate(calls)
        ]
        response = self.session.post(self.url, json=batch, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        answers = sorted(response.json(), key=lambda answer: int(answer["id"]))
        refused = [answer["error"]["message"] for answer in answers if "error" in answer]
        if refused:
            raise LedgerError(f"{method}: the node refuses {len(refused)} of {len(batch)}: {refused[0]}")
        return [answer["result"] for answer in answers]

    def receipts(self, hashes: Sequence[str]) -> list[Mapping[str, Any]]:
        """The receipts of all these transactions, once all are mined."""
        found: list[Mapping[str, Any]] = []
        # The last one's comes first: mostly all are mined when it is.
        while self.ask("eth_getTransactionReceipt", hashes[-1]) is None:
            sleep(POLL_SECONDS)
        while len(found) < len(hashes):
            wanted = hashes[len(found) : len(found) + RECEIPTS]
            answers = self.ask_all("eth_getTransactionReceipt", [(one,) for one in wanted])
            if None in answers:
                sleep(POLL_SECONDS)
            else:
                found += answers
        return found


@contextmanager
def node(backend: str) -> Iterator[Node]:
    """Start a fresh node on a free port of the loopback interface; it ends with the block.

    Raises:
        Unavailable: anvil is not installed.
    """
    yield from _anvil() if backend == "anvil" else _devnet()


def _anvil() -> Iterator[Node]:
    port = free_port()
    command = [str(need_service("anvil")), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_rpc(url, process)
            yield Node("anvil", url, process.pid)
        finally:
            process.terminate()


def _devnet() -> Iterator[Node]:
    with TemporaryDirectory() as folder:
        process = DevnetProcess(Path(folder), "--no-interval")
        process.start()
        try:
            yield Node("devnet", process.url, process.pid)
        finally:
            process.stop()
