"""The catalogue, and metrics of histories that lack something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from qfl_chain.analysis.metrics.catalogue import GROUPS, METRICS, measure
from qfl_chain.errors import InputError
from qfl_chain.types import Gwei
from tests.analysis.facts import BUDGET, ETH, account, expired, facts, history, movement, participant, round_, standing
from tests.analysis.metrics.values import PRICES, known, supplied, unequal, value, without_evidence


def test_metrics_stand_by_group() -> None:
    assert list(dict.fromkeys(metric.group for metric in METRICS.values())) == list(GROUPS)


def test_measure_gives_all_or_those_named_in_their_order() -> None:
    assert list(measure(history(), PRICES)) == list(METRICS)
    assert list(measure(history(), PRICES, ["gas", "net"])) == ["gas", "net"]


@pytest.mark.parametrize("word", ["gini_rewards", "gini", "ginni"])
def test_an_unknown_metric_is_refused_with_the_nearest(word: str) -> None:
    with pytest.raises(InputError, match=rf"^no metric '{word}'; did you mean 'gini_reward'\?$"):
        measure(history(), PRICES, [word])


def test_a_word_that_is_near_no_metric_is_answered_with_where_they_are_listed() -> None:
    with pytest.raises(InputError, match=r"^no metric 'xyz'; docs/metrics.md defines them all"):
        measure(history(), PRICES, ["xyz"])


@pytest.mark.parametrize("name", METRICS)
def test_every_figure_of_every_history_is_in_its_range(name: str) -> None:
    metric = METRICS[name]
    for one in (history(), without_evidence(3), unequal(), supplied()):
        found = value(name, one)
        assert isinstance(found, Mapping) == bool(metric.per) or found is None
        for figure_ in found.values() if isinstance(found, Mapping) else [found]:
            assert figure_ is None or metric.low is None or metric.low <= figure_
            assert figure_ is None or metric.high is None or figure_ <= metric.high


def test_a_federation_that_nobody_joined_has_money_and_a_committee() -> None:
    assert known(measure(facts(), PRICES)) == {
        "conservation",
        "cost",
        "gas",
        "gas_by_function",
        "gas_by_role",
        "fees_paid",
        "fees_mainnet",
        "fees_l2",
        "oracles_to_corrupt",
        "bond_to_corrupt",
    }


def test_before_the_first_report_only_stakes_and_costs_are_known() -> None:
    young = facts(
        participants=(participant(1, commits=1),),
        rounds=(round_(1, status="open", paid=0, evidence="", block=None, loss_after=None, loss_before=None),),
        movements=(movement("Joined", 1, 2 * ETH),),
    )
    figures = measure(young, PRICES)
    assert figures["nakamoto_50_stake_by_round"] == {"1": 1}
    assert figures["hhi_reward_by_round"] == {"1": None}
    assert (figures["gini_reward"], figures["moved"], figures["newcomer_reward"]) == (None, {"P1": None}, {"1": None})


def test_one_participant_has_everything_and_is_compared_with_nobody() -> None:
    alone = facts(
        participants=(participant(1, earned=BUDGET, commits=1, reveals=1, accepted=1),),
        rounds=(round_(1),),
        standings=(standing(1, 1, 10, BUDGET),),
        movements=(movement("Joined", 1, 2 * ETH),),
    )
    names = ("gini_reward", "jain_reward", "hhi_reward", "entropy_reward", "nakamoto_66_reward", "kendall_contribution")
    assert list(measure(alone, PRICES, names).values()) == [0, 1, 1, 0, 1, None]


def test_where_every_round_expired_nobody_earned() -> None:
    idle = facts(
        participants=(participant(1, commits=2), participant(2)),
        rounds=(expired(1), expired(2)),
        movements=(movement("Joined", 1, 2 * ETH), movement("Joined", 2, 2 * ETH)),
    )
    figures = measure(idle, PRICES)
    assert figures["net"] == {"P1": 0, "P2": 0}
    assert figures["gini_reward"] is None
    assert figures["entropy_stake_by_round"] == {"1": 1, "2": 1}
    assert figures["gini_wealth_by_round"] == {}


def test_no_sum_of_rewards_is_guessed_where_evidence_is_missing() -> None:
    figures = measure(without_evidence(3), PRICES)
    sums = ("net", "roi", "gini_reward", "jain_reward", "lorenz_reward", "hhi_reward", "exclusion_recall")
    assert known({name: figures[name] for name in (*sums, "profit_by_behaviour", "reward_per_row")}) == set()
    assert figures["hhi_reward_by_round"] == {"1": pytest.approx(0.58), "2": None, "3": None}
    assert figures["gini_wealth_by_round"] == {"1": pytest.approx(0.2 / 3)}
    assert figures["conservation"] == value("conservation")


def test_evidence_of_a_round_that_paid_nothing_is_not_missed() -> None:
    one = without_evidence(3)
    unpaid = replace(one, rounds=tuple(replace(it, paid=Gwei(0)) if it.number == 3 else it for it in one.rounds))
    assert value("gini_reward", unpaid) is not None


def test_a_voided_report_counts_for_nothing() -> None:
    whole = history()
    voided = replace(
        whole,
        rounds=tuple(replace(one, status="voided", paid=Gwei(0)) if one.number == 3 else one for one in whole.rounds),
        standings=tuple(replace(one, stands=one.round != 3) for one in whole.standings),
    )
    assert value("hhi_reward_by_round", voided) == {"1": pytest.approx(0.58), "2": None, "3": None}
    assert value("contribution", voided)["Ada"] == 0.07


def test_without_transactions_no_cost_is_known() -> None:
    figures = measure(replace(history(), transactions=()), PRICES)
    names = [name for name, metric in METRICS.items() if metric.group == "cost"]
    assert known({name: figures[name] for name in (*names, "cost", "net", "roi", "profit_by_behaviour")}) == set()


def test_two_with_the_same_name_are_told_apart_by_their_accounts() -> None:
    twins = facts(participants=(participant(1, "Eve", earned=1), participant(2, "Eve"), participant(3, "Ada")))
    assert list(value("net", twins)) == [f"Eve {account(1)}", f"Eve {account(2)}", "Ada"]


def test_amounts_of_64_bits_lose_nothing() -> None:
    most = 2**64 - 1
    rich = facts(participants=(participant(1, earned=most, fees=10**9), participant(2, earned=most - 1)))
    assert value("net", rich) == {"P1": most - 1, "P2": most - 1}
    assert value("nakamoto_50_reward", rich) == 1
