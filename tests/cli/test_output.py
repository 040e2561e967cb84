"""Output for people: what strangers wrote is shown as text, and steers no terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qfl_chain.cli.output import print_table, printable
from tests.cli.conftest import qfl

STEERING = "\x1b[2J\x1b]0;title\x07\u202e\r\x9b5m"


def test_what_could_steer_a_terminal_is_shown_as_question_marks() -> None:
    assert printable(f"a{STEERING}b [red]:smile:") == "a?[2J?]0;title????5mb [red]:smile:"


def test_text_keeps_its_lines() -> None:
    assert printable("one\ntwo") == "one\ntwo"


def test_a_cell_of_a_table_has_one_line_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(f"title{STEERING}", (f"column{STEERING}",), [(f"one\ntwo{STEERING}",)], f"note{STEERING}")
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x07\u202e\r\x9b")
    assert "one?two?[2J" in out


@pytest.mark.parametrize("command", ["metrics", "summary", "compare", "report"])
def test_hostile_names_in_a_run_steer_no_terminal(small_run: Path, tmp_path: Path, command: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    facts = json.loads((run / "run.json").read_text())
    facts["name"] = f"name{STEERING}"
    facts["notes"] = [f"note{STEERING}"]
    facts["participants"][0]["behaviour"] = f"honest{STEERING}"
    (run / "run.json").write_text(json.dumps(facts))
    more = {"compare": [run], "report": ["-o", tmp_path / "page.html"]}
    told = qfl("analyze", command, run, *more.get(command, []))
    assert told.code == 0
    assert not set(told.out + told.err) & set("\x1b\x07\u202e\r\x9b")


def test_an_error_steers_no_terminal(small_run: Path) -> None:
    told = qfl("analyze", "sql", small_run, f"SELECT 1 FROM absent{STEERING}")
    assert told.code == 2
    assert "absent" in told.err
    assert "\x1b" not in told.err
