"""Logs of one contract through reorgs, limits of providers, and answers that contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.providers.base import BaseProvider
from web3.types import LogReceipt, RPCEndpoint, RPCResponse

from qfl_chain.chain.logs import REMEMBERED, LogReader
from qfl_chain.errors import LedgerError
from qfl_chain.types import Event

ADDRESS = Web3.to_checksum_address("0x" + "ab" * 20)
TOPIC = "0x" + "11" * 32


@dataclass
class FakeChain(BaseProvider):
    """Blocks by number: each a fork's name and how many logs it holds."""

    blocks: list[tuple[str, int]] = field(default_factory=lambda: [("a", 0)])
    limit: int = 10**9
    """Blocks a question may span."""
    message: str = "query returned more than 10000 results"
    asked: list[tuple[int, int]] = field(default_factory=list)
    stale: int = 0
    """How many of the next answers about logs are another fork's."""

    def __post_init__(self) -> None:
        super().__init__()
        self.web3 = Web3(self)

    def reader(self, from_block: int = 0) -> LogReader:
        return LogReader(self.web3, ADDRESS, from_block, event)

    def hash(self, number: int) -> str:
        """Depends on the blocks below, as it does on a chain."""
        return Web3.keccak(text="".join(fork for fork, _ in self.blocks[: number + 1])).to_0x_hex()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        answer: Any
        if method == "eth_blockNumber":
            answer = hex(len(self.blocks) - 1)
        elif method == "eth_getBlockByNumber":
            number = len(self.blocks) - 1 if params[0] == "latest" else int(params[0], 16)
            answer = self.block(number) if number < len(self.blocks) else None
        else:
            first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
            self.asked.append((first, last))
            if last - first + 1 > self.limit:
                error: Any = {"code": -32005, "message": self.message}
                return {"jsonrpc": "2.0", "id": 1, "error": error}
            answer = [log for number in range(first, last + 1) for log in self.logs(number)]
            self.stale -= 1
        return {"jsonrpc": "2.0", "id": 1, "result": answer}

    def block(self, number: int) -> dict[str, Any]:
        parent = self.hash(number - 1) if number else "0x" + "00" * 32
        return {"number": hex(number), "hash": self.hash(number), "parentHash": parent, "timestamp": hex(number)}

    def logs(self, number: int) -> list[dict[str, Any]]:
        block_hash = self.hash(number) if self.stale <= 0 else "0x" + "77" * 32
        head = {"address": ADDRESS, "topics": [TOPIC], "data": "0x", "transactionIndex": "0x0", "blockHash": block_hash}
        count = self.blocks[number][1]
        common = {**head, "blockNumber": hex(number), "transactionHash": self.hash(number)}
        return [{**common, "logIndex": hex(index)} for index in range(count)]


def event(log: LogReceipt, timestamp: int) -> Event:
    fork = log["transactionHash"].to_0x_hex()
    return Event("Logged", {}, int(log["blockNumber"]), int(log["logIndex"]), timestamp, fork)


def truth(chain: FakeChain) -> list[tuple[int, int, str]]:
    """What a reader that knows nothing yet reads."""
    return [
        (number, index, chain.hash(number)) for number, (_, count) in enumerate(chain.blocks) for index in range(count)
    ]


def told(reader: LogReader) -> list[tuple[int, int, str]]:
    return [(one.block, one.index, one.transaction) for one in reader.events()]


def test_new_blocks_alone_are_asked_for() -> None:
    chain = FakeChain([("a", 0), ("b", 2)])
    reader = chain.reader()
    assert told(reader) == truth(chain)
    chain.blocks += [("c", 0), ("d", 1)]
    assert told(reader) == truth(chain)
    assert chain.asked == [(0, 1), (2, 3)]


def test_the_same_tuple_is_given_while_nothing_changes() -> None:
    chain = FakeChain([("a", 1)])
    reader = chain.reader()
    assert reader.events() is reader.events()
    assert len(chain.asked) == 1


@pytest.mark.parametrize(
    "after",
    [
        [("a", 1), ("b", 1), ("C", 0)],
        [("a", 1), ("B", 1), ("c", 1), ("d", 1)],
        [("a", 1), ("B", 0)],
        [("A", 3)],
        [("a", 1), ("b", 1)],
    ],
)
def test_a_reorg_takes_events_away_and_brings_others(after: list[tuple[str, int]]) -> None:
    chain = FakeChain([("a", 1)])
    reader = chain.reader()
    for block in (("b", 1), ("c", 1)):
        reader.events()
        chain.blocks.append(block)
    assert told(reader) == truth(chain)
    chain.blocks = after
    assert told(reader) == truth(chain)


def test_a_reorg_deeper_than_memory_reads_all_again() -> None:
    chain = FakeChain([("a", 1)])
    reader = chain.reader()
    for number in range(REMEMBERED + 10):
        chain.blocks.append((f"b{number}", 1))
        reader.events()
    chain.blocks = [("A", 2), *chain.blocks[1:]]
    assert told(reader) == truth(chain)


@pytest.mark.parametrize(
    "message",
    ["query returned more than 10000 results", "block range too large", "Log response size exceeded", "exceed limit"],
)
def test_pieces_shrink_to_what_the_provider_allows_and_grow_again(message: str) -> None:
    chain = FakeChain([("a", 1)] + [(str(number), number % 2) for number in range(40)], limit=7, message=message)
    reader = chain.reader()
    assert told(reader) == truth(chain)
    chain.limit = 10**9
    chain.blocks += [("z", 1)] * 30
    assert told(reader) == truth(chain)
    assert max(last - first for first, last in chain.asked[-3:]) > 7


def test_one_block_that_is_too_much_is_refused_in_the_nodes_words() -> None:
    chain = FakeChain([("a", 1), ("b", 1)], limit=0)
    with pytest.raises(Web3RPCError, match="query returned more than"):
        chain.reader().events()


def test_logs_of_a_block_the_chain_has_not_are_read_again() -> None:
    chain = FakeChain([("a", 1), ("b", 1)], stale=2)
    assert told(chain.reader()) == truth(chain)


def test_an_endpoint_that_keeps_contradicting_itself_is_given_up() -> None:
    chain = FakeChain([("a", 1), ("b", 1)], stale=10**6)
    with pytest.raises(LedgerError, match="contradict each other: try again, or use another endpoint"):
        chain.reader().events()


def test_the_first_event_is_found_piece_by_piece() -> None:
    chain = FakeChain([("a", 0)] * 30 + [("b", 2)] + [("c", 1)] * 9, limit=4)
    first = chain.reader(from_block=3).first(TOPIC)
    assert first is not None
    assert (first.block, first.index) == (30, 0)
    assert FakeChain().reader().first(TOPIC) is None
