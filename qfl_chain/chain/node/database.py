"""A node's state in one SQLite file: py-evm's keys and values, an index of logs, snapshots and the clock's settings.

Every change happens in a transaction. SQLite's write-ahead log keeps what was committed when the process is killed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from eth.db.backends.base import BaseDB

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot (id INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL, offset INTEGER);
CREATE TABLE IF NOT EXISTS log (
    block INTEGER, position INTEGER, block_hash BLOB, timestamp INTEGER,
    transaction_hash BLOB, transaction_index INTEGER,
    address BLOB, topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB,
    PRIMARY KEY (block, position)
) WITHOUT ROWID;
"""

Topics = Sequence[Sequence[bytes]]
"""By position: any of these; an empty sequence stands for any topic at all."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One log of a mined block. ``position`` counts within the block; absent topics are None."""

    block: int
    position: int
    block_hash: bytes
    timestamp: int
    transaction_hash: bytes
    transaction_index: int
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes

    @property
    def topics(self) -> tuple[bytes, ...]:
        return tuple(one for one in (self.topic0, self.topic1, self.topic2, self.topic3) if one is not None)


LOG_COLUMNS = ", ".join(field.name for field in fields(LogEntry))
LOG_MARKS = ", ".join("?" for _ in fields(LogEntry))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A block to go back to, and how far the clock was moved then."""

    number: int
    block: int
    offset: int


class ChainDatabase(BaseDB):
    """py-evm's database, and what a node keeps beside it.

    Args:
        path: the file, made when missing; ``:memory:`` keeps it in this process.

    Raises:
        sqlite3.DatabaseError: the file is no database, or damaged.
    """

    def __init__(self, path: Path | str) -> None:
        # Requests come on many threads, one at a time: the server holds a lock.
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = NORMAL")
            self._sql.executescript(SCHEMA)
        except sqlite3.DatabaseError:
            self._sql.close()
            raise

    def close(self) -> None:
        self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes made inside, or none of them if it raises."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    # Keys and values, for py-evm

    def __getitem__(self, key: bytes) -> bytes:
        row = self._sql.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._sql.execute("INSERT OR REPLACE INTO entry VALUES (?, ?)", (key, value))

    def __delitem__(self, key: bytes) -> None:
        if self._sql.execute("DELETE FROM entry WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return self._sql.execute("SELECT 1 FROM entry WHERE key = ?", (key,)).fetchone() is not None

    # Named numbers

    def number(self, name: str) -> int | None:
        row = self._sql.execute("SELECT value FROM number WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def set_number(self, name: str, value: int | None) -> None:
        """Keep a number; None forgets it."""
        if value is None:
            self._sql.execute("DELETE FROM number WHERE name = ?", (name,))
        else:
            self._sql.execute("INSERT OR REPLACE INTO number VALUES (?, ?)", (name, value))

    # Logs

    def add_logs(self, entries: Sequence[LogEntry]) -> None:
        self._sql.executemany(f"INSERT INTO log ({LOG_COLUMNS}) VALUES ({LOG_MARKS})", map(astuple, entries))

    def logs(self, first: int, last: int, addresses: Sequence[bytes], topics: Topics) -> list[LogEntry]:
        """Logs of the blocks ``first`` to ``last`` from any of the addresses (none: from all) with these topics."""
        clauses, values = ["block BETWEEN ? AND ?"], list[object]([first, last])
        matches = [("address", addresses)] if addresses else []
        matches += [(f"topic{position}", allowed) for position, allowed in enumerate(topics)]
        for column, allowed in matches:
            marks = ", ".join("?" for _ in allowed)
            clauses.append(f"{column} IN ({marks})" if allowed else f"{column} IS NOT NULL")
            values += allowed
        query = f"SELECT {LOG_COLUMNS} FROM log WHERE {' AND '.join(clauses)} ORDER BY block, position"
        return [LogEntry(*row) for row in self._sql.execute(query, values)]

    # Snapshots

    def add_snapshot(self, block: int, offset: int) -> int:
        added = self._sql.execute("INSERT INTO snapshot (block, offset) VALUES (?, ?)", (block, offset))
        return int(added.lastrowid or 0)

    def snapshot(self, number: int) -> Snapshot | None:
        row = self._sql.execute("SELECT id, block, offset FROM snapshot WHERE id = ?", (number,)).fetchone()
        return None if row is None else Snapshot(*row)

    def forget_after(self, snapshot: Snapshot) -> None:
        """Drop the snapshot, those taken after it, and the logs of the blocks after it."""
        self._sql.execute("DELETE FROM snapshot WHERE id >= ?", (snapshot.number,))
        self._sql.execute("DELETE FROM log WHERE block > ?", (snapshot.block,))
