from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.protocol.codec import Rules, digest_of_bytes
from qfl_chain.protocol.contribution import EXACT_UP_TO, most_coalitions
from qfl_chain.protocol.evidence import (
    Aggregate,
    CoalitionScore,
    Evidence,
    EvidenceBlock,
    Header,
    Standing,
    Status,
    decode_evidence,
    encode_evidence,
    evidence_leaves,
    evidence_rows,
    join_evidence,
    largest_evidence,
    split_evidence,
)
from qfl_chain.protocol.merkle import excerpt, tree_root, verify_excerpt
from qfl_chain.protocol.report import build_report
from qfl_chain.types import Digest, Gwei

from .builders import FEDERATION, Entry, account, scene

DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)
UINT64 = st.integers(0, (1 << 64) - 1)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    samples = draw(st.integers(0, 4))
    rows = st.lists(INT64, min_size=samples, max_size=samples).map(tuple)
    standings = tuple(
        Standing(
            account(draw(st.integers(0, 65535))),
            Gwei(draw(UINT64)),
            draw(DIGESTS),
            draw(st.sampled_from(Status)),
            draw(st.none() | st.integers(0, 65534)),
            draw(st.integers(-(1 << 255), (1 << 255) - 1)),
            draw(st.integers(0, (1 << 256) - 1)),
            Gwei(draw(UINT64)),
            Gwei(draw(UINT64)),
        )
        for _ in range(draw(st.integers(0, 3)))
    )
    coalitions = tuple(
        CoalitionScore(draw(st.integers(0, 1 << 300)), draw(DIGESTS), draw(INT64), draw(rows))
        for _ in range(draw(st.integers(0, 3)))
    )
    header = Header(
        FEDERATION,
        draw(st.integers(0, 65535)),
        draw(st.integers(0, (1 << 184) - 1)),
        *(draw(DIGESTS) for _ in range(3)),
        Gwei(draw(UINT64)),
        Gwei(draw(UINT64)),
        draw(UINT64),
        len(standings),
        len(coalitions),
        tuple(draw(st.lists(st.integers(0, (1 << 32) - 1), min_size=samples, max_size=samples))),
    )
    aggregate = Aggregate(draw(DIGESTS), draw(INT64), draw(INT64), draw(st.booleans()), draw(DIGESTS), draw(rows))
    return Evidence(header, standings, coalitions, aggregate)


DIGEST = digest_of_bytes(b"x")
SMALL = Evidence(
    Header(FEDERATION, 1, 7, DIGEST, DIGEST, DIGEST, Gwei(10), Gwei(0), 1, 1, 2, (3, 5)),
    (Standing(account(1), Gwei(9), DIGEST, Status.ACCEPTED, 0, -6, 0, Gwei(0), Gwei(0)),),
    (CoalitionScore(0, DIGEST, 9, (4, 5)), CoalitionScore(1, DIGEST, 13, (6, 7))),
    Aggregate(DIGEST, 9, 13, False, DIGEST, (6, 7)),
)


@settings(max_examples=60, deadline=None)
@given(evidences())
def test_evidence_round_trips(evidence: Evidence) -> None:
    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_the_block_is_the_leaves_with_their_lengths() -> None:
    leaves = evidence_leaves(SMALL)
    framed = b"".join(len(leaf).to_bytes(4, "big") + leaf for leaf in leaves)
    rows = b"".join(loss.to_bytes(8, "big") for loss in (4, 5, 6, 7, 6, 7))
    assert encode_evidence(SMALL) == b"QFLE\x02\x00\x00\x00\x05" + framed + rows
    assert [leaf[0] for leaf in leaves] == [1, 2, 3, 3, 4]


def test_every_corrupted_byte_is_refused_or_decodes_to_another_value() -> None:
    block = encode_evidence(SMALL)
    for position in range(len(block)):
        for flip in (1, 0x80, 0xFF):
            corrupt = bytearray(block)
            corrupt[position] ^= flip
            try:
                evidence = decode_evidence(bytes(corrupt))
            except MalformedPayload:
                continue
            assert encode_evidence(evidence) == corrupt


def test_every_shortened_or_lengthened_block_is_refused() -> None:
    block = encode_evidence(SMALL)
    for size in range(len(block)):
        with pytest.raises(MalformedPayload):
            decode_evidence(block[:size])
    with pytest.raises(MalformedPayload, match="evidence: 49 bytes of losses; 3 rows of 2 take 48"):
        decode_evidence(block + b"\x00")


