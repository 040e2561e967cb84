"""Scenarios as plain tables: read back from a run, changed key by key, and written as TOML that runs again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from qfl_chain.errors import AmountError, InputError, ProtocolError, RunError, ScenarioError
from qfl_chain.schema import nearest, read_table
from qfl_chain.simulation.scenario import Scenario
from qfl_chain.storage.archive import RunArchive


def scenario_of(archive: RunArchive) -> Scenario:
    """The scenario as it ran, with absolute paths.

    Raises:
        RunError: ``run.json`` holds none that reads.
    """
    where = f"{archive.path}/run.json: scenario"
    try:
        return scenario_from(_without_nulls(archive.facts().get("scenario") or {}), where)
    except InputError as error:
        raise RunError(f"{error}; was the file edited?") from error


def scenario_from(table: Mapping[str, Any], where: str) -> Scenario:
    """The scenario of a table.

    Raises:
        ScenarioError: an unknown key (with the nearest), a wrong type or an impossible value.
    """
    try:
        return read_table(Scenario, table, where, ScenarioError)
    except (AmountError, ProtocolError) as error:
        raise ScenarioError(f"{where}: {error}") from error


def table_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario as TOML would hold it: lists for tuples, and no key for what is not there."""
    table: dict[str, Any] = _without_nulls(json.loads(json.dumps(asdict(scenario))))
    return table


def changed(scenario: Scenario, changes: Mapping[str, Any], where: str) -> Scenario:
    """The scenario with other values at dotted keys, such as ``rules.rule``.

    Raises:
        ScenarioError: as :func:`scenario_from`.
    """
    table = table_of(scenario)
    for key, value in changes.items():
        *path, last = key.split(".")
        place = table
        for part in path:
            if not isinstance(place.get(part), dict):
                tables = [name for name, inner in place.items() if isinstance(inner, dict)]
                raise ScenarioError(f"{where}: {key}: no table {part!r}{nearest(part, tables)}")
            place = place[part]
        place[last] = value
    return scenario_from(table, where)


def to_toml(scenario: Scenario) -> str:
    """A scenario file that reads as this scenario."""
    table = table_of(scenario)
    lines = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    for name, inner in table.items():
        if isinstance(inner, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in inner.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_value, value)) + "]"
    # Text, numbers and truth values are written alike in JSON and TOML; TOML knows no surrogate pairs.
    return json.dumps(value, ensure_ascii=False)


def _without_nulls(value: Any) -> Any:
    """JSON has null where TOML has no key."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
