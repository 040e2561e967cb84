"""TOML and JSON of others, read strictly into frozen dataclasses: the dataclass is the schema.

Every complaint names the file's place (``federation.min_stake``), what was found, what is allowed and, for a
misspelt key, the nearest one.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from qfl_chain.errors import InputError

T = TypeVar("T")

MOST_BRACKETS = 1_000
"""What JSON of others may open. py_ecc raises Python's recursion limit to where deep nesting kills the process."""

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def parse_toml(text: str, origin: str, error: type[InputError]) -> dict[str, Any]:
    """The tables of a TOML document; ``error`` is raised with the origin and the line of a mistake."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise error(f"{origin} is not valid TOML: {mistake}") from mistake


def parse_json(text: str) -> Any:
    """A JSON document that somebody else wrote.

    Raises:
        ValueError: it is not JSON, or has more parts than anything read here needs.
    """
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise ValueError(f"more than {MOST_BRACKETS:,} brackets")
    return json.loads(text)


def read_table(kind: type[T], table: Mapping[str, Any], where: str, error: type[InputError]) -> T:
    """Build ``kind`` from a table, nested dataclasses and tuples of them included.

    Raises:
        error: an unknown or missing key, a wrong type, or a value ``kind`` itself refuses.
    """
    hints = get_type_hints(kind)
    for key in table:
        if key not in hints:
            raise error(f"{where}: unknown key {key!r}{nearest(key, hints)}")
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]  # callers pass dataclasses
        if field.name in table:
            values[field.name] = _read(hints[field.name], table[field.name], f"{where}.{field.name}", error)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise error(f"{where}: missing key {field.name!r}")
    try:
        return kind(**values)
    except ValueError as mistake:
        raise error(f"{where}: {mistake}") from mistake


def nearest(word: str, known: Mapping[str, Any] | list[str]) -> str:
    """``"; did you mean 'x'?"``, or the list of what is known when nothing is near."""
    matches = get_close_matches(word, list(known), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; known: {', '.join(sorted(known))}"


def _read(kind: Any, value: Any, where: str, error: type[InputError]) -> Any:
    if get_origin(kind) is UnionType:
        kind = next(option for option in get_args(kind) if option is not type(None))
    if is_dataclass(kind) and isinstance(kind, type):
        return read_table(kind, _expect(dict, value, where, "a table", error), where, error)
    if get_origin(kind) is tuple:
        items = _expect(list, value, where, "a list", error)
        return tuple(_read(get_args(kind)[0], item, f"{where}[{at}]", error) for at, item in enumerate(items))
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise error(f"{where}: expected {_NAMES.get(kind, str(kind))}, got {value!r}")
    return value


def _expect(kind: type, value: Any, where: str, name: str, error: type[InputError]) -> Any:
    if not isinstance(value, kind):
        raise error(f"{where}: expected {name}, got {value!r}")
    return value


DEEPEST = 2_000
"""Frames of Python's stack while JSON of strangers is read."""


@contextmanager
def shallow() -> Iterator[None]:
    """Read JSON of strangers: py-evm raises the recursion limit so far that deep nesting would end the process.

    Raises:
        ValueError: nested too deep.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(min(before, DEEPEST))
    try:
        yield
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    finally:
        sys.setrecursionlimit(before)
