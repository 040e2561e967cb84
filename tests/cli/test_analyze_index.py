"""``qfl analyze index`` over RPC and over a run directory, and the histories other commands open."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from qfl_chain.analysis.index.database import open_index
from qfl_chain.cli.histories import open_history
from qfl_chain.cli.progress import reading
from qfl_chain.config import Settings
from qfl_chain.errors import InputError, RunError

from .conftest import ORACLES, Bench, qfl

SEATING = ["Bonded"] * 4 + ["CommitteeSeated"]
ROUND = ["RoundOpened", "Committed", "Committed", "Revealed", "Revealed"]
NAMES = ["Deployed", "Funded", *SEATING, "Joined", "Joined", *ROUND]
ENV: dict[str, str | None] = {"QFL_DEPLOYMENT": None, "ETH_RPC_URL": None, "QFL_STORE": None}


def report(bench: Bench) -> None:
    """The oracles' report of the round that the participants have revealed in."""
    for oracle in ORACLES[:3]:
        assert bench.qfl("oracle", "report", "--sign", bench.folder / "signatures", signer=oracle).code == 0
    assert bench.qfl("oracle", "post", bench.folder / "signatures", signer=ORACLES[0]).code == 0


def test_a_chain_is_indexed_and_the_index_goes_on_with_it(revealed: Bench, tmp_path: Path) -> None:
    file = tmp_path / "history.duckdb"
    first = revealed.qfl("analyze", "index", "-o", file, "--json")
    assert first.json["events"] == len(NAMES)
    assert (first.json["participants"], first.json["rounds"], first.json["reports"]) == (2, 1, 0)
    assert first.json["transactions"] == 12
    assert (first.json["source"], first.json["chain_id"]) == (revealed.url, 31337)
    report(revealed)
    second = revealed.qfl("analyze", "index", "-o", file, "--json").json
    assert (second["events"], second["reports"], second["evidence_read"]) == (len(NAMES) + 1, 1, 1)
    assert second["last_block"] > first.json["last_block"]
    with open_index(file) as index:
        assert [row[0] for row in index.query("SELECT name FROM events ORDER BY block, log_index")][:-1] == NAMES
        functions = [row[0] for row in index.query("SELECT function FROM transactions ORDER BY block")]
        assert functions == [
            "deploy",
            *["bond"] * 4,
            "seat",
            "join",
            "join",
            "commit",
            "commit",
            "reveal",
            "reveal",
            "report",
        ]


def test_without_a_store_the_evidence_is_a_gap(revealed: Bench, tmp_path: Path) -> None:
    report(revealed)
    env = {**revealed.env(), "QFL_STORE": None}
    said = qfl("analyze", "index", "-o", tmp_path / "history.duckdb", env=env)
    assert said.code == 0
    assert "gap: the evidence of round 1 was not read yet" in said.out


def test_progress_goes_to_standard_error(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("analyze", "index", "-o", tmp_path / "history.duckdb")
    assert f"{len(NAMES)} events" in said.err
    assert "evidence" not in said.err
    report(revealed)
    said = revealed.qfl("analyze", "index", "-o", tmp_path / "history.duckdb")
    assert "evidence of 1 report" in said.err
    assert "block " in said.err
    assert "block " not in said.out.replace("in blocks", "")


def test_lines_of_progress_come_a_tenth_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with reading() as on_progress:
        for block in range(1000, 2001):
            on_progress(block, 2000, block - 1000)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "block 1,000 of 2,000: 0 events"
    assert lines[-1] == "block 2,000 of 2,000: 1,000 events"


def test_a_run_directory_is_indexed(small_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.duckdb"
    said = qfl("analyze", "index", small_run, "-o", file, "--json", env=ENV)
    assert (said.json["rounds"], said.json["evidence_read"], said.json["source"]) == (3, 3, str(small_run))
    assert qfl("analyze", "index", small_run, "-o", file, "--json", env=ENV).json == said.json
    file.write_text("precious")
    refused = qfl("analyze", "index", small_run, "-o", file, env=ENV)
    assert (refused.code, refused.out, file.read_text()) == (6, "", "precious")


def test_nothing_to_index_is_said(tmp_path: Path) -> None:
    said = qfl("analyze", "index", "-o", tmp_path / "x", env=ENV)
    assert said.code == 2
    assert "nothing to index: name a run directory, or a deployment file by --deployment" in said.err


def test_a_deployment_file_without_an_endpoint_is_said(bench: Bench, tmp_path: Path) -> None:
    said = qfl("analyze", "index", "-o", tmp_path / "x", env={**bench.env(), "ETH_RPC_URL": None})
    assert said.code == 2
    assert "is a deployment file, and its history is on the chain: name an endpoint by --rpc-url" in said.err
    assert not (tmp_path / "x").exists()


def test_an_access_key_in_an_address_is_kept_nowhere(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "history.duckdb"
    secret = bench.url.replace("http://", "http://user:password@") + "/v3/key?token=hidden"
    said = qfl("analyze", "index", "-o", file, env={**bench.env(), "ETH_RPC_URL": secret})
    assert said.code == 0, said.err
    kept = file.read_bytes() + said.out.encode() + said.err.encode()
    assert not any(part in kept for part in (b"password", b"v3/key", b"hidden"))


def test_an_index_of_another_federation_is_refused(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "history.duckdb"
    assert bench.qfl("analyze", "index", "-o", file).code == 0
    with open_index(file) as index:
        federation = index.meta.federation
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'federation'", ["0x" + "00" * 20])
    said = bench.qfl("analyze", "index", "-o", file)
    assert said.code == 6
    assert f"not of {federation} on chain 31337: choose another file" in said.err


def test_a_deployment_file_in_a_run_s_place_is_told_its_own(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("analyze", "index", revealed.folder / "deployment.json", "-o", tmp_path / "x")
    assert said.code == 2
    assert "deployment.json is a deployment file, not a run directory: name it by --deployment" in said.err
    assert not (tmp_path / "x").exists()


def test_a_history_is_an_index_a_run_or_a_deployment(revealed: Bench, small_run: Path, tmp_path: Path) -> None:
    file, settings = tmp_path / "run.duckdb", Settings(rpc_url=revealed.url)
    assert qfl("analyze", "index", small_run, "-o", file, env=ENV).code == 0
    for path, rounds in ((file, 3), (small_run, 3), (revealed.folder / "deployment.json", 1)):
        with open_history(path, settings) as index:
            assert index.query("SELECT count(*) FROM events WHERE name = 'RoundOpened'") == [(rounds,)]


def test_a_history_that_is_none_is_refused(revealed: Bench, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no history")
    with pytest.raises(RunError, match="it is not a DuckDB file"), open_history(tmp_path / "text", Settings()):
        pass
    with pytest.raises(RunError, match="is not there"), open_history(tmp_path / "nowhere", Settings()):
        pass
    path = revealed.folder / "deployment.json"
    with pytest.raises(InputError, match="name an endpoint by --rpc-url"), open_history(path, Settings()):
        pass
