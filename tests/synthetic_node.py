"""A node that serves a synthetic log over JSON-RPC's methods, raw; and what nodes do to those who read it.

It keeps the blocks that were asked for last, so a log of millions of events takes no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import requests
from eth_bloom.bloom import BloomFilter
from web3 import Web3
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.decoding import signature_hash
from qfl_chain.errors import Unreachable
from qfl_chain.types import Address
from tests.synthetic_log import CHAIN_ID, CREATION, RawLog, SyntheticBlock, SyntheticLog

GWEI = 10**9
GAS_USED = 50_000
HOSTED_LIMIT = -32005


class SyntheticNode(BaseProvider):
    """One chain, which a test may lengthen, fork and spoil.

    Attributes:
        head: the latest block.
        forked_at: where another branch begins, on which everything after comes ``delay`` blocks later.
        limit: blocks that a question about logs may span; ``most`` logs that its answer may have.
        refusal: what it says of longer ones; ``slow``: it does not answer them in time.
        pruned: below this block, the node says that it has nothing; ``left_out``: blocks whose logs it leaves out.
        times: whether a log says its block's time.
        batches: whether it takes several questions at once.
        blooms: whether a block says its Bloom filter; ``lag``: the newest blocks whose logs it does not have yet.
        before: called with every method and its parameters, before the answer.
    """

    def __init__(self, log: SyntheticLog, head: int | None = None) -> None:
        super().__init__()
        self.log = log
        self.head = log.head if head is None else head
        self.forked_at, self.delay = 10**9, 0
        self.limit = self.most = 10**9
        self.refusal = "query returned more than 10000 results"
        self.slow = False
        self.pruned = 0
        self.left_out: set[int] = set()
        self.times = self.batches = True
        self.blooms, self.lag = False, 0
        self.before: Callable[[str, Any], None] = lambda method, params: None
        self.asked: list[tuple[str, Any]] = []
        self.chain_id = CHAIN_ID
        self.code = "0x60"
        self.web3 = Web3(self)
        self._made: dict[int, SyntheticBlock] = {}
        self._sent: dict[str, tuple[int, Address, str]] = {}
        self._making: Iterator[SyntheticBlock] = iter(())

    def fork(self, at: int, delay: int) -> None:
        """From a block on, the chain is another, on which everything happens so many blocks later."""
        self.forked_at, self.delay = at, delay
        self.head = max(self.head, at) + delay

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        self.before(method, params)
        self.asked.append((method, params))
        answer: Any = getattr(self, method)(*params)
        if isinstance(answer, Refusal):
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": answer.code, "message": answer.message}}
        return {"jsonrpc": "2.0", "id": 1, "result": answer}

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        if not self.batches:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}  # type: ignore[typeddict-item]
        return [self.make_request(method, params) for method, params in batch_requests]

    def eth_chainId(self) -> str:  # noqa: N802  # methods are named as JSON-RPC names them
        return hex(self.chain_id)

    def eth_getCode(self, *_: Any) -> str:  # noqa: N802
        return self.code

    def eth_getBlockByNumber(self, block: str, *_: Any) -> Any:  # noqa: N802
        number = self.head if block == "latest" else int(block, 16)
        if number < self.pruned:
            return Refusal(4444, "pruned history unavailable")
        if number > self.head:
            return None
        return {
            "number": hex(number),
            "hash": self.block_hash(number),
            "timestamp": hex(self.log.time(number)),
            "logsBloom": hex(self.bloom(number)) if self.blooms else None,
        }

    def bloom(self, number: int) -> int:
        """The filter of the block's logs; here, of the contract's address alone."""
        bloom = BloomFilter()
        if self._logs(number, always=True):
            bloom.add(bytes.fromhex(self.log.federation[2:]))
        return int(bloom)

    def eth_getLogs(self, asked: Any) -> Any:  # noqa: N802
        if "blockHash" in asked:
            return self._logs_by_hash(asked["blockHash"])
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        if first < self.pruned:
            return Refusal(-32000, "pruned history unavailable")
        self._forget_below(first - self.delay)
        fits = last - first + 1 <= self.limit
        logs = [log for number in range(first, last + 1) for log in self._logs(number)] if fits else []
        if not fits or len(logs) > self.most:
            if self.slow:
                raise Unreachable("no answer in time") from requests.ReadTimeout()
            return Refusal(HOSTED_LIMIT, self.refusal)
        return logs

    def eth_getTransactionByHash(self, wanted: str) -> Any:  # noqa: N802
        found = self._find(wanted)
        if found is None:
            return None
        number, sender, function = found
        to = None if function == "deploy" else self.log.federation.lower()
        return {
            "hash": wanted,
            "from": sender.lower(),
            "to": to,
            "blockHash": self.block_hash(number),
            "input": selector(function),
        }

    def eth_getTransactionReceipt(self, wanted: str) -> Any:  # noqa: N802
        found = self._find(wanted)
        if found is None:
            return None
        number, sender, function = found
        return {
            "transactionHash": wanted,
            "blockNumber": hex(number),
            "blockHash": self.block_hash(number),
            "from": sender.lower(),
            "contractAddress": self.log.federation.lower() if function == "deploy" else None,
            "status": "0x1",
            "gasUsed": hex(GAS_USED),
            "effectiveGasPrice": hex(GWEI),
        }

    def block_hash(self, number: int) -> str:
        """Another one on another branch."""
        return self.log.block_hash(number if number <= self.forked_at else -number * (1 + self.delay))

    def _logs_by_hash(self, block_hash: str) -> Any:
        heights = range(max(self.head - 100, 0), self.head + 1)
        number = next((number for number in heights if self.block_hash(number) == block_hash), None)
        if number is None or number > self.head - self.lag:
            return Refusal(-32000, "unknown block")
        return self._logs(number)

    def _logs(self, number: int, *, always: bool = False) -> list[RawLog]:
        made = self._source(number)
        left_out = number in self.left_out or number > self.head - self.lag
        if made is None or (left_out and not always) or number > self.head:
            return []
        here = {
            "blockNumber": hex(number),
            "blockHash": self.block_hash(number),
            "blockTimestamp": hex(self.log.time(number)),
        }
        logs = [{**log, **here} for log in self._block(made).logs]
        if not self.times:
            for log in logs:
                del log["blockTimestamp"]
        return logs

    def _source(self, number: int) -> int | None:
        """Which block of the log stands at this height; None where an empty one does."""
        if number <= self.forked_at:
            made = number
        else:
            made = number - self.delay if number > self.forked_at + self.delay else 0
        return made if CREATION <= made <= self.log.head else None

    def _find(self, transaction: str) -> tuple[int, Address, str] | None:
        """Where it was mined, who sent it, and what it calls."""
        found = self._sent.get(transaction)
        if found is None:
            return None
        made, sender, function = found
        return made + (self.delay if made > self.forked_at else 0), sender, function

    def _block(self, number: int) -> SyntheticBlock:
        """A block of the log. The blocks come in order, so going back is beginning again."""
        if number not in self._made:
            if not self._made or number < min(self._made):
                self._made, self._making = {}, self.log.blocks()
            for block in self._making:
                self._made[block.number] = block
                self._sent |= {one: (block.number, *call) for one, call in block.transactions.items()}
                if block.number == number:
                    break
        return self._made[number]

    def _forget_below(self, number: int) -> None:
        """Blocks and transactions that nobody who reads forward asks for again."""
        gone = [made for made in self._made if made < number]
        for made in gone[:-1] if len(gone) == len(self._made) else gone:
            for transaction in self._made.pop(made).transactions:
                del self._sent[transaction]


@cache
def selector(function: str) -> str:
    """The input that a call begins with."""
    entries = (entry for entry in load_artifact().abi if entry.get("name") == function and entry["type"] == "function")
    return "0x" + next((signature_hash(entry).hex()[:8] for entry in entries), "60")


class Refusal:
    """An error instead of an answer."""

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
