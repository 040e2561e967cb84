"""A node that does with transactions what it is told: takes, loses, mines, drops and reorders them.

It keeps one account's nonce, a pool and a list of blocks, and answers the JSON-RPC methods the sender asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from web3 import Web3
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

GWEI = 10**9


class FakeNode(BaseProvider):
    """One account's chain, and the clock of who waits for it: every sleep is a tick."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.blocks: list[tuple[int, list[str]]] = [(0, [])]
        """Per block, a number that makes its hash, and the raw transactions in it."""
        self.pool: list[str] = []
        self.sent: list[str] = []
        self.refusals: list[str | None] = []
        """What the next raw transactions are answered with; None takes them."""
        self.on_tick: Callable[[], None] = self.mine
        self.base_fee = GWEI
        self.balance = 10**18
        self.status = 1
        self.foreign_nonces = 0
        self.web3 = Web3(self)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_tick()

    def mine(self) -> None:
        """A block with everything in the pool."""
        best: dict[int, str] = {}
        for raw in self.pool:
            best[fields(raw)["nonce"]] = raw
        mined = [best[nonce] for nonce in sorted(best)]
        self.blocks.append((len(self.blocks) + 1000 * int(self.now), mined))
        self.pool = []

    def reorg(self, depth: int, *, keep: bool = False) -> None:
        """Replace the last blocks by as many empty ones; their transactions go back to the pool or are forgotten."""
        gone = self.blocks[-depth:]
        del self.blocks[-depth:]
        self.blocks += [(10**6 + number, []) for number, _ in gone]
        if keep:
            self.pool += [raw for _, mined in gone for raw in mined]

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        answer = getattr(self, method)(*params)
        if isinstance(answer, Exception):
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": str(answer)}}
        return {"jsonrpc": "2.0", "id": 1, "result": answer}

    def eth_chainId(self) -> str:  # noqa: N802  # methods are named as JSON-RPC names them
        return "0x1"

    def eth_blockNumber(self) -> str:  # noqa: N802
        return hex(len(self.blocks) - 1)

    def eth_getBalance(self, *_: Any) -> str:  # noqa: N802
        return hex(self.balance)

    def eth_estimateGas(self, *_: Any) -> str:  # noqa: N802
        return hex(100_000)

    def eth_getTransactionCount(self, _: str, block: str) -> str:  # noqa: N802
        mined = sum(len(mined) for _, mined in self.blocks) + self.foreign_nonces
        return hex(mined + (len({fields(raw)["nonce"] for raw in self.pool}) if block == "pending" else 0))

    def eth_getBlockByNumber(self, block: str, *_: Any) -> Any:  # noqa: N802
        number = len(self.blocks) - 1 if block == "latest" else int(block, 16)
        return {"number": hex(number), "hash": self.block_hash(number), "baseFeePerGas": hex(self.base_fee)}

    def eth_sendRawTransaction(self, raw: str) -> Any:  # noqa: N802
        self.sent.append(raw)
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            return ValueError(refusal)
        if raw in self.pool:
            return ValueError("already known")
        self.pool.append(raw)
        return digest(raw)

    def eth_getTransactionByHash(self, wanted: str) -> Any:  # noqa: N802
        everywhere = [raw for _, mined in self.blocks for raw in mined] + self.pool
        return {"hash": wanted} if wanted in map(digest, everywhere) else None

    def eth_getTransactionReceipt(self, wanted: str) -> Any:  # noqa: N802
        for number, (_, mined) in enumerate(self.blocks):
            if wanted in map(digest, mined):
                return {
                    "transactionHash": wanted,
                    "blockNumber": hex(number),
                    "blockHash": self.block_hash(number),
                    "status": hex(self.status),
                    "gasUsed": hex(50_000),
                    "effectiveGasPrice": hex(GWEI),
                }
        return None

    def block_hash(self, number: int) -> str:
        return "0x" + self.blocks[number][0].to_bytes(32, "big").hex()


def fields(raw: str) -> dict[str, Any]:
    """What a raw transaction says."""
    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def digest(raw: str) -> str:
    return Web3.keccak(hexstr=raw).to_0x_hex()  # type: ignore[arg-type]
