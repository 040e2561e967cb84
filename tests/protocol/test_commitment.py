from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.packed import encode_packed
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.commitment import accumulate, commitment, fold_accumulator
from qfl_chain.types import Address, Digest, Gwei, Opening, Reveal

from .builders import FEDERATION, account

OPENING = Opening(account(1), Digest(bytes(range(32))), bytes(range(16)))
DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)


@settings(deadline=None)
@given(st.integers(0, 65535), DIGESTS, st.binary(min_size=16, max_size=16))
def test_commitments_are_what_solidity_packs(number: int, digest: Digest, salt: bytes) -> None:
    packed = encode_packed(
        ["address", "uint16", "address", "bytes32", "bytes16"], [FEDERATION, number, account(1), digest, salt]
    )
    expected = int.from_bytes(keccak(packed)[-14:], "big")
    assert commitment(FEDERATION, number, Opening(account(1), digest, salt)) == expected


@pytest.mark.parametrize(
    "other",
    [
        (account(9), 1, OPENING),
        (FEDERATION, 2, OPENING),
        (FEDERATION, 1, replace(OPENING, participant=account(2))),
        (FEDERATION, 1, replace(OPENING, digest=Digest(bytes(32)))),
        (FEDERATION, 1, replace(OPENING, salt=bytes(16))),
    ],
)
def test_a_commitment_binds_every_field(other: tuple[Address, int, Opening]) -> None:
    assert commitment(*other) != commitment(FEDERATION, 1, OPENING)


@pytest.mark.parametrize(
    ("number", "opening", "reason"),
    [
        (65536, OPENING, "round is 65536"),
        (1, replace(OPENING, salt=b"short"), "salt has 5 bytes"),
        (1, replace(OPENING, digest=Digest(b"")), "digest has 0 bytes"),
    ],
)
def test_a_commitment_of_a_field_of_the_wrong_size_is_refused(number: int, opening: Opening, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        commitment(FEDERATION, number, opening)


@settings(deadline=None)
@given(st.integers(0, (1 << 184) - 1), st.integers(0, (1 << 64) - 1), DIGESTS)
def test_the_accumulator_folds_what_solidity_packs(accumulator: int, stake: int, digest: Digest) -> None:
    packed = encode_packed(["uint184", "address", "uint64", "bytes32"], [accumulator, account(1), stake, digest])
    expected = int.from_bytes(keccak(packed)[-23:], "big")
    assert fold_accumulator(accumulator, account(1), Gwei(stake), digest) == expected


def test_an_accumulator_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"accumulator is .* does not fit uint184"):
        fold_accumulator(1 << 184, account(1), Gwei(1), OPENING.digest)


def test_a_round_starts_at_zero_and_depends_on_the_order_of_its_reveals() -> None:
    first, second = (Reveal(account(n), Gwei(n), OPENING.digest) for n in (1, 2))
    once = fold_accumulator(0, account(1), Gwei(1), OPENING.digest)
    assert accumulate([]) == 0
    assert accumulate([first, second]) == fold_accumulator(once, account(2), Gwei(2), OPENING.digest)
    assert accumulate([first, second]) != accumulate([second, first])
