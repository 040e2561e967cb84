"""Raw logs into columns, all logs of one event at a time.

The ABI says where in a log's data a field stands, and a static event's data has one length. So the data of a
thousand logs is one string of hexadecimal digits, read in one go, and a field is a slice of a matrix of bytes. What
remains for each log are comprehensions over its few strings. The result is what web3.py decodes, value for value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
from eth_utils.address import to_checksum_address
from numpy.typing import NDArray

from qfl_chain.analysis.index.pieces import COLUMNS, Blocks, Columns, Piece, objects
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.bulk import RawBlock, RawLog, RawPiece
from qfl_chain.chain.decoding import signature_hash
from qfl_chain.errors import WrongContract

WORD = 32
NUMBER_BYTES = 8
ADDRESS_BYTES = 20

UNDECODED = "data"
"""The column of an event with fields of no fixed length: its whole data."""


@dataclass(frozen=True, slots=True)
class Field:
    """One static field: its column, ``address``, ``number`` or ``bytes``, and how many bytes of its word it fills."""

    column: str
    kind: str
    size: int
    left: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """One event: the fields in its topics and those in its data, in order; ``data`` is None where it has no length."""

    name: str
    topics: tuple[Field, ...]
    data: tuple[Field, ...] | None


@cache
def layouts() -> Mapping[str, Layout]:
    """Every event of a federation by its first topic, in hexadecimal digits as nodes write it."""
    return {
        "0x" + signature_hash(entry).hex(): _layout(entry) for entry in load_artifact().abi if entry["type"] == "event"
    }


def decode_piece(raw: RawPiece) -> Piece:
    """A piece with its logs decoded.

    Raises:
        WrongContract: a log that is none of this version's, or is damaged.
    """
    return Piece(raw.first, raw.last, _blocks(raw.blocks), decode_logs(raw.logs))


def decode_logs(logs: Sequence[RawLog]) -> dict[str, Columns]:
    """Columns by event name; the logs of each keep their order.

    Args:
        logs: of one contract, as the node's JSON has them.

    Raises:
        WrongContract: a log that is none of this version's, or is damaged.
    """
    found = layouts()
    by_topic: dict[str, list[RawLog]] = {}
    for topic, group in groupby(logs, key=_first_topic):
        by_topic.setdefault(topic, []).extend(group)
    unknown = [topic for topic in by_topic if topic not in found]
    if unknown:
        raise _wrong(by_topic[unknown[0]][0], "what no federation of this version logs")
    return {found[topic].name: _Group(found[topic], group).columns() for topic, group in by_topic.items()}


@dataclass(frozen=True, slots=True)
class _Group:
    """All logs of one event."""

    layout: Layout
    logs: Sequence[RawLog]

    def columns(self) -> Columns:
        layout, logs = self.layout, self.logs
        topics = [log["topics"] for log in logs]
        if {len(each) for each in topics} != {1 + len(layout.topics)}:
            raise self._damaged(lambda log: len(log["topics"]) == 1 + len(layout.topics))
        columns: dict[str, NDArray[Any]] = {
            "block": _integers([log["blockNumber"] for log in logs]),
            "log_index": _integers([log["logIndex"] for log in logs]),
            "transaction": _rows(self._matrix([log["transactionHash"] for log in logs], WORD)),
        }
        for position, field in enumerate(layout.topics, start=1):
            columns[field.column] = self._topic(field, [each[position] for each in topics])
        data = [log["data"] for log in logs]
        if layout.data is None:
            return {**columns, UNDECODED: objects(_rows(self._matrix([each], len(each) // 2 - 1))[0] for each in data)}
        if not layout.data:
            self._matrix(data, 0)
            return columns
        words = self._matrix(data, WORD * len(layout.data)).reshape(len(logs), len(layout.data), WORD)
        return columns | {field.column: self._column(field, words[:, at]) for at, field in enumerate(layout.data)}

    def _topic(self, field: Field, topics: Sequence[str]) -> NDArray[Any]:
        if field.kind != "address":
            return self._column(field, self._matrix(topics, WORD))
        # Few accounts fill many logs: each is checked and written once, and then looked up.
        try:
            return objects([_ACCOUNTS[topic] for topic in topics])
        except ValueError:
            odd = next(at for at, topic in enumerate(topics) if not _is_address(topic))
            raise _wrong(self.logs[odd], f"a {self.layout.name} whose {field.column} is no address") from None

    def _column(self, field: Field, words: NDArray[np.uint8]) -> NDArray[Any]:
        """One field of every log, from its words."""
        at = field.size if field.left else WORD - field.size
        used, rest = (words[:, :at], words[:, at:]) if field.left else (words[:, at:], words[:, :at])
        if rest.any():
            odd = self.logs[int(np.flatnonzero(rest.any(axis=1))[0])]
            raise _wrong(odd, f"a {self.layout.name} whose {field.column} does not fit {8 * field.size} bits")
        if field.kind == "address":
            return objects(_ACCOUNTS["0x" + word.tobytes().hex()] for word in words)
        if field.kind == "bytes":
            return _rows(np.ascontiguousarray(used))
        numbers = np.ascontiguousarray(words[:, WORD - NUMBER_BYTES :]).view(">u8")[:, 0]
        return numbers.astype(np.uint64 if field.size == NUMBER_BYTES else np.int64)

    def _matrix(self, texts: Sequence[str], size: int) -> NDArray[np.uint8]:
        """Hexadecimal texts of so many bytes each, as rows."""
        digits = 2 + 2 * size
        try:
            if {len(text) for text in texts} != {digits}:
                raise ValueError
            content = bytes.fromhex("".join([text[2:] for text in texts]))
            return np.frombuffer(content, np.uint8).reshape(len(texts), size)
        except ValueError:
            at = next((at for at, text in enumerate(texts) if not _is_hexadecimal(text, size)), 0)
            raise self._damaged(lambda log: log is not self.logs[at]) from None

    def _damaged(self, sound: Callable[[RawLog], bool]) -> WrongContract:
        odd = next(log for log in self.logs if not sound(log))
        return _wrong(odd, f"a {self.layout.name} whose fields are not those of this version")


def _rows(rows: NDArray[np.uint8]) -> NDArray[Any]:
    """Rows of bytes, each as one object."""
    return rows.view(f"V{rows.shape[1]}")[:, 0].astype(object)


def _integers(quantities: Iterable[str]) -> NDArray[np.int64]:
    return np.array([int(quantity, 16) for quantity in quantities], dtype=np.int64)


def _blocks(blocks: Sequence[RawBlock]) -> Blocks:
    return Blocks(
        number=np.array([block.number for block in blocks], dtype=np.int64),
        hash=objects([block.hash for block in blocks]),
        time=np.array([block.time for block in blocks], dtype=np.int64),
    )


class _Accounts(dict[str, str]):
    """Checksummed addresses by the word they stand in."""

    def __missing__(self, word: str) -> str:
        if not _is_address(word):
            raise ValueError(word)
        self[word] = str(to_checksum_address("0x" + word[-2 * ADDRESS_BYTES :]))
        return self[word]


_ACCOUNTS = _Accounts()


def _is_address(word: str) -> bool:
    return _is_hexadecimal(word, WORD) and not word[2 : -2 * ADDRESS_BYTES].strip("0")


def _is_hexadecimal(text: str, size: int) -> bool:
    return re.fullmatch(f"0x[0-9a-fA-F]{{{2 * size}}}", text) is not None


def _layout(entry: Mapping[str, Any]) -> Layout:
    topics = tuple(_field(item) for item in entry["inputs"] if item["indexed"])
    data = [item for item in entry["inputs"] if not item["indexed"]]
    dynamic = any(str(item["type"]).endswith(("]", "string", "tuple")) or item["type"] == "bytes" for item in data)
    return Layout(str(entry["name"]), topics, None if dynamic else tuple(map(_field, data)))


def _field(item: Mapping[str, Any]) -> Field:
    kind, column = str(item["type"]), COLUMNS.get(item["name"], str(item["name"]))
    if kind == "address":
        return Field(column, "address", ADDRESS_BYTES, left=False)
    if kind.startswith("uint"):
        size = int(kind[4:]) // 8
        return Field(column, "number" if size <= NUMBER_BYTES else "bytes", size, left=False)
    return Field(column, "bytes", int(kind.removeprefix("bytes")), left=True)


def _first_topic(log: RawLog) -> str:
    topics = log["topics"]
    return str(topics[0]) if topics else ""


def _wrong(log: RawLog, what: str) -> WrongContract:
    where = f"block {int(log['blockNumber'], 16)}, log {int(log['logIndex'], 16)}"
    return WrongContract(f"{log['address']} logs {what} ({where}): check the address, and use its version of qfl-chain")
