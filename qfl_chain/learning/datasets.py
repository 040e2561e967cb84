"""Tables of labelled rows: three shipped with the package (DATASETS.md), or any CSV with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from io import StringIO
from pathlib import Path

import numpy as np

from qfl_chain.errors import DataError
from qfl_chain.learning.settings import Statistic
from qfl_chain.types import FloatArray, IntArray

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})
"""Cells, in lower case, that mean "not measured"."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows as numbers.

    ``values`` is (rows, columns); ``labels`` (rows,) indexes ``classes``. ``groups`` names each row's owner,
    ``splits`` says ``train`` or ``test``; both are empty where the source has none. ``dropped`` counts the rows left
    out because a cell was missing.
    """

    name: str
    columns: tuple[str, ...]
    values: FloatArray
    labels: IntArray
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    splits: tuple[str, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class Shipped:
    """A dataset of the package: its special columns and the constants its clients agree on."""

    label: str
    group: str = ""
    split: str = ""
    categorical: tuple[str, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    dropped: int = 0


# Round clinical numbers: an adult in middle age, normal blood pressure and cholesterol, the heart rate an adult reaches
# under exercise, the usual spread of each. None is computed from the rows. A yes/no column enters as -1 or +1.
_HEART_STATISTICS = (
    Statistic("age", 50.0, 10.0),
    Statistic("sex", 0.5, 0.5),
    Statistic("trestbps", 130.0, 20.0),
    Statistic("chol", 200.0, 100.0),
    Statistic("fbs", 0.5, 0.5),
    Statistic("thalach", 140.0, 25.0),
    Statistic("exang", 0.5, 0.5),
    Statistic("oldpeak", 1.0, 1.0),
    *(Statistic(f"cp_{level}", 0.5, 0.5) for level in (2, 3, 4)),
    *(Statistic(f"restecg_{level}", 0.5, 0.5) for level in (1, 2)),
)

SHIPPED = {
    "heart": Shipped("disease", "centre", "split", ("cp", "restecg"), _HEART_STATISTICS, dropped=180),
    "breast-cancer": Shipped("diagnosis"),
    "iris": Shipped("species"),
}
"""Shipped datasets. ``dropped`` is how many rows DATASETS.md says were left out when the file was built."""


def load(
    source: str, label: str = "", group: str = "", categorical: Sequence[str] = (), features: Sequence[str] = ()
) -> Table:
    """Read a shipped dataset by name, or ``csv:FILE`` with a label column and, where rows have owners, a group column.

    Only the columns that ``features`` need are read, all when it is empty. Rows with a missing cell there are dropped
    and counted. Categorical columns become one 0/1 column per level but the
    first, named ``column_level``.

    Raises:
        DataError: no such dataset, file or column; a cell that is no number; no rows; fewer than two classes.
    """
    if source.startswith("csv:"):
        path = Path(source.removeprefix("csv:"))
        if not label:
            raise DataError(f"{source}: say which column holds the class (label = ...)")
        return _table(source, _read(path), Shipped(label, group, categorical=tuple(categorical)), features)
    if source not in SHIPPED:
        raise DataError(f"no dataset {source!r}{_nearest(source, list(SHIPPED))}; or csv:FILE")
    if label or group or categorical:
        raise DataError(f"{source}: label, group and categorical columns are fixed; leave them out")
    text = resources.files("qfl_chain.learning").joinpath(f"data/{source}.csv").read_text("utf-8")
    return _table(source, list(_records(text, source)), SHIPPED[source], features)


def csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line number, cells by column) of a CSV file with a header.

    Raises:
        DataError: no such file, not UTF-8, no rows, or a line that is not as wide as the header.
    """
    records = _read(path)
    if len(records) < 2:
        raise DataError(f"{path} is empty: it needs a header and rows")
    header, rows = records[0][1], records[1:]
    _check_header(str(path), header, Shipped(label=""))
    _check_widths(str(path), header, rows)
    return [(line, dict(zip(header, cells, strict=True))) for line, cells in rows]


