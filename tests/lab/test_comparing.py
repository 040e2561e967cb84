"""Histories side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.opening import open_history
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.analysis.metrics.catalogue import METRICS, Prices, measure
from qfl_chain.analysis.summary import summarise
from qfl_chain.lab.comparing import Comparison, compare, flattened, recomputation, scenario_differences


def compared(*paths: Path) -> Comparison:
    facts = []
    for path in paths:
        with open_history(path) as index:
            facts.append(load_facts(index))
    return compare([str(path) for path in paths], facts, [recomputation(path) for path in paths])


@pytest.fixture(scope="module")
def comparison(small_run: Path, attacked_run: Path) -> Comparison:
    return compared(small_run, attacked_run)


def differences(tables: Sequence[dict[str, object]]) -> dict[str, tuple[object, ...]]:
    return scenario_differences([flattened(table) for table in tables])


def test_only_the_keys_that_differ_are_kept() -> None:
    tables = [{"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3, "d": [4]}}]
    assert differences(tables) == {"b.c": (2, 3), "b.d": (None, [4])}


def test_a_history_without_a_scenario_differs_from_none() -> None:
    assert differences([{"a": 1}, {}]) == {}
    assert differences([{"a": 1}, {}, {"a": 2}]) == {"a": (1, None, 2)}


def test_participants_are_compared_by_name() -> None:
    tables = [{"participants": [{"name": "a", "stake": "1"}]}, {"participants": [{"name": "a", "stake": "2"}]}]
    assert differences(tables) == {"participants.a.stake": ("1", "2")}


def test_a_run_differs_from_itself_in_nothing(small_run: Path) -> None:
    same = compared(small_run, small_run)
    assert same.differences == {}
    assert same.columns[0] == same.columns[1]


def test_columns_are_what_the_runs_say(comparison: Comparison, small_run: Path, attacked_run: Path) -> None:
    for column, path in zip(comparison.columns, (small_run, attacked_run), strict=True):
        summary = summarise(path)
        assert (column.path, column.name) == (str(path), "small")
        assert (column.reports, column.equal) == (3, 3)
        assert column.accepted == sum(outcome.accepted for outcome in summary.recomputed.outcomes.values())
        assert column.figures["pooled accuracy"] == summary.rounds[-1].figures["pooled"]["accuracy"]
        assert column.paid == sum(row.earned for row in summary.participants)
        assert sum(one.net for one in column.money.values()) == sum(row.net for row in summary.participants)
        assert column.gas.keys() == {row.function for row in summary.gas}
        assert abs(column.fees - sum(row.fees for row in summary.gas)) <= len(summary.gas)
    assert "participants.rita.behaviour" in comparison.differences
    assert "rules.subset" not in comparison.differences


def test_money_is_grouped_by_behaviour(comparison: Comparison) -> None:
    plain, attacked = comparison.columns
    assert {name: one.count for name, one in plain.money.items()} == {"honest": 3}
    assert {name: one.count for name, one in attacked.money.items()} == {
        "honest": 2,
        "free-rider": 1,
        "copycat": 1,
        "no-show": 1,
    }


def test_metrics_of_one_figure_are_those_of_the_catalogue(comparison: Comparison, attacked_run: Path) -> None:
    with open_history(attacked_run) as index:
        values = measure(load_facts(index), Prices())
    single = {name for name, metric in METRICS.items() if not metric.per}
    assert comparison.columns[1].metrics == {name: values[name] for name in single}
    assert any(value is not None for value in comparison.columns[1].metrics.values())


def test_an_index_stands_beside_a_run_but_is_not_recomputed(attacked_run: Path, tmp_path: Path) -> None:
    index_run(attacked_run, tmp_path / "index.duckdb").close()
    run, index = compared(attacked_run, tmp_path / "index.duckdb").columns
    assert (run.equal, index.equal) == (3, None)
    assert (index.money, index.gas, index.figures, index.paid) == (run.money, run.gas, run.figures, run.paid)
