"""Money: where every gwei is, what taking part brought and cost, and from which reward on it pays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from qfl_chain.analysis.facts import Facts, ParticipantFacts
from qfl_chain.analysis.metrics.metric import WEI_PER_GWEI, Metric, Prices, Value
from qfl_chain.analysis.metrics.readings import each_participant, earned
from qfl_chain.protocol.money import Money
from qfl_chain.types import Address, Gwei

POINTS = 100
"""An accuracy of 1 has so many points."""


def in_gwei(wei: int) -> Gwei:
    """An amount of wei in gwei, rounded up: nobody's costs look smaller than they are."""
    return Gwei(-(-wei // WEI_PER_GWEI))


def statement(money: Money) -> Mapping[str, int]:
    """What came in, where it is now, and the difference, which is 0. Rule P55.

    Penalties move from stakes to the pool but for their bounties, so they stand on neither side.
    """
    came, went = money.came(), {**money.held(), **money.left()}
    return {**came, **went, "penalties": money.penalties, "difference": sum(came.values()) - sum(went.values())}


def net(earned: int, penalties: int, fees_wei: int) -> int:
    """What somebody has more than before, in gwei; fees are rounded up."""
    return earned - penalties - in_gwei(fees_wei)


def roi(net_gwei: int, deposited: int) -> float | None:
    """The net per gwei put in; None where nothing was."""
    return net_gwei / deposited if deposited else None


def cost_per_point(cost: int, before: float, after: float) -> float | None:
    """What a percentage point of accuracy cost. None where the model got no better."""
    return cost / ((after - before) * POINTS) if after > before else None


def break_even(gas: int, rounds: int, gas_price_wei: int, other: Gwei) -> Gwei | None:
    """The least reward per round that covers its costs.

    Args:
        gas: of everything that a participant sent.
        rounds: those it committed to; None is returned for none.
        gas_price_wei: of one gas.
        other: what else a round costs it.
    """
    return Gwei(-(-gas * gas_price_wei // (rounds * WEI_PER_GWEI)) + other) if rounds else None


def energy_and_shots(prices: Prices) -> Gwei:
    """What a round costs a participant beside gas."""
    return prices.gwei(prices.kwh * prices.kwh_usd + prices.shots * prices.shot_usd)


def nets(facts: Facts) -> dict[Address, int]:
    """Every participant's net; empty where not every reward is known, or no transaction."""
    got = earned(facts) if facts.transactions else {}
    return {one.account: net(got[one.account], one.penalties, one.fees) for one in facts.participants if got}


def _net(facts: Facts, _: Prices) -> Value:
    held = nets(facts)
    return each_participant(facts, lambda one: held.get(one.account))


def _roi(facts: Facts, _: Prices) -> Value:
    held = nets(facts)
    return each_participant(facts, lambda one: roi(held[one.account], one.deposited) if held else None)


def _break_even_of(prices: Prices, one: ParticipantFacts) -> Gwei | None:
    """None where its gas is not known."""
    rounds = one.commits if one.gas_used else 0
    return break_even(one.gas_used, rounds, prices.gas_price_wei, energy_and_shots(prices))


def _cost(facts: Facts) -> Gwei | None:
    """All rewards that reports allocated, and all fees; None without a transaction."""
    if not facts.transactions:
        return None
    fees = in_gwei(sum(one.fee for one in facts.transactions))
    return Gwei(facts.money.paid + facts.money.unclaimed + fees)


def _cost_per_point(facts: Facts, _: Prices) -> Value:
    """By the rows that accuracy was measured on: from the first to the last round with a figure."""
    accuracy: dict[str, list[tuple[int, float]]] = {}
    for one in facts.figures:
        if one.round is not None and one.metric == "accuracy" and one.value is not None:
            accuracy.setdefault(one.rows, []).append((one.round, one.value))
    cost = _cost(facts)
    return {
        rows: None if cost is None else cost_per_point(cost, min(points)[1], max(points)[1])
        for rows, points in accuracy.items()
    }


def _break_even_budget(facts: Facts, prices: Prices) -> Value:
    """Where everybody who ever committed takes part."""
    rewards = [_break_even_of(prices, one) for one in facts.participants]
    known = [one for one in rewards if one is not None]
    return sum(known) if known else None


METRICS = (
    Metric(
        "conservation",
        "money",
        "Conservation statement",
        "gwei",
        0,
        None,
        lambda facts, _: statement(facts.money),
        per="part",
    ),
    Metric("net", "money", "Net profit", "gwei", None, None, _net, per="participant"),
    Metric("roi", "money", "Return on what was deposited", "", None, None, _roi, per="participant"),
    Metric("cost", "money", "Cost of the federation", "gwei", 0, None, lambda facts, _: _cost(facts)),
    Metric(
        "cost_per_point",
        "money",
        "Cost per accuracy point",
        "gwei per percentage point",
        0,
        None,
        _cost_per_point,
        per="rows",
    ),
    Metric(
        "break_even_reward",
        "money",
        "Break-even reward per round",
        "gwei",
        0,
        None,
        lambda facts, prices: each_participant(facts, partial(_break_even_of, prices)),
        per="participant",
    ),
    Metric("break_even_budget", "money", "Break-even budget per round", "gwei", 0, None, _break_even_budget),
)
