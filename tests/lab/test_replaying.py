"""Other rules over the payloads of a run: what they would have paid and learned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qfl_chain.analysis.verify import verify
from qfl_chain.errors import RunError
from qfl_chain.lab.replaying import Replayed, replay_run
from qfl_chain.protocol.scheme import PROTOCOL, Scheme
from qfl_chain.simulation.runner import run
from qfl_chain.simulation.scenario import parse_scenario
from qfl_chain.storage.archive import open_archive
from qfl_chain.storage.cid import cid_of
from tests.conftest import ATTACKED

OTHER = Scheme("median", "leave-one-out", "sqrt")


@pytest.fixture(scope="module")
def other(attacked_run: Path) -> Replayed:
    return replay_run(attacked_run, OTHER)


def test_the_runs_own_rules_change_nothing(attacked_run: Path) -> None:
    same = replay_run(attacked_run, PROTOCOL)
    assert [one.exact for one in same.rounds] == [one.own for one in same.rounds]
    assert [one.carried for one in same.rounds] == [one.own for one in same.rounds]
    assert all(one.exact_difference == one.carried_difference == 0 for one in same.participants)
    assert same.carried_model == same.own_model
    assert same.notes == ()


def test_what_the_own_rules_paid_is_what_the_chain_says(attacked_run: Path, other: Replayed) -> None:
    total = verify(attacked_run).history.money
    assert sum(one.own for one in other.participants) == total.unclaimed + total.paid


def test_other_rules_pay_the_same_budget_to_others(other: Replayed) -> None:
    for one in other.rounds:
        for ruled in (one.own, one.exact, one.carried):
            assert sum(ruled.paid.values()) == (100_000_000 if ruled.accepted else 0)
    assert any(one.exact_difference for one in other.participants)
    if all(one.own.accepted and one.exact.accepted for one in other.rounds):
        assert sum(one.exact_difference for one in other.participants) == 0


def test_exact_rounds_start_from_the_chains_model_and_carried_ones_from_their_own(other: Replayed) -> None:
    first, *later = other.rounds
    assert first.exact == first.carried
    assert all(one.exact.loss_before == one.own.loss_before for one in later)
    assert any(one.carried.loss_before != one.own.loss_before for one in later)


def test_another_rules_first_round_is_what_a_run_by_that_rule_pays(attacked_run: Path, tmp_path: Path) -> None:
    text = ATTACKED.replace("subset = 12", 'subset = 12\nrule = "median"')
    ran = run(parse_scenario(text, "median.toml").with_rounds(1), tmp_path / "run", baselines=False)
    paid = {one.participant: one.reward for one in verify(ran.path).outcomes[1].standings}
    replayed = replay_run(attacked_run, Scheme("median")).rounds[0]
    assert replayed.exact.paid == replayed.carried.paid == paid
    assert replayed.own.paid != paid


def test_everybody_who_joined_is_listed_by_name_and_behaviour(other: Replayed) -> None:
    assert [(one.name, one.behaviour) for one in other.participants] == [
        ("anna", "honest"),
        ("ben", "honest"),
        ("rita", "free-rider"),
        ("carl", "copycat"),
        ("nora", "no-show"),
    ]


def test_the_last_model_is_measured_on_the_rows_of_the_run(attacked_run: Path, other: Replayed) -> None:
    pooled = open_archive(attacked_run).metrics()[-1]["figures"]["pooled"]
    assert (other.own_model.test_accuracy, other.own_model.test_auc) == (pooled["accuracy"], pooled["auc"])
    assert other.carried_model != other.own_model


def test_without_the_data_the_validation_rows_remain(attacked_run: Path, tmp_path: Path) -> None:
    copied = edited(attacked_run, tmp_path, lambda facts: facts["scenario"]["data"].update(source="csv:/nowhere.csv"))
    replayed = replay_run(copied, PROTOCOL)
    assert replayed.own_model.test_accuracy is None
    assert replayed.own_model.validation_accuracy > 0
    assert [note for note in replayed.notes if note.startswith("no test rows, validation rows only: ")]


def test_no_function_that_a_run_names_is_called(attacked_run: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'called')!r}, 'w')\ndef rows(name): return []\n")

    def loaded(facts: dict) -> None:
        facts["scenario"]["data"] = {
            "source": f"python:{evil}:rows",
            "label": "y",
            "organisations": ["a"],
            "classes": ["0", "1"],
            "features": ["x"],
            "public": str(evil),
            "normalise": "donated",
        }

    replayed = replay_run(edited(attacked_run, tmp_path, loaded), PROTOCOL)
    assert "starts no program that the run names" in replayed.notes[0]
    assert not (tmp_path / "called").exists()


def test_a_scenario_that_was_edited_away_is_said(attacked_run: Path, tmp_path: Path) -> None:
    replayed = replay_run(edited(attacked_run, tmp_path, lambda facts: facts.pop("scenario")), PROTOCOL)
    assert "run.json: scenario: missing key 'name'; was the file edited?" in replayed.notes[0]


def test_a_report_that_does_not_follow_is_said_and_the_right_one_taken(attacked_run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(attacked_run, tmp_path / "copy"))
    log = copied / "chain.jsonl"
    records = [json.loads(line) for line in log.read_text().splitlines()]
    [record for record in records if record["name"] == "Reported"][-1]["args"]["evidenceRoot"] = {"hex": "66" * 32}
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    replayed = replay_run(copied, OTHER)
    assert replayed.rounds == replay_run(attacked_run, OTHER).rounds
    assert replayed.notes == (
        "round 3: the report on chain is different; today's rules are taken to pay what follows from the payloads",
    )


def test_a_round_whose_base_model_is_lost_is_left_out(attacked_run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(attacked_run, tmp_path / "copy"))
    second = [event for event in open_archive(copied).events() if event.name == "Reported"][1]
    (copied / "blocks" / str(cid_of(second.args["model"]))).unlink()
    replayed = replay_run(copied, OTHER)
    assert [one.round for one in replayed.rounds] == [1, 2]
    assert replayed.notes[0].startswith("round 3 cannot be judged again: ")


def test_a_run_without_a_report_has_nothing_to_replay(attacked_run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(attacked_run, tmp_path / "copy"))
    log = copied / "chain.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if '"Reported"' in line)
    log.write_text("".join(lines[:first]))
    with pytest.raises(RunError, match="no round whose report can be judged again: round 1 has no report"):
        replay_run(copied, OTHER)


def test_a_run_that_never_deployed_has_nothing_to_replay(attacked_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="ended before its federation was deployed"):
        replay_run(edited(attacked_run, tmp_path, lambda facts: facts.pop("federation")), OTHER)


def test_participants_that_do_not_read_are_said(attacked_run: Path, tmp_path: Path) -> None:
    copied = edited(attacked_run, tmp_path, lambda facts: facts["participants"][0].pop("name"))
    with pytest.raises(RunError, match=r"its participants do not read \(KeyError\('name'\)\); was the file edited"):
        replay_run(copied, OTHER)


def edited(run: Path, folder: Path, change: object) -> Path:
    """A copy of a run with another run.json."""
    copied = Path(shutil.copytree(run, folder / "copy"))
    facts = json.loads((copied / "run.json").read_text())
    change(facts)  # type: ignore[operator]
    (copied / "run.json").write_text(json.dumps(facts))
    return copied
