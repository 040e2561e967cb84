"""Columns and tables of the page's document, written in few bytes and read back. The format is in ADR 0024."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite
from typing import Any

INTEGERS = frozenset({"integer", "gwei", "wei", "round", "participant"})
TEXTS = frozenset({"text", "time", "account", "transaction", "position"})
EXACT = 2**53
"""Integers below this are the same in JavaScript; larger ones are written as decimal text."""

DIGITS = 5
"""Significant digits of a float: more than any chart shows."""

MANY_ROWS, FEW_DIGITS = 20_000, 3
"""From so many rows on, a table's floats have fewer digits and its transactions are given by their position."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind`` is one of the document's kinds; None among the values means unknown."""

    id: str
    title: str
    kind: str
    values: Sequence[Any]


def table(title: str, note: str, columns: Iterable[Column]) -> dict[str, Any]:
    """A table of the document."""
    return {"title": title, "note": note, "columns": [column(one) for one in columns]}


def column(one: Column) -> dict[str, Any]:
    """A column of the document."""
    return {"id": one.id, "title": one.title, "kind": one.kind, "values": encode(one.kind, one.values)}


def encode(kind: str, values: Sequence[Any]) -> Any:
    """A column's values in the shortest of the three ways the format has for its kind."""
    if kind in INTEGERS:
        return _integers(values)
    if kind == "number":
        digits = FEW_DIGITS if len(values) > MANY_ROWS else DIGITS
        return [None if value is None or not isfinite(value) else significant(value, digits) for value in values]
    if kind in TEXTS:
        return _texts(values)
    return list(values)


def decode(written: Mapping[str, Any]) -> list[Any]:
    """The values of a document's column, whichever way they are written."""
    values = written["values"]
    if isinstance(values, Mapping):
        if "delta" in values:
            return list(accumulate(values["delta"]))
        return [None if code is None else values["dict"][code] for code in values["codes"]]
    if written["kind"] in INTEGERS:
        return [None if value is None else int(value) for value in values]
    return list(values)


def columns_of(written: Mapping[str, Any]) -> dict[str, list[Any]]:
    """All values of a document's table, by column."""
    return {one["id"]: decode(one) for one in written["columns"]}


def significant(value: float, digits: int = DIGITS) -> float:
    """A float with so many significant digits and all before the point, and no sign at zero."""
    return float(f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}") + 0.0


def _integers(values: Sequence[int | None]) -> Any:
    known = [value for value in values if value is not None]
    if len(known) == len(values) > 1 and _ascending(known):
        return {"delta": [known[0], *(after - before for before, after in pairwise(known))]}
    return [value if value is None or abs(value) < EXACT else str(value) for value in values]


def _ascending(values: Sequence[int]) -> bool:
    return values[0] > -EXACT and values[-1] < EXACT and all(before <= after for before, after in pairwise(values))


def _texts(values: Sequence[str | None]) -> Any:
    codes: dict[str, int] = {}
    for value in values:
        if value is not None:
            codes.setdefault(value, len(codes))
    if 2 * len(codes) > len(values):
        return list(values)
    return {"dict": list(codes), "codes": [None if value is None else codes[value] for value in values]}
