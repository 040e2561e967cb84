"""A node in memory on a clock the test moves, behind the dispatcher, and its requests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from qfl_chain.chain.devnet import load_settings
from qfl_chain.chain.node.database import ChainDatabase
from qfl_chain.chain.node.dispatch import Dispatcher
from qfl_chain.chain.node.node import Node

SETTINGS = replace(load_settings(), accounts=3)
START = SETTINGS.genesis_time + 1_000
"""The machine's time when a test begins."""


@dataclass
class Clock:
    """The machine's clock, as far as the node knows."""

    now: int = START

    def __call__(self) -> int:
        return self.now


@dataclass
class Bench:
    """A node and its dispatcher."""

    database: ChainDatabase
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.node = Node(SETTINGS, self.database, self.clock)
        self.dispatcher = Dispatcher(self.node)

    def post(self, request: object) -> Any:
        """The response to a request of any form; None where there is none."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        answer = self.dispatcher.answer(body)
        return json.loads(answer) if answer else None

    def ask(self, method: str, *params: object) -> Any:
        response = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "error" not in response, response
        return response["result"]

    def error(self, method: str, *params: object) -> dict[str, Any]:
        response = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "result" not in response, response
        return dict(response["error"])

    def address(self, index: int) -> str:
        return self.node.accounts[index].address.lower()

    def signed(self, **changes: Any) -> str:
        """A payment of 1 wei from the first account to the second, signed; ``changes`` to it."""
        nonce = int(self.ask("eth_getTransactionCount", self.address(0), "latest"), 16)
        payment = {
            "to": self.node.accounts[1].address,
            "value": 1,
            "gas": 21_000,
            "nonce": nonce,
            "chainId": SETTINGS.chain_id,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
        }
        signed = self.node.accounts[0].sign_transaction({**payment, **changes})
        return "0x" + signed.raw_transaction.hex().removeprefix("0x")

    def pay(self) -> str:
        """Send such a payment; its hash."""
        return str(self.ask("eth_sendRawTransaction", self.signed()))

    def deploy(self, runtime: str) -> str:
        """A contract with this code, in hex; its address."""
        size = len(runtime) // 2
        creation = f"0x60{size:02x}600c60003960{size:02x}6000f3{runtime}"
        digest = self.ask("eth_sendTransaction", {"from": self.address(0), "data": creation})
        return str(self.ask("eth_getTransactionReceipt", digest)["contractAddress"])


@pytest.fixture
def bench() -> Bench:
    return Bench(ChainDatabase(":memory:"))
