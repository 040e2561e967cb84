"""The round loop: what a run leaves behind, that it repeats, and what happens when it is cut short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qfl_chain.analysis.summary import summarise
from qfl_chain.analysis.verify import verify
from qfl_chain.errors import RunError, ScenarioError
from qfl_chain.protocol.evidence import Status
from qfl_chain.simulation.runlog import Step
from qfl_chain.simulation.runner import run
from qfl_chain.simulation.scenario import parse_scenario
from qfl_chain.storage.archive import open_archive
from tests.conftest import SMALL


def _small(rounds: int = 1) -> object:
    return parse_scenario(SMALL, "small.toml").with_rounds(rounds)


def _chain_facts(path: Path) -> list[tuple[str, str]]:
    return [(event.name, json.dumps(event.args, default=repr)) for event in open_archive(path).events()]


def test_a_run_reports_every_round_and_is_complete(small_run: Path) -> None:
    archive = open_archive(small_run)
    assert archive.facts()["status"] == "complete"
    assert [record["round"] for record in archive.metrics()] == [0, 1, 2, 3]
    assert [event.args["round"] for event in archive.events() if event.name == "Reported"] == [1, 2, 3]


def test_a_run_keeps_scenario_seed_versions_and_addresses(small_run: Path) -> None:
    archive = open_archive(small_run)
    facts = archive.facts()
    assert archive.scenario_text == SMALL
    assert facts["seed"] == 7
    assert facts["versions"]["web3"].startswith("8.")
    assert len(facts["oracles"]) == 4
    assert facts["federation"].startswith("0x")


def test_the_same_seed_gives_the_same_chain_log(small_run: Path, tmp_path: Path) -> None:
    again = run(parse_scenario(SMALL, "small.toml"), tmp_path / "again", baselines=False)
    assert _chain_facts(again.path) == _chain_facts(small_run)


def test_another_seed_gives_another_model(small_run: Path, tmp_path: Path) -> None:
    other = run(parse_scenario(SMALL, "small.toml").with_seed(8).with_rounds(1), tmp_path / "other", baselines=False)
    assert _chain_facts(other.path)[0] != _chain_facts(small_run)[0]


def test_an_interrupted_run_leaves_a_directory_that_verifies(tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        if (step.round, step.phase) == (2, "reveal"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parse_scenario(SMALL, "small.toml"), tmp_path / "cut", on_step=interrupt, baselines=False)
    assert open_archive(tmp_path / "cut").facts()["status"] == "interrupted"
    checks = verify(tmp_path / "cut").checks
    assert [(check.round, check.verdict) for check in checks] == [(1, "equal"), (2, "open")]


def test_a_failed_run_says_so_in_its_directory(tmp_path: Path) -> None:
    text = SMALL + '\n[[participants]]\nname = "x"\ndata = "client-9"\n'
    with pytest.raises(ScenarioError, match=r"no client 'client-9'; did you mean 'client-"):
        run(parse_scenario(text, "small.toml"), tmp_path / "failed")
    assert open_archive(tmp_path / "failed").facts()["status"].startswith("failed: participants.x.data")


def test_a_run_never_writes_into_an_existing_directory(small_run: Path) -> None:
    with pytest.raises(RunError, match="exists already"):
        run(parse_scenario(SMALL, "small.toml"), small_run)


def test_too_few_reveals_let_the_round_expire_and_move_no_money(tmp_path: Path) -> None:
    text = SMALL.replace("rounds = 3", "rounds = 2") + "\n[terms]\nmin_reveals = 4\n"
    archive = run(parse_scenario(text, "small.toml"), tmp_path / "expired", baselines=False)
    summary = summarise(archive.path)
    assert [row.verdict for row in summary.rounds] == ["initial", "expired", "expired"]
    assert summary.money.paid == summary.money.penalties == 0
    assert summary.money.stakes == summary.money.deposits


def test_evidence_that_no_block_would_hold_is_refused_before_the_chain_starts(tmp_path: Path) -> None:
    crowd = "".join(f'\n[[participants]]\nname = "p{number}"\nbehaviour = "no-show"\n' for number in range(400))
    with pytest.raises(ScenarioError, match=r"400 participants can have evidence of [\d,]+ bytes, a block"):
        run(parse_scenario(SMALL + crowd, "small.toml"), tmp_path / "crowd")


def test_every_second_is_counted_once(small_run: Path) -> None:
    seconds = open_archive(small_run).facts()["seconds"]
    assert set(seconds) == {"start-up", "training", "scoring", "chain", "baselines"}
    assert all(value >= 0 for value in seconds.values())


def test_an_update_that_nobody_publishes_is_demanded_and_the_round_goes_on_without_it(tmp_path: Path) -> None:
    parties = [("one", "honest"), ("two", "honest"), ("three", "withholder")]
    listed = "".join(
        f'[[participants]]\nname = "{name}"\nbehaviour = "{behaviour}"\ndata = "client-{index}"\n'
        for index, (name, behaviour) in enumerate(parties, 1)
    )
    scenario = parse_scenario(SMALL + listed, "small.toml").with_rounds(1)
    path = run(scenario, tmp_path / "withheld", baselines=False).path
    names = [event.name for event in open_archive(path).events()]
    for one in ("UpdateDemanded", "Reported"):
        assert names.count(one) == 1, one
    found = verify(path)
    assert [check.verdict for check in found.checks] == ["equal"]
    assert [one.status for one in found.outcomes[1].standings].count(Status.UNAVAILABLE) == 1
    disputes = found.history.money.disputes
    assert (disputes.bonds, disputes.demands, disputes.credits) == (4 * 10**9, 5 * 10**6, 0)
