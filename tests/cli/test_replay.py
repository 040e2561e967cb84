"""``qfl analyze replay``: what it prints and draws, and what it refuses."""

from __future__ import annotations

from importlib import reload
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qfl_chain.cli.analyses import replay
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.contribution import CONTRIBUTIONS
from qfl_chain.protocol.rewards import STAKE_WEIGHTS
from tests.cli.conftest import qfl

OTHER = ("--aggregation", "median", "--contribution", "individual", "--stake-weight", "equal")


def test_the_tables_name_the_rules_and_everybody(attacked_run: Path) -> None:
    said = qfl("analyze", "replay", attacked_run, *OTHER)
    assert said.code == 0, said.err
    assert "Under aggregation median (the run's own: weighted-mean), contribution individual (shapley)" in said.out
    for text in ("Paid over the run, in gwei", "Exact - paid by round", "What was learned", "anna", "free-rider"):
        assert text in said.out


def test_without_options_every_difference_is_zero(attacked_run: Path) -> None:
    found = qfl("analyze", "replay", attacked_run, "--json").json
    assert {one["exact_difference"] for one in found["participants"]} == {0}
    assert {one["carried_difference"] for one in found["participants"]} == {0}
    assert all(one["own"] == one["exact"] == one["carried"] for one in found["rounds"])
    assert found["own_model"] == found["carried_model"]


def test_json_names_payments_by_participant_in_whole_gwei(attacked_run: Path) -> None:
    found = qfl("analyze", "replay", attacked_run, *OTHER, "--json").json
    assert found["scheme"] == {"aggregation": "median", "contribution": "individual", "stake_weight": "equal"}
    for one in found["participants"]:
        paid = [row["exact"]["paid"].get(one["name"], 0) for row in found["rounds"]]
        assert sum(paid) == one["exact"] == one["own"] + one["exact_difference"]
        assert all(isinstance(amount, int) for amount in paid)


def test_the_figure_names_everybody(attacked_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "difference.svg"
    said = qfl("analyze", "replay", attacked_run, *OTHER, "--figure", path)
    assert (said.code, said.err) == (0, f"Drawn in {path}\n")
    drawn = path.read_text()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    for text in ("anna", "nora", "median, individual, equal stake", "carried"):
        assert f">{text}</text>" in drawn


def test_equal_figures_are_equal_files(attacked_run: Path, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.svg", "two.svg", "one.png", "two.png")]
    for path in paths:
        assert qfl("analyze", "replay", attacked_run, "--figure", path).code == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[2].read_bytes() == paths[3].read_bytes()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("x.pdf", "a figure is a .png or .svg file, not .pdf"),
        ("x", "a figure is a .png or .svg file, not one without ending"),
        ("nowhere/x.png", "there is no directory"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused_first(tmp_path: Path, name: str, complaint: str) -> None:
    said = qfl("analyze", "replay", tmp_path / "no run", "--figure", tmp_path / name)
    assert said.code == 2
    assert complaint in said.err


def test_a_figure_that_cannot_be_written_is_said(attacked_run: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    said = qfl("analyze", "replay", attacked_run, "--figure", tmp_path / "x.png")
    assert said.code == 2
    assert "x.png cannot be written: Is a directory" in said.err


@pytest.mark.parametrize(
    ("option", "wrong", "right"),
    [
        ("--aggregation", "trimed-mean", "trimmed-mean"),
        ("--contribution", "leave-one", "leave-one-out"),
        ("--stake-weight", "sqr", "sqrt"),
    ],
)
def test_an_unknown_rule_names_the_nearest(tmp_path: Path, option: str, wrong: str, right: str) -> None:
    said = qfl("analyze", "replay", tmp_path, option, wrong)
    assert said.code == 2
    assert f"unknown '{wrong}'; did you mean '{right}'?" in said.err


def test_every_rule_of_the_protocol_can_be_chosen(tmp_path: Path) -> None:
    said = qfl("analyze", "replay", "--help").out
    for registry in (RULES, CONTRIBUTIONS, STAKE_WEIGHTS):
        assert f"[{'|'.join(registry)}]" in " ".join(said.split()).replace("[ ", "[")


def test_a_new_rule_appears_by_itself(attacked_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "no-change", lambda deltas, weights: 0 * deltas[0])  # type: ignore[arg-type]
    try:
        reload(replay)
        found = qfl("analyze", "replay", attacked_run, "--aggregation", "no-change", "--json").json
    finally:
        monkeypatch.undo()
        reload(replay)
    assert found["scheme"]["aggregation"] == "no-change"
    assert {one["exact"] for one in found["participants"]} == {0}


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    said = qfl("analyze", "replay", tmp_path)
    assert said.code == 6
    assert "is not a run directory" in said.err
