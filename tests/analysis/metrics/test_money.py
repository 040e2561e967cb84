"""Money: figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.metrics.money import break_even
from qfl_chain.types import Gwei
from tests.analysis.facts import BUDGET, ETH, facts, figure, history, participant
from tests.analysis.metrics.values import value


def test_the_conservation_statement_balances() -> None:
    parts = value("conservation")
    assert parts["difference"] == 0
    assert (parts["deposits"], parts["funding"]) == (8 * ETH, 10 * ETH)
    assert (parts["stakes"], parts["penalties"]) == (8 * ETH - ETH // 10, ETH // 10)
    assert (parts["paid"], parts["unclaimed"]) == (7 * ETH // 10, 13 * ETH // 10)
    assert parts["pool"] == 10 * ETH - 2 * ETH + ETH // 10


def test_a_statement_that_does_not_balance_says_by_how_much() -> None:
    whole = history()
    lost = replace(whole, money=replace(whole.money, pool=Gwei(whole.money.pool - 5)))
    assert value("conservation", lost)["difference"] == 5


def test_net_is_earned_less_penalties_and_fees() -> None:
    gas = 48_000 + 3 * 31_000 + 3 * 40_000
    assert value("net") == {
        "Ada": 14 * ETH // 10 - 2 * (gas + 50_000),
        "Ben": 6 * ETH // 10 - 2 * gas,
        "Fay": -2 * gas,
        "Nat": -ETH // 10 - 2 * (48_000 + 31_000),
    }
    assert value("roi")["Ada"] == (14 * ETH // 10 - 2 * (gas + 50_000)) / (2 * ETH)


def test_fees_below_a_gwei_count_as_one() -> None:
    one = replace(facts(participants=(participant(1, fees=1),)))
    assert value("net", one) == {"P1": -1}


def test_nothing_deposited_has_no_return() -> None:
    assert value("roi", facts(participants=(participant(1, deposited=0, stake=0),))) == {"P1": None}


def test_the_cost_is_what_was_promised_and_all_fees() -> None:
    whole = history()
    assert value("cost") == 2 * BUDGET + sum(one.gas_used for one in whole.transactions) * 2
    assert value("cost_per_point") == {
        "pooled": pytest.approx(value("cost") / 30),
        "Ada": pytest.approx(value("cost") / 15),
    }


def test_a_model_that_got_no_better_has_no_cost_per_point() -> None:
    worse = replace(history(), figures=(figure("pooled", 0, 0.7), figure("pooled", 3, 0.7)))
    assert value("cost_per_point", worse) == {"pooled": None}


def test_break_even_counts_gas_energy_and_shots() -> None:
    prices = Prices(
        gas_price_wei=3 * 10**9,
        eth_usd=Decimal(1000),
        kwh=Decimal(2),
        kwh_usd=Decimal("0.5"),
        shots=100,
        shot_usd=Decimal("0.01"),
    )
    rewards = value("break_even_reward", prices=prices)
    assert rewards["Nat"] == 3 * (48_000 + 31_000) + 2 * ETH // 1000
    assert rewards["Ben"] == (48_000 + 3 * 31_000 + 3 * 40_000) + 2 * ETH // 1000
    assert value("break_even_budget", prices=prices) == sum(rewards.values())


@pytest.mark.parametrize(("gas", "reward"), [(3, 1), (4, 2), (6, 2)])
def test_a_break_even_reward_is_rounded_up_once(gas: int, reward: int) -> None:
    assert break_even(gas, rounds=3, gas_price_wei=10**9, other=Gwei(0)) == reward


def test_dollars_become_gwei_exactly_and_round_up() -> None:
    assert Prices(eth_usd=Decimal(3000)).gwei(Decimal("0.1")) == 33_334
    assert Prices(eth_usd=Decimal(1)).gwei(Decimal("18446744073.709551615")) == 2**64 - 1
