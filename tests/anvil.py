"""Foundry's anvil on a free port of the loopback interface, for tests of what only a real node does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from qfl_chain.chain.devnet import derive
from qfl_chain.chain.transport import open_web3
from tests.ports import free_port, wait_for_rpc
from tests.services import need

MNEMONIC = "test test test test test test test test test test test junk"


@dataclass(frozen=True)
class Anvil:
    """A running node."""

    url: str
    web3: Web3

    def account(self, index: int) -> LocalAccount:
        """One of the funded accounts."""
        return derive(MNEMONIC, index)

    def ask(self, method: str, *parameters: Any) -> Any:
        """Any JSON-RPC method's result."""
        response = self.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in response, response
        return response["result"]


@contextmanager
def anvil(*options: str) -> Iterator[Anvil]:
    """Start anvil; skips the test where it is absent."""
    port = free_port()
    command = [str(need("anvil")), "--host", "127.0.0.1", "--port", str(port), "--silent", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_rpc(url, process)
            yield Anvil(url, open_web3(url))
        finally:
            process.terminate()
