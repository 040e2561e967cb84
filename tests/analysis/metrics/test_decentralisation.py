"""Decentralisation and access, now and by round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.facts import BUDGET, ETH, facts, history, hour, movement, round_, standing
from tests.analysis.metrics.values import unequal, value


def test_stakes_by_round_are_those_at_its_end() -> None:
    assert value("hhi_stake_by_round", unequal()) == {"1": 1, "2": pytest.approx(0.2**2 + 0.8**2)}


def test_a_penalty_counts_from_the_round_it_is_settled_in() -> None:
    assert value("hhi_stake_by_round") == {"1": 0.25, "2": pytest.approx(0.25012, abs=1e-5), "3": value("hhi_stake")}


def test_what_is_settled_by_the_call_that_opens_a_round_counts_from_that_round() -> None:
    whole = history()
    penalty = next(one for one in whole.movements if one.kind == "Penalized")
    opening = replace(whole, movements=(*whole.movements[:-1], replace(penalty, time=hour(2))))
    assert value("hhi_stake_by_round", opening)["1"] == 0.25
    assert value("hhi_stake_by_round", opening)["2"] > 0.25


def test_an_exit_leaves_no_stake() -> None:
    one = unequal()
    left = replace(one, movements=(*one.movements, movement("Exited", 2, 8 * ETH, time=hour(2.5), block=30)))
    assert value("hhi_stake_by_round", left) == {"1": 1, "2": 1}
    assert value("nakamoto_50_stake", left) == 1


def test_rewards_and_weights_by_round_are_the_rounds_own() -> None:
    assert value("nakamoto_50_reward_by_round") == {"1": 1, "2": None, "3": 1}
    assert value("hhi_weight_by_round", unequal()) == {"1": 1, "2": 1}


def test_a_share_of_the_weight_counts_the_same_in_every_round() -> None:
    """The second round's weights are a million times the first's; each of the two has one round."""
    million = replace(unequal(), standings=(standing(1, 1, 1, BUDGET), standing(2, 2, 10**6, BUDGET)))
    assert value("hhi_weight", million) == 0.5


def test_wealth_is_deposits_and_rewards_less_penalties() -> None:
    assert value("gini_wealth_by_round") == {"1": pytest.approx(0.2 / 3), "3": pytest.approx(1.275 / 9.9)}
    assert value("rich_get_richer") == pytest.approx(1.275 / 9.9 - 0.2 / 3)


def test_stake_has_no_advantage_to_tell_where_all_staked_the_same() -> None:
    assert value("stake_advantage") is None


@pytest.mark.parametrize(("rewards", "advantage"), [((250, 750), 1), ((500, 500), 0), ((0, 1000), 2)])
def test_the_advantage_of_stake_is_the_slope(rewards: tuple[int, int], advantage: float) -> None:
    small, large = rewards
    one = facts(
        rounds=(round_(1),), standings=(standing(1, 1, 1, small, stake=ETH), standing(1, 2, 1, large, stake=3 * ETH))
    )
    assert value("stake_advantage", one) == pytest.approx(advantage)


def test_updates_that_were_refused_say_nothing_of_the_advantage_of_stake() -> None:
    """A copycat that was penalised before has less stake and no reward: that is not for its stake."""
    one = facts(
        rounds=(round_(1),),
        standings=(
            *(standing(1, index, 1, BUDGET // 2) for index in (1, 2)),
            standing(1, 3, 0, 0, stake=19 * ETH // 10, status="duplicate"),
        ),
    )
    assert value("stake_advantage", one) is None


def test_a_newcomer_earns_by_the_mean_contribution_and_the_least_stake() -> None:
    """Weights are 2 x 70, 2 x 30 and 0; the newcomer's is 1 x 100 / 3."""
    weight = ETH * 100 // 3
    reward = BUDGET * weight // (2 * ETH * 100 + weight)
    assert value("newcomer_reward") == {"1": reward, "2": None, "3": reward}
    assert value("newcomer_return") == 2 * reward / ETH


def test_a_round_that_paid_nobody_tells_nothing_of_newcomers() -> None:
    kept = facts(rounds=(round_(1, paid=0, accepted=False),), standings=(standing(1, 1, 5, 0),))
    assert value("newcomer_reward", kept) == {"1": None}
    assert value("newcomer_return", kept) is None
