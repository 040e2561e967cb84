from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from qfl_chain.actors.peers import encode_answer
from qfl_chain.actors.serving import Answer, serve
from qfl_chain.actors.signatures import SignedReport, read_signature, write_signature
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.types import Address

from .conftest import ALICE, BOB, ORACLES, Bench


@pytest.fixture
def shared(revealed: Bench, tmp_path: Path) -> Path:
    """A directory with the signatures of two oracles of four."""
    for oracle in ORACLES[:2]:
        assert revealed.qfl("oracle", "report", "--sign", tmp_path / "shared", signer=oracle).code == 0
    return tmp_path / "shared"


def test_anybody_may_recompute_a_report(revealed: Bench) -> None:
    out = revealed.qfl("oracle", "report").out
    assert out.startswith("Report of round 1: a new model; on chain: none")
    for signer in (ALICE, BOB):
        assert revealed.address(signer) in out
    assert "total 100,000,000 gwei" in out


def test_a_round_without_reveals_has_no_report(bench: Bench) -> None:
    for arguments in ((), ("--round", "9")):
        said = bench.qfl("oracle", "report", *arguments)
        assert said.code == 2
        assert "so it has no report" in said.err


def test_a_round_is_not_recomputed_before_its_reveals_are_over(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    bench.next_phase()
    assert bench.train("reveal", 1, ALICE).code == 0
    said = bench.qfl("oracle", "report", "--json")
    assert (said.code, said.out) == (4, "")
    assert "report: too early; it opens at" in said.err


def test_only_the_committee_signs(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("oracle", "report", "--sign", tmp_path / "shared", signer=ALICE)
    assert said.code == 2
    assert f"{revealed.address(ALICE)} is not in the federation's committee" in said.err
    assert not (tmp_path / "shared").exists()


def test_signing_needs_a_keystore(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("oracle", "report", "--sign", tmp_path / "shared")
    assert said.code == 2
    assert "--keystore or ETH_KEYSTORE" in said.err


def test_nothing_is_signed_outside_the_report_phase(revealed: Bench, tmp_path: Path) -> None:
    revealed.next_phase()
    said = revealed.qfl("oracle", "report", "--sign", tmp_path / "shared", signer=ORACLES[0])
    assert said.code == 4
    assert "report: too late; it closed at" in said.err
    assert not (tmp_path / "shared").exists()


def test_an_oracle_does_not_sign_two_reports_of_one_round(revealed: Bench, shared: Path) -> None:
    path = next(shared.glob(f"*{revealed.address(ORACLES[0])}.json"))
    other = path.read_text().replace('"total": 100000000', '"total": 99999999')
    path.write_text(other)
    said = revealed.qfl("oracle", "report", "--sign", shared, signer=ORACLES[0])
    assert said.code == 2
    assert "two different signed reports of one round are a provable fault" in said.err
    assert path.read_text() == other


def test_signing_again_changes_nothing(revealed: Bench, shared: Path) -> None:
    before = {path: path.read_text() for path in shared.iterdir()}
    assert revealed.qfl("oracle", "report", "--sign", shared, signer=ORACLES[0]).code == 0
    assert {path: path.read_text() for path in shared.iterdir()} == before


def test_too_few_signatures_are_not_posted(revealed: Bench, shared: Path) -> None:
    said = revealed.qfl("oracle", "post", shared, signer=ALICE)
    assert said.code == 3
    assert "round 1 has 2 valid signatures over one report" in said.err
    assert "the quorum is 3: wait for more oracles" in said.err


def test_files_that_do_not_count_are_left_out_and_named(revealed: Bench, shared: Path) -> None:
    (shared / "a-broken.json").write_text("{")
    own = read_signature(next(shared.glob(f"*{revealed.address(ORACLES[0])}.json")))
    forged = replace(own, signature=replace(own.signature, oracle=Address(revealed.address(ORACLES[2]))))
    write_signature(forged, shared)
    said = revealed.qfl("oracle", "post", shared, signer=ALICE)
    assert said.code == 3
    assert said.err.count("left out: ") == 2
    assert f"the signature is not {revealed.address(ORACLES[2])}'s over this report" in said.err
    assert "2 valid signatures" in said.err
    # The oracle itself is not hindered by the forgery once it is removed.
    next(shared.glob(f"*{revealed.address(ORACLES[2])}.json")).unlink()
    assert revealed.qfl("oracle", "report", "--sign", shared, signer=ORACLES[2]).code == 0
    posted = revealed.qfl("oracle", "post", shared, signer=ALICE)
    assert posted.code == 0
    assert posted.out.startswith("posted the report of round 1 with 3 signatures (")


def test_without_signed_reports_there_is_nothing_to_post(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("oracle", "post", tmp_path, signer=ALICE)
    assert said.code == 3
    assert "has 0 valid signatures" in said.err


def test_a_missing_directory_is_named(revealed: Bench, tmp_path: Path) -> None:
    said = revealed.qfl("oracle", "post", tmp_path / "none", signer=ALICE)
    assert said.code == 5
    assert "is not a directory of signed reports" in said.err


def test_a_report_is_not_posted_early(bench: Bench, tmp_path: Path) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    said = bench.qfl("oracle", "post", tmp_path, signer=ALICE)
    assert said.code == 4
    assert "report: too early; it opens at" in said.err


def test_a_false_report_on_chain_ends_with_its_own_exit_code(revealed: Bench, shared: Path) -> None:
    signed = read_signature(next(shared.iterdir()))
    false = replace(signed.report, evidence_root=bytes(32))
    ledger = Web3Ledger(
        revealed.devnet.web3,
        Address(read_deployment(revealed.folder / "deployment.json").federation),
        revealed.devnet.accounts[ALICE],
    )
    digest = report_digest(false, ledger.chain_id, ledger.federation)
    sign = partial(sign_digest, digest=digest)
    ledger.report(false, [sign(revealed.devnet.accounts[index]) for index in ORACLES[:3]])
    said = revealed.qfl("oracle", "report", "--round", "1", "--json")
    assert said.code == 7
    assert '"on_chain": "different"' in said.out
    assert "the report of round 1 on chain is not the one recomputed" in said.err


def test_a_round_that_is_over_is_not_signed(revealed: Bench, shared: Path) -> None:
    assert revealed.qfl("oracle", "report", "--sign", shared, signer=ORACLES[2]).code == 0
    assert revealed.qfl("oracle", "post", shared, signer=ALICE).code == 0
    for client, signer in ((1, ALICE), (2, BOB)):
        assert revealed.train("commit", client, signer).code == 0
    revealed.next_phase()
    for client, signer in ((1, ALICE), (2, BOB)):
        assert revealed.train("reveal", client, signer).code == 0
    revealed.next_phase()
    said = revealed.qfl("oracle", "report", "--round", "1", "--sign", shared, signer=ORACLES[3])
    assert said.code == 2
    assert "round 1 is over, the live one is 2" in said.err
    assert revealed.qfl("oracle", "report", "--json").json["round"] == 2


def test_a_signed_report_travels_as_a_file(shared: Path, tmp_path: Path) -> None:
    signed = read_signature(next(shared.iterdir()))
    assert isinstance(signed, SignedReport)
    assert read_signature(write_signature(signed, tmp_path / "copy")) == signed


def test_anybody_may_post_with_the_signatures_that_oracles_serve(revealed: Bench, tmp_path: Path) -> None:
    for oracle in ORACLES[:3]:
        assert revealed.qfl("oracle", "report", "--sign", tmp_path / "shared", signer=oracle).code == 0
    held = [read_signature(path) for path in sorted((tmp_path / "shared").iterdir())]
    asked: list[str] = []

    def signatures(rest: str) -> Answer:
        asked.append(rest)
        return Answer(encode_answer(held))

    with serve("127.0.0.1", 0, {"signatures": signatures}) as url:
        peers = ("--peer", url, "--peer", "http://127.0.0.1:9")
        said = revealed.qfl("oracle", "post", *peers, "--json", signer=OUTSIDER)
    assert said.json["signatures"] == 3
    assert asked == ["1"]
    assert "left out: http://127.0.0.1:9: does not answer" in said.err


def test_signatures_come_from_one_place(revealed: Bench, tmp_path: Path) -> None:
    for arguments in ((), (tmp_path, "--peer", "http://127.0.0.1:9")):
        said = revealed.qfl("oracle", "post", *arguments, signer=OUTSIDER)
        assert said.code == 2
        assert "give either a directory of signed reports or the oracles' addresses with --peer" in said.err
