"""Run directories: what goes in comes out, and damage is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qfl_chain.errors import RunError
from qfl_chain.storage.archive import RunArchive, Spending, create_archive, open_archive
from qfl_chain.types import Event, Receipt

EVENT = Event("Revealed", {"digest": b"\x01" * 32, "round": 1, "participant": "0xab"}, 4, 2, 99, "0xff")
RECEIPT = Receipt("0xff", "reveal", 4, 37_000, 37_000 * 10**9)


@pytest.fixture
def archive(tmp_path: Path) -> RunArchive:
    made = create_archive(tmp_path / "run", "name = 'x'\n")
    made.describe({"status": "running"})
    return made


def test_everything_reads_back(archive: RunArchive) -> None:
    archive.append_events([EVENT])
    spendings = (Spending("anna", RECEIPT, "0xa", succeeded=False), Spending("bert", RECEIPT, "0xb"))
    archive.append_spending(spendings)
    archive.append_metrics({"round": 0})
    archive.append_refusal({"party": "carl"})
    archive.write_baselines({"alone": 1})
    digest = archive.blocks.put(b"block")
    again = open_archive(archive.path)
    assert again.events() == (EVENT,)
    assert again.spendings() == spendings
    assert again.metrics() == ({"round": 0},)
    assert again.refusals() == ({"party": "carl"},)
    assert again.baselines() == {"alone": 1}
    assert again.blocks.get(digest) == b"block"
    assert again.scenario_text == "name = 'x'\n"
    assert again.facts() == {"format": 1, "status": "running"}


def test_transactions_of_earlier_versions_read_back_without_their_sender(archive: RunArchive) -> None:
    archive.append_spending([Spending("anna", RECEIPT, "0xa")])
    path = archive.path / "transactions.jsonl"
    record = json.loads(path.read_text())
    del record["sender"], record["succeeded"]
    path.write_text(json.dumps(record) + "\n")
    assert archive.spendings() == (Spending("anna", RECEIPT),)


def test_a_directory_without_records_is_empty_and_not_an_error(archive: RunArchive) -> None:
    assert archive.events() == archive.spendings() == archive.metrics() == archive.refusals() == ()
    assert archive.baselines() == {}


def test_records_are_appended(archive: RunArchive) -> None:
    archive.append_events([EVENT])
    archive.append_events([EVENT])
    assert len(archive.events()) == 2


def test_an_existing_directory_is_never_written_over(archive: RunArchive) -> None:
    with pytest.raises(RunError, match="exists already"):
        create_archive(archive.path, "")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write the run directory"):
        create_archive(tmp_path / "file" / "run", "")


def test_what_is_no_run_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run directory: run\.json cannot be read"):
        open_archive(tmp_path)


def test_another_format_is_refused(archive: RunArchive) -> None:
    (archive.path / "run.json").write_text('{"format": 99}')
    with pytest.raises(RunError, match="another format than 1"):
        open_archive(archive.path)


def test_a_damaged_line_is_named(archive: RunArchive) -> None:
    archive.append_events([EVENT])
    with (archive.path / "chain.jsonl").open("a") as file:
        file.write('{"name": "Jo\n')
    with pytest.raises(RunError, match=r"chain\.jsonl, line 2: not valid JSON"):
        archive.events()


def test_a_last_line_cut_short_by_a_kill_is_left_out(archive: RunArchive) -> None:
    archive.append_events([EVENT])
    with (archive.path / "chain.jsonl").open("a") as file:
        file.write('{"name": "Jo')
    assert archive.events() == (EVENT,)


def test_a_record_of_another_shape_is_named(archive: RunArchive) -> None:
    (archive.path / "chain.jsonl").write_text('{"nonsense": 1}\n')
    with pytest.raises(RunError, match="a record is no Event"):
        archive.events()


def test_a_value_that_json_cannot_hold_is_a_defect(archive: RunArchive) -> None:
    with pytest.raises(TypeError, match="set has no place"):
        archive.append_metrics({"round": {1}})


def test_a_record_that_is_nested_too_deep_does_not_end_the_process(tmp_path: Path) -> None:
    """py-evm, which web3 imports, raises Python's recursion limit beyond what the stack holds."""
    archive = create_archive(tmp_path / "run", "")
    (archive.path / "run.json").write_text("[" * 200_000)
    read = "import eth, sys; from pathlib import Path; from qfl_chain.storage.archive import open_archive; "
    read += "open_archive(Path(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", read, archive.path], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "RunError" in ended.stderr
    assert "nested too deep" in ended.stderr
