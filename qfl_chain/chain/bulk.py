"""All logs of one contract as the node writes them, many blocks at a time: what an index is made from.

:class:`~qfl_chain.chain.logs.LogReader` serves actors, who need a few events now; this serves who needs all of them
once. A piece counts only when its last block, and the block read before it, have one hash before and after the logs
came: a block's hash binds all blocks below, so the piece is of one chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_bloom.bloom import BloomFilter
from web3.exceptions import Web3RPCError

from qfl_chain.chain.logs import CONTRADICTION, LONGEST_SPAN, TRIES, is_too_much
from qfl_chain.chain.raw import NUMBER_BITS, TIME_BITS, RawNode, making_sense, quantity
from qfl_chain.chain.transport import reason
from qfl_chain.errors import LedgerError, Unreachable
from qfl_chain.types import Address

FIRST_SPAN = 128
"""Blocks in the first question; nobody knows yet how many logs a block holds."""
GROWTH = 4
FULL = 20_000
"""Logs after which a piece is long enough: it bounds the memory of whoever reads."""
INDEX_BITS = 31
"""Of a log's place in its block."""
RECENT = 16
"""Blocks below the head whose logs are looked for twice."""
PRUNED = re.compile(r"prun|missing trie node|historical|archive|ancient|resource not (found|available)", re.I)
PRUNED_CODE = 4444

RawLog = Mapping[str, Any]
Known = tuple[int, bytes | None]
"""A block that was read: its number and hash."""


class Forked(Exception):
    """The chain changed under the reader, or two of the node's answers belong to different chains."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block as far as an index needs it."""

    number: int
    hash: bytes
    time: int
    bloom: int = 0
    """Its Bloom filter of addresses and topics; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class RawPiece:
    """Blocks ``first`` to ``last`` of a chain whose latest block is ``head``.

    Attributes:
        logs: the contract's, in chain order, as the node writes them.
        blocks: those with logs, and the last, ascending.
    """

    first: int
    last: int
    head: int
    logs: Sequence[RawLog]
    blocks: tuple[RawBlock, ...]


class BulkReader:
    """Reads one contract's logs in pieces that fit the node's limits and our memory.

    Args:
        node: where to ask.
        address: the contract's.
    """

    def __init__(self, node: RawNode, address: Address) -> None:
        self._node = node
        self._address = address
        self._span = FIRST_SPAN

    def head(self) -> RawBlock:
        """The latest block."""
        return _block(self._node.ask("eth_getBlockByNumber", "latest", False))

    def standing(self, known: Sequence[Known], head: RawBlock) -> Known | None:
        """The newest of these blocks that the chain still has; None where it has none of them.

        Args:
            known: newest first.
            head: the latest block; higher ones are skipped, since nothing is known of them.

        Raises:
            Forked: the node does not know a block below its latest.
        """
        if known and known[0] == (head.number, head.hash):
            return known[0]
        reachable = [one for one in known if one[0] <= head.number]
        # Mostly the newest stands, so it is asked for alone.
        for some in (reachable[:1], reachable[1:]):
            for one, found in zip(some, self._blocks([number for number, _ in some]), strict=True):
                if found is None:
                    raise Forked
                if found.hash == one[1]:
                    return one
        return None

    def pieces(self, first: int, before: Known | None) -> Iterator[RawPiece]:
        """Everything from a block up to the latest one, piece by piece; a piece may hold no logs.

        Args:
            first: where to begin.
            before: a block below that was read, which must stay on the chain.

        Raises:
            Forked: the chain changed meanwhile: look at what still stands, and go on from there.
            LedgerError: the node refuses one block's logs, has pruned them, or contradicts itself.
        """
        head = self.head()
        while first <= head.number:
            piece = self._piece(first, head, before)
            if piece is None:
                continue
            yield piece
            first, before = piece.last + 1, (piece.last, piece.blocks[-1].hash)
            if first > head.number:
                head = self.head()

    def _piece(self, first: int, head: RawBlock, before: Known | None) -> RawPiece | None:
        """The next piece; None when that was too much to ask."""
        last = min(first + self._span - 1, head.number)
        end = head if last == head.number else self._one(last)
        logs = self._logs(first, last)
        if logs is None:
            self._span = max((last - first + 1) // 2, 1)
            return None
        self._check(end, before)
        with making_sense("logs"):
            self._check_recent(logs, first, end, head)
            blocks = self._blocks_of(logs, end)
        self._adapt(last - first + 1, len(logs))
        return RawPiece(first, last, head.number, logs, blocks)

    def _logs(self, first: int, last: int) -> list[RawLog] | None:
        asked = {"address": self._address, "fromBlock": hex(first), "toBlock": hex(last)}
        try:
            logs = self._node.ask("eth_getLogs", asked)
        except (Web3RPCError, Unreachable) as error:
            if isinstance(error, Web3RPCError) and _is_pruned(error):
                raise _pruned(f"logs of blocks {first} to {last}", error) from error
            if first == last or not is_too_much(error):
                raise
            return None
        with making_sense("logs"):
            standing = [log for log in logs if not log.get("removed")]
            self._check_asked_for(standing, first, last)
            return sorted(standing, key=_position)

    def _check_asked_for(self, logs: Sequence[RawLog], first: int, last: int) -> None:
        strangers = {log["address"].lower() for log in logs} - {self._address.lower()}
        outside = [log for log in logs if not first <= int(log["blockNumber"], 16) <= last]
        if strangers or outside:
            raise LedgerError(
                f"the endpoint answers a question about {self._address} in blocks {first} to {last} with other logs: "
                "use another endpoint"
            )

    def _check(self, end: RawBlock, before: Known | None) -> None:
        """The piece's last block, and the one read before it, stand as they did."""
        known = [(end.number, end.hash), *([before] if before else [])]
        found = self._blocks([number for number, _ in known])
        if any(block is None or block.hash != one[1] for one, block in zip(known, found, strict=True)):
            raise Forked

    def _check_recent(self, logs: Sequence[RawLog], first: int, end: RawBlock, head: RawBlock) -> None:
        """No log of the newest blocks is missing: a node that lags behind its own head leaves them out in silence.

        A block's Bloom filter says that there may be some. Asked for by the block's hash (EIP-234), a node cannot but
        give them, or say that it does not know the block.
        """
        start = max(first, head.number - RECENT + 1)
        known = {int(log["blockNumber"], 16) for log in logs}
        numbers = [number for number in range(start, end.number) if number not in known]
        unseen = [*self._blocks(numbers), *([end] if end.number >= start and end.number not in known else [])]
        for block in unseen:
            if block is None:
                raise Forked
            if bytes.fromhex(self._address[2:]) in BloomFilter(block.bloom) and self._logs_by_hash(block):
                raise Forked

    def _logs_by_hash(self, block: RawBlock) -> bool:
        """Whether there are any, or the node does not know the block."""
        try:
            return bool(self._node.ask("eth_getLogs", {"address": self._address, "blockHash": "0x" + block.hash.hex()}))
        except Web3RPCError:
            return True

    def _blocks_of(self, logs: Sequence[RawLog], end: RawBlock) -> tuple[RawBlock, ...]:
        """The blocks that the logs name; their times are in the logs, or asked for."""
        named = {log["blockHash"]: log for log in logs}
        blocks = {end.number: end}
        unknown = []
        for log in named.values():
            number, digest = int(log["blockNumber"], 16), bytes.fromhex(log["blockHash"][2:])
            if number in blocks and blocks[number].hash != digest:
                raise Forked
            if "blockTimestamp" in log:
                blocks[number] = RawBlock(number, digest, quantity(log["blockTimestamp"], TIME_BITS))
            elif number not in blocks:
                blocks[number] = RawBlock(number, digest, 0)
                unknown.append(number)
        for number, found in zip(unknown, self._blocks(unknown), strict=True):
            if found is None or found.hash != blocks[number].hash:
                raise Forked
            blocks[number] = found
        return tuple(blocks[number] for number in sorted(blocks))

    def _adapt(self, span: int, found: int) -> None:
        """Longer pieces while logs are few, shorter ones where they are many."""
        fitting = span * FULL // max(found, 1)
        self._span = max(min(fitting, GROWTH * span, LONGEST_SPAN), 1)

    def _one(self, number: int) -> RawBlock:
        (block,) = self._blocks([number])
        if block is None:
            raise Forked
        return block

    def _blocks(self, numbers: Sequence[int]) -> list[RawBlock | None]:
        try:
            found = self._node.ask_all("eth_getBlockByNumber", [(hex(number), False) for number in numbers])
        except Web3RPCError as error:
            if _is_pruned(error):
                raise _pruned(f"blocks {min(numbers)} to {max(numbers)}", error) from error
            raise
        return [None if block is None else _block(block) for block in found]


