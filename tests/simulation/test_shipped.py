"""The shipped scenarios keep what the README says of them: they run, verify, learn, and no attack pays."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.analysis.summary import Summary, summarise
from qfl_chain.simulation.runner import run
from qfl_chain.simulation.scenario import load_scenario

FLOORS = {"heart": 0.748, "breast-cancer": 0.94, "iris": 0.90, "heart-adversaries": 0.748, "heart-disputes": 0.748}
"""Pooled test accuracy at seed 0. The means over five seeds are benchmarks/accuracy.py's; iris has 51 test rows."""


@pytest.fixture(scope="module", params=sorted(FLOORS))
def shipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    directory: Path = tmp_path_factory.mktemp("shipped") / request.param
    return summarise(run(load_scenario(request.param), directory, baselines=False).path)


def test_a_shipped_scenario_verifies_learns_and_lets_no_attack_pay(shipped: Summary) -> None:
    assert shipped.recomputed.sound
    assert (shipped.rounds[-1].figures["pooled"]["accuracy"] or 0) > FLOORS[str(shipped.facts["name"])]
    honest = [row.net for row in shipped.participants if row.behaviour == "honest"]
    others = [row.net for row in shipped.participants if row.behaviour != "honest"]
    assert min(honest) > max(others, default=0)