def corrupted(old: bytes, new: bytes) -> bytes:
    block = encode_evidence(SMALL)
    assert block.count(old) == 1
    return block.replace(old, new)


STANDING, EMPTY_COALITION, AGGREGATE = (evidence_leaves(SMALL)[index] for index in (1, 2, 4))


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"QFLE\x01", "evidence: wrong magic and version"),
        (b"QFLE\x02\x00\x00\x00\x01\x00\x00\x00\x00", "evidence: 1 leaves; there is at least a header"),
        (join_evidence(EvidenceBlock((*evidence_leaves(SMALL), b""), b"")), "6 leaves; the header announces 5"),
        (corrupted(STANDING, STANDING[:61] + b"\x09" + STANDING[62:]), "status 9 is unknown; the last is 3"),
        (corrupted(AGGREGATE, AGGREGATE[:49] + b"\x02" + AGGREGATE[50:]), "accepted is 2; it is 0 or 1"),
        (corrupted(EMPTY_COALITION, b"\x05" + EMPTY_COALITION[1:]), "evidence leaf: wrong coalition tag"),
    ],
)
def test_evidence_that_breaks_a_rule_names_it(block: bytes, reason: str) -> None:
    with pytest.raises(MalformedPayload, match=reason):
        decode_evidence(block)


@pytest.mark.parametrize(("coalition", "mask"), [(0, b"\x00"), (1, b"\x00\x01")])
def test_a_mask_has_one_width_only(coalition: int, mask: bytes) -> None:
    leaf = evidence_leaves(SMALL)[2 + coalition]
    padded = b"\x03" + len(mask).to_bytes(2, "big") + mask + leaf[3 + coalition :]
    old = len(leaf).to_bytes(4, "big") + leaf
    with pytest.raises(MalformedPayload, match="mask starts with a zero byte"):
        decode_evidence(corrupted(old, len(padded).to_bytes(4, "big") + padded))


def test_a_value_that_does_not_fit_its_field_is_named() -> None:
    with pytest.raises(ProtocolError, match="header: budget is -1"):
        encode_evidence(replace(SMALL, header=replace(SMALL.header, budget=Gwei(-1))))


def test_leaves_commit_to_their_rows() -> None:
    *_, first, second, last = evidence_leaves(SMALL)
    for leaf, row in zip((first, second, last), evidence_rows(SMALL), strict=True):
        assert leaf[-32:] == keccak(row)


def test_a_row_that_is_not_the_one_of_its_leaf_is_refused() -> None:
    with pytest.raises(MalformedPayload, match="evidence: row 1 hashes to 0x"):
        decode_evidence(encode_evidence(SMALL)[:-32] + bytes(8) + encode_evidence(SMALL)[-24:])


def test_a_sum_that_is_not_the_rows_is_read_as_it_stands() -> None:
    wrong = replace(SMALL, coalitions=(replace(SMALL.coalitions[0], loss=1), SMALL.coalitions[1]))
    assert decode_evidence(encode_evidence(wrong)) == wrong


def test_a_block_is_cut_into_leaves_and_rows_whatever_they_hold() -> None:
    block = encode_evidence(SMALL)
    cut = split_evidence(block)
    assert cut.leaves == evidence_leaves(SMALL)
    assert join_evidence(cut) == block
    junk = replace(cut, leaves=(b"junk", *cut.leaves[1:]))
    assert split_evidence(join_evidence(junk)) == junk


def test_every_leaf_can_be_opened_by_itself() -> None:
    leaves = evidence_leaves(SMALL)
    for index in range(len(leaves)):
        assert verify_excerpt(tree_root(leaves), excerpt(leaves, index))


@pytest.mark.parametrize("players", [1, 3, 9])
def test_the_evidence_is_never_larger_than_announced(players: int) -> None:
    rules = Rules(subset=5, permutations=4)
    round_, seen = scene([Entry([number + 1, 1, 1]) for number in range(players)], rules=rules)
    announced = largest_evidence(players, most_coalitions(players, rules.permutations), rules.subset)
    size = len(build_report(round_, seen).evidence)
    assert size <= announced
    if players <= EXACT_UP_TO:
        assert size == announced - 1, "only the empty coalition's mask takes a byte less"
