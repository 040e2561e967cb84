"""Every table and view of an index as Parquet, CSV or JSON files, for other programs.

Amounts stay exact: HUGEINT, which Parquet does not have, becomes DECIMAL(38, 0) there, and text in JSON, whose readers
often keep numbers as floats. Bytes are 0x text everywhere; times are UTC, ISO 8601 in CSV and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qfl_chain.analysis.index.database import Index, explained
from qfl_chain.analysis.index.queries import Relation, relations
from qfl_chain.errors import RunError

OPTIONS = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "csv": "FORMAT csv, HEADER",
    "json": "FORMAT json, ARRAY true",
}
"""The formats and DuckDB's options for them."""

_BYTES = "'0x' || lower(hex({0}))"
_TIME = "strftime({0}, '%Y-%m-%dT%H:%M:%SZ')"
_AS = {
    "parquet": {"BLOB": _BYTES, "HUGEINT": "{0}::DECIMAL(38, 0)"},
    "csv": {"BLOB": _BYTES, "TIMESTAMP": _TIME},
    "json": {"BLOB": _BYTES, "TIMESTAMP": _TIME, "HUGEINT": "{0}::VARCHAR"},
}


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was written."""

    path: Path
    rows: int


def export(index: Index, directory: Path, kind: str) -> tuple[Exported, ...]:
    """Write every table and view into a directory, one file each; files of those names are replaced.

    Args:
        kind: a key of :data:`OPTIONS`.

    Raises:
        RunError: the directory or a file cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot write to {directory}: {error.strerror}; choose another directory") from error
    return tuple(_write(index, relation, directory / f"{relation.name}.{kind}", kind) for relation in relations(index))


def _write(index: Index, relation: Relation, path: Path, kind: str) -> Exported:
    columns = ", ".join(_column(name, of, kind) for name, of in relation.columns)
    target = str(path).replace("'", "''")
    with explained(f"{path}"):
        copied = index.connection.execute(
            f"COPY (SELECT {columns} FROM {_quoted(relation.name)}) TO '{target}' ({OPTIONS[kind]})"
        ).fetchall()
    return Exported(path, int(copied[0][0]))


def _column(name: str, of: str, kind: str) -> str:
    quoted = _quoted(name)
    return f"{_AS[kind].get(of, '{0}').format(quoted)} AS {quoted}"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
