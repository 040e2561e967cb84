"""Fixtures every part of the suite shares: a small federation that runs in a second."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SMALL = """
name = "small"
seed = 7
rounds = 3

[data]
source = "breast-cancer"
partition = "sizes"
clients = 3
rows = 30
components = 2
normalise = "donated"
donated = 8

[circuit]
ansatz = "strongly-entangling"
qubits = 2
layers = 1

[training]
steps = 4
batch = 8
learning_rate = 0.2

[rules]
subset = 12
"""
"""Three honest clients of the breast-cancer data on two qubits."""

ATTACKED = (
    SMALL
    + """
[[participants]]
name = "anna"
data = "client-1"

[[participants]]
name = "ben"
data = "client-2"

[[participants]]
name = "rita"
behaviour = "free-rider"

[[participants]]
name = "carl"
behaviour = "copycat"

[[participants]]
name = "nora"
behaviour = "no-show"
"""
)
"""Two honest clients and one of each attacker."""


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a complete run of :data:`SMALL`, with baselines. Do not change it: copy it first."""
    return _run(SMALL, tmp_path_factory.mktemp("small") / "run", baselines=True)


@pytest.fixture(scope="session")
def attacked_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a complete run of :data:`ATTACKED`. Do not change it: copy it first."""
    return _run(ATTACKED, tmp_path_factory.mktemp("attacked") / "run", baselines=False)


def _run(text: str, directory: Path, *, baselines: bool) -> Path:
    from qfl_chain.simulation.runner import run
    from qfl_chain.simulation.scenario import parse_scenario

    scenario = parse_scenario(text, "small.toml")
    return run(scenario, directory, scenario_text=text, baselines=baselines).path
