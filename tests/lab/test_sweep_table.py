"""Means, confidence intervals and what follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from qfl_chain.lab.grid import Cell, load_sweep
from qfl_chain.lab.sweep_table import SweepRow, cell_record, interval, sweep_rows
from qfl_chain.lab.sweeping import CellResult, Parties

from .grids import write_grid


def test_an_interval_is_students_at_95_percent() -> None:
    values = [3.0, 5.0, 4.0, 9.0]
    found = interval(values)
    assert found is not None
    low, high = stats.t.interval(0.95, 3, loc=5.25, scale=stats.sem(values))
    assert (found.mean, found.low, found.high) == (5.25, pytest.approx(low), pytest.approx(high))


def test_one_seed_says_nothing_of_the_spread() -> None:
    found = interval([2.0])
    assert found is not None
    assert (found.mean, found.half, found.low, found.high) == (2.0, None, None, None)
    assert interval([]) is None


@pytest.fixture
def cells(tmp_path: Path) -> tuple[Cell, ...]:
    return load_sweep(str(write_grid(tmp_path))).cells


def result(cell: Cell, net: int, failure: str = "") -> CellResult:
    if failure:
        return CellResult(cell.digest, failure=failure)
    attackers = Parties(2, 2 * net + 30, 20, 10) if cell.share else Parties(0, 0, 0, 0)
    return CellResult(cell.digest, "", True, 1, 0.5 + cell.scenario.seed / 10, None, Parties(3, 99, 0, 9), attackers)


def attacked(cells: tuple[Cell, ...], *nets: int) -> SweepRow:
    """The row of the first attack, whose seeds gave these nets per attacker."""
    attacks = [cell for cell in cells if cell.share][: len(nets)]
    return sweep_rows(attacks, {cell.digest: result(cell, net) for cell, net in zip(attacks, nets, strict=True)})[0]


def test_rows_gather_the_seeds_of_a_combination(cells: tuple[Cell, ...]) -> None:
    rows = sweep_rows(cells, {cell.digest: result(cell, 0) for cell in cells})
    assert [(row.behaviour, row.share, row.parameters["rules.rule"], row.runs, row.equal) for row in rows] == [
        ("none", 0.0, "weighted-mean", 2, 2),
        ("none", 0.0, "median", 2, 2),
        ("free-rider", 0.25, "weighted-mean", 2, 2),
        ("free-rider", 0.25, "median", 2, 2),
    ]
    assert rows[0].accuracy == interval([0.6, 0.7])
    assert rows[0].honest == interval([30.0, 30.0])
    assert (rows[0].attackers, rows[0].pays) == (None, "")


@pytest.mark.parametrize(
    ("nets", "pays"), [((100, 101), "yes"), ((-100, -101), "no"), ((0, 0), "no"), ((-1, 40), "unclear"), ((5,), "")]
)
def test_an_attack_pays_where_its_whole_interval_says_so(cells: tuple[Cell, ...], nets: tuple[int], pays: str) -> None:
    row = attacked(cells, *nets)
    assert row.attackers is not None
    assert row.attackers.mean == sum(nets) / len(nets)
    assert row.pays == pays


def test_cells_that_failed_are_counted_and_left_out_of_the_means(cells: tuple[Cell, ...]) -> None:
    first, second = [cell for cell in cells if cell.share][:2]
    row = sweep_rows([first, second], {first.digest: result(first, 7), second.digest: result(second, 0, "no")})[0]
    assert (row.runs, row.failed, row.attackers, row.pays) == (1, 1, interval([7.0]), "")


def test_a_record_is_flat_and_its_amounts_are_whole(cells: tuple[Cell, ...]) -> None:
    record = cell_record(cells[-1], result(cells[-1], 5))
    assert (record["run"], record["seed"], record["rules.rule"]) == (cells[-1].digest, 2, "median")
    assert (record["attackers"], record["attackers_net"], record["honest_net"]) == (2, 10, 90)
    assert all(isinstance(record[key], int) for key in record if key.endswith(("_net", "_earned", "_gas")))
