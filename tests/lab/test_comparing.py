"""Runs side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.analysis.summary import summarise
from qfl_chain.errors import RunError
from qfl_chain.lab.comparing import Comparison, compare_runs, flattened, scenario_differences


@pytest.fixture(scope="module")
def comparison(small_run: Path, attacked_run: Path) -> Comparison:
    return compare_runs([small_run, attacked_run])


def test_only_the_keys_that_differ_are_kept() -> None:
    tables = [{"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3, "d": [4]}}]
    differences = scenario_differences([flattened(table) for table in tables])
    assert differences == {"b.c": (2, 3), "b.d": (None, [4])}


def test_participants_are_compared_by_name() -> None:
    tables = [{"participants": [{"name": "a", "stake": "1"}]}, {"participants": [{"name": "a", "stake": "2"}]}]
    assert scenario_differences([flattened(table) for table in tables]) == {"participants.a.stake": ("1", "2")}


def test_a_run_differs_from_itself_in_nothing(small_run: Path) -> None:
    same = compare_runs([small_run, small_run])
    assert same.differences == {}
    assert same.runs[0] == same.runs[1]


def test_columns_are_what_the_runs_say(comparison: Comparison, small_run: Path, attacked_run: Path) -> None:
    for column, path in zip(comparison.runs, (small_run, attacked_run), strict=True):
        summary = summarise(path)
        assert column.path == str(path)
        assert (column.reports, column.equal, column.status) == (3, 3, "complete")
        assert column.figures == summary.rounds[-1].figures["pooled"]
        assert column.paid == sum(row.earned for row in summary.participants)
        assert sum(one.net for one in column.money.values()) == sum(row.net for row in summary.participants)
        assert column.fees == sum(row.fees for row in summary.gas)
    assert "participants.rita.behaviour" in comparison.differences
    assert "rules.subset" not in comparison.differences


def test_money_is_grouped_by_behaviour(comparison: Comparison) -> None:
    plain, attacked = comparison.runs
    assert {name: one.count for name, one in plain.money.items()} == {"honest": 3}
    assert {name: one.count for name, one in attacked.money.items()} == {
        "honest": 2,
        "free-rider": 1,
        "copycat": 1,
        "no-show": 1,
    }


def test_what_is_no_run_is_said(small_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run directory"):
        compare_runs([small_run, tmp_path])
