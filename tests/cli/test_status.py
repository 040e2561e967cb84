from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Timer

from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.types import Address

from .conftest import ALICE, BOB, ORACLES, OUTSIDER, SPONSOR, Bench


def test_before_the_first_round(bench: Bench) -> None:
    status = bench.qfl("status", "--json").json
    assert status["federation"] == read_deployment(bench.folder / "deployment.json").federation
    assert (status["chain_id"], status["now"]) == (31337, bench.devnet.now)
    assert (status["paused"], status["cancelled"], status["report"]) == (False, False, None)
    assert status["round"]["number"] == 0
    assert [one["participant"] for one in status["participants"]] == [bench.address(ALICE), bench.address(BOB)]
    assert {one["stake"] for one in status["participants"]} == {2 * 10**9}
    assert (status["money"]["pool"], status["money"]["stakes"]) == (10**9, 4 * 10**9)


def test_people_read_phase_stakes_pool_and_report(revealed: Bench, tmp_path: Path) -> None:
    out = revealed.qfl("status").out
    assert "round 1: report until 2026-01-01T" in out
    assert "no report stands" in out
    for oracle in ORACLES[:3]:
        assert revealed.qfl("oracle", "report", "--sign", tmp_path, signer=oracle).code == 0
    assert revealed.qfl("oracle", "post", tmp_path, signer=OUTSIDER).code == 0
    out = revealed.qfl("status").out
    assert "round 1: idle\nthe next commit opens a new round" in out
    assert "latest report: round 1, active from 2026-01-01T" in out
    assert "rewards so far 100,000,000 gwei" in out
    assert "pool 900,000,000 gwei, unclaimed 100,000,000 gwei, paid 0 gwei" in out
    revealed.devnet.travel(revealed.devnet.now + 900)
    assert "latest report: round 1, active since 2026-01-01T" in revealed.qfl("status").out


def test_a_cancelled_federation_says_so(bench: Bench) -> None:
    federation = Address(read_deployment(bench.folder / "deployment.json").federation)
    Web3Ledger(bench.devnet.web3, federation, bench.devnet.accounts[SPONSOR])._send("cancel")
    assert "the federation is cancelled\n" in bench.qfl("status").out
    assert bench.qfl("status", "--json").json["cancelled"]


def test_an_expired_round_is_idle(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    for _ in range(3):
        bench.next_phase()
    here = bench.qfl("round", "status", "--json").json
    assert (here["number"], here["phase"], here["closes_at"]) == (1, "idle", None)


def test_watching_shows_it_until_it_is_stopped(bench: Bench) -> None:
    stop = Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    stop.start()
    said = bench.qfl("status", "--watch")
    assert said.code == 0, said.err
    assert said.out.count("the next commit opens a new round") == 1