def _read(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as failure:
        raise DataError(f"{path} cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise DataError(f"{path} is not UTF-8 text (byte {failure.start}): save it as UTF-8") from failure
    return list(_records(text, str(path)))


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, stripped cells) of every line that is not blank."""
    reader = csv.reader(StringIO(text, newline=""))
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as failure:
        raise DataError(f"{name}, line {reader.line_num}: {failure}") from failure


def _table(name: str, records: list[tuple[int, list[str]]], special: Shipped, features: Sequence[str]) -> Table:
    if len(records) < 2:
        raise DataError(f"{name} is empty: it needs a header and rows")
    header, rows = records[0][1], records[1:]
    _check_header(name, header, special)
    _check_widths(name, header, rows)
    kept = _columns_needed(name, header, special, features)
    header, rows = [header[at] for at in kept], [(line, [row[at] for at in kept]) for line, row in rows]
    complete = [(line, row) for line, row in rows if not any(cell.lower() in MISSING for cell in row)]
    if not complete:
        raise DataError(f"{name}: all {len(rows)} rows have a missing cell; fill them or drop the empty columns")

    def cells(column: str) -> tuple[str, ...]:
        at = header.index(column)
        return tuple(row[at] for _, row in complete)

    labels = cells(special.label)
    classes = _levels(labels)
    if len(classes) < 2:
        raise DataError(f"{name}: column {special.label!r} has one class only, {classes[0]!r}; give rows of another")
    columns, values = _features(name, header, complete, special)
    return Table(
        name=name,
        columns=columns,
        values=values,
        labels=np.array([classes.index(label) for label in labels], dtype=np.int64),
        classes=classes,
        groups=cells(special.group) if special.group else (),
        splits=cells(special.split) if special.split else (),
        dropped=len(rows) - len(complete) + special.dropped,
    )


def _check_header(name: str, header: list[str], special: Shipped) -> None:
    if len(set(header)) < len(header):
        twice = next(column for column in header if header.count(column) > 1)
        raise DataError(f"{name}: column {twice!r} appears twice in the header")
    for role, column in (("label", special.label), ("group", special.group), ("split", special.split)):
        if column and column not in header:
            raise DataError(f"{name}: no {role} column {column!r}{_nearest(column, header)}")
    for column in special.categorical:
        if column not in header:
            raise DataError(f"{name}: no categorical column {column!r}{_nearest(column, header)}")


def _check_widths(name: str, header: list[str], rows: list[tuple[int, list[str]]]) -> None:
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(f"{name}, line {line}: {len(row)} cells, the header has {len(header)}")


def _columns_needed(name: str, header: list[str], special: Shipped, features: Sequence[str]) -> list[int]:
    """Where the columns stand that are special or that a feature is made from."""
    if not features:
        return list(range(len(header)))
    needed = {special.label, special.group, special.split}
    for feature in features:
        levels = (column for column in special.categorical if feature.startswith(f"{column}_"))
        column = feature if feature in header else next(levels, None)
        if column is None:
            raise DataError(f"{name}: no feature {feature!r}{_nearest(feature, header)}")
        needed.add(column)
    return [at for at, column in enumerate(header) if column in needed]


def _features(
    name: str, header: list[str], rows: list[tuple[int, list[str]]], special: Shipped
) -> tuple[tuple[str, ...], FloatArray]:
    names: list[str] = []
    numbers: list[FloatArray] = []
    for at, column in enumerate(header):
        if column in (special.label, special.group, special.split):
            continue
        if column in special.categorical:
            cells = [row[at] for _, row in rows]
            for level in _levels(cells)[1:]:
                names.append(f"{column}_{level}")
                numbers.append(np.array([float(cell == level) for cell in cells]))
        else:
            names.append(column)
            numbers.append(np.array([_number(name, line, column, row[at]) for line, row in rows]))
    if not names:
        raise DataError(f"{name}: no feature column beside {special.label!r}")
    return tuple(names), np.stack(numbers, axis=1)


def _number(name: str, line: int, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError(
            f"{name}, line {line}, column {column!r}: {cell!r} is not a number; "
            "correct it, leave it empty if it is missing, or name the column as categorical"
        )
    return value


def _levels(cells: Sequence[str]) -> tuple[str, ...]:
    """Distinct cells, in the order of numbers where all are, else of text."""
    levels = set(cells)
    try:
        return tuple(sorted(levels, key=lambda level: (float(level), level)))
    except ValueError:
        return tuple(sorted(levels))


def _nearest(word: str, known: list[str]) -> str:
    matches = get_close_matches(word, known, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are {', '.join(known)}"
