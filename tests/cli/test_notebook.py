"""The notebook runs from its first cell to its last against a federation behind a real endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Bench

NOTEBOOK = Path(__file__).parents[2] / "examples" / "from-deployment-to-figure.ipynb"


def code_cells() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_cells(bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Everything the cells define, run one after the other as a kernel does."""
    monkeypatch.chdir(folder)
    for name, value in bench.env().items():
        if value is not None:
            monkeypatch.setenv(name, value)
    names: dict[str, object] = {}
    for number, cell in enumerate(code_cells(), start=1):
        exec(compile(cell, f"cell {number}", "exec"), names)
    return names


def test_it_goes_from_a_deployment_file_to_figures(
    revealed: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_cells(revealed, tmp_path, monkeypatch)
    said = capsys.readouterr().out
    assert said.startswith("pair: participants 2, rounds 1\n")
    assert "'Revealed': 2" in said
    assert (tmp_path / "history.duckdb").is_file()
    assert (tmp_path / "rewards.png").read_bytes().startswith(b"\x89PNG")
    assert list((tmp_path / "figures").glob("*.svg"))


def test_it_is_committed_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code"] == [[]] * len(code_cells())
