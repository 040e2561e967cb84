"""The index's file: a DuckDB database that holds one federation, written in whole pieces and read by many.

Every write is one transaction that also moves ``next_block``, so whenever the writer is killed, the file says how far
it came and nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import numpy as np

from qfl_chain.analysis.index.pieces import Blocks, Columns, Piece, objects
from qfl_chain.analysis.index.tables import Definitions, define, definitions, stranger
from qfl_chain.errors import ChecksumError, RunError
from qfl_chain.types import Address, IntArray

FORMAT = 1
"""Of the tables; another number is another version's."""

AGAIN = "make it again with `qfl analyze index`"

_LONGEST_NUMBER = 18
"""Digits: what 64 bits hold for sure."""

_CONFIG: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""Nothing is ever fetched from a network."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What an index is about.

    Attributes:
        from_block: a block not after the deployment; the first that is read.
        source: an endpoint's public name, or a run directory.
        name: what a scenario is called; empty where nobody said.
    """

    chain_id: int
    federation: Address
    from_block: int
    source: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One transaction to the federation, or its deployment."""

    hash: bytes
    block: int
    sender: str
    function: str
    gas_used: int
    fee_wei: int
    succeeded: bool


class Index:
    """One federation's history. Made by :func:`create_index`, :func:`open_index` or :func:`resume_index`.

    A context manager: leaving it closes the database.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self.connection = connection
        self.name = name

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; other processes may write it again."""
        self.connection.close()

    @property
    def meta(self) -> Meta:
        values = self._values()
        return Meta(
            int(values["chain_id"]),
            Address(values["federation"]),
            int(values["from_block"]),
            values["source"],
            values.get("name", ""),
        )

    @property
    def next_block(self) -> int:
        """The first block that is not read yet."""
        return int(self._values()["next_block"])

    def recent_blocks(self, count: int) -> tuple[tuple[int, bytes | None], ...]:
        """Number and hash of the blocks kept, newest first."""
        return tuple(self.query("SELECT number, hash FROM blocks ORDER BY number DESC LIMIT ?", (count,)))

    def forget_from(self, block: int) -> None:
        """Drop this block and all after it, which the chain no longer has."""
        with self.writing() as connection:
            self._forget_evidence(connection, block)
            for table, column in (("blocks", "number"), ("events", "block"), ("transactions", "block")):
                connection.execute(f"DELETE FROM {table} WHERE {column} >= ?", (block,))
            _set_next_block(connection, max(block, self.meta.from_block))

    def _forget_evidence(self, connection: duckdb.DuckDBPyConnection, block: int) -> None:
        """What was read of the reports that go: the same evidence may stand otherwise on another chain."""
        dropped = "SELECT evidence, round FROM events WHERE name = 'Reported' AND block >= ?"
        connection.execute(f"DELETE FROM evidence WHERE (digest, round) IN ({dropped})", (block,))
        connection.execute(f"DELETE FROM standings WHERE (evidence, round) IN ({dropped})", (block,))
        connection.execute(
            "DELETE FROM model_metrics WHERE rows = 'validation' AND round IN "
            "(SELECT round FROM events WHERE name = 'Reported' AND block >= ?)",
            (block,),
        )

    def append(self, piece: Piece, transactions: Sequence[TransactionRow] = ()) -> None:
        """Add the next blocks and their logs, all or nothing.

        Raises:
            ChecksumError: blocks that do not follow the last ones, or a log of a block the piece does not list.
            RunError: the file cannot be written.
        """
        if piece.first != self.next_block or piece.last < piece.first:
            raise ChecksumError(f"blocks {piece.first} to {piece.last} do not follow block {self.next_block - 1}")
        with self.writing() as connection:
            insert(connection, "blocks", _block_columns(piece.blocks), time="make_timestamp(time * 1000000)")
            for name, columns in piece.kinds.items():
                dated = {**columns, "time": _times(piece.blocks, columns["block"])}
                insert(connection, "events", dated, time="make_timestamp(time * 1000000)", name=f"'{name}'")
            if transactions:
                insert(connection, "transactions", _transaction_columns(transactions), fee_wei="fee_wei::HUGEINT")
            _set_next_block(connection, piece.last + 1)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: all of it is kept, or nothing.

        Raises:
            RunError: the file cannot be written.
        """
        with explained(self.name):
            self.connection.execute("BEGIN TRANSACTION")
        try:
            with explained(self.name):
                yield self.connection
                self.connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with suppress(duckdb.Error):  # the database may have ended the transaction itself
            self.connection.execute("ROLLBACK")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query of ours.

        Raises:
            RunError: the file cannot be read.
        """
        with explained(self.name):
            return self.connection.execute(sql, list(parameters)).fetchall()

    def _values(self) -> dict[str, str]:
        return dict(self.query("SELECT key, value FROM meta"))


def create_index(path: Path | None, meta: Meta) -> Index:
    """A new, empty index; in memory without a path.

    Raises:
        RunError: there is something at that path already, or it cannot be written.
    """
    if path is not None and path.exists():
        raise RunError(f"{path} exists already: choose another file, or go on with it by `qfl analyze index`")
    index = _connect(path)
    _set_up(index, meta)
    return index


def open_index(path: Path) -> Index:
    """An index to read.

    Raises:
        RunError: no file, not an index, one of another format, or one that another process is writing.
    """
    if not path.is_file():
        raise RunError(f"{path} is not there: {AGAIN}")
    index = _connect(path, read_only=True)
    with _closed_on_error(index):
        _check_format(index)
    return index


