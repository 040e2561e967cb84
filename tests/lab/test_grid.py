"""Grids: what they spell out, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.errors import ScenarioError
from qfl_chain.lab.grid import AttackerSettings, load_sweep, shipped_grids
from tests.conftest import ATTACKED

from .grids import GRID, write_grid


def test_every_shipped_grid_reads() -> None:
    for name in shipped_grids():
        assert load_sweep(name).grid.name == name


def test_the_shipped_table_crosses_every_attack_with_shares_rules_and_seeds() -> None:
    sweep = load_sweep("no-attack-pays")
    assert len(sweep.grid.seeds) >= 5
    assert {cell.behaviour for cell in sweep.cells} == {"none", "free-rider", "copycat", "no-show"}
    assert {cell.parameters["rules.rule"] for cell in sweep.cells} == {"weighted-mean", "trimmed-mean", "median"}
    assert sorted({cell.share for cell in sweep.cells}) == [0, 1 / 5, 1 / 3, 1 / 2]
    assert len(sweep.cells) == len({cell.digest for cell in sweep.cells}) == (1 + 3 * 3) * 3 * len(sweep.grid.seeds)


def test_every_combination_is_a_cell_with_each_seed(tmp_path: Path) -> None:
    cells = load_sweep(str(write_grid(tmp_path))).cells
    assert [(one.behaviour, one.share, one.scenario.rules.rule, one.scenario.seed) for one in cells] == [
        (behaviour, share, rule, seed)
        for behaviour, share in (("none", 0.0), ("free-rider", 0.25))
        for rule in ("weighted-mean", "median")
        for seed in (1, 2)
    ]
    assert {one.scenario.rounds for one in cells} == {1}
    assert cells[-1].title == "small.toml, free-rider 25%, rules.rule median, seed 2"
    assert cells[0].title == "small.toml, no attacker, rules.rule weighted-mean, seed 1"


def test_scenarios_are_crossed_with_all_else(tmp_path: Path) -> None:
    sweep = load_sweep(str(write_grid(tmp_path, GRID.replace('["small.toml"]', '["small.toml", "iris"]'))))
    assert [cell.base for cell in sweep.cells] == ["small.toml"] * 8 + ["iris"] * 8
    assert sweep.cells[-1].scenario.data.source == "iris"


def test_attackers_come_beside_the_participants_and_hold_no_data(tmp_path: Path) -> None:
    cell = load_sweep(str(write_grid(tmp_path))).cells[-1]
    assert [(one.name, one.behaviour, one.data) for one in cell.scenario.participants] == [
        ("client-1", "honest", "client-1"),
        ("client-2", "honest", "client-2"),
        ("client-3", "honest", "client-3"),
        ("free-rider-1", "free-rider", ""),
    ]


def test_attackers_can_replace_the_last_participants(tmp_path: Path) -> None:
    text = GRID.replace("[0.25]", "[0.333]\nreplace = true\nstake = '3 eth'")
    cell = load_sweep(str(write_grid(tmp_path, text))).cells[-1]
    assert [one.name for one in cell.scenario.participants] == ["client-1", "client-2", "free-rider-1"]
    assert (cell.scenario.participants[-1].stake, cell.share) == ("3 eth", 1 / 3)


def test_a_share_of_nobody_is_not_repeated_for_every_behaviour(tmp_path: Path) -> None:
    cells = load_sweep(str(write_grid(tmp_path, GRID.replace("[0.25]", "[0, 0.25]")))).cells
    assert len(cells) == 8


@pytest.mark.parametrize(("honest", "share", "count"), [(4, 0.2, 1), (4, 1 / 3, 2), (4, 0.5, 4), (3, 0.25, 1)])
def test_a_share_is_of_all_participants(honest: int, share: float, count: int) -> None:
    assert AttackerSettings(("free-rider",), (share,)).count(honest, share) == count


def test_digests_follow_from_scenario_and_seed_alone(tmp_path: Path) -> None:
    cells = load_sweep(str(write_grid(tmp_path))).cells
    assert len({cell.digest for cell in cells}) == len(cells)
    again = load_sweep(str(write_grid(tmp_path, GRID.replace('"tiny"', '"other"')))).cells
    assert [cell.digest for cell in again] == [cell.digest for cell in cells]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "tiny"', 'nam = "tiny"', "unknown key 'nam'; did you mean 'name'?"),
        ('name = "tiny"', 'name = "a b"', "name 'a b' must be letters, digits, - and _"),
        ("seeds = [1, 2]", "seeds = []", "seeds: give at least one, and each once"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "seeds: give at least one, and each once"),
        ('["small.toml"]', "[]", "scenarios: give at least one, and each once"),
        ("seeds = [1, 2]", "seeds = [-1]", "seed: must not be negative"),
        ("rounds = 1", "rounds = 0", "rounds: must be 1 to 65535"),
        ("seeds = [1, 2]", "seeds = 2", "seeds: expected a list, got 2"),
        ('"small.toml"', '"smal.toml"', "no scenario file"),
        ("rules.rule", "rules.rul", "parameters.rules: unknown key 'rul'; did you mean 'rule'?"),
        ("rules.rule", "rulse.rule", "parameters: rulse.rule: no table 'rulse'; did you mean 'rules'?"),
        ('"median"]', '"medium"]', "parameters: unknown aggregation rule 'medium'"),
        ('["weighted-mean", "median"]', '"median"', "parameters.rule: expected a list of values, got 'median'"),
        ('["weighted-mean", "median"]', "[]", "expected a list of values, got []"),
        ("rules.rule =", "seed =", "parameters.seed: no parameter; the grid's seeds and attackers set it"),
        ("[parameters]\nrules.rule", "parameters", "parameters: expected a table"),
        ('["free-rider"]', '["free-rdier"]', "'free-rdier' is no attack; did you mean 'free-rider'?"),
        ('["free-rider"]', '["honest"]', "'honest' is no attack"),
        ("[0.25]", "[1.0]", "a share of 1.0, it must be at least 0 and below 1"),
        ("[0.25]", "[0.1]", "attackers: a share of 0.1 beside 3 honest participants is nobody; choose a larger one"),
        ("[0.25]", "[0.9]\nreplace = true", "leaves nobody honest; choose a smaller one"),
        ("[0.25]", "[0.25]\nstake = '1 gwei'", "is under the minimum"),
        ("seeds", "seeds = ", "is not valid TOML"),
    ],
)
def test_a_grid_that_makes_no_sense_says_where(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GRID
    with pytest.raises(ScenarioError) as refused:
        load_sweep(str(write_grid(tmp_path, GRID.replace(old, new, 1))))
    assert complaint in str(refused.value)


def test_a_scenario_with_attackers_of_its_own_takes_no_more(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"small\.toml has some of its own; name a scenario without"):
        load_sweep(str(write_grid(tmp_path, scenario=ATTACKED)))


def test_an_unknown_grid_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"no grid file 'no-attack-pay'; did you mean 'no-attack-pays'\?"):
        load_sweep("no-attack-pay")