class Patience:
    """How often a node may contradict itself before it is given up; progress makes good for it."""

    def __init__(self) -> None:
        self._left = TRIES

    def progressed(self) -> None:
        """A piece came through."""
        self._left = TRIES

    def tried(self) -> None:
        """It did not.

        Raises:
            LedgerError: once too often.
        """
        self._left -= 1
        if not self._left:
            raise LedgerError(CONTRADICTION)


def _block(block: Mapping[str, Any]) -> RawBlock:
    with making_sense("a block"):
        return RawBlock(
            number=quantity(block["number"], NUMBER_BITS),
            hash=bytes.fromhex(block["hash"][2:]),
            time=quantity(block["timestamp"], TIME_BITS),
            bloom=int(block.get("logsBloom") or "0x0", 16),
        )


def _position(log: RawLog) -> tuple[int, int]:
    return quantity(log["blockNumber"], NUMBER_BITS), quantity(log["logIndex"], INDEX_BITS)


def _is_pruned(error: Web3RPCError) -> bool:
    answer: Any = error.rpc_response or {}
    code = answer["error"].get("code") if isinstance(answer.get("error"), Mapping) else None
    return code == PRUNED_CODE or PRUNED.search(reason(error)) is not None


def _pruned(what: str, error: Web3RPCError) -> LedgerError:
    return LedgerError(
        f"the node no longer has the {what} ({reason(error)}): it is a pruned node; use an archive node, or one that "
        "keeps logs from the federation's block on"
    )
