"""Security: whether an attack paid, whether attackers were left out, and what it costs to corrupt a round."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qfl_chain.analysis.facts import Facts, ParticipantFacts, StandingFacts
from qfl_chain.analysis.metrics.metric import Metric, Number, Prices, Value
from qfl_chain.analysis.metrics.money import nets
from qfl_chain.analysis.metrics.readings import each_participant, earned, standings_by_round
from qfl_chain.types import Address, Gwei

HONEST = "honest"
DEVIATIONS = {"splitting": "splitting into Sybils", "colluding": "colluding", "copying": "copying"}
"""What ``qfl_chain.lab`` replays: names in :class:`~qfl_chain.analysis.facts.Supplement` and in words."""


def gain(honest: Gwei, deviating: Gwei) -> int:
    """What deviating brought more than honesty would have; negative where it did not pay."""
    return deviating - honest


def precision(excluded: Sequence[bool], bad: Sequence[bool]) -> float | None:
    """The share of those left out who deserved it. None where nobody was left out."""
    return _share(bad, excluded)


def recall(excluded: Sequence[bool], bad: Sequence[bool]) -> float | None:
    """The share of those who deserved it that were left out. None where nobody deserved it."""
    return _share(excluded, bad)


def stake_to_corrupt(weights: Sequence[int], contributions: Sequence[int], min_stake: Gwei) -> Gwei | None:
    """The least stake that outweighs all others together, at the best contribution anybody had in the round.

    Args:
        weights: of all updates of the round.
        contributions: of the same, as the protocol counts them.
        min_stake: nobody takes part with less.

    Returns:
        Whole gwei, or None where nobody contributed.
    """
    best = max(contributions, default=0)
    return Gwei(max(sum(weights) // best + 1, min_stake)) if best else None


def rounds_until(first: int, penalised: int) -> int:
    """How many rounds somebody could take part in up to the one that it was penalised for, this one counted."""
    return max(penalised - first + 1, 1)


def _share(of: Sequence[bool], among: Sequence[bool]) -> float | None:
    chosen = [one for one, counts in zip(of, among, strict=True) if counts]
    return sum(chosen) / len(chosen) if chosen else None


def _profit_by_behaviour(facts: Facts, _: Prices) -> Value:
    held = nets(facts)
    profits: dict[str, int] = {}
    for one in facts.participants:
        if one.behaviour and held:
            profits[one.behaviour] = profits.get(one.behaviour, 0) + held[one.account]
    return profits


def _participants(facts: Facts) -> tuple[list[bool], list[bool]]:
    """Of everybody who committed and whose behaviour is known: whether it earned nothing, whether it is dishonest.

    Nobody while nobody has earned: those are not left out.
    """
    got = earned(facts)
    held = [one for one in facts.participants if one.behaviour and one.commits and any(got.values())]
    return [got[one.account] == 0 for one in held], [one.behaviour != HONEST for one in held]


def _updates(facts: Facts) -> tuple[list[bool], list[bool]]:
    """The same of every update in rounds that paid."""
    behaviours = {one.account: one.behaviour for one in facts.participants if one.behaviour}
    held = [one for standings in _paying(facts) for one in standings if one.participant in behaviours]
    return [one.reward == 0 for one in held], [behaviours[one.participant] != HONEST for one in held]


def _paying(facts: Facts) -> list[list[StandingFacts]]:
    rounds = standings_by_round(facts).values()
    return [standings for standings in rounds if any(one.reward for one in standings)]


def _rounds_until_penalised(facts: Facts, _: Prices) -> Value:
    penalised: dict[Address, int] = {}
    for movement in facts.movements:
        if movement.kind in ("Penalized", "Convicted") and movement.round is not None:
            penalised.setdefault(movement.account, movement.round)

    def until(one: ParticipantFacts) -> int | None:
        if one.account not in penalised:
            return None
        first = next((round_.number for round_ in facts.rounds if round_.opened >= one.joined), penalised[one.account])
        return rounds_until(first, penalised[one.account])

    return each_participant(facts, until)


def _gain(deviation: str, facts: Facts, _: Prices) -> Value:
    held = facts.supplement.deviations.get(deviation)
    return None if held is None else gain(*held)


def _stake_to_corrupt(facts: Facts, _: Prices) -> Value:
    costs: dict[str, Number | None] = {}
    for number, standings in standings_by_round(facts).items():
        staked = [one for one in standings if one.stake]
        contributed = [one.weight // one.stake for one in staked]
        costs[str(number)] = stake_to_corrupt([one.weight for one in staked], contributed, facts.min_stake)
    return costs


def _oracles_to_corrupt(facts: Facts, _: Prices) -> Value:
    """None while no log has named the committee."""
    return facts.quorum or None


def bond_to_corrupt(quorum: int, bond: Gwei) -> Gwei:
    """What a quorum loses for a false report that is refuted: half of each bond, rounded down."""
    return Gwei(quorum * (bond // 2))


def _bond_to_corrupt(facts: Facts, _: Prices) -> Value:
    return bond_to_corrupt(facts.quorum, facts.oracle_bond) if facts.quorum else None


METRICS = (
    Metric(
        "profit_by_behaviour",
        "security",
        "Profit by behaviour",
        "gwei",
        None,
        None,
        _profit_by_behaviour,
        per="behaviour",
    ),
    Metric(
        "exclusion_precision",
        "security",
        "Precision of exclusion",
        "",
        0,
        1,
        lambda facts, _: precision(*_participants(facts)),
    ),
    Metric(
        "exclusion_recall", "security", "Recall of exclusion", "", 0, 1, lambda facts, _: recall(*_participants(facts))
    ),
    Metric(
        "update_exclusion_precision",
        "security",
        "Precision of exclusion of updates",
        "",
        0,
        1,
        lambda facts, _: precision(*_updates(facts)),
    ),
    Metric(
        "update_exclusion_recall",
        "security",
        "Recall of exclusion of updates",
        "",
        0,
        1,
        lambda facts, _: recall(*_updates(facts)),
    ),
    Metric(
        "rounds_until_penalised",
        "security",
        "Rounds until penalised",
        "rounds",
        1,
        None,
        _rounds_until_penalised,
        per="participant",
    ),
    *(
        Metric(f"gain_{name}", "security", f"Gain of {words}", "gwei", None, None, partial(_gain, name))
        for name, words in DEVIATIONS.items()
    ),
    Metric(
        "stake_to_corrupt",
        "security",
        "Stake to corrupt a round by weight",
        "gwei",
        0,
        None,
        _stake_to_corrupt,
        per="round",
    ),
    Metric(
        "oracles_to_corrupt",
        "security",
        "Oracles to corrupt a round by committee",
        "oracles",
        1,
        None,
        _oracles_to_corrupt,
    ),
    Metric(
        "bond_to_corrupt",
        "security",
        "Bond to corrupt a round by committee",
        "gwei",
        0,
        None,
        _bond_to_corrupt,
    ),
    Metric(
        "slashed",
        "security",
        "Bond lost",
        "gwei",
        0,
        None,
        lambda facts, _: {str(oracle): amount for oracle, amount in facts.slashed.items()},
        per="oracle",
    ),
    Metric(
        "convictions",
        "security",
        "Convictions",
        "convictions",
        0,
        None,
        lambda facts, _: each_participant(facts, lambda one: facts.convictions.get(one.account, 0)),
        per="participant",
    ),
)
