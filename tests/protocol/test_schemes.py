"""The rules a round can be judged by: what each is worth, and that the protocol is one choice among them."""

from __future__ import annotations

from itertools import product
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.contribution import CONTRIBUTIONS, EXACT_UP_TO, plan
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.protocol.report import build_report
from qfl_chain.protocol.rewards import STAKE_WEIGHTS
from qfl_chain.protocol.scheme import PROTOCOL, Scheme
from qfl_chain.types import Gwei

from .builders import Entry, scene
from .test_contribution import games

ENTRIES = [Entry((-10, 18, 12), 4_000_000_000), Entry((-5, 9, 6)), Entry((-7, 2, 8), 2_000_000_000)]
EVERY = [Scheme(*names) for names in product(RULES, CONTRIBUTIONS, STAKE_WEIGHTS)]

needed = pytest.mark.parametrize("players", [0, 1, 2, 5, EXACT_UP_TO + 1])


@settings(deadline=None)
@given(games())
def test_leaving_one_out_is_what_all_others_miss(game: tuple[int, dict[int, int]]) -> None:
    players, scores = game
    everybody = set(range(players))
    values = CONTRIBUTIONS["leave-one-out"].values(plan(players, 0, 1, 2), scores)
    total = scores[sum(1 << player for player in everybody)]
    assert list(values) == [total - scores[sum(1 << other for other in everybody - {player})] for player in everybody]


@settings(deadline=None)
@given(games())
def test_the_individual_value_is_what_an_update_does_alone(game: tuple[int, dict[int, int]]) -> None:
    players, scores = game
    values = CONTRIBUTIONS["individual"].values(plan(players, 0, 1, 2), scores)
    assert [value + scores[0] for value in values] == [scores[1 << player] for player in range(players)]


@settings(deadline=None)
@given(games())
def test_equal_division_gives_all_alike_and_what_all_gained_together(game: tuple[int, dict[int, int]]) -> None:
    players, scores = game
    contribution, planned = CONTRIBUTIONS["equal"], plan(players, 0, 1, 2)
    values = contribution.values(planned, scores)
    assert len(set(values)) <= 1
    if players:
        assert sum(values) == contribution.scale(planned) * (scores[(1 << players) - 1] - scores[0])


@settings(deadline=None)
@given(st.lists(st.integers(-1000, 1000), max_size=6))
def test_all_ways_but_equal_division_agree_where_nobody_needs_anybody(worths: list[int]) -> None:
    players = len(worths)
    scores = {mask: sum(worths[one] for one in range(players) if mask >> one & 1) for mask in range(1 << players)}
    planned = plan(players, 0, 1, 2)
    for name in ("shapley", "leave-one-out", "individual"):
        contribution = CONTRIBUTIONS[name]
        assert contribution.values(planned, scores) == tuple(contribution.scale(planned) * worth for worth in worths)


def test_leaving_one_out_pays_two_equal_updates_nothing_and_the_shapley_value_half_each() -> None:
    scores, planned = {0: 0, 1: 8, 2: 8, 3: 8}, plan(2, 0, 1, 2)
    assert CONTRIBUTIONS["leave-one-out"].values(planned, scores) == (0, 0)
    assert CONTRIBUTIONS["shapley"].values(planned, scores) == (8, 8)


@needed
@pytest.mark.parametrize("name", CONTRIBUTIONS)
def test_no_way_reads_a_score_it_did_not_ask_for(name: str, players: int) -> None:
    planned, contribution = plan(players, 3, 1, 4), CONTRIBUTIONS[name]
    masks = contribution.coalitions(planned)
    assert masks[0] == 0
    assert list(masks) == sorted(set(masks))
    assert len(contribution.values(planned, dict.fromkeys(masks, 7))) == players


@needed
def test_leaving_one_out_needs_two_scores_more_than_there_are_players_at_most(players: int) -> None:
    assert len(CONTRIBUTIONS["leave-one-out"].coalitions(plan(players, 3, 1, 4))) <= players + 2


@given(st.integers(0, (1 << 64) - 1))
def test_a_stake_counts_as_much_as_its_rule_says(stake: int) -> None:
    counts = {name: count(Gwei(stake)) for name, count in STAKE_WEIGHTS.items()}
    assert counts == {"linear": stake, "sqrt": isqrt(stake), "equal": 1 if stake else 0}


@given(st.integers(10**9, 1 << 40), st.integers(2, 4))
def test_only_the_linear_rule_leaves_nothing_to_gain_from_splitting_a_stake(part: int, accounts: int) -> None:
    gains = {name: accounts * count(Gwei(part)) - count(Gwei(part * accounts)) for name, count in STAKE_WEIGHTS.items()}
    assert gains["linear"] == 0
    assert min(gains["sqrt"], gains["equal"]) > 0


def test_without_a_scheme_a_report_is_the_protocols() -> None:
    assert Scheme("", "shapley", "linear") == PROTOCOL
    for rule in RULES:
        facts, seen = scene(ENTRIES, rules=Rules(rule))
        named = Scheme(rule, next(iter(CONTRIBUTIONS)), next(iter(STAKE_WEIGHTS)))
        assert build_report(facts, seen) == build_report(facts, seen, PROTOCOL) == build_report(facts, seen, named)


@pytest.mark.parametrize("scheme", EVERY, ids=lambda one: f"{one.aggregation}, {one.contribution}, {one.stake_weight}")
def test_every_scheme_pays_the_budget_or_nothing_and_its_evidence_reads(scheme: Scheme) -> None:
    outcome = build_report(*scene(ENTRIES, budget=1000), scheme)
    assert sum(one.reward for one in outcome.standings) == (1000 if outcome.accepted else 0)
    evidence = decode_evidence(outcome.evidence)
    assert evidence.standings == outcome.standings
    assert evidence.header.scale == outcome.scale


def test_stakes_count_by_their_rule_in_the_aggregate_and_in_the_weights() -> None:
    facts, seen = scene(ENTRIES)
    linear, alike = (build_report(facts, seen, Scheme("", "equal", weight)) for weight in ("linear", "equal"))
    assert len({one.weight for one in alike.standings}) == 1
    assert [one.weight // linear.standings[1].weight for one in linear.standings] == [4, 1, 2]
    assert linear.model != alike.model


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("trimed-mean",), "unknown aggregation rule 'trimed-mean'; did you mean 'trimmed-mean'?"),
        (("", "shapely"), "unknown contribution 'shapely'; did you mean 'shapley'?"),
        (("", "shapley", "root"), "unknown stake weight 'root'; known: equal, linear, sqrt"),
    ],
)
def test_a_scheme_of_unknown_rules_names_the_nearest(names: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        Scheme(*names)
    assert str(refused.value) == complaint
