from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import Signature as EthSignature
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.eip712 import (
    committee_bytes,
    domain_separator,
    pack_signatures,
    quorum,
    report_digest,
)
from qfl_chain.types import Address, Gwei, Report, Signature

from .builders import FEDERATION, account

DIGEST = digest_of_bytes(b"x")
REPORT = Report(3, 1 << 183, digest_of_bytes(b"r"), DIGEST, digest_of_bytes(b"e"), digest_of_bytes(b"t"), Gwei(5))


def signable(report: Report, chain_id: int) -> bytes:
    """The digest that eth-account signs for the same typed data."""
    types = (
        "uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,bytes32 evidenceRoot,uint64 total"
    )
    fields = [dict(zip(("type", "name"), field.split(), strict=True)) for field in types.split(",")]
    message = asdict(report)
    message["evidenceRoot"] = message.pop("evidence_root")
    domain = {"name": "qfl-chain", "version": "1", "chainId": chain_id, "verifyingContract": FEDERATION}
    encoded = encode_typed_data(domain, {"Report": fields}, message)
    return bytes(keccak(b"\x19" + encoded.version + encoded.header + encoded.body))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 65535), st.integers(0, (1 << 184) - 1), st.integers(0, (1 << 64) - 1), st.integers(1, 1 << 64))
def test_the_digest_is_the_one_eth_account_signs(number: int, inputs: int, total: int, chain_id: int) -> None:
    report = replace(REPORT, round=number, inputs=inputs, total=Gwei(total))
    assert report_digest(report, chain_id, FEDERATION) == signable(report, chain_id)


@pytest.mark.parametrize(
    "change",
    [
        {"round": 4},
        {"inputs": 0},
        {"rewards": bytes(32)},
        {"model": bytes(32)},
        {"evidence": bytes(32)},
        {"evidence_root": bytes(32)},
        {"total": 6},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_binds_every_field(change: dict[str, object]) -> None:
    other = replace(REPORT, **change)  # type: ignore[arg-type]
    assert report_digest(other, 1, FEDERATION) != report_digest(REPORT, 1, FEDERATION)


def test_the_domain_binds_chain_and_federation() -> None:
    separators = {domain_separator(1, FEDERATION), domain_separator(2, FEDERATION), domain_separator(1, account(1))}
    assert len(separators) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"round": 65536}, "report: round is 65536"),
        ({"inputs": 1 << 184}, "report: inputs is"),
        ({"total": -1}, "report: total is -1"),
        ({"model": b"short"}, "report: model digest has 5 bytes"),
    ],
)
def test_a_report_with_a_field_that_does_not_fit_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        report_digest(replace(REPORT, **change), 1, FEDERATION)  # type: ignore[arg-type]


@pytest.mark.parametrize("oracles", range(1, 60))
def test_two_quorums_share_an_honest_oracle_and_the_honest_reach_one(oracles: int) -> None:
    faulty = (oracles - 1) // 3
    assert 2 * quorum(oracles) - oracles > faulty
    assert 2 * (quorum(oracles) - 1) - oracles <= faulty
    assert oracles - faulty >= quorum(oracles)


def test_quorums_of_usual_committees() -> None:
    assert [quorum(n) for n in (1, 4, 7, 10)] == [1, 3, 5, 7]


ORACLES = [account(number) for number in (40, 10, 30, 20)]


def test_the_committee_is_packed_ascending() -> None:
    assert committee_bytes(ORACLES) == b"".join(n.to_bytes(2, "big") * 10 for n in (10, 20, 30, 40))


@pytest.mark.parametrize("oracles", [[], [account(1), account(1)], [account(n) for n in range(1, 258)]])
def test_a_committee_of_none_too_many_or_doubles_is_refused(oracles: list[Address]) -> None:
    with pytest.raises(ProtocolError, match=f"these are {len(oracles)}"):
        committee_bytes(oracles)


def test_signatures_travel_in_committee_order() -> None:
    given_ = [Signature(account(n), bytes([n]) * 64) for n in (40, 20)]
    packed = pack_signatures(ORACLES, given_)
    assert packed.signed == 0b1010
    assert packed.signers == committee_bytes(ORACLES)
    assert packed.signatures == bytes([20]) * 64 + bytes([40]) * 64


@pytest.mark.parametrize(
    ("signatures", "reason"),
    [
        ([Signature(account(5), bytes(64))], f"{account(5)} signed twice or is not in the committee"),
        ([Signature(account(10), bytes(64))] * 2, f"{account(10)} signed twice"),
        ([Signature(account(10), bytes(65))], f"signature of {account(10)} has 65 bytes"),
    ],
)
def test_signatures_that_do_not_belong_are_refused(signatures: list[Signature], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        pack_signatures(ORACLES, signatures)


def test_a_real_signature_recovers_to_its_oracle_from_the_packed_bytes() -> None:
    oracle = Account.from_key(b"\x07" * 32)
    digest = report_digest(REPORT, 1337, FEDERATION)
    signed = oracle.unsafe_sign_hash(digest)
    compact = signed.r.to_bytes(32, "big") + (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")
    packed = pack_signatures([*ORACLES, Address(oracle.address)], [Signature(Address(oracle.address), compact)])
    r, s = (int.from_bytes(part, "big") for part in (packed.signatures[:32], packed.signatures[32:]))
    recovered = EthSignature(vrs=(s >> 255, r, s & ((1 << 255) - 1))).recover_public_key_from_msg_hash(digest)
    position = packed.signed.bit_length() - 1
    assert recovered.to_canonical_address() == packed.signers[20 * position : 20 * position + 20]
