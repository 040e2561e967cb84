"""The examples run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import run_and_verify
from qfl_chain import load_scenario, run, summarise, verify
from tests.conftest import SMALL

ROOT = Path(__file__).parents[1]


def test_running_and_verifying_from_python_works_as_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    run_and_verify.main(str(tmp_path / "small.toml"), str(tmp_path / "run"))
    printed = capsys.readouterr().out
    assert "client-1: earned" in printed
    assert printed.endswith("all reports equal\n")


def test_own_data_and_own_circuit_run(tmp_path: Path) -> None:
    archive = run(load_scenario(str(ROOT / "examples/own/scenario.toml")), tmp_path / "run", baselines=False)
    summary = summarise(archive.path)
    assert [row.name for row in summary.participants] == ["north", "south", "west"]
    assert "dropped" in summary.facts["notes"][0], "rows with a missing cell are named"
    assert verify(archive.path).sound
