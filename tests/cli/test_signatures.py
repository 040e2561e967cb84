"""Which files of a shared directory count."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.actors.signatures import (
    SignedReport,
    _from_file,
    _to_file,
    gather,
    read_signature,
    require_quorum,
    write_signature,
)
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.errors import ContentError, InputError, ProtocolError
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.types import Address, Digest, Gwei, Report, Signature

CHAIN = 31337
FEDERATION = Address("0x" + "00" * 20)
ORACLES = [Account.from_key(bytes([number]) * 32) for number in (1, 2, 3)]
COMMITTEE = [Address(oracle.address) for oracle in ORACLES]
REPORT = Report(4, 77, b"\1" * 32, Digest(b"\2" * 32), Digest(b"\3" * 32), b"\4" * 32, Gwei(900))


def signed_by(index: int, report: Report = REPORT, chain: int = CHAIN) -> SignedReport:
    return SignedReport(
        chain, FEDERATION, report, sign_digest(ORACLES[index], report_digest(report, chain, FEDERATION))
    )


def gathered(folder: Path) -> tuple[dict[Report, list[Signature]], list[str]]:
    return gather(folder, CHAIN, FEDERATION, COMMITTEE, REPORT.round)


word = st.binary(min_size=32, max_size=32)
reports = st.builds(
    Report,
    round=st.integers(0, 2**16 - 1),
    inputs=st.integers(0, 2**184 - 1),
    rewards=word,
    model=word.map(Digest),
    evidence=word.map(Digest),
    evidence_root=word,
    total=st.integers(0, 2**64 - 1).map(Gwei),
)


@settings(deadline=None, max_examples=50)
@given(reports, st.binary(min_size=64, max_size=64), st.integers(1, 2**53))
def test_every_signed_report_survives_its_file(report: Report, compact: bytes, chain: int) -> None:
    signed = SignedReport(chain, FEDERATION, report, Signature(COMMITTEE[0], compact))
    assert _from_file(_to_file(signed)) == signed


def test_signatures_are_gathered_by_report_and_round(tmp_path: Path) -> None:
    other, later = replace(REPORT, total=Gwei(901)), replace(REPORT, round=5)
    for signed in (signed_by(0), signed_by(1), signed_by(2, other), signed_by(0, later)):
        write_signature(signed, tmp_path)
    found, refused = gathered(tmp_path)
    assert {report: {one.oracle for one in signatures} for report, signatures in found.items()} == {
        REPORT: set(COMMITTEE[:2]),
        other: {COMMITTEE[2]},
    }
    assert refused == []


def test_a_copied_file_does_not_count_twice(tmp_path: Path) -> None:
    path = write_signature(signed_by(0), tmp_path)
    (tmp_path / "copy.json").write_text(path.read_text())
    assert [len(signatures) for signatures in gathered(tmp_path)[0].values()] == [1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: replace(one, chain_id=1), "not this federation"),
        (lambda one: replace(one, federation=COMMITTEE[0]), "not this federation"),
        (lambda one: replace(one, signature=replace(one.signature, oracle=FEDERATION)), "is not in the committee"),
        (lambda one: replace(one, signature=replace(one.signature, oracle=COMMITTEE[1])), "is not 0x"),
        (lambda one: replace(one, report=replace(one.report, total=Gwei(1))), "is not 0x"),
        (lambda one: replace(one, report=replace(one.report, total=Gwei(-1))), "total"),
        (lambda one: replace(one, signature=replace(one.signature, compact=b"\1")), "has 64 bytes"),
        (lambda one: replace(one, signature=replace(one.signature, compact=bytes(64))), "not a valid signature"),
    ],
)
def test_what_the_contract_would_refuse_is_left_out(
    tmp_path: Path, change: Callable[[SignedReport], SignedReport], reason: str
) -> None:
    write_signature(signed_by(2), tmp_path)
    write_signature(change(signed_by(0)), tmp_path)
    found, refused = gathered(tmp_path)
    assert [one.oracle for one in found[REPORT]] == [COMMITTEE[2]]
    assert len(found) == len(refused) == 1
    assert reason in refused[0]


def test_the_report_a_quorum_signed_is_found_beside_others() -> None:
    other = replace(REPORT, total=Gwei(901))
    signatures = [signed_by(index).signature for index in (0, 1, 2)]
    assert require_quorum({other: signatures[:1], REPORT: signatures}, 4, 4) == (REPORT, signatures)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_under_a_quorum_there_is_none(count: int) -> None:
    signatures = [signed_by(index).signature for index in range(count)]
    with pytest.raises(ProtocolError, match=f"round 4 has {count} valid signatures over one report, the quorum is 3"):
        require_quorum({REPORT: signatures} if count else {}, 4, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format is 2"),
        ({"rewards": "0xno"}, "rewards is not hex"),
        ({"total": "900"}, "total: expected a whole number"),
        ({"extra": 1}, "unknown key 'extra'"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = write_signature(signed_by(0), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        read_signature(path)


@pytest.mark.parametrize("text", ["", "[]"])
def test_a_file_that_holds_no_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match="is not a signed report"):
        read_signature(tmp_path / "x.json")


def test_another_report_of_the_same_oracle_and_round_is_not_overwritten(tmp_path: Path) -> None:
    path = write_signature(signed_by(0), tmp_path)
    with pytest.raises(InputError, match="provable fault"):
        write_signature(signed_by(0, replace(REPORT, total=Gwei(1))), tmp_path)
    assert read_signature(path) == signed_by(0)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ContentError, match="cannot write"):
        write_signature(signed_by(0), tmp_path / "file" / "folder")


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="not a directory of signed reports"):
        gathered(tmp_path / "none")
