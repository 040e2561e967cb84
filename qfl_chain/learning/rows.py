"""Rows one organisation at a time: its own from a function of the user's, the public ones from a CSV file.

Columns, classes and organisations are those the settings list, so that everybody reads the same without seeing
anybody else's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import MISSING, Table, csv_rows
from qfl_chain.learning.settings import LOADER, DataSettings
from qfl_chain.schema import nearest
from qfl_chain.userfile import load_function

Row = Mapping[str, Any]


def private_rows(settings: DataSettings, organisation: str) -> Table:
    """An organisation's own rows, from the loader. This runs the user's file.

    Raises:
        DataError: no such organisation, a loader that cannot be called or fails, or a row that cannot be used.
    """
    if organisation not in settings.organisations:
        known = nearest(organisation, list(settings.organisations))
        raise DataError(f"no organisation {organisation!r} among [data] organisations{known}")
    reference = settings.source.removeprefix(LOADER)
    load = load_function(reference, "data.source", DataError)
    name = f"{reference}({organisation!r})"
    try:
        rows = list(load(organisation))
    except Exception as error:  # whatever the user's function does wrong, it is named as theirs
        raise DataError(f"data.source: {name} failed: {type(error).__name__}: {error}; correct the loader") from error
    return _table(name, [(f"row {number}", row) for number, row in enumerate(rows, 1)], settings, organisation)


def public_rows(settings: DataSettings) -> Table:
    """The donated rows, from the public file; ``groups`` says whose they are where it has a column for that.

    Raises:
        DataError: a file that cannot be read, or a row that cannot be used.
    """
    rows = [(f"line {line}", row) for line, row in csv_rows(Path(settings.public))]
    table = _table(settings.public, rows, settings, "")
    for owner in dict.fromkeys(table.groups):
        if owner not in settings.organisations:
            known = nearest(owner, list(settings.organisations))
            raise DataError(f"{settings.public}: column {settings.group!r}: no organisation {owner!r}{known}")
    return table


def _table(name: str, rows: Sequence[tuple[str, Row]], settings: DataSettings, owner: str) -> Table:
    """All rows without a missing cell. Their owner is ``owner``, or else what the group column says."""
    if not rows:
        raise DataError(f"{name} has no rows: give it some, or leave the organisation out")
    needed = (*settings.features, settings.label, *((settings.group,) if settings.group and not owner else ()))
    for place, row in rows:
        _check_row(f"{name}, {place}", row, needed)
    complete = [(f"{name}, {place}", row) for place, row in rows if not _any_missing(row[key] for key in needed)]
    if not complete:
        raise DataError(f"{name}: all {len(rows)} rows have a missing cell; fill them in")
    values = [[_number(where, column, row[column]) for column in settings.features] for where, row in complete]
    return Table(
        name=name,
        columns=settings.features,
        values=np.array(values),
        labels=np.array([_class(where, row[settings.label], settings) for where, row in complete], dtype=np.int64),
        classes=settings.classes,
        groups=tuple(owner or _text(row[settings.group]) for _, row in complete) if owner or settings.group else (),
        splits=(),
        dropped=len(rows) - len(complete),
    )


def _check_row(where: str, row: object, needed: Iterable[str]) -> None:
    if not isinstance(row, Mapping):
        raise DataError(
            f"{where} is a {type(row).__name__}: the loader must return rows as mappings of column to value, "
            "as csv.DictReader gives them"
        )
    for column in needed:
        if column not in row:
            raise DataError(f"{where}: no column {column!r}{nearest(column, [str(key) for key in row])}")


def _any_missing(cells: Iterable[object]) -> bool:
    return any(cell is None or cell != cell or _text(cell).lower() in MISSING for cell in cells)


def _number(where: str, column: str, cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise DataError(
            f"{where}, column {column!r}: {cell!r} is not a number; correct it, or leave it empty if it is missing"
        )
    return value


def _class(where: str, cell: object, settings: DataSettings) -> int:
    if _text(cell) not in settings.classes:
        raise DataError(
            f"{where}, column {settings.label!r}: no class {_text(cell)!r} among [data] classes"
            f"{nearest(_text(cell), list(settings.classes))}"
        )
    return settings.classes.index(_text(cell))


def _text(cell: object) -> str:
    return str(cell).strip()
