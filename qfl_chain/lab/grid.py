"""A grid: scenarios, seeds, values of a scenario's keys, and attackers. The dataclasses are its schema.

::

    name = "no-attack-pays"
    scenarios = ["heart"]                   # shipped names, or files beside the grid
    seeds = [0, 1, 2]

    [parameters]                            # every combination of these values
    "rules.rule" = ["weighted-mean", "median"]

    [attackers]                             # without attackers, then every behaviour at every share
    behaviours = ["free-rider", "no-show"]
    shares = [0.2, 0.5]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

from qfl_chain.errors import ScenarioError
from qfl_chain.lab.scenarios import changed, table_of
from qfl_chain.learning.clients import prepare
from qfl_chain.schema import nearest, parse_toml, read_table
from qfl_chain.simulation.behaviours import BEHAVIOURS
from qfl_chain.simulation.federation import default_participants
from qfl_chain.simulation.scenario import (
    NAME,
    ParticipantSettings,
    Scenario,
    load_scenario,
    scenario_text,
    shipped_scenarios,
)

HONEST = "honest"
NOBODY = "none"
"""The behaviour of attackers where there are none."""
DIGEST_CHARACTERS = 16
FIXED = ("name", "seed", "participants")
"""Keys of a scenario that are no parameters: the grid sets them otherwise."""


@dataclass(frozen=True, slots=True)
class AttackerSettings:
    """``[attackers]``: how they behave, their shares of all participants, their stake.

    They come beside the scenario's participants, or with ``replace`` in the place of the last of them.
    """

    behaviours: tuple[str, ...]
    shares: tuple[float, ...]
    stake: str = "2 eth"
    replace: bool = False

    def __post_init__(self) -> None:
        for behaviour in self.behaviours:
            if behaviour not in BEHAVIOURS or behaviour == HONEST:
                known = [name for name in BEHAVIOURS if name != HONEST]
                raise ValueError(f"{behaviour!r} is no attack{nearest(behaviour, known)}")
        for share in self.shares:
            if not 0 <= share < 1:
                raise ValueError(f"a share of {share}, it must be at least 0 and below 1")

    def count(self, honest: int, share: float) -> int:
        """How many attackers make this share, rounded to the nearest.

        Raises:
            ValueError: nobody, though the share is above 0, or everybody.
        """
        count = round(honest * share) if self.replace else round(honest * share / (1 - share))
        if share and not count:
            raise ValueError(f"a share of {share} beside {honest} honest participants is nobody; choose a larger one")
        if self.replace and count >= honest:
            raise ValueError(f"a share of {share} of {honest} participants leaves nobody honest; choose a smaller one")
        return count


@dataclass(frozen=True, slots=True)
class Grid:
    """One sweep. ``scenarios`` are crossed with all else; ``rounds`` are their own where nothing is said."""

    name: str
    scenarios: tuple[str, ...]
    seeds: tuple[int, ...]
    description: str = ""
    rounds: int | None = None
    attackers: AttackerSettings | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"name {self.name!r} must be letters, digits, - and _, at most 64: sweeps are named for it"
            )
        for key in ("scenarios", "seeds"):
            values = getattr(self, key)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{key}: give at least one, and each once")


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a sweep.

    Attributes:
        base: the scenario as the grid names it.
        parameters: the values of the grid's parameters.
        behaviour, share: of the attackers; :data:`NOBODY` and 0 where there are none.
        scenario: all of it, the seed included; nothing else decides what the run gives.
    """

    base: str
    parameters: Mapping[str, Any]
    behaviour: str
    share: float
    scenario: Scenario

    @property
    def digest(self) -> str:
        """The name of the cell's run directory: the start of the sha2-256 of the scenario."""
        text = json.dumps(table_of(self.scenario), sort_keys=True)
        return sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]

    @property
    def title(self) -> str:
        """The cell in a line."""
        attack = f"{self.behaviour} {self.share:.0%}" if self.share else "no attacker"
        values = (f"{key} {value}" for key, value in self.parameters.items())
        return ", ".join((self.base, attack, *values, f"seed {self.scenario.seed}"))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A grid that was read: its cells in order, and the text it came from."""

    grid: Grid
    text: str
    cells: tuple[Cell, ...]


def shipped_grids() -> dict[str, Path]:
    """The grids in the package, by name."""
    folder = Path(str(files("qfl_chain.lab") / "grids"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_sweep(name_or_path: str) -> Sweep:
    """Read a grid, a shipped one or a file, and spell out its cells.

    Raises:
        ScenarioError: no such file, malformed TOML, an unknown key (with the nearest one), or an impossible value, of
            the grid or of any of its scenarios.
        DataError: the scenario's data cannot be prepared.
    """
    path = shipped_grids().get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise ScenarioError(f"no grid file {name_or_path!r}{nearest(name_or_path, list(shipped_grids()))}")
    text, origin = scenario_text(path), str(path)
    table = parse_toml(text, origin, ScenarioError)
    parameters = _parameters(table.pop("parameters", {}), origin)
    grid = read_table(Grid, table, origin, ScenarioError)
    return Sweep(grid, text, tuple(_cells(grid, parameters, path)))


def _parameters(table: object, origin: str) -> dict[str, list[Any]]:
    """The values of every dotted key; TOML reads ``rules.rule = [..]`` without quotes as a table in a table."""
    if not isinstance(table, dict):
        raise ScenarioError(f"{origin}: parameters: expected a table, got {table!r}")
    found: dict[str, list[Any]] = {}
    for key, values in table.items():
        if isinstance(values, dict):
            found |= {f"{key}.{inner}": one for inner, one in _parameters(values, origin).items()}
        elif not isinstance(values, list) or not values:
            raise ScenarioError(f"{origin}: parameters.{key}: expected a list of values, got {values!r}")
        else:
            found[key] = values
    for key in FIXED:
        if key in found:
            raise ScenarioError(f"{origin}: parameters.{key}: no parameter; the grid's seeds and attackers set it")
    return found


def _cells(grid: Grid, parameters: Mapping[str, Sequence[Any]], path: Path) -> Iterator[Cell]:
    for name in grid.scenarios:
        base = _base(grid, name, path)
        for behaviour, share, participants in _castings(grid, base, str(path)):
            for values in product(*parameters.values()):
                chosen = dict(zip(parameters, values, strict=True))
                scenario = changed(replace(base, participants=participants), chosen, f"{path}: parameters")
                for seed in grid.seeds:
                    yield Cell(name, chosen, behaviour, share, scenario.with_seed(seed))


def _base(grid: Grid, name: str, path: Path) -> Scenario:
    """One of the grid's scenarios, with its participants spelt out."""
    beside = str((path.parent / name).absolute())
    base = load_scenario(name if name in shipped_scenarios() else beside)
    base = base.with_rounds(grid.rounds) if grid.rounds is not None else base
    participants = base.participants or default_participants(prepare(base.data, base.seed))
    if grid.attackers and any(one.behaviour != HONEST for one in participants):
        raise ScenarioError(f"{path}: attackers: {name} has some of its own; name a scenario without")
    return replace(base, participants=participants)


def _castings(grid: Grid, base: Scenario, origin: str) -> Iterator[tuple[str, float, tuple[ParticipantSettings, ...]]]:
    """Who takes part: nobody but the scenario's own first, then each behaviour at each share."""
    honest, attackers = base.participants, grid.attackers
    yield NOBODY, 0.0, honest
    if attackers is None:
        return
    for behaviour, share in product(attackers.behaviours, attackers.shares):
        try:
            count = attackers.count(len(honest), share)
        except ValueError as error:
            raise ScenarioError(f"{origin}: attackers: {error}") from error
        if count:
            stay = honest[: len(honest) - count] if attackers.replace else honest
            added = (ParticipantSettings(f"{behaviour}-{at + 1}", behaviour, attackers.stake) for at in range(count))
            everybody = (*stay, *added)
            yield behaviour, count / len(everybody), everybody
