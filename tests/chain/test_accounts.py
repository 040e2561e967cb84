"""Keystores and signatures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from qfl_chain.chain.accounts import recover_signer, salt_secret, sign_digest
from qfl_chain.chain.keystores import load_keystore
from qfl_chain.errors import InputError, ProtocolError
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.types import Address, Digest, Gwei, Report

ACCOUNT = Account.from_key(b"\x07" * 32)
OTHER = Account.from_key(b"\x08" * 32)


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.json"
    path.write_text(json.dumps(Account.encrypt(ACCOUNT.key, "sesame", kdf="pbkdf2", iterations=2)))
    return path


def test_a_keystore_opens_with_its_password(keystore: Path) -> None:
    assert load_keystore(keystore, "sesame").address == ACCOUNT.address


def test_a_wrong_password_is_named_and_the_key_is_not(keystore: Path) -> None:
    with pytest.raises(InputError, match="check the password") as caught:
        load_keystore(keystore, "wrong")
    assert ACCOUNT.key.hex() not in str(caught.value)


def test_a_missing_keystore_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the keystore"):
        load_keystore(tmp_path / "none.json", "x")


@pytest.mark.parametrize("content", ["[]", "{}", "not json"])
def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(InputError, match="keystore"):
        load_keystore(path, "x")


def test_a_signature_recovers_to_its_signer() -> None:
    digest = bytes(range(32))
    signature = sign_digest(ACCOUNT, digest)
    assert recover_signer(digest, signature.compact) == ACCOUNT.address == signature.oracle


def test_a_signature_is_the_one_eth_account_makes_over_the_same_typed_data() -> None:
    federation = Address(OTHER.address)
    report = Report(3, 5, b"\x01" * 32, Digest(b"\x02" * 32), Digest(b"\x03" * 32), b"\x04" * 32, Gwei(9))
    fields = [("round", "uint16"), ("inputs", "uint184"), ("rewards", "bytes32"), ("model", "bytes32")]
    fields += [("evidence", "bytes32"), ("evidenceRoot", "bytes32"), ("total", "uint64")]
    values = (3, 5, report.rewards, report.model, report.evidence, report.evidence_root, 9)
    message = encode_typed_data(
        {"name": "qfl-chain", "version": "1", "chainId": 31337, "verifyingContract": federation},
        {"Report": [{"name": name, "type": kind} for name, kind in fields]},
        {name: value for (name, _), value in zip(fields, values, strict=True)},
    )
    digest = report_digest(report, 31337, federation)
    assert digest == _hash_eip191_message(message)
    expected = ACCOUNT.sign_message(message)
    compact = sign_digest(ACCOUNT, digest).compact
    assert int.from_bytes(compact[:32], "big") == expected.r
    assert int.from_bytes(compact[32:], "big") == expected.s | (expected.v - 27) << 255


@pytest.mark.parametrize("compact", [b"", b"\xff" * 64, bytes(64), b"\x01" * 63])
def test_bytes_that_are_no_signature_are_refused(compact: bytes) -> None:
    with pytest.raises(ProtocolError, match="signature"):
        recover_signer(bytes(32), compact)


def test_salt_secrets_differ_by_account_chain_and_federation_and_repeat() -> None:
    here, there = Address(ACCOUNT.address), Address(OTHER.address)
    assert salt_secret(ACCOUNT, 1, here) == salt_secret(ACCOUNT, 1, here)
    others = {salt_secret(ACCOUNT, 1, there), salt_secret(OTHER, 1, here), salt_secret(ACCOUNT, 2, here)}
    assert len({salt_secret(ACCOUNT, 1, here), *others}) == 4
