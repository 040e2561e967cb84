"""Metrics of histories made by hand, and histories that lack something or have more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qfl_chain.analysis.facts import Facts, Supplement
from qfl_chain.analysis.metrics.catalogue import Prices, Value, measure
from qfl_chain.types import Gwei
from tests.analysis.facts import BUDGET, ETH, facts, history, hour, movement, participant, round_, standing

PRICES = Prices()


def value(name: str, of: Facts | None = None, prices: Prices = PRICES) -> Any:
    return measure(of or history(), prices, [name])[name]


def known(figures: Mapping[str, Value]) -> set[str]:
    """The metrics that have a figure."""
    return {
        name
        for name, one in figures.items()
        if (any(part is not None for part in one.values()) if isinstance(one, Mapping) else one is not None)
    }


def without_evidence(number: int) -> Facts:
    """The history where nobody has the evidence of a round."""
    whole = history()
    rounds = tuple(
        replace(one, evidence="missing", loss_before=None, loss_after=None, agreement=None, step=None, drift=None)
        if one.number == number
        else one
        for one in whole.rounds
    )
    return replace(whole, rounds=rounds, standings=tuple(one for one in whole.standings if one.round != number))


def supplied() -> Facts:
    return replace(
        history(),
        supplement=Supplement(
            rows={"Ada": 200, "Ben": 100},
            values={"Ada": 0.1, "Ben": 0.3, "Fay": 0.0},
            deviations={"splitting": (Gwei(100), Gwei(90)), "copying": (Gwei(2**64 - 1), Gwei(0))},
        ),
    )


def unequal() -> Facts:
    """Two rounds; somebody with four times the stake joins during the second and exits after it."""
    rounds = (round_(1), round_(2))
    return facts(
        participants=(
            participant(1, "Ada", earned=BUDGET),
            participant(2, "Ben", deposited=8 * ETH, stake=0, exiting=8 * ETH, earned=BUDGET),
        ),
        rounds=rounds,
        standings=(
            standing(1, 1, 10, BUDGET),
            standing(2, 1, 10, 0, weight=0),
            standing(2, 2, 10, BUDGET, stake=8 * ETH),
        ),
        movements=(movement("Joined", 1, 2 * ETH), movement("Joined", 2, 8 * ETH, time=hour(2.1), block=20)),
    )
