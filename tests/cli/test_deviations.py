"""``qfl analyze deviations``: its tables and its JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Said, qfl


@pytest.fixture(scope="module")
def said(attacked_run: Path) -> Said:
    return qfl("analyze", "deviations", attacked_run)


def test_the_tables_show_every_deviation_and_what_data_are_worth(said: Said) -> None:
    assert said.code == 0, said.err
    for text in (
        "Splitting and colluding, in gwei",
        "Copying, in gwei",
        "a newcomer",
        "over 2 accounts",
        "What data are worth",
        "payment and data value",
        "Possible only if the update leaks",
    ):
        assert text in said.out


def test_progress_goes_to_standard_error(said: Said) -> None:
    assert said.err.splitlines() == [
        "round 1",
        "round 2",
        "round 3",
        "training with everybody",
        "training without client-1",
        "training without client-2",
    ]


def test_json_adds_up_by_participant(attacked_run: Path) -> None:
    found = qfl("analyze", "deviations", attacked_run, "--accounts", 2, "--no-data-value", "--json").json
    assert found["data"] is None
    assert [one["name"] for one in found["participants"]] == ["anna", "ben", "rita", "carl", "nora", "a newcomer"]
    anna = found["participants"][0]
    mine = [one for one in found["splitting"] if one["participant"] == "anna"]
    assert len(mine) == 3
    assert (anna["same"], anna["nudged"]) == tuple(sum(one[kind] for one in mine) for kind in ("same", "nudged"))
    copies = [one for one in found["copying"] if one["participant"] is None]
    assert found["participants"][-1]["near_copy"] == sum(one["nudged"] for one in copies)
    assert {one["exact"] for one in copies} == {0}
    with_partner = [
        one["mean"] for one in found["colluding"] if {one["first"], one["second"]} == {"anna", anna["partner"]}
    ]
    assert anna["mean"] == sum(with_partner)


def test_a_further_account_costs_what_the_runs_own_paid(attacked_run: Path) -> None:
    found = qfl("analyze", "deviations", attacked_run, "--no-data-value", "--json").json
    gas = {one["function"]: one for one in qfl("analyze", "summary", attacked_run, "--json").json["gas"]}
    each = sum(gas[name]["fees"] / gas[name]["calls"] for name in ("commit", "reveal"))
    once = sum(gas[name]["fees"] / gas[name]["calls"] for name in ("join", "claim"))
    assert found["account_cost"]["each_round"] == pytest.approx(each, abs=2)
    assert found["account_cost"]["once"] == pytest.approx(once, abs=2)


def test_a_stake_too_small_to_split_is_shown_as_impossible(attacked_run: Path) -> None:
    found = qfl("analyze", "deviations", attacked_run, "--accounts", 3, "--no-data-value", "--json").json
    assert {one["nudged"] for one in found["splitting"]} == {None}
    assert {one["same"] for one in found["participants"]} == {None}


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    said = qfl("analyze", "deviations", tmp_path)
    assert said.code == 6
    assert "is not a run directory" in said.err
