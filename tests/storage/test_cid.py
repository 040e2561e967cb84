from __future__ import annotations

from hashlib import sha256

import cid as py_cid
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multihash import encode as encode_multihash

from qfl_chain.errors import ContentError
from qfl_chain.storage.cid import cid_of, digest_of
from qfl_chain.types import Digest

DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)
EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def test_the_empty_block_has_its_known_cid() -> None:
    assert cid_of(Digest(sha256(b"").digest())) == EMPTY


@settings(deadline=None)
@given(DIGESTS)
def test_cids_are_those_of_the_reference_library(digest: Digest) -> None:
    reference = py_cid.make_cid(1, "raw", encode_multihash(digest, "sha2-256"))
    assert cid_of(digest) == reference.encode("base32").decode()


@settings(deadline=None)
@given(DIGESTS)
def test_a_cid_gives_its_digest_back(digest: Digest) -> None:
    assert digest_of(cid_of(digest)) == digest


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "b",
        "hello",
        EMPTY[:-1],
        EMPTY + "a",
        EMPTY.upper(),
        "z" + EMPTY[1:],
        EMPTY[:-1] + "v",
        "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
        "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
        "bafkreié",
    ],
)
def test_anything_but_a_canonical_raw_sha256_cid_is_refused(wrong: str) -> None:
    with pytest.raises(ContentError, match="is not a CIDv1 of a raw sha2-256 block"):
        digest_of(wrong)


def test_a_digest_of_another_length_has_no_cid() -> None:
    with pytest.raises(ContentError, match="a digest of 31 bytes has no CID"):
        cid_of(Digest(bytes(31)))
