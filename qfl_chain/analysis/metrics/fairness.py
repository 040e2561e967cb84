"""Fairness: how evenly rewards are spread, and whether they follow what somebody contributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import isnan

from scipy.stats import kendalltau, spearmanr

from qfl_chain.analysis.facts import Facts, ParticipantFacts
from qfl_chain.analysis.metrics.metric import Metric, Number, Prices, Value
from qfl_chain.analysis.metrics.readings import contributions, each_participant, earned, rewards
from qfl_chain.types import Gwei


def gini(amounts: Sequence[Number]) -> float | None:
    """Half the mean difference between two holders, relative to the mean: 0 where all have the same.

    Gini 1912, over the sorted amounts. None without a positive amount.
    """
    total, count = sum(amounts), len(amounts)
    if not total:
        return None
    ranked = sum((2 * rank - count - 1) * amount for rank, amount in enumerate(sorted(amounts), start=1))
    return ranked / (count * total)


def lorenz(amounts: Sequence[Number]) -> tuple[float, ...]:
    """The share that the poorest 0, 1, 2... of all hold together; from 0 to 1. Empty without a positive amount.

    Lorenz 1905.
    """
    total = sum(amounts)
    if not total:
        return ()
    return tuple(held / total for held in accumulate(sorted(amounts), initial=0))


def jain(amounts: Sequence[Number]) -> float | None:
    """``(sum x)^2 / (n sum x^2)``: 1 where all have the same, 1/n where one has all. None without a positive amount.

    Jain, Chiu, Hawe 1984.
    """
    total = sum(amounts)
    if not total:
        return None
    return total * total / (len(amounts) * sum(amount * amount for amount in amounts))


def spearman(first: Sequence[Number], second: Sequence[Number]) -> float | None:
    """Spearman's rank correlation (1904), ties sharing their mean rank.

    None for fewer than two pairs, or where all of one side are equal.
    """
    return None if _constant(first, second) else _figure(spearmanr(_dense(first), _dense(second)).statistic)


def kendall(first: Sequence[Number], second: Sequence[Number]) -> float | None:
    """Kendall's tau-b (1945). None for fewer than two pairs, or where all of one side are equal."""
    return None if _constant(first, second) else _figure(kendalltau(_dense(first), _dense(second)).statistic)


def per_row(reward: int, rows: int) -> float | None:
    """The reward a row of data brought; None without rows."""
    return reward / rows if rows else None


def _constant(first: Sequence[Number], second: Sequence[Number]) -> bool:
    return len(set(first)) < 2 or len(set(second)) < 2


def _dense(values: Sequence[Number]) -> list[int]:
    """Each value's place among the distinct values: equal ranks, and no gwei lost in a float."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] for value in values]


def _figure(statistic: float) -> float | None:
    return None if isnan(statistic) else float(statistic)


def _earned(facts: Facts) -> list[Gwei]:
    return list(earned(facts).values())


def _lorenz_points(facts: Facts) -> Mapping[str, Number | None]:
    return {str(poorest): share for poorest, share in enumerate(lorenz(_earned(facts)))}


def _against_contribution(facts: Facts) -> tuple[list[int], list[float]]:
    """Over the updates that count, so that a lost evidence leaves both sides out."""
    contributed = contributions(facts)
    return list(rewards(facts).values()), list(contributed.values())


def _against_value(facts: Facts) -> tuple[list[int], list[float]]:
    got, values = earned(facts), facts.supplement.values
    held = [one for one in facts.participants if one.name in values and one.account in got]
    return [got[one.account] for one in held], [values[one.name] for one in held]


def _reward_per_row(facts: Facts, _: Prices) -> Value:
    got, rows = earned(facts), facts.supplement.rows

    def value(one: ParticipantFacts) -> float | None:
        return per_row(got[one.account], rows.get(one.name, 0)) if one.account in got else None

    return each_participant(facts, value)


METRICS = (
    Metric("gini_reward", "fairness", "Gini coefficient of rewards", "", 0, 1, lambda facts, _: gini(_earned(facts))),
    Metric(
        "lorenz_reward",
        "fairness",
        "Lorenz curve of rewards",
        "",
        0,
        1,
        lambda facts, _: _lorenz_points(facts),
        per="poorest",
    ),
    Metric("jain_reward", "fairness", "Jain's index of rewards", "", 0, 1, lambda facts, _: jain(_earned(facts))),
    Metric(
        "spearman_contribution",
        "fairness",
        "Spearman correlation of reward and contribution",
        "",
        -1,
        1,
        lambda facts, _: spearman(*_against_contribution(facts)),
    ),
    Metric(
        "kendall_contribution",
        "fairness",
        "Kendall correlation of reward and contribution",
        "",
        -1,
        1,
        lambda facts, _: kendall(*_against_contribution(facts)),
    ),
    Metric(
        "spearman_value",
        "fairness",
        "Spearman correlation of reward and true data value",
        "",
        -1,
        1,
        lambda facts, _: spearman(*_against_value(facts)),
    ),
    Metric(
        "kendall_value",
        "fairness",
        "Kendall correlation of reward and true data value",
        "",
        -1,
        1,
        lambda facts, _: kendall(*_against_value(facts)),
    ),
    Metric(
        "reward_per_row",
        "fairness",
        "Reward per row of data",
        "gwei per row",
        0,
        None,
        _reward_per_row,
        per="participant",
    ),
)
