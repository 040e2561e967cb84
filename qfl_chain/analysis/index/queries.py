"""SQL of a person's over an index: one statement, which can read the index and nothing else, and write nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from qfl_chain.analysis.index.database import Index
from qfl_chain.errors import InputError
from qfl_chain.schema import nearest

_UNKNOWN = re.compile(
    r'(?:Table with name|column) "?(?P<first>\w+)"? (?:does not exist|not found)|column named "(?P<second>\w+)"', re.I
)
_AT_A_TIME = 1_000
HUGEINT = "HUGEINT"


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, which are read as they are asked for. ``types`` are DuckDB's names of them."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the index and its columns."""

    name: str
    columns: tuple[tuple[str, str], ...]


def ask(index: Index, sql: str) -> Answer:
    """Run one statement. Afterwards the connection can no longer reach files or write.

    Raises:
        InputError: no statement, several, one that cannot be understood, or one that writes.
    """
    with _said(index, sql):
        statements = index.connection.extract_statements(sql)
    if len(statements) != 1:
        raise InputError(f"the query holds {len(statements)} statements: give one, for example SELECT * FROM rounds")
    connection = index.connection
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    connection.execute("BEGIN TRANSACTION READ ONLY")
    with _said(index, sql):
        connection.execute(statements[0])
        described = connection.description or []
    return Answer(
        tuple(str(one[0]) for one in described), tuple(str(one[1]) for one in described), _rows(index, sql, connection)
    )


def relations(index: Index) -> tuple[Relation, ...]:
    """Every table and view, by name."""
    rows = index.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'main' "
        "ORDER BY table_name, ordinal_position"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, kind))
    return tuple(Relation(name, tuple(columns)) for name, columns in found.items())


def plain(value: Any, kind: str = "") -> Any:
    """A value as JSON holds it: bytes as 0x text, times as ISO 8601 in UTC, HUGEINT as text, which no reader rounds."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and value - value != 0:
        return None  # neither NaN nor infinity is a number in JSON
    if isinstance(value, int) and not isinstance(value, bool) and kind == HUGEINT:
        return str(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _rows(index: Index, sql: str, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    with _said(index, sql):
        while rows := connection.fetchmany(_AT_A_TIME):
            yield from rows


class _said:  # noqa: N801  # reads as a phrase
    """Turn what DuckDB says of a query into an error of ours, with the nearest name."""

    def __init__(self, index: Index, sql: str) -> None:
        self._index = index
        self._sql = sql

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, duckdb.Error):
            with suppress(duckdb.Error):  # the failed statement may have ended the transaction, or there was none
                self._index.connection.execute("ROLLBACK")
            raise InputError(_explained(self._index, self._sql, str(error))) from error


def _explained(index: Index, sql: str, said: str) -> str:
    """DuckDB's own words, and what to do about them."""
    if "read-only mode" in said:
        return f"{said.splitlines()[0]}: `qfl analyze sql` only reads; to change a copy, open it with DuckDB itself"
    if "disabled by configuration" in said or "locked" in said:
        return f"{said.splitlines()[0]}: a query reads the index and no files; `qfl analyze export` writes some"
    unknown = _UNKNOWN.search(said)
    if unknown:
        known = _tables(index) if said.startswith("Catalog") else _columns(index, sql)
        return f"{said.splitlines()[0].rstrip('!')}{nearest(unknown['first'] or unknown['second'], known)}"
    return said


def _tables(index: Index) -> list[str]:
    return [one.name for one in relations(index)]


def _columns(index: Index, sql: str) -> list[str]:
    """The columns of the tables that a query names."""
    words = set(re.findall(r"\w+", sql.lower()))
    return sorted({name for one in relations(index) if one.name in words for name, _ in one.columns})


def cells(answer: Answer, row: Sequence[Any]) -> list[Any]:
    """A row's values, plain."""
    return [plain(value, kind) for value, kind in zip(row, answer.types, strict=True)]
