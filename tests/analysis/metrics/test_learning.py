"""Learning: figures of models and updates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.facts import figure, history, standing
from tests.analysis.metrics.values import value


def test_curves_prefer_the_pooled_rows() -> None:
    figures = (figure("validation", 0, 0.1), figure("validation", 1, 0.2))
    public = replace(history(), figures=figures)
    assert value("accuracy_by_round", public) == {"0": 0.1, "1": 0.2}
    pooled = replace(history(), figures=(*figures, figure("pooled", 0, 0.3)))
    assert value("accuracy_by_round", pooled) == {"0": 0.3}


def test_the_last_model_is_beside_the_baselines() -> None:
    assert value("accuracy") == {"pooled": pytest.approx(0.8), "Ada": pytest.approx(0.75)}
    assert value("accuracy_gain") == {"pooled": pytest.approx(0.3), "Ada": pytest.approx(0.15)}
    assert value("baseline_accuracy") == {"centralised": 0.75}
    assert value("auc") == {}


def test_who_moved_the_model_is_a_mean_over_the_rounds_that_tell() -> None:
    assert value("moved") == {"Ada": 0.7, "Ben": 0.3, "Fay": 0, "Nat": 0}
    stirred = replace(history(), standings=(standing(1, 1, 7, 1, moved=1.0), standing(3, 2, 7, 1, moved=0.5)))
    assert value("moved", stirred) == {"Ada": 0.5, "Ben": 0.25, "Fay": 0, "Nat": 0}


def test_contributions_are_added_and_unknown_for_who_has_none() -> None:
    assert value("contribution") == {"Ada": 0.14, "Ben": 0.06, "Fay": -0.02, "Nat": None}


def test_geometry_is_the_rounds() -> None:
    assert value("drift_by_round") == {"1": 0.25, "2": None, "3": 0.75}
    assert (value("drift"), value("agreement")) == (0.75, 0.5)
    assert value("loss_by_round") == {"1": 0.5, "2": None, "3": 0.25}
