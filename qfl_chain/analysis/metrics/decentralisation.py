"""Decentralisation and access: in how few hands stake, reward and weight lie, and what somebody new could earn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate

from scipy.stats import entropy as scipy_entropy

from qfl_chain.analysis.facts import Facts, StandingFacts
from qfl_chain.analysis.metrics.fairness import gini
from qfl_chain.analysis.metrics.metric import Metric, Number, Prices, Value
from qfl_chain.analysis.metrics.readings import (
    ACCEPTED,
    SUBJECTS,
    holdings,
    holdings_by_round,
    standings_by_round,
    wealth_by_round,
)
from qfl_chain.types import Gwei

PERCENTAGES = (33, 50, 66)


def nakamoto(amounts: Sequence[Number], percent: int) -> int | None:
    """The fewest holders who together have more than ``percent`` of all. None without a positive amount.

    Srinivasan and Lee 2017.
    """
    total = sum(amounts)
    if not total:
        return None
    held = accumulate(sorted(amounts, reverse=True))
    return next(count for count, sum_ in enumerate(held, start=1) if 100 * sum_ > percent * total)


def hhi(amounts: Sequence[Number]) -> float | None:
    """The sum of the squared shares: 1/n where all have the same, 1 where one has all. None without a positive amount.

    Herfindahl 1950, Hirschman 1945.
    """
    total = sum(amounts)
    return sum(amount * amount for amount in amounts) / (total * total) if total else None


def entropy(amounts: Sequence[Number]) -> float | None:
    """Shannon's entropy (1948) of the shares, in bits: log2 n where all n have the same, 0 where one has all.

    None without a positive amount.
    """
    total = sum(amounts)
    if not total:
        return None
    return max(float(scipy_entropy([amount / total for amount in amounts], base=2)), 0.0)


def slope(xs: Sequence[Number], ys: Sequence[Number]) -> float | None:
    """By how much y grows with x: ordinary least squares. None where all x are equal."""
    count, sum_x, sum_y = len(xs), sum(xs), sum(ys)
    spread = count * sum(x * x for x in xs) - sum_x * sum_x
    if len(set(xs)) < 2 or not spread:
        return None
    return (count * sum(x * y for x, y in zip(xs, ys, strict=True)) - sum_x * sum_y) / spread


def newcomer(stake: Gwei, budget: Gwei, weights: Sequence[int], contributions: Sequence[int]) -> Gwei | None:
    """What a newcomer would have earned in a round: the others' weights as they were, its contribution their mean.

    Args:
        stake: the newcomer's.
        budget: of the round.
        weights: of all others.
        contributions: of the accepted updates, as the protocol counts them: never below 0.

    Returns:
        Whole gwei, rounded down; None where nobody has a weight.
    """
    if not sum(weights):
        return None
    weight = stake * sum(contributions) // len(contributions)
    return Gwei(budget * weight // (sum(weights) + weight))


Measure = Callable[[Sequence[Number]], Number | None]


def _measures() -> Iterator[tuple[str, str, str, Number, Number | None, Measure]]:
    """Name, title, unit, bounds and function of every measure of concentration."""
    for percent in PERCENTAGES:
        title = f"Nakamoto coefficient at {percent} %"
        yield f"nakamoto_{percent}", title, "participants", 1, None, partial(nakamoto, percent=percent)
    yield "hhi", "Herfindahl-Hirschman index", "", 0, 1, hhi
    yield "entropy", "Entropy", "bit", 0, None, entropy


def _concentration(measure: Measure, subject: str, facts: Facts, _: Prices) -> Value:
    return measure(holdings(facts, subject))


def _concentration_by_round(measure: Measure, subject: str, facts: Facts, _: Prices) -> Value:
    return {str(number): measure(held) for number, held in holdings_by_round(facts, subject).items()}


def _concentrations() -> Iterator[Metric]:
    """Every measure of every subject, now and by round."""
    for name, title, unit, low, high, measure in _measures():
        for subject in SUBJECTS:
            yield Metric(
                f"{name}_{subject}",
                "decentralisation",
                f"{title} of {subject}",
                unit,
                low,
                high,
                partial(_concentration, measure, subject),
            )
            yield Metric(
                f"{name}_{subject}_by_round",
                "decentralisation",
                f"{title} of {subject} by round",
                unit,
                low,
                high,
                partial(_concentration_by_round, measure, subject),
                per="round",
            )


def _gini_of_wealth(facts: Facts) -> Mapping[str, float | None]:
    return {str(number): gini(list(wealth.values())) for number, wealth in wealth_by_round(facts).items()}


def _rich_get_richer(facts: Facts, _: Prices) -> Value:
    known = [one for one in _gini_of_wealth(facts).values() if one is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def _stake_advantage(facts: Facts, _: Prices) -> Value:
    """Over the accepted updates of rounds that paid: reward against stake, both relative to the round's mean."""
    stakes, rewards = [], []
    for everybody in standings_by_round(facts).values():
        standings = [one for one in everybody if one.status == ACCEPTED]
        staked, paid = sum(one.stake for one in standings), sum(one.reward for one in standings)
        if paid and staked:
            stakes += [len(standings) * one.stake / staked for one in standings]
            rewards += [len(standings) * one.reward / paid for one in standings]
    return slope(stakes, rewards)


def _newcomers(facts: Facts) -> dict[str, Gwei | None]:
    standings = standings_by_round(facts)
    return {str(one.number): _newcomer(facts.min_stake, one.budget, standings[one.number]) for one in facts.rounds}


def _newcomer(stake: Gwei, budget: Gwei, standings: Sequence[StandingFacts]) -> Gwei | None:
    """None in a round that paid nobody."""
    accepted = [one for one in standings if one.status == ACCEPTED and one.stake]
    if not any(one.reward for one in accepted):
        return None
    return newcomer(stake, budget, [one.weight for one in accepted], [one.weight // one.stake for one in accepted])


def _newcomer_return(facts: Facts, _: Prices) -> Value:
    earned = [one for one in _newcomers(facts).values() if one is not None]
    return sum(earned) / facts.min_stake if earned and facts.min_stake else None


METRICS = (
    *_concentrations(),
    Metric(
        "gini_wealth_by_round",
        "decentralisation",
        "Gini coefficient of wealth by round",
        "",
        0,
        1,
        lambda facts, _: _gini_of_wealth(facts),
        per="round",
    ),
    Metric("rich_get_richer", "decentralisation", "How far the rich get richer", "", -1, 1, _rich_get_richer),
    Metric(
        "stake_advantage", "decentralisation", "Relative reward per relative stake", "", None, None, _stake_advantage
    ),
    Metric(
        "newcomer_reward",
        "decentralisation",
        "What a newcomer with minimum stake can earn",
        "gwei",
        0,
        None,
        lambda facts, _: _newcomers(facts),
        per="round",
    ),
    Metric("newcomer_return", "decentralisation", "Return of a newcomer's stake", "", 0, None, _newcomer_return),
)
