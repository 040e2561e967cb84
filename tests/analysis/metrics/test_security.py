"""Security: who profited, who was left out, and what corruption costs."""

from __future__ import annotations

from dataclasses import replace

from qfl_chain.analysis.metrics.catalogue import measure
from qfl_chain.types import Gwei
from tests.analysis.facts import BUDGET, ETH, account, facts, history, hour, movement, participant, round_, standing
from tests.analysis.metrics.values import PRICES, known, value


def test_profit_by_behaviour_is_the_sum_of_nets() -> None:
    nets = value("net")
    assert value("profit_by_behaviour") == {
        "honest": nets["Ada"] + nets["Ben"],
        "free-rider": nets["Fay"],
        "no-show": nets["Nat"],
    }


def test_exclusion_is_measured_of_participants_and_of_updates() -> None:
    names = ("exclusion_precision", "exclusion_recall", "update_exclusion_precision", "update_exclusion_recall")
    assert list(measure(history(), PRICES, names).values()) == [1, 1, 1, 1]
    paid = replace(
        history(),
        participants=tuple(
            replace(one, earned=Gwei({"Ada": 14, "Ben": 0, "Fay": 6, "Nat": 0}[one.name] * ETH // 10))
            for one in history().participants
        ),
        standings=(standing(1, 1, 70, 7), standing(1, 2, 0, 0), standing(1, 3, 30, 3), standing(3, 3, -1, 0)),
    )
    assert list(measure(paid, PRICES, names).values()) == [0.5, 0.5, 0, 0]


def test_nobody_is_called_bad_where_no_behaviour_is_known() -> None:
    anonymous = replace(history(), participants=tuple(replace(one, behaviour="") for one in history().participants))
    names = ("exclusion_precision", "exclusion_recall", "update_exclusion_recall", "profit_by_behaviour")
    assert known(measure(anonymous, PRICES, names)) == set()


def test_nobody_is_left_out_while_nobody_earned() -> None:
    young = facts(participants=(participant(1, commits=1), participant(2, commits=1, behaviour="free-rider")))
    assert known(measure(young, PRICES, ("exclusion_precision", "exclusion_recall"))) == set()


def test_rounds_until_penalised_count_from_the_first_that_could_be_taken_part_in() -> None:
    assert value("rounds_until_penalised") == {"Ada": None, "Ben": None, "Fay": None, "Nat": 1}
    late = replace(
        history(),
        participants=tuple(replace(one, joined=hour(1.5)) for one in history().participants),
        movements=(movement("Penalized", 4, 1, stake=1, round=3), movement("Penalized", 4, 1, stake=1, round=4)),
    )
    assert value("rounds_until_penalised", late)["Nat"] == 2


def test_a_penalty_for_the_round_it_joined_in_counts_as_one_round() -> None:
    joined = replace(history(), participants=tuple(replace(one, joined=hour(1.5)) for one in history().participants))
    assert value("rounds_until_penalised", joined)["Nat"] == 1


def test_the_stake_to_corrupt_a_round_outweighs_all_others_and_one_gwei_less_does_not() -> None:
    stake = value("stake_to_corrupt")["1"]
    others = 2 * ETH * 100
    assert (stake - 1) * 70 <= others < stake * 70
    assert value("stake_to_corrupt")["2"] is None


def test_nobody_corrupts_a_round_with_less_than_the_minimum_stake() -> None:
    small = facts(rounds=(round_(1),), standings=(standing(1, 1, 5, BUDGET, stake=1),))
    assert value("stake_to_corrupt", small) == {"1": ETH}


def test_a_quorum_of_oracles_loses_half_of_its_bonds() -> None:
    assert (value("oracles_to_corrupt"), value("bond_to_corrupt")) == (3, 3 * ETH // 2)


def test_what_oracles_lost_and_who_was_convicted_are_told() -> None:
    oracle, ada = account(9), history().participants[0].account
    disputed = replace(history(), slashed={oracle: Gwei(5)}, convictions={ada: 2})
    assert value("slashed", disputed) == {oracle: 5}
    assert next(iter(value("convictions", disputed).values())) == 2


def test_a_committee_that_no_log_has_named_is_unknown() -> None:
    unnamed = facts(quorum=0, oracles=())
    assert (value("oracles_to_corrupt", unnamed), value("bond_to_corrupt", unnamed)) == (None, None)
