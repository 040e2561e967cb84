"""What a history gives the metrics: plain sequences and mappings, by participant and by round."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile, zip_longest
from math import fsum

from qfl_chain.analysis.facts import Facts, MovementFacts, ParticipantFacts, RoundFacts, StandingFacts
from qfl_chain.analysis.metrics.metric import Number
from qfl_chain.types import Address, Gwei

READ = "read"
ACCEPTED = "accepted"
SUBJECTS = ("stake", "reward", "weight")
"""What can be concentrated in few hands."""

SIGNS = {"Joined": 1, "Penalized": -1}
"""Movements that make a participant richer or poorer; an exit only moves what it has."""


def labels(facts: Facts) -> dict[Address, str]:
    """What to call every participant: its name, and its account as well where two have the same name."""
    uses = Counter(one.name for one in facts.participants)
    return {one.account: one.name if uses[one.name] == 1 else f"{one.name} {one.account}" for one in facts.participants}


def rewards_known(facts: Facts) -> bool:
    """Whether evidence says who earned what in every round that paid: else sums of rewards would be guesses."""
    return not any(_unknown(one) for one in facts.rounds)


def earned(facts: Facts) -> dict[Address, Gwei]:
    """What every participant earned; empty where it is not known of every round."""
    return {one.account: one.earned for one in facts.participants} if rewards_known(facts) else {}


def each_participant(facts: Facts, value: Callable[[ParticipantFacts], Number | None]) -> Mapping[str, Number | None]:
    """A figure of every participant, by its label."""
    called = labels(facts)
    return {called[one.account]: value(one) for one in facts.participants}


def standings_by_round(facts: Facts) -> dict[int, list[StandingFacts]]:
    """The standings that count, of every round; none for a round without a standing report or without evidence."""
    rounds: dict[int, list[StandingFacts]] = {one.number: [] for one in facts.rounds}
    for one in facts.standings:
        if one.stands:
            rounds.setdefault(one.round, []).append(one)
    return rounds


def contributions(facts: Facts) -> dict[Address, float]:
    """The sum of each participant's contributions; only of those with an update that counts."""
    return _sums((one.participant, one.contribution) for one in facts.standings if one.stands)


def rewards(facts: Facts) -> dict[Address, int]:
    """The sum of each participant's rewards, for the same updates as :func:`contributions`."""
    sums: dict[Address, int] = {}
    for one in facts.standings:
        if one.stands:
            sums[one.participant] = sums.get(one.participant, 0) + one.reward
    return sums


def weight_shares(facts: Facts) -> dict[Address, float]:
    """The sum, over rounds, of each participant's share of the round's weight; 0 where it never had any.

    Weights of different rounds have different scales, so that only their shares can be added.
    """
    shares = [(one.account, 0.0) for one in facts.participants]
    for standings in standings_by_round(facts).values():
        total = sum(one.weight for one in standings)
        shares += [(one.participant, one.weight / total) for one in standings if total]
    return _sums(shares)


def stakes_by_round(facts: Facts) -> dict[int, dict[Address, Gwei]]:
    """Everybody's stake at the end of every round: just before the next opens, of the last as it is now."""
    stakes: dict[Address, Gwei] = {}
    ended = {}
    for number, movements in _movements_by_round(facts).items():
        for one in movements:
            if one.kind in ("Joined", "Penalized", "Exited"):
                stakes[one.account] = Gwei(one.stake or 0)
        ended[number] = dict(stakes)
    return ended


def holdings(facts: Facts, subject: str) -> list[Number]:
    """What each participant holds of a subject of :data:`SUBJECTS`, over the whole history."""
    if subject == "stake":
        return [one.stake for one in facts.participants]
    if subject == "reward":
        return list(earned(facts).values())
    return list(weight_shares(facts).values())


def holdings_by_round(facts: Facts, subject: str) -> dict[int, list[int]]:
    """What each participant held of a subject at the end of a round, or got in it; empty where it is unknown."""
    if subject == "stake":
        return {number: list(stakes.values()) for number, stakes in stakes_by_round(facts).items()}
    return {
        number: [one.reward if subject == "reward" else one.weight for one in standings]
        for number, standings in standings_by_round(facts).items()
    }


def wealth_by_round(facts: Facts) -> dict[int, dict[Address, int]]:
    """Everybody's deposits and rewards, less penalties, at the end of every round with standings that count.

    It ends before the first round that paid nobody knows whom.
    """
    standings, movements = standings_by_round(facts), _movements_by_round(facts)
    unknown = {one.number for one in facts.rounds if _unknown(one)}
    wealth = dict.fromkeys((one.account for one in facts.participants), 0)
    ended = {}
    for number in takewhile(lambda number: number not in unknown, standings):
        for one in movements.get(number, []):
            wealth[one.account] = wealth.get(one.account, 0) + SIGNS.get(one.kind, 0) * one.amount
        for standing in standings[number]:
            wealth[standing.participant] = wealth.get(standing.participant, 0) + standing.reward
        if standings[number]:
            ended[number] = dict(wealth)
    return ended


def _movements_by_round(facts: Facts) -> dict[int, list[MovementFacts]]:
    """The movements up to the end of every round since the end of the one before, in the chain's order."""
    pending = deque(sorted(facts.movements, key=lambda one: (one.block, one.log_index)))
    ends = [one.opened for one in facts.rounds[1:]]
    by_round: dict[int, list[MovementFacts]] = {}
    for round_, end in zip_longest(facts.rounds, ends):
        due = by_round.setdefault(round_.number, [])
        while pending and (end is None or pending[0].time < end):
            due.append(pending.popleft())
    return by_round


def _unknown(round_: RoundFacts) -> bool:
    return round_.paid > 0 and round_.evidence != READ


def _sums(pairs: Iterable[tuple[Address, float]]) -> dict[Address, float]:
    parts: dict[Address, list[float]] = {}
    for account, value in pairs:
        parts.setdefault(account, []).append(value)
    return {account: fsum(values) for account, values in parts.items()}
