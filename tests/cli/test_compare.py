"""``qfl analyze compare``: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import qfl


def test_runs_stand_side_by_side(small_run: Path, attacked_run: Path) -> None:
    said = qfl("analyze", "compare", small_run, attacked_run)
    assert said.code == 0, said.err
    assert said.out.startswith(f"run 1: {small_run} (small, up to block ")
    assert f"\nrun 2: {attacked_run} (small" in said.out
    for text in (
        "Where the scenarios differ",
        "participants.rita.behaviour",
        "reports recomputed equal",
        "last model, pooled accuracy",
        "Participants: free-rider, together in gwei",
        "all fees, gwei",
        "Metrics: fairness",
    ):
        assert text in said.out


def test_equal_scenarios_are_said_to_be(small_run: Path) -> None:
    assert "No scenario is known to differ." in qfl("analyze", "compare", small_run, small_run).out


def test_json_holds_a_column_for_each_run(small_run: Path, attacked_run: Path) -> None:
    found = qfl("analyze", "compare", attacked_run, small_run, attacked_run, "--json").json
    assert [one["path"] for one in found["columns"]] == [str(attacked_run), str(small_run), str(attacked_run)]
    assert found["differences"]["participants.rita.behaviour"] == ["free-rider", None, "free-rider"]


def test_one_run_alone_is_refused(small_run: Path) -> None:
    said = qfl("analyze", "compare", small_run)
    assert said.code == 2
    assert "one run alone compares with nothing: name two or more" in said.err


def test_what_is_no_run_is_said(small_run: Path, tmp_path: Path) -> None:
    said = qfl("analyze", "compare", small_run, tmp_path)
    assert said.code == 6
    assert f"{tmp_path} is not a run directory" in said.err
