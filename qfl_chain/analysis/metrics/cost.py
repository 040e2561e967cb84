"""Cost: how much gas went where, how it grows with the participants, and what it costs on other chains."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from qfl_chain.analysis.facts import Facts, TransactionFacts
from qfl_chain.analysis.metrics.decentralisation import slope
from qfl_chain.analysis.metrics.metric import Metric, Prices, Value
from qfl_chain.analysis.metrics.money import in_gwei
from qfl_chain.analysis.metrics.readings import each_participant
from qfl_chain.types import Gwei

ROUND_FUNCTIONS = ("commit", "reveal", "revealMany", "report")
"""What a round needs; the rest is paid once, or by whoever claims or leaves."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Gas of a round as ``fixed + per_reveal x reveals``: the line of least squares."""

    fixed: float
    per_reveal: float


def growth(reveals: Sequence[int], gas: Sequence[int]) -> Growth | None:
    """How gas grows with the number of reveals, over rounds of one federation or of several.

    None with fewer than two different numbers of reveals.
    """
    per_reveal = slope(reveals, gas)
    if per_reveal is None:
        return None
    return Growth((sum(gas) - per_reveal * sum(reveals)) / len(gas), per_reveal)


def fee(gas: int, gas_price_wei: int) -> Gwei:
    """What an amount of gas costs, rounded up."""
    return in_gwei(gas * gas_price_wei)


def gas_of_rounds(facts: Facts) -> list[tuple[int, int]]:
    """Reveals and gas of every round whose transactions can be told from the others'.

    Those are the commits, reveals and the report between the report before and its own. A round after one without a
    report is left out, since its blocks may hold both rounds' transactions.
    """
    spent = sorted((one.block, one.gas_used) for one in facts.transactions if one.function in ROUND_FUNCTIONS)
    blocks = [block for block, _ in spent]
    sums = list(accumulate((gas for _, gas in spent), initial=0))
    befores = (-1, *(one.block for one in facts.rounds))
    return [
        (one.reveals, sums[bisect_right(blocks, one.block)] - sums[bisect_right(blocks, before)])
        for before, one in zip(befores, facts.rounds, strict=False)
        if before is not None and one.block is not None
    ]


def _gas_by(key: Callable[[TransactionFacts], str], facts: Facts) -> dict[str, int]:
    gas: dict[str, int] = {}
    for one in facts.transactions:
        gas[key(one)] = gas.get(key(one), 0) + one.gas_used
    return gas


def _gas_by_role(facts: Facts) -> dict[str, int]:
    return _gas_by(lambda one: one.role, facts)


def _fees_by_role(facts: Facts, gas_price_wei: int) -> Mapping[str, int]:
    return {role: fee(gas, gas_price_wei) for role, gas in _gas_by_role(facts).items()}


def _fees_paid(facts: Facts) -> Mapping[str, int]:
    fees: dict[str, int] = {}
    for one in facts.transactions:
        fees[one.role] = fees.get(one.role, 0) + one.fee
    return {role: in_gwei(wei) for role, wei in fees.items()}


def _gas(facts: Facts, _: Prices) -> Value:
    """None without a transaction: a federation has at least one."""
    return sum(one.gas_used for one in facts.transactions) or None


def _gas_by_participant(facts: Facts, _: Prices) -> Value:
    return each_participant(facts, lambda one: one.gas_used if facts.transactions else None)


def _growth(facts: Facts, _: Prices) -> Value:
    rounds = gas_of_rounds(facts) if facts.transactions else []
    line = growth([reveals for reveals, _gas in rounds], [gas for _reveals, gas in rounds])
    return {"per reveal": line.per_reveal, "fixed": line.fixed} if line else None


METRICS = (
    Metric("gas", "cost", "Gas", "gas", 0, None, _gas),
    Metric(
        "gas_by_function",
        "cost",
        "Gas by function",
        "gas",
        0,
        None,
        lambda facts, _: _gas_by(lambda one: one.function, facts),
        "function",
    ),
    Metric("gas_by_role", "cost", "Gas by role", "gas", 0, None, lambda facts, _: _gas_by_role(facts), "role"),
    Metric("gas_by_participant", "cost", "Gas by participant", "gas", 0, None, _gas_by_participant, "participant"),
    Metric("gas_growth", "cost", "Growth of a round's gas", "gas", None, None, _growth, "term"),
    Metric("fees_paid", "cost", "Fees paid", "gwei", 0, None, lambda facts, _: _fees_paid(facts), "role"),
    Metric(
        "fees_mainnet",
        "cost",
        "Fees on mainnet",
        "gwei",
        0,
        None,
        lambda facts, prices: _fees_by_role(facts, prices.gas_price_wei),
        "role",
    ),
    Metric(
        "fees_l2",
        "cost",
        "Fees on a rollup",
        "gwei",
        0,
        None,
        lambda facts, prices: _fees_by_role(facts, prices.l2_gas_price_wei),
        "role",
    ),
)
