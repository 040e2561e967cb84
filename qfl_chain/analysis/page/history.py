"""What several tables of the page are made of: who is who, and what everybody had earned round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from qfl_chain.analysis.facts import Facts, StandingFacts
from qfl_chain.analysis.metrics.readings import stakes_by_round, standings_by_round
from qfl_chain.types import Address


@dataclass(frozen=True)
class History:
    """A federation's facts, arranged by participant and round. Participants are numbered as they joined."""

    facts: Facts

    @cached_property
    def index(self) -> Mapping[Address, int]:
        """The number of every participant."""
        return {one.account: number for number, one in enumerate(self.facts.participants)}

    @cached_property
    def rounds(self) -> tuple[int, ...]:
        """The rounds that ever opened."""
        return tuple(one.number for one in self.facts.rounds)

    @cached_property
    def standings(self) -> Mapping[int, Sequence[StandingFacts]]:
        """The reveals that count, of every round."""
        return standings_by_round(self.facts)

    @cached_property
    def rewards(self) -> Mapping[int, Sequence[int]]:
        """What every participant had earned at the end of every round, in gwei."""
        earned = [0] * len(self.index)
        ends = {}
        for number, standings in self.standings.items():
            for one in standings:
                earned[self.index[one.participant]] += one.reward
            ends[number] = tuple(earned)
        return ends

    @cached_property
    def stakes(self) -> Mapping[int, Sequence[int]]:
        """Every participant's stake at the end of every round, in gwei; 0 before it joined."""
        held = stakes_by_round(self.facts)
        return {number: [stakes.get(account, 0) for account in self.index] for number, stakes in held.items()}


def weight_shares(standings: Sequence[StandingFacts]) -> list[float | None]:
    """Every reveal's share of its round's weight; None where the round has none."""
    totals: dict[int, int] = defaultdict(int)
    for one in standings:
        totals[one.round] += one.weight
    return [one.weight / totals[one.round] if totals[one.round] else None for one in standings]
