"""``qfl sweep``: what it prints and writes, and how it ends."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qfl_chain.lab.sweeping import is_complete
from tests.cli.conftest import Said, qfl
from tests.lab.grids import GRID, TWO_CELLS, write_grid

SMALLER = GRID.replace('["weighted-mean", "median"]', '["median"]')


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("grid"), SMALLER)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def said(grid: Path, out: Path) -> Said:
    return qfl("sweep", grid, "--out", out, "--jobs", 2)


def test_the_table_has_intervals_and_says_how_many_recomputed_equal(said: Said) -> None:
    assert said.code == 0, said.err
    assert "tiny: 2 seeds" in said.out
    rows = [line.split() for line in said.out.splitlines() if "median" in line]
    assert [(row[1], row[2], row[-1]) for row in rows] == [("none", "0%", "2/2"), ("free-rider", "25%", "2/2")]
    assert "±" in rows[1]
    assert "95 % confidence interval (Student's t)" in said.out


def test_every_cell_is_told_on_standard_error(said: Said, out: Path) -> None:
    lines = said.err.splitlines()
    assert sorted(line.split("] ")[1].split(": accuracy")[0] for line in lines[:4]) == [
        "small.toml, free-rider 25%, rules.rule median, seed 1",
        "small.toml, free-rider 25%, rules.rule median, seed 2",
        "small.toml, no attacker, rules.rule median, seed 1",
        "small.toml, no attacker, rules.rule median, seed 2",
    ]
    assert [line.split("]")[0] for line in lines[:4]] == [f"[{at}/4" for at in (1, 2, 3, 4)]
    assert lines[-1] == f"Everything is in {out}. Recompute a run: qfl verify {out}/runs/<run>"


def test_cells_are_written_as_json_lines_and_as_csv(said: Said, grid: Path, out: Path) -> None:
    assert said.code == 0
    assert (out / "grid.toml").read_text() == grid.read_text()
    records = [json.loads(line) for line in (out / "cells.jsonl").read_text().splitlines()]
    with (out / "cells.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [record["run"] for record in records]
    assert [row["attackers_net"] for row in rows] == [str(record["attackers_net"]) for record in records]
    for record in records:
        assert qfl("verify", out / "runs" / record["run"]).code == 0


def test_a_second_call_reads_what_is_there_and_prints_the_same(said: Said, grid: Path, out: Path) -> None:
    written = (out / "cells.jsonl").read_bytes()
    times = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")}
    again = qfl("sweep", grid, "--out", out, "--jobs", 1)
    assert again.out == said.out
    assert (out / "cells.jsonl").read_bytes() == written
    assert {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")} == times


def test_json_has_the_rows_and_their_intervals(said: Said, grid: Path, out: Path) -> None:
    found = qfl("sweep", grid, "--out", out, "--jobs", 1, "--json").json
    assert found["grid"]["name"] == "tiny"
    attacked = found["rows"][1]
    assert (attacked["behaviour"], attacked["runs"], attacked["equal"]) == ("free-rider", 2, 2)
    assert attacked["accuracy"]["half"] > 0


def test_a_failing_cell_is_told_and_the_others_are_kept(said: Said, grid: Path, tmp_path: Path) -> None:
    text = TWO_CELLS + '[parameters]\n"circuit.ansatz" = ["strongly-entangling", "strongly-tangled"]\n'
    ended = qfl("sweep", write_grid(tmp_path, text), "--out", tmp_path / "out", "--jobs", 1)
    assert ended.code == 6
    assert (
        "2 of 4 cells failed, the first of them small.toml, no attacker, circuit.ansatz strongly-tangled, seed 1"
        in ended.err
    )
    assert "did you mean 'strongly-entangling'?; the same command tries them again" in ended.err
    assert "0/0, 2 failed" in ended.out
    assert "2/2" in ended.out
    assert len((tmp_path / "out" / "cells.jsonl").read_text().splitlines()) == 4


def test_an_interrupted_sweep_keeps_what_is_finished_and_goes_on(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, TWO_CELLS.replace("[1, 2]", "[1, 2, 3, 4]"))
    program = "from qfl_chain.cli.main import main; main()"
    command = [sys.executable, "-c", program, "sweep", str(grid), "--out", str(tmp_path / "out"), "--jobs", "1"]
    sweep = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert sweep.stderr is not None
    assert sweep.stderr.readline().startswith("[1/4] small.toml, no attacker, seed 1")
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=60)
    assert (sweep.returncode, out) == (130, "")
    assert "the same command goes on from there" in err
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    finished = [path for path in (tmp_path / "out" / "runs").iterdir() if is_complete(path)]
    assert 1 <= len(finished) < 4
    fewer = write_grid(tmp_path, TWO_CELLS)
    times = {path: path.stat().st_mtime_ns for path in finished}
    assert qfl("sweep", fewer, "--out", tmp_path / "out", "--jobs", 1).code == 0
    assert {path: path.stat().st_mtime_ns for path in finished} == times


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("no-atack-pays",), "no grid file 'no-atack-pays'; did you mean 'no-attack-pays'?"),
        (("no-attack-pays", "--jobs", "0"), "0 is not in the range x>=1"),
    ],
)
def test_what_cannot_be_swept_is_said(arguments: tuple[str, ...], complaint: str) -> None:
    said = qfl("sweep", *arguments)
    assert said.code == 2
    assert complaint in said.err


def test_results_that_cannot_be_written_are_said(said: Said, grid: Path, out: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "cells.csv").mkdir(parents=True)
    (folder / "runs").symlink_to(out / "runs")
    ended = qfl("sweep", grid, "--out", folder, "--jobs", 1)
    assert ended.code == 6
    assert f"cannot write the results to {folder}: Is a directory" in ended.err
