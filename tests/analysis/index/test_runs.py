"""A run directory as an index, and edits of one that must not pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qfl_chain.analysis.index.database import Meta, create_index
from qfl_chain.analysis.index.events import read_events
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.opening import open_history
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.analysis.verify import verify
from qfl_chain.errors import RunError
from qfl_chain.protocol.evidence import Status
from qfl_chain.storage.archive import open_archive

from .written import ONE

Lines = list[dict[str, Any]]


@pytest.fixture
def copied(small_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run, tmp_path / "run"))


def edit(path: Path, change: Callable[[Lines], None]) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def first(lines: Lines, name: str) -> dict[str, Any]:
    return next(line for line in lines if line["name"] == name)


def test_the_events_are_those_of_the_run(attacked_run: Path) -> None:
    with index_run(attacked_run) as index:
        found = list(read_events(index))
        logged = open_archive(attacked_run).events()
        assert [(one.name, one.block, one.index, one.timestamp, one.transaction) for one in found] == [
            (one.name, one.block, one.index, one.timestamp, one.transaction) for one in logged
        ]
        for one, other in zip(found[1:], logged[1:], strict=True):
            assert one.args == dict(other.args)
        assert found[0].args["oracles"] == tuple(logged[0].args["oracles"])
        assert found[0].args["terms"] == tuple(logged[0].args["terms"])


def test_reports_are_sent_by_members_of_the_committee(attacked_run: Path) -> None:
    with index_run(attacked_run) as index:
        facts = load_facts(index)
    senders = {one.sender for one in facts.transactions if one.function == "report"}
    assert senders
    assert senders <= set(facts.oracles)
    assert facts.gaps == ()


def test_a_run_that_does_not_say_which_oracle_sent_a_report_has_a_gap(copied: Path) -> None:
    edit(copied / "transactions.jsonl", lambda lines: [line.pop("sender") for line in lines].clear())
    with index_run(copied) as index:
        facts = load_facts(index)
    assert {one.sender for one in facts.transactions if one.function == "report"} == {"oracles"}
    assert {one.role for one in facts.transactions if one.function == "report"} == {"oracle"}
    assert any("does not say which oracle" in gap for gap in facts.gaps)


def test_a_transaction_that_failed_is_one_in_the_index(copied: Path) -> None:
    edit(copied / "transactions.jsonl", lambda lines: lines[-1].update(succeeded=False))
    with index_run(copied) as index:
        assert [one.succeeded for one in load_facts(index).transactions].count(False) == 1


def test_the_standings_are_those_a_recomputation_gives(attacked_run: Path) -> None:
    recomputed = verify(attacked_run)
    with index_run(attacked_run) as index:
        for number, outcome in recomputed.outcomes.items():
            rows = index.query(
                "SELECT participant, status, stake, digest, phi, weight, reward, cumulative FROM standings "
                "WHERE round = ? ORDER BY place",
                (number,),
            )
            assert rows == [
                (
                    one.participant,
                    Status(one.status).name.lower(),
                    one.stake,
                    one.digest,
                    one.phi,
                    one.weight,
                    one.reward,
                    one.cumulative,
                )
                for one in outcome.standings
            ]
            assert index.query(
                "SELECT status, scale, loss_before, loss_after, accepted FROM evidence WHERE round = ?", (number,)
            ) == [("read", outcome.scale, outcome.loss_before, outcome.loss_after, outcome.accepted)]


def test_names_figures_baselines_and_transactions_are_the_directory_s(small_run: Path) -> None:
    archive = open_archive(small_run)
    with index_run(small_run) as index:
        facts = archive.facts()
        names = dict(index.query("SELECT account, name FROM parties WHERE role = 'participant'"))
        assert names == {one["account"]: one["name"] for one in facts["participants"]}
        assert index.query("SELECT count(*) FROM parties WHERE role = 'oracle'") == [(len(facts["oracles"]),)]
        record = archive.metrics()[2]["figures"]["pooled"]
        pooled = dict(index.query("SELECT metric, value FROM model_metrics WHERE round = 2 AND rows = 'pooled'"))
        assert pooled == record
        baseline = dict(
            index.query("SELECT metric, value FROM baselines WHERE model = 'client-1 alone' AND rows = 'client-2'")
        )
        assert baseline == archive.baselines()["client-1 alone"]["client-2"]
        fees = sum(one.receipt.fee_wei for one in archive.spendings())
        assert index.query("SELECT count(*), sum(fee_wei) FROM transactions") == [(len(archive.spendings()), fees)]
        assert index.meta.name == "small"


def test_figures_on_the_public_rows_are_there_for_the_initial_model_and_every_report(small_run: Path) -> None:
    with index_run(small_run) as index:
        rows = index.query("SELECT round, metric, value FROM model_metrics WHERE rows = 'validation' ORDER BY ALL")
        assert {number for number, _, _ in rows} == {0, 1, 2, 3}
        assert all(0 <= value <= 4 for _, _, value in rows)
        losses = [value for _, metric, value in rows if metric == "loss"]
        assert losses[-1] < losses[0]


def test_a_file_is_written_whole_and_replaced_by_a_later_call(small_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    for _ in range(2):
        with index_run(small_run, path) as index:
            assert index.query("SELECT count(*) FROM evidence WHERE status = 'read'") == [(3,)]
    assert [one.name for one in tmp_path.iterdir()] == ["index.duckdb"]


def test_a_file_of_another_federation_is_left_alone(small_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    create_index(path, Meta(5, ONE, 0, "x")).close()
    with pytest.raises(RunError, match="choose another file"):
        index_run(small_run, path)
    path.write_text("precious")
    with pytest.raises(RunError, match="no index"):
        index_run(small_run, path)
    assert path.read_text() == "precious"


def test_an_edited_run_leaves_no_file(copied: Path, tmp_path: Path) -> None:
    (copied / "metrics.jsonl").write_text('{"round": 0}\n')
    with pytest.raises(RunError, match="holds what no run writes"):
        index_run(copied, tmp_path / "index.duckdb")
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_a_changed_amount_is_noticed(copied: Path) -> None:
    edit(copied / "chain.jsonl", lambda lines: first(lines, "Joined")["args"].update(amount=5))
    with pytest.raises(RunError, match="contradicts itself, it was edited or cut: log Joined"):
        index_run(copied)


def test_a_missing_line_is_noticed(copied: Path) -> None:
    edit(copied / "chain.jsonl", lambda lines: lines.remove(first(lines, "Committed")))
    with pytest.raises(RunError, match="contradicts itself"):
        index_run(copied)


@pytest.mark.parametrize("key", ["sponsor", "oracles"])
def test_parties_of_another_federation_are_noticed(copied: Path, key: str) -> None:
    facts = json.loads((copied / "run.json").read_text())
    facts[key] = ONE if key == "sponsor" else [ONE]
    (copied / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match=rf"another federation than chain.jsonl: {key}"):
        index_run(copied)


def test_another_federation_s_address_makes_its_evidence_contradict(copied: Path) -> None:
    facts = json.loads((copied / "run.json").read_text())
    facts["federation"] = ONE
    (copied / "run.json").write_text(json.dumps(facts))
    with index_run(copied) as index:
        rows = index.query("SELECT DISTINCT evidence_status FROM reports")
        assert rows == [("contradicts",)]


def test_a_damaged_block_is_noticed_and_named(copied: Path) -> None:
    block = sorted((copied / "blocks").iterdir())[0]
    block.write_bytes(block.read_bytes()[:-1])
    with pytest.raises(RunError, match=f"was edited: .*{block.name} does not hold the block it is named for"):
        index_run(copied)


def test_a_file_among_the_blocks_that_is_none_is_noticed(copied: Path) -> None:
    (copied / "blocks" / "notes.txt").write_text("hello")
    with pytest.raises(RunError, match="holds what no run writes"):
        index_run(copied)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("transactions.jsonl", '{"party": "a", "transaction": "0xzz", "function": "f", "block": 1, "gas_used": 1, '),
        ("metrics.jsonl", '{"round": "first", "figures": {"pooled": {"auc": 1}}}\n'),
        ("baselines.json", '{"alone": 3}'),
    ],
)
def test_records_no_run_writes_are_an_error_of_ours(copied: Path, file: str, text: str) -> None:
    complete = text if not text.endswith(", ") else text + '"fee_wei": 1}\n'
    (copied / file).write_text(complete)
    with pytest.raises(RunError):
        index_run(copied)


def test_a_run_that_never_deployed_has_nothing_to_index(copied: Path) -> None:
    facts = json.loads((copied / "run.json").read_text())
    del facts["federation"]
    (copied / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match="nothing to index"):
        index_run(copied)


def test_a_run_that_was_killed_before_its_first_log_is_an_empty_index(copied: Path) -> None:
    (copied / "chain.jsonl").write_text("")
    with index_run(copied) as index:
        assert index.query("SELECT count(*) FROM events") == [(0,)]
        assert index.query("SELECT count(*) FROM parties WHERE role = 'participant'") == [(3,)]


def test_a_history_is_an_index_or_a_run_directory(small_run: Path, tmp_path: Path) -> None:
    index_run(small_run, tmp_path / "index.duckdb").close()
    for path in (small_run, tmp_path / "index.duckdb"):
        with open_history(path) as index:
            assert index.query("SELECT count(*) FROM rounds") == [(3,)]
    with pytest.raises(RunError, match="give an index that `qfl analyze index` wrote, or a run directory"):
        open_history(tmp_path / "absent")
    with pytest.raises(RunError, match="is not a run directory"):
        open_history(tmp_path)
