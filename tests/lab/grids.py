"""A small grid for the sweep's tests."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import SMALL

GRID = """
name = "tiny"
scenarios = ["small.toml"]
seeds = [1, 2]
rounds = 1

[parameters]
rules.rule = ["weighted-mean", "median"]

[attackers]
behaviours = ["free-rider"]
shares = [0.25]
"""

TWO_CELLS = """
name = "two"
scenarios = ["small.toml"]
seeds = [1, 2]
rounds = 1
"""


def write_grid(folder: Path, text: str = GRID, scenario: str = SMALL) -> Path:
    """A grid file with its scenario beside it."""
    (folder / "small.toml").write_text(scenario)
    (folder / "grid.toml").write_text(text)
    return folder / "grid.toml"
