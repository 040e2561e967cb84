"""``qfl run``, ``qfl verify`` and ``qfl analyze summary``: what they print, where, and how they end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qfl_chain.cli.run import run_id
from tests.cli.conftest import qfl
from tests.conftest import SMALL


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


def _damaged(small_run: Path, tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(small_run, tmp_path / "copy"))
    log = copied / "chain.jsonl"
    records = [json.loads(line) for line in log.read_text().splitlines()]
    reported = [record for record in records if record["name"] == "Reported"]
    reported[-1]["args"]["model"] = {"hex": "66" * 32}
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    return copied


def test_a_run_prints_tables_and_says_where_everything_is(scenario: Path, tmp_path: Path) -> None:
    said = qfl("run", scenario, "--rounds", 1, "--seed", 9, "--out", tmp_path / "run", "--no-baselines")
    assert said.code == 0, said.err
    for title in (
        "Global model on held-out rows",
        "Participants: work",
        "Participants: money",
        "Gas",
        "Money, in gwei",
    ):
        assert title in said.out
    assert "deposits + funding + bonded = " in said.out
    assert "small, seed 9, complete" in said.out
    assert "round   1: accuracy" in said.err
    assert f"qfl verify {tmp_path / 'run'}" in said.err


def test_a_run_prints_json_and_nothing_else_on_standard_output(scenario: Path, tmp_path: Path) -> None:
    said = qfl("run", scenario, "--rounds", 1, "--out", tmp_path / "run", "--no-baselines", "--json")
    assert said.json["equal"] is True
    assert [row["round"] for row in said.json["rounds"]] == [0, 1]
    assert said.json["participants"][0]["net"] == (
        said.json["participants"][0]["earned"] - said.json["participants"][0]["gas"]
    )


def test_no_colour_and_no_control_codes_leave_a_terminal(small_run: Path) -> None:
    assert "\x1b" not in qfl("analyze", "summary", small_run).out


def test_the_summary_of_a_run_shows_its_baselines(small_run: Path) -> None:
    said = qfl("analyze", "summary", small_run)
    assert said.code == 0
    assert "centralised logistic regression" in said.out
    assert "this federation" in said.out


def test_the_summary_as_json_is_the_runs_own(small_run: Path) -> None:
    summary = qfl("analyze", "summary", small_run, "--json").json
    assert summary["facts"]["name"] == "small"
    assert summary["money"]["funding"] == 10 * 10**9


def test_an_honest_run_verifies(small_run: Path) -> None:
    said = qfl("verify", small_run)
    assert said.code == 0
    assert said.out.count("equal") == 3


def test_a_wrong_report_ends_with_the_code_for_it_and_names_round_and_field(small_run: Path, tmp_path: Path) -> None:
    said = qfl("verify", _damaged(small_run, tmp_path))
    assert said.code == 7
    assert "model: on chain 0x6666" in said.out
    assert "1 of 3 rounds do not verify: 3" in said.err


def test_verification_as_json_says_equal_or_not(small_run: Path, tmp_path: Path) -> None:
    assert qfl("verify", small_run, "--json").json["equal"] is True
    said = qfl("verify", _damaged(small_run, tmp_path), "--json")
    assert (said.code, json.loads(said.out)["rounds"][2]["verdict"]) == (7, "different")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "hart"), 2, "no scenario file 'hart'; did you mean 'heart'?"),
        (("run", "heart", "--seed", "-1"), 2, "--seed"),
        (("run", "heart", "--rounds", "0"), 2, "--rounds"),
        (("verify", "/nowhere"), 6, "/nowhere is not a run directory"),
        (("analyze", "summary", "/nowhere"), 6, "/nowhere is not a run directory"),
        (("analyze",), 2, ""),
    ],
)
def test_bad_input_ends_with_a_message_and_a_stable_code(arguments: tuple[str, ...], code: int, message: str) -> None:
    said = qfl(*arguments)
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_an_unknown_key_is_named_with_the_nearest(scenario: Path) -> None:
    scenario.write_text(SMALL.replace("[training]", "[trainig]"))
    said = qfl("run", scenario)
    assert (said.code, "unknown key 'trainig'; did you mean 'training'?" in said.err) == (2, True)


def test_an_existing_directory_is_not_written_over(scenario: Path, small_run: Path) -> None:
    said = qfl("run", scenario, "--out", small_run)
    assert (said.code, "exists already" in said.err) == (6, True)


def test_ctrl_c_leaves_a_run_that_verifies(scenario: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    scenario.write_text(SMALL.replace("rounds = 3", "rounds = 60"))
    command = [Path(sys.executable).with_name("qfl"), "run", scenario, "--out", run]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("round   2"))
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "interrupted" in rest
    assert "Traceback" not in rest
    said = qfl("verify", run, "--json")
    assert [check["verdict"] for check in said.json["rounds"]][:2] == ["equal", "equal"]


def test_run_ids_sort_by_time() -> None:
    assert run_id("heart", 3, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "heart-s3-20260102-030405"
