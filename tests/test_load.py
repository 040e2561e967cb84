"""The load benchmark, on few participants."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from qfl_chain.protocol.contribution import most_coalitions
from qfl_chain.protocol.evidence import largest_evidence
from tests.services import need

ROOT = Path(__file__).resolve().parents[1]
GROWTH = runpy.run_path(str(ROOT / "benchmarks" / "growth.py"))
CEILINGS = {"join, gas": 48_500, "commit, gas": 33_000, "gas per reveal": 12_500, "report, gas": 75_000}


def load(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "load.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def test_a_round_is_played_paid_and_checked_on_anvil() -> None:
    need("anvil")
    done = load("12", "--json")
    assert done.returncode == 0, done.stderr
    (measured,) = json.loads(done.stdout)
    assert measured["participants"] == 12
    assert {name: measured[name] for name in CEILINGS if measured[name] > CEILINGS[name]} == {}
    assert 0 < measured["evidence, bytes"] <= largest_evidence(12, most_coalitions(12, 2), 4)
    assert measured["accounts paid"] > 0
    assert measured["claims/s"] > 0
    assert min(measured["oracle peak, MiB"], measured["node peak, MiB"]) > 0


@pytest.mark.parametrize(("count", "why"), [("5000", "over 1,048,576"), ("1", "not from 2 on")])
def test_a_number_of_participants_that_cannot_be_is_refused(count: str, why: str) -> None:
    done = load(count)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_growth_is_the_exponent_of_the_number_of_participants() -> None:
    small = {"participants": 10, "linear": 5, "square": 3, "constant": 7, "nothing": 0}
    large = {"participants": 100, "linear": 50, "square": 300, "constant": 7, "nothing": 0}
    assert GROWTH["growth"](small, large) == pytest.approx({"linear": 1, "square": 2, "constant": 0})


def test_the_table_has_a_column_a_size_and_a_column_a_step() -> None:
    rows = [{"participants": size, "seconds": size / 8} for size in (10, 20, 40)]
    assert [line.split() for line in GROWTH["table"](rows).splitlines()] == [
        ["participants", "10", "20", "40"],
        ["seconds", "1.25", "2.5", "5", "1.00", "1.00"],
    ]
