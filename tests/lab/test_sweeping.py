"""Sweeps: the same whatever the number of processes, resumable, and none lost to another's failure."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

import pytest

from qfl_chain.analysis.verify import verify
from qfl_chain.errors import RunError
from qfl_chain.lab.grid import Cell, load_sweep
from qfl_chain.lab.sweeping import CellResult, finish_cell, is_complete, run_cells
from qfl_chain.storage.archive import RunArchive
from tests.conftest import SMALL

from .grids import TWO_CELLS, write_grid

FUNCTION = """
import pennylane as qml

def circuit(x, theta):
    qml.RY(x[0], wires=0)
    qml.RY(x[1], wires=1)
    qml.RY(theta[0], wires=0)
    return qml.expval(qml.Z(0))
"""


def swept(cells: tuple[Cell, ...], folder: Path, jobs: int) -> tuple[dict[str, CellResult], list[str]]:
    """A sweep's results, and the cells in the order they ended."""
    ended: list[str] = []
    return run_cells(cells, folder, jobs, lambda cell, result: ended.append(cell.digest)), ended


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cell, ...]:
    return load_sweep(str(write_grid(tmp_path_factory.mktemp("grid")))).cells[2:6]


@pytest.fixture(scope="module")
def done(cells: tuple[Cell, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, CellResult]]:
    folder = tmp_path_factory.mktemp("sweep")
    results, ended = swept(cells, folder, 2)
    assert sorted(ended) == sorted(results)
    return folder, results


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a directory but run.json, which holds times and the machine."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def test_every_cell_is_a_run_that_verifies(cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]]) -> None:
    folder, results = done
    assert list(results) == [cell.digest for cell in cells]
    assert {path.name for path in folder.glob("[!.]*")} == set(results)
    for digest, result in results.items():
        assert (result.failure, result.equal, result.reports) == ("", True, 1)
        assert verify(folder / digest).sound


def test_what_a_cell_gives_does_not_depend_on_the_number_of_processes(
    cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]], tmp_path: Path
) -> None:
    folder, results = done
    alone, _ = swept(cells, tmp_path / "alone", 1)
    assert alone == results
    assert files(tmp_path / "alone") == files(folder)


def test_money_is_summed_over_participants_of_a_kind(
    cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]]
) -> None:
    _, results = done
    honest, attacked = results[cells[0].digest], results[cells[-1].digest]
    assert (honest.honest.count, honest.attackers.count) == (3, 0)
    assert (attacked.honest.count, attacked.attackers.count) == (3, 1)
    assert honest.honest.earned == 100_000_000
    assert attacked.attackers.net == attacked.attackers.earned - attacked.attackers.gas


def test_complete_cells_are_read_and_half_done_ones_made_anew(
    cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]], tmp_path: Path
) -> None:
    folder, results = done
    copied = Path(shutil.copytree(folder, tmp_path / "sweep"))
    whole, cut, _, _ = (copied / cell.digest for cell in cells)
    marked = whole / "kept"
    marked.touch()
    facts = RunArchive(cut).facts()
    RunArchive(cut).describe({**facts, "status": "running"})
    (cut / "chain.jsonl").write_text("")
    (copied / f"{cut.name}.half-1").mkdir()
    assert not is_complete(cut)
    again, _ = swept(cells, copied, 1)
    assert again == results
    assert marked.exists()
    marked.unlink()
    assert files(copied) == files(folder)


def test_a_run_in_a_sweep_can_be_run_again_from_its_own_scenario(
    cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]], tmp_path: Path
) -> None:
    from qfl_chain.simulation.runner import run
    from qfl_chain.simulation.scenario import load_scenario

    folder, _ = done
    scenario = load_scenario(str(folder / cells[-1].digest / "scenario.toml"))
    assert scenario == cells[-1].scenario
    again = run(scenario, tmp_path / "again", baselines=False)
    assert again.events() == RunArchive(folder / cells[-1].digest).events()


def function_cells(folder: Path, *contents: str) -> tuple[Cell, ...]:
    """One cell for each file a circuit is read from."""
    for at, content in enumerate(contents):
        (folder / f"circuit{at}.py").write_text(content)
    chosen = ", ".join(f'"{folder}/circuit{at}.py:circuit"' for at in range(len(contents)))
    settings = SMALL.replace('ansatz = "strongly-entangling"\nqubits = 2\nlayers = 1', "parameters = 1\nfunction = 'x'")
    grid = TWO_CELLS.replace("[1, 2]", "[1]") + f'[parameters]\n"circuit.function" = [{chosen}]\n'
    return load_sweep(str(write_grid(folder, grid, settings))).cells


def test_a_cell_that_fails_loses_no_other(tmp_path: Path) -> None:
    cells = function_cells(tmp_path, "circuit = 3", FUNCTION, "1 / 0")
    results, _ = swept(cells, tmp_path / "sweep", 1)
    wrong, right, defect = results.values()
    assert "circuit" in wrong.failure
    assert (right.failure, right.equal) == ("", True)
    assert "ZeroDivisionError" in defect.failure or "division" in defect.failure


def test_a_process_that_dies_loses_no_other(tmp_path: Path) -> None:
    cells = function_cells(tmp_path, "import os\nos._exit(1)", FUNCTION)
    results, _ = swept(cells, tmp_path / "sweep", 1)
    died, right = results.values()
    assert died.failure.startswith("a process of the sweep died while it ran")
    assert (right.failure, right.equal) == ("", True)


def test_a_complete_run_that_was_edited_fails_alone(
    cells: tuple[Cell, ...], done: tuple[Path, dict[str, CellResult]], tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(done[0], tmp_path / "sweep"))
    (copied / cells[0].digest / "chain.jsonl").write_text("[\n")
    assert "was the file edited or cut?" in finish_cell(cells[0], copied).failure


def test_a_folder_that_cannot_be_made_is_named(cells: tuple[Cell, ...], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file/runs: Not a directory; choose another --out"):
        swept(cells, tmp_path / "file" / "runs", 1)


def test_two_sweeps_do_not_share_a_folder(cells: tuple[Cell, ...], tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="another sweep works in"):
            run_cells(cells, tmp_path, 1, lambda cell, result: None)
    assert [one.name for one in tmp_path.iterdir()] == [".lock"]
