from __future__ import annotations

from pathlib import Path

from qfl_chain.storage.cid import digest_of

from .conftest import ALICE, ORACLES, OUTSIDER, Bench


def reported(bench: Bench, folder: Path) -> str:
    """Report the round and let its challenge window pass; gives the CID of the evidence."""
    reports = [bench.qfl("oracle", "report", "--sign", folder, "--json", signer=one).json for one in ORACLES[:3]]
    assert bench.qfl("oracle", "post", folder, signer=OUTSIDER).code == 0
    bench.devnet.travel(bench.devnet.now + 900)
    return str(reports[0]["evidence"])


def test_a_claim_is_paid_once(revealed: Bench, tmp_path: Path) -> None:
    reported(revealed, tmp_path)
    first = revealed.qfl("claim", signer=ALICE)
    assert first.out.startswith(f"{revealed.address(ALICE)} claimed ")
    again = revealed.qfl("claim", "--json", signer=ALICE).json
    assert again == {"participant": revealed.address(ALICE), "amount": 0, "receipt": None}


def test_who_earned_nothing_has_nothing_to_claim(revealed: Bench, tmp_path: Path) -> None:
    reported(revealed, tmp_path)
    said = revealed.qfl("claim", signer=OUTSIDER)
    assert said.out == f"nothing to claim for {revealed.address(OUTSIDER)}: no active report owes it anything\n"
    assert said.code == 0


def test_missing_evidence_is_named(revealed: Bench, tmp_path: Path) -> None:
    evidence = reported(revealed, tmp_path)
    assert digest_of(evidence)
    said = revealed.qfl("claim", "--store", tmp_path / "elsewhere", signer=ALICE)
    assert said.code == 5
    assert f"no block {evidence}" in said.err
