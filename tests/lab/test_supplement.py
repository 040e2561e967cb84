"""What the lab adds to a run's facts, and that the metrics then have figures."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qfl_chain.analysis.facts import Supplement
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.opening import open_history
from qfl_chain.analysis.metrics.catalogue import Prices, measure
from qfl_chain.lab.cases import open_cases
from qfl_chain.lab.data_value import data_values
from qfl_chain.lab.deviation_table import DeviationRow
from qfl_chain.lab.models import prepared
from qfl_chain.lab.scenarios import scenario_of
from qfl_chain.lab.supplement import best_deviations, supplement
from qfl_chain.storage.archive import open_archive


@pytest.fixture(scope="module")
def found(small_run: Path) -> Supplement:
    return supplement(small_run)


def row(name: str, paid: int, **gains: object) -> DeviationRow:
    values: dict[str, object] = dict.fromkeys(("same", "nudged", "mean", "merged", "exact_copy", "near_copy"))
    values |= {"behaviour": "", "partner": "", "richer_partner": ""}
    return DeviationRow(name=name, paid=paid, **{**values, **gains})  # type: ignore[arg-type]


def test_rows_are_those_of_its_own_that_a_client_trained_on(small_run: Path, found: Supplement) -> None:
    data = prepared(scenario_of(open_archive(small_run)))
    holdings = open_cases(small_run)
    assert found.rows == {
        holdings.names[account]: next(len(one.own) for one in data.clients if one.name == client)
        for account, client in holdings.holdings.items()
    }
    assert min(found.rows.values()) > 0


def test_values_are_the_labs(small_run: Path, found: Supplement) -> None:
    assert found.values == {one.name: one.loss for one in data_values(open_cases(small_run)).values}


def test_with_them_the_metrics_have_figures_and_are_the_labs(small_run: Path, found: Supplement) -> None:
    with open_history(small_run) as index:
        facts = replace(load_facts(index), supplement=found)
    figures = measure(facts, Prices(), ("spearman_value", "reward_per_row", "gain_splitting", "gain_copying"))
    ranks = {(one.of, one.to): one for one in data_values(open_cases(small_run)).correlations}
    assert figures["spearman_value"] == pytest.approx(ranks["payment", "data value"].spearman)
    assert [name for name, value in figures.items() if value is None] == []


def test_the_best_variant_of_whoever_gains_most_counts() -> None:
    rows = (
        row("Ada", 100, same=-5, nudged=7, partner="Ben", mean=1, richer_partner="Cem", merged=9, exact_copy=-3),
        row("Ben", 50, same=6, partner="Ada", mean=1),
        row("Cem", 20, near_copy=40),
    )
    assert best_deviations(rows) == {"splitting": (100, 107), "colluding": (120, 129), "copying": (20, 60)}


def test_what_was_never_possible_has_no_gain() -> None:
    assert best_deviations((row("Ada", 100, same=-5),)) == {"splitting": (100, 95)}
    assert best_deviations(()) == {}


def test_data_that_are_gone_give_no_rows_and_no_values(small_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(small_run, copy)
    facts = json.loads((copy / "run.json").read_text())
    facts["scenario"]["data"]["source"] = str(tmp_path / "gone.csv")
    facts["scenario"]["data"]["label"] = "label"
    (copy / "run.json").write_text(json.dumps(facts))
    without = supplement(copy)
    assert (without.rows, without.values) == ({}, {})
    assert "splitting" in without.deviations


def test_every_step_is_told(small_run: Path) -> None:
    steps: list[str] = []
    supplement(small_run, steps.append)
    assert steps[0] == "round 1 again"
    assert "training without nobody" in steps
