"""What an index's file defines: this version's tables and views, and nothing else.

A file from a stranger could hold a view that reads this machine's files, or a macro under the name of a function that
our queries call. So what a file defines is compared before anything in it is used, by functions named in full, which
no macro can stand for.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import duckdb

Definitions = frozenset[tuple[str, ...]]

_DEFINED = (
    "SELECT 'table', schema_name, table_name, sql FROM system.main.duckdb_tables() WHERE NOT internal",
    "SELECT 'view', schema_name, view_name, sql FROM system.main.duckdb_views() WHERE NOT internal",
    "SELECT 'function', schema_name, function_name, '' FROM system.main.duckdb_functions() WHERE NOT internal",
    "SELECT 'type', schema_name, type_name, '' FROM system.main.duckdb_types() WHERE NOT internal",
    "SELECT 'sequence', schema_name, sequence_name, '' FROM system.main.duckdb_sequences()",
)


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Make an index's tables and views."""
    for file in ("schema.sql", "views.sql"):
        connection.execute(resources.files(__package__).joinpath(file).read_text())


def definitions(connection: duckdb.DuckDBPyConnection) -> Definitions:
    """Everything a database defines: its kind, schema, name and SQL."""
    return frozenset(tuple(map(str, row)) for query in _DEFINED for row in connection.execute(query).fetchall())


@cache
def own() -> Definitions:
    """What an index of this version defines."""
    with duckdb.connect() as connection:
        define(connection)
        return definitions(connection)


def stranger(found: Definitions) -> str:
    """The first thing that is not as in an index of this version, such as ``view gas``; empty where nothing is."""
    odd = sorted(found ^ own())
    return " ".join((odd[0][0], odd[0][2])) if odd else ""
