"""One contract's logs, read a piece at a time, right through reorgs and nodes that limit their answers.

The hashes of the blocks read last are remembered. Where the chain has another block at such a height, everything
from the fork on is forgotten and read again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from eth_typing import BlockNumber, ChecksumAddress
from web3 import Web3
from web3.exceptions import BlockNotFound, Web3RPCError
from web3.types import BlockData, LogReceipt

from qfl_chain.chain.transport import asks_for_fewer_logs, timed_out
from qfl_chain.errors import LedgerError, Unreachable
from qfl_chain.types import Event

LONGEST_SPAN = 10_000
"""Blocks in one question; hosted nodes allow that many or fewer."""
REMEMBERED = 256
"""Block hashes kept. A reorg deeper than all of them has every log read again."""
TRIES = 5
"""Reads that may contradict themselves before the endpoint is given up: a reorg in between explains one or two."""
CONTRADICTION = "the endpoint's blocks and logs contradict each other: try again, or use another endpoint"


@dataclass(frozen=True, slots=True)
class _Read:
    """A block up to and with which all logs are read."""

    number: int
    hash: bytes


class _ChangedMeanwhile(Exception):
    """Two answers that belong to different chains."""


class LogReader:
    """All events of one contract from a block on, as the chain has them at each call.

    Args:
        web3: a connection to the chain.
        address: the contract's.
        from_block: a block not after the deployment.
        decode: turns a log of a block with the given time into an event.
    """

    def __init__(
        self, web3: Web3, address: ChecksumAddress, from_block: int, decode: Callable[[LogReceipt, int], Event]
    ) -> None:
        self._web3 = web3
        self._address = address
        self._from_block = from_block
        self._decode = decode
        self._read: list[_Read] = []
        self._events: tuple[Event, ...] = ()
        self._span = LONGEST_SPAN

    def events(self) -> tuple[Event, ...]:
        """Every event up to the latest block, in chain order; the same tuple while nothing changed.

        Raises:
            LedgerError: the endpoint keeps contradicting itself, or refuses even one block's logs.
        """
        for _ in range(TRIES):
            try:
                return self._up_to(self._web3.eth.get_block("latest"))
            except (_ChangedMeanwhile, BlockNotFound):
                continue
        raise LedgerError(CONTRADICTION)

    def _up_to(self, head: BlockData) -> tuple[Event, ...]:
        if self._read and self._read[-1].hash == bytes(head["hash"]):
            return self._events
        self._forget_the_forked(head)
        while self._next <= int(head["number"]):
            self._read_on(head)
        return self._events

    @property
    def _next(self) -> int:
        return self._read[-1].number + 1 if self._read else self._from_block

    def _forget_the_forked(self, head: BlockData) -> None:
        """Drop what was read of blocks the chain no longer has."""
        known = len(self._read)
        while self._read and not self._is_on(self._read[-1], head):
            self._read.pop()
        if len(self._read) < known:
            kept = bisect_left(self._events, self._next, key=lambda event: event.block)
            self._events = self._events[:kept]

    def _is_on(self, read: _Read, head: BlockData) -> bool:
        number = int(head["number"])
        if read.number >= number:
            return read.number == number and read.hash == bytes(head["hash"])
        if read.number == number - 1:
            return read.hash == bytes(head["parentHash"])
        return read.hash == self._hash_at(read.number)

    def first(self, topic: str) -> Event | None:
        """The first event with this topic; nothing is remembered."""
        start, head = self._from_block, int(self._web3.eth.block_number)
        while start <= head:
            last = min(start + self._span - 1, head)
            logs = self._logs(start, last, topic)
            if logs:
                return self._decode(logs[0], int(self._web3.eth.get_block(logs[0]["blockNumber"])["timestamp"]))
            start = start if logs is None else last + 1
        return None

    def _read_on(self, head: BlockData) -> None:
        """Read the next piece."""
        first, number = self._next, int(head["number"])
        last = min(first + self._span - 1, number)
        end = head if last == number else self._web3.eth.get_block(cast(BlockNumber, last))
        logs = self._logs(first, last)
        if logs is None:
            return
        blocks = self._blocks_of(logs, end)
        self._check_unchanged(logs, first, end)
        self._events += tuple(self._decode(log, int(blocks[int(log["blockNumber"])]["timestamp"])) for log in logs)
        self._remember(blocks, end)
        self._span = min(2 * self._span, LONGEST_SPAN)

    def _logs(self, first: int, last: int, topic: str | None = None) -> list[LogReceipt] | None:
        """A piece's logs; None when that is too much to ask, and the pieces are smaller from now on."""
        asked: Any = {"address": self._address, "fromBlock": first, "toBlock": last}
        if topic is not None:
            asked["topics"] = [topic]
        try:
            logs = self._web3.eth.get_logs(asked)
        except (Web3RPCError, Unreachable) as error:
            if first == last or not is_too_much(error):
                raise
            self._span = (last - first + 1) // 2
            return None
        standing = [log for log in logs if not log.get("removed")]
        return sorted(standing, key=lambda log: (log["blockNumber"], log["logIndex"]))

    def _blocks_of(self, logs: list[LogReceipt], end: BlockData) -> dict[int, BlockData]:
        """The blocks the logs name; asked for after the logs, so a log of a dropped block shows."""
        blocks = {int(end["number"]): end}
        for log in logs:
            number = int(log["blockNumber"])
            if number not in blocks:
                blocks[number] = self._web3.eth.get_block(log["blockNumber"])
            if bytes(log["blockHash"]) != bytes(blocks[number]["hash"]):
                raise _ChangedMeanwhile
        return blocks

    def _check_unchanged(self, logs: list[LogReceipt], first: int, end: BlockData) -> None:
        """The piece's last block, and the block before the piece, stand as they did before the logs came."""
        number = int(end["number"])
        if not (logs and first == number) and self._hash_at(number) != bytes(end["hash"]):
            raise _ChangedMeanwhile
        if self._read and not self._is_on(self._read[-1], end):
            raise _ChangedMeanwhile

    def _remember(self, blocks: dict[int, BlockData], end: BlockData) -> None:
        numbers = sorted(number for number in blocks if number <= int(end["number"]))
        self._read += [_Read(number, bytes(blocks[number]["hash"])) for number in numbers]
        del self._read[:-REMEMBERED]

    def _hash_at(self, number: int) -> bytes | None:
        try:
            return bytes(self._web3.eth.get_block(cast(BlockNumber, number))["hash"])
        except BlockNotFound:
            return None


def is_too_much(error: Web3RPCError | Unreachable) -> bool:
    """Whether a question about logs has too long an answer for the node: ask for fewer blocks."""
    return timed_out(error) if isinstance(error, Unreachable) else asks_for_fewer_logs(error)
