"""Watching from the shell: bonds and the committee's seat, a watcher that runs, and what a dispute is about."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from qfl_chain.actors.oracle import Oracle
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.court import Web3Court
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.protocol.report import Outcome
from qfl_chain.simulation.liars import LIES
from qfl_chain.storage.places import open_store
from qfl_chain.types import Address

from .conftest import ALICE, ORACLES, OUTSIDER, Bench

BOND = 1_000_000_000


def court(bench: Bench) -> Web3Court:
    deployment = read_deployment(bench.folder / "deployment.json")
    return Web3Court(bench.devnet.web3, Address(deployment.federation), bench.devnet.accounts[ORACLES[0]])


def seated(bench: Bench) -> Bench:
    """Every oracle bonds, and the committee is seated; nothing where it is already."""
    for oracle in ORACLES:
        if court(bench).bond_of(Address(bench.address(oracle)))[0] < BOND:
            assert bench.qfl("oracle", "bond", signer=oracle).code == 0
    bench.qfl("oracle", "seat", signer=OUTSIDER)
    return bench


@pytest.fixture
def lied(revealed: Bench) -> Bench:
    """The committee posted a report with one false expectation value."""
    return lie(seated(revealed), "loss")


def lie(bench: Bench, name: str) -> Bench:
    store, ledger = open_store((str(bench.folder / "store"),)), court(bench)
    program = ScoringProgram(Circuit.from_bytes(store.get(ledger.terms().circuit)))
    signers = [bench.devnet.accounts[index] for index in ORACLES[:3]]
    oracles = [Oracle(ledger, store, program, partial(sign_digest, one)) for one in signers]
    outcome: Outcome = oracles[0].observe(1)
    false = LIES[name](outcome, Address(bench.address(ORACLES[0])))
    store.put(false.model)
    if false.published:
        store.put(false.evidence)
    ledger.report(false.report, [one.signature(false.report) for one in oracles])
    return bench


def test_a_bond_is_put_down_topped_up_and_taken_out(bench: Bench) -> None:
    said = bench.qfl("oracle", "bond", "--amount", "1.5 eth", "--json", signer=OUTSIDER)
    assert said.json["bond"] == BOND * 3 // 2
    whole = bench.qfl("oracle", "bond", signer=OUTSIDER)
    assert (whole.code, "give --amount" in whole.err) == (2, True)
    early = bench.qfl("oracle", "withdraw-bond", signer=OUTSIDER)
    assert early.code == 4
    leaves = bench.qfl("oracle", "unbond", "--json", signer=OUTSIDER).json["withdrawable_at"]
    bench.devnet.travel(leaves)
    assert bench.qfl("oracle", "withdraw-bond", "--json", signer=OUTSIDER).json["amount"] == BOND * 3 // 2


def test_a_committee_is_seated_once_all_have_bonds(empty_bench: Bench) -> None:
    assert empty_bench.deploy().code == 0
    said = empty_bench.qfl("oracle", "seat", signer=OUTSIDER)
    assert (said.code, "BondTooLow" in said.err) == (4, True)
    seated(empty_bench)
    assert court(empty_bench).events()[-1].name == "CommitteeSeated"
    none = empty_bench.qfl("oracle", "seat", "--scheduled", signer=OUTSIDER)
    assert (none.code, "scheduled no committee" in none.err) == (2, True)


def test_a_watcher_refutes_a_false_expectation_value(lied: Bench, tmp_path: Path) -> None:
    said = lied.qfl("watch", "--state", tmp_path / "watcher", "--until-round", 1, signer=OUTSIDER)
    assert said.code == 0, said.err
    assert '"event": "refute"' in said.err
    assert '"fault": "LOSS"' in said.err
    refuted = [one for one in court(lied).events() if one.name == "Refuted"]
    assert [one.args["reporter"] for one in refuted] == [lied.address(OUTSIDER)]
    again = lied.qfl("dispute", "explain", 1, "--json").json
    assert (again["report"], again["verdict"]) == ("void", "wrong")


def test_a_dispute_is_explained_before_anything_is_sent(lied: Bench) -> None:
    found = lied.qfl("dispute", "explain", 1, "--json").json
    assert (found["report"], found["verdict"], found["fault"]) == ("pending", "wrong", "LOSS")
    assert found["checked"] == ["LEAF", "HEADER", "SUBSET", "STANDING", "PLAYERS", "COALITIONS", "MODEL"]
    assert found["bounty"] == 3 * BOND // 2 // 10
    assert 100_000 < found["gas"] < 4_000_000
    assert found["finding"].startswith("coalition {0, 1}, sample")
    out = lied.qfl("dispute", "explain", 1).out
    assert "LOSS" in out
    assert "should be" in out


def test_hidden_evidence_is_explained_as_so_many_demands(revealed: Bench) -> None:
    lie(seated(revealed), "unavailable")
    found = revealed.qfl("dispute", "explain", 1, "--json").json
    assert (found["verdict"], found["demands"], found["bonds"]) == ("withheld", 8, 8 * 5_000_000)
    assert "8 leaves" in found["finding"]


def test_a_round_without_a_report_has_no_dispute(revealed: Bench) -> None:
    said = revealed.qfl("dispute", "explain", 1)
    assert (said.code, "round 1 has no report" in said.err) == (2, True)


def test_a_run_directory_is_explained_without_a_chain(small_run: Path, bench: Bench) -> None:
    found = bench.qfl("dispute", "explain", 2, "--run", small_run, "--json").json
    assert (found["report"], found["verdict"], found["gas"]) == ("recorded", "sound", None)


def test_explaining_needs_a_chain_or_a_run(bench: Bench) -> None:
    nothing = replace(bench)
    env = {**nothing.env(), "ETH_RPC_URL": None}
    from .conftest import qfl

    said = qfl("dispute", "explain", 1, env=env)
    assert said.code == 2
    assert "--rpc-url" in said.err


def test_a_watcher_pays_for_itself_or_is_told_what_it_lacks(bench: Bench, tmp_path: Path) -> None:
    said = bench.qfl("watch", "--state", tmp_path / "w", "--max-bonds", "much", signer=ALICE)
    assert said.code == 2
