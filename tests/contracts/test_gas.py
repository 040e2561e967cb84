"""Gas per call is a committed snapshot, under the design's ceilings, flat in what must not matter."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gas.py"


@pytest.fixture(scope="module")
def gas() -> dict[str, Any]:
    return runpy.run_path(str(BENCHMARK))


@pytest.fixture(scope="module")
def measured(gas: dict[str, Any]) -> dict[str, int]:
    table: dict[str, int] = gas["measure"]()
    return table


def test_gas_is_what_the_snapshot_says(gas: dict[str, Any], measured: dict[str, int]) -> None:
    assert measured == gas["read_snapshot"](), "run `python benchmarks/gas.py --update` and look at the difference"


def test_every_ceiling_holds(gas: dict[str, Any], measured: dict[str, int]) -> None:
    exceeded = {call: measured[call] for call, ceiling in gas["CEILINGS"].items() if measured[call] > ceiling}
    assert exceeded == {}


def test_a_report_costs_the_same_for_any_number_of_parameters(gas: dict[str, Any]) -> None:
    assert len({gas["report_gas"](parameters) for parameters in (4, 64, 1024)}) == 1


def test_a_claim_grows_only_with_the_logarithm_of_its_leaves(measured: dict[str, int]) -> None:
    small, middle, large = (measured[f"claim, {leaves} leaves"] for leaves in (4, 64, 1024))
    # 4, 64 and 1024 leaves are 2, 6 and 10 levels: equal steps, but for zero bytes in calldata (12 gas each).
    level = (large - small) / 8
    assert 0 < level < 1_100
    assert abs((middle - small) / 4 - level) < 60
