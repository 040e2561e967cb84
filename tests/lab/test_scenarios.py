"""Scenarios as tables: there and back, and changed key by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qfl_chain.errors import ScenarioError
from qfl_chain.lab.scenarios import changed, scenario_of, table_of, to_toml
from qfl_chain.simulation.scenario import ParticipantSettings, load_scenario, parse_scenario, shipped_scenarios
from qfl_chain.storage.archive import open_archive
from tests.conftest import ATTACKED, SMALL

SCENARIO = parse_scenario(SMALL, "small.toml")


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_scenario_written_as_toml_reads_as_itself(name: str) -> None:
    scenario = load_scenario(name)
    assert parse_scenario(to_toml(scenario), "written") == scenario


def test_odd_names_survive_being_written() -> None:
    odd = replace(SCENARIO, participants=(ParticipantSettings('Ann "the 🦊" \\ é', data="client-1"),))
    assert parse_scenario(to_toml(odd), "written") == odd


def test_a_run_keeps_its_scenario(attacked_run: Path) -> None:
    assert scenario_of(open_archive(attacked_run)) == parse_scenario(ATTACKED, "attacked.toml")


def test_dotted_keys_change_what_they_name_and_nothing_else() -> None:
    other = changed(SCENARIO, {"rules.rule": "median", "rounds": 9, "terms.reward_per_round": "1 eth"}, "x")
    assert (other.rules.rule, other.rounds, other.terms.reward_per_round) == ("median", 9, "1 eth")
    before, after = table_of(SCENARIO), table_of(other)
    assert {key for key in after if after[key] != before[key]} == {"rules", "rounds", "terms"}


def test_no_change_is_the_same_scenario() -> None:
    assert changed(SCENARIO, {}, "x") == SCENARIO


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("rules.rul", "median", "x.rules: unknown key 'rul'; did you mean 'rule'?"),
        ("ruls.rule", "median", "x: ruls.rule: no table 'ruls'; did you mean 'rules'?"),
        ("rounds.more", 1, "x: rounds.more: no table 'rounds'"),
        ("rules.rule", "mean", "x: unknown aggregation rule 'mean'"),
        ("terms.funding", "ten", "x: "),
        ("training.steps", "many", "x.training.steps: expected a whole number, got 'many'"),
        ("training.steps", 0, "x.training: steps is 0, it must be at least 1"),
    ],
)
def test_a_change_that_makes_no_scenario_is_named(key: str, value: object, complaint: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        changed(SCENARIO, {key: value}, "x")
    assert str(refused.value).startswith(complaint)
