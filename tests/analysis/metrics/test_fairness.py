"""Fairness: rewards beside contributions and what the lab adds."""

from __future__ import annotations

import pytest

from qfl_chain.analysis.metrics.catalogue import measure
from tests.analysis.facts import ETH, history
from tests.analysis.metrics.values import PRICES, known, supplied, value


def test_rewards_that_follow_contributions_correlate_fully() -> None:
    assert value("spearman_contribution") == value("kendall_contribution") == 1


def test_all_participants_count_for_the_spread_of_rewards() -> None:
    assert value("lorenz_reward") == {"0": 0, "1": 0, "2": 0, "3": 0.3, "4": 1}
    assert value("gini_reward") == pytest.approx(0.6)


def test_what_the_lab_adds_becomes_figures() -> None:
    whole = supplied()
    assert value("reward_per_row", whole) == {
        "Ada": 14 * ETH / 10 / 200,
        "Ben": 6 * ETH / 10 / 100,
        "Fay": None,
        "Nat": None,
    }
    assert value("spearman_value", whole) == pytest.approx(0.5)
    assert value("kendall_value", whole) == pytest.approx(1 / 3)
    assert [value(f"gain_{name}", whole) for name in ("splitting", "colluding", "copying")] == [-10, None, 1 - 2**64]


def test_what_nobody_added_is_unknown() -> None:
    names = ("spearman_value", "kendall_value", "gain_splitting", "gain_colluding", "gain_copying", "reward_per_row")
    assert known(measure(history(), PRICES, names)) == set()