def resume_index(path: Path, meta: Meta) -> Index:
    """An index to go on with, made where it is missing. ``from_block`` stays what it was at first.

    Raises:
        RunError: not an index, of another format, of another federation or chain, or open in another process.
    """
    index = _connect(path)
    with _closed_on_error(index):
        # A writer that was killed before its first transaction leaves a database without tables.
        if not _defined(index):
            _set_up(index, meta)
            return index
        _check_format(index)
        check_same(index, meta)
        with index.writing() as connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'source'", (meta.source,))
    return index


def insert(connection: duckdb.DuckDBPyConnection, table: str, columns: Columns, **expressions: str) -> None:
    """Add rows given as arrays, fast; a column may be an SQL expression over them instead."""
    names = [*columns, *(name for name in expressions if name not in columns)]
    values = ", ".join(expressions.get(name, name) for name in names)
    connection.register("arriving", dict(columns))
    try:
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM arriving")
    finally:
        # After a failure nothing but a rollback is accepted, and what failed must not be covered by that.
        with suppress(duckdb.Error):
            connection.unregister("arriving")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Name the index behind an error of the database.

    Raises:
        RunError: the database failed.
    """
    try:
        yield
    except duckdb.Error as error:
        raise RunError(_explanation(name, str(error))) from error


def _explanation(name: str, said: str) -> str:
    first = said.splitlines()[0]
    if "Could not set lock" in said or "different configuration" in said:
        return f"{name} is open for writing elsewhere ({first}): wait for it, or copy the file and use the copy"
    if "not a valid DuckDB database" in said:
        return f"{name} is no index: it is not a DuckDB file; {AGAIN}, under another name"
    if "storage version" in said or "database version" in said.lower():
        return f"{name} was written by another version of DuckDB ({first}): {AGAIN}"
    return f"{name} cannot be used ({first}): check the disk and the file's rights, or {AGAIN}"


def _connect(path: Path | None, *, read_only: bool = False) -> Index:
    name = ":memory:" if path is None else str(path)
    shown = "the index in memory" if path is None else str(path)
    with explained(shown):
        return Index(duckdb.connect(name, read_only=read_only, config=_CONFIG), shown)


def _set_up(index: Index, meta: Meta) -> None:
    with index.writing() as connection:
        define(connection)
        values: Mapping[str, object] = {
            "format": FORMAT,
            "chain_id": meta.chain_id,
            "federation": meta.federation,
            "from_block": meta.from_block,
            "source": meta.source,
            "name": meta.name,
            "next_block": meta.from_block,
        }
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [[key, str(one)] for key, one in values.items()])


@contextmanager
def _closed_on_error(index: Index) -> Iterator[None]:
    try:
        yield
    except BaseException:
        index.close()
        raise


def _check_format(index: Index) -> None:
    """Refuse a file that is not an index of this version, before anything that it defines is used."""
    found = _defined(index)
    if not any(name == "meta" for _, _, name, _ in found):
        raise RunError(f"{index.name} is a DuckDB file, but no index: {AGAIN}, under another name")
    odd = stranger(found)
    if odd:
        raise RunError(
            f"{index.name} has not the tables and views of an index of this version ({odd}): another version wrote it, "
            f"or somebody changed it; {AGAIN}, under another name"
        )
    values = dict(index.query("SELECT key, value FROM meta"))
    if values.get("format") != str(FORMAT):
        raise RunError(f"{index.name} has format {values.get('format', 'none')}, this version reads {FORMAT}: {AGAIN}")
    numbers = [values.get(key, "") for key in ("chain_id", "from_block", "next_block")]
    if not {"federation", "source"} <= set(values) or not all(_is_number(one) for one in numbers):
        raise RunError(
            f"{index.name} does not say what it is the index of: it was changed; {AGAIN}, under another name"
        )


def _defined(index: Index) -> Definitions:
    with explained(index.name):
        return definitions(index.connection)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER


def check_same(index: Index, meta: Meta) -> None:
    """Refuse an index of something else.

    Raises:
        RunError: another federation, or another chain.
    """
    found = index.meta
    if (found.chain_id, found.federation) != (meta.chain_id, meta.federation):
        raise RunError(
            f"{index.name} is the index of federation {found.federation} on chain {found.chain_id}, not of "
            f"{meta.federation} on chain {meta.chain_id}: choose another file"
        )


def _set_next_block(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    connection.execute("UPDATE meta SET value = ? WHERE key = 'next_block'", (str(number),))


def _block_columns(blocks: Blocks) -> Columns:
    return {"number": blocks.number, "hash": blocks.hash, "time": blocks.time}


def _times(blocks: Blocks, numbers: IntArray) -> IntArray:
    """The time of each log's block."""
    places = np.minimum(np.searchsorted(blocks.number, numbers), len(blocks.number) - 1)
    unknown = np.flatnonzero(blocks.number[places] != numbers)
    if unknown.size:
        raise ChecksumError(f"a log is of block {numbers[unknown[0]]}, which its piece does not list")
    return blocks.time[places]


def _transaction_columns(rows: Sequence[TransactionRow]) -> Columns:
    return {
        "hash": objects(row.hash for row in rows),
        "block": np.array([row.block for row in rows], dtype=np.int64),
        "sender": objects(row.sender for row in rows),
        "function": objects(row.function for row in rows),
        "gas_used": np.array([row.gas_used for row in rows], dtype=np.int64),
        "fee_wei": objects(str(row.fee_wei) for row in rows),
        "succeeded": np.array([row.succeeded for row in rows], dtype=np.bool_),
    }
