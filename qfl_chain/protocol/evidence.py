"""The evidence of a report: every intermediate value somebody needs to check it, as one block and one Merkle root.

The block is ``"QFLE" 2 | count uint32 | count x (length uint32 | leaf) | rows``; its sha2-256 is the report's
``evidence``. The root of :mod:`~qfl_chain.protocol.merkle` over the leaves is the report's ``evidence_root``, and what
a fault proof opens. The rows are those of the coalitions in order and that of the aggregate, samples x loss int64 each.

Leaves, in order, big-endian, each starting with a tag byte::

    1 header       federation 20 | round uint16 | inputs uint184 | circuit 32 | base model 32 | validation 32
                   | budget uint64 | previous total uint64 | scale uint64 | reveals uint16 | coalitions uint32
                   | samples uint32 | samples x index uint32
    2 participant  address 20 | stake uint64 | digest 32 | status uint8 | player uint16 | phi int256
                   | weight uint256 | reward uint64 | cumulative uint64
    3 coalition    width uint16 | mask (width bytes) | model 32 | loss int64 | row hash 32
    4 aggregate    candidate 32 | before int64 | after int64 | accepted uint8 | model 32 | row hash 32

Participants come in the order of their reveals, coalitions in ascending order of their masks. Models are named by
the sha2-256 of their canonical block, rows by their keccak; so one leaf, its row, the model's bytes and the circuit
are enough to rerun one sample. ``loss`` and ``after`` are the sums of their rows. Rule P30.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import pack, unpack

from eth_hash.auto import keccak

from qfl_chain.errors import MalformedPayload
from qfl_chain.protocol.packing import (
    ADDRESS_BYTES,
    DIGEST_BYTES,
    Reader,
    pack_address,
    pack_bytes,
    pack_int,
    pack_uint,
    unpack_address,
)
from qfl_chain.types import Address, Digest, Gwei

MAGIC = b"QFLE\x02"
NOT_A_PLAYER = 0xFFFF
LOSS_BYTES = 8


class Status(IntEnum):
    """What became of a revealed update; the value is its code in the evidence."""

    ACCEPTED = 0
    MALFORMED = 1
    UNAVAILABLE = 2
    DUPLICATE = 3


@dataclass(frozen=True, slots=True)
class Header:
    """What the round started from. ``scale`` divides every ``phi``; ``subset`` holds validation indices."""

    federation: Address
    round: int
    inputs: int
    circuit: Digest
    base_model: Digest
    validation: Digest
    budget: Gwei
    previous_total: Gwei
    scale: int
    reveals: int
    coalitions: int
    subset: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One participant's round. ``player`` is its bit in the coalition masks, None unless accepted."""

    participant: Address
    stake: Gwei
    digest: Digest
    status: Status
    player: int | None
    phi: int
    weight: int
    reward: Gwei
    cumulative: Gwei


@dataclass(frozen=True, slots=True)
class CoalitionScore:
    """One coalition: the digest of its model's block, that model's loss on every sample of the subset, and their sum.

    Losses are Q30.
    """

    members: int
    model: Digest
    loss: int
    losses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The candidate model and the verdict: accepted, or the base model kept. Losses are Q30 sums and rows."""

    candidate: Digest
    before: int
    after: int
    accepted: bool
    model: Digest
    losses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CoalitionLeaf:
    """What a coalition's leaf holds: its row by hash."""

    members: int
    model: Digest
    loss: int
    row: bytes


@dataclass(frozen=True, slots=True)
class AggregateLeaf:
    """What the aggregate's leaf holds: its row by hash."""

    candidate: Digest
    before: int
    after: int
    accepted: bool
    model: Digest
    row: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """A report's evidence, decoded."""

    header: Header
    standings: tuple[Standing, ...]
    coalitions: tuple[CoalitionScore, ...]
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class EvidenceBlock:
    """A block cut into its leaves and the bytes behind them, neither of them read."""

    leaves: tuple[bytes, ...]
    rows: bytes


def evidence_leaves(evidence: Evidence) -> tuple[bytes, ...]:
    """The canonical leaves, in the order of the module's docstring.

    Raises:
        ProtocolError: a value that does not fit its field.
    """
    return (
        header_leaf(evidence.header),
        *(standing_leaf(standing) for standing in evidence.standings),
        *(_coalition_leaf(score) for score in evidence.coalitions),
        _aggregate_leaf(evidence.aggregate),
    )


def evidence_rows(evidence: Evidence) -> tuple[bytes, ...]:
    """The rows behind the leaves: one a coalition, and the aggregate's."""
    return (*(row_bytes(score.losses) for score in evidence.coalitions), row_bytes(evidence.aggregate.losses))


def row_bytes(losses: Sequence[int]) -> bytes:
    """A row's bytes; a leaf holds their keccak."""
    return pack(f">{len(losses)}q", *losses)


def row_losses(row: bytes) -> tuple[int, ...]:
    """The losses of a row of whole losses."""
    return unpack(f">{len(row) // LOSS_BYTES}q", row)


def encode_evidence(evidence: Evidence) -> bytes:
    """The canonical block."""
    return join_evidence(EvidenceBlock(evidence_leaves(evidence), b"".join(evidence_rows(evidence))))


def join_evidence(block: EvidenceBlock) -> bytes:
    """The block of these leaves and rows."""
    framed = (pack_uint(len(leaf), 32, "leaf length") + leaf for leaf in block.leaves)
    return MAGIC + pack_uint(len(block.leaves), 32, "leaf count") + b"".join(framed) + block.rows


def split_evidence(data: bytes) -> EvidenceBlock:
    """The leaves and rows of a block, whatever they hold.

    Raises:
        MalformedPayload: no framed leaves.
    """
    block = Reader(data, "evidence")
    block.expect(MAGIC, "magic and version")
    count = block.uint(32, "leaf count")
    leaves = tuple(block.take(block.uint(32, "leaf length"), "leaf") for _ in range(count))
    return EvidenceBlock(leaves, block.rest())


def decode_evidence(data: bytes) -> Evidence:
    """The evidence of a canonical block.

    Raises:
        MalformedPayload: anything else, naming the leaf and the field.
    """
    block = split_evidence(data)
    if len(block.leaves) < 2:
        raise _malformed(f"{len(block.leaves)} leaves; there is at least a header and an aggregate")
    header, first, last = read_header(block.leaves[0]), 1, len(block.leaves) - 1
    middle = first + header.reveals
    if last != middle + header.coalitions:
        raise _malformed(f"{last + 1} leaves; the header announces {2 + header.reveals + header.coalitions}")
    standings = tuple(read_standing(leaf) for leaf in block.leaves[first:middle])
    coalitions = tuple(read_coalition(leaf) for leaf in block.leaves[middle:last])
    aggregate = read_aggregate(block.leaves[last])
    *rows, final = _read_rows(block.rows, (*(one.row for one in coalitions), aggregate.row), len(header.subset))
    scores = tuple(
        CoalitionScore(leaf.members, leaf.model, leaf.loss, row) for leaf, row in zip(coalitions, rows, strict=True)
    )
    fields = aggregate.candidate, aggregate.before, aggregate.after, aggregate.accepted, aggregate.model
    return Evidence(header, standings, scores, Aggregate(*fields, final))


def largest_evidence(players: int, coalitions: int, samples: int) -> int:
    """Bytes of the evidence block of a round with so many accepted updates, coalitions and drawn samples, at most."""
    header, participant = 180 + 4 * samples, 148
    coalition = 79 + (players + 7) // 8 + LOSS_BYTES * samples
    aggregate = 118 + LOSS_BYTES * samples
    return len(MAGIC) + 4 + header + players * participant + coalitions * coalition + aggregate


def header_leaf(header: Header) -> bytes:
    """The leaf of a header."""
    return b"".join(
        (
            b"\x01",
            pack_address(header.federation),
            pack_uint(header.round, 16, "header: round"),
            pack_uint(header.inputs, 184, "header: inputs"),
            pack_bytes(header.circuit, DIGEST_BYTES, "header: circuit"),
            pack_bytes(header.base_model, DIGEST_BYTES, "header: base model"),
            pack_bytes(header.validation, DIGEST_BYTES, "header: validation"),
            pack_uint(header.budget, 64, "header: budget"),
            pack_uint(header.previous_total, 64, "header: previous total"),
            pack_uint(header.scale, 64, "header: scale"),
            pack_uint(header.reveals, 16, "header: reveals"),
            pack_uint(header.coalitions, 32, "header: coalitions"),
            pack_uint(len(header.subset), 32, "header: samples"),
            pack(f">{len(header.subset)}I", *header.subset),
        )
    )


def standing_leaf(standing: Standing) -> bytes:
    """The leaf of a participant."""
    player = NOT_A_PLAYER if standing.player is None else standing.player
    return b"".join(
        (
            b"\x02",
            pack_address(standing.participant),
            pack_uint(standing.stake, 64, "participant: stake"),
            pack_bytes(standing.digest, DIGEST_BYTES, "participant: digest"),
            pack_uint(standing.status, 8, "participant: status"),
            pack_uint(player, 16, "participant: player"),
            pack_int(standing.phi, 256, "participant: phi"),
            pack_uint(standing.weight, 256, "participant: weight"),
            pack_uint(standing.reward, 64, "participant: reward"),
            pack_uint(standing.cumulative, 64, "participant: cumulative"),
        )
    )


def coalition_leaf(leaf: CoalitionLeaf) -> bytes:
    """The leaf of a coalition."""
    width = (leaf.members.bit_length() + 7) // 8
    return b"".join(
        (
            b"\x03",
            pack_uint(width, 16, "coalition: width"),
            leaf.members.to_bytes(width, "big"),
            pack_bytes(leaf.model, DIGEST_BYTES, "coalition: model"),
            pack_int(leaf.loss, 64, "coalition: loss"),
            pack_bytes(leaf.row, DIGEST_BYTES, "coalition: row hash"),
        )
    )


def aggregate_leaf(leaf: AggregateLeaf) -> bytes:
    """The leaf of the aggregate."""
    return b"".join(
        (
            b"\x04",
            pack_bytes(leaf.candidate, DIGEST_BYTES, "aggregate: candidate"),
            pack_int(leaf.before, 64, "aggregate: before"),
            pack_int(leaf.after, 64, "aggregate: after"),
            pack_uint(leaf.accepted, 8, "aggregate: accepted"),
            pack_bytes(leaf.model, DIGEST_BYTES, "aggregate: model"),
            pack_bytes(leaf.row, DIGEST_BYTES, "aggregate: row hash"),
        )
    )


def _coalition_leaf(score: CoalitionScore) -> bytes:
    return coalition_leaf(CoalitionLeaf(score.members, score.model, score.loss, keccak(row_bytes(score.losses))))


def _aggregate_leaf(one: Aggregate) -> bytes:
    row = keccak(row_bytes(one.losses))
    return aggregate_leaf(AggregateLeaf(one.candidate, one.before, one.after, one.accepted, one.model, row))


def _read_rows(data: bytes, hashes: Sequence[bytes], samples: int) -> tuple[tuple[int, ...], ...]:
    size = LOSS_BYTES * samples
    if len(data) != size * len(hashes):
        raise _malformed(f"{len(data)} bytes of losses; {len(hashes)} rows of {samples} take {size * len(hashes)}")
    rows = tuple(data[at * size : (at + 1) * size] for at in range(len(hashes)))
    for at, (row, expected) in enumerate(zip(rows, hashes, strict=True)):
        if keccak(row) != expected:
            raise _malformed(f"row {at} hashes to 0x{keccak(row).hex()}, its leaf says 0x{expected.hex()}")
    return tuple(row_losses(row) for row in rows)


def _malformed(reason: str) -> MalformedPayload:
    return MalformedPayload(f"evidence: {reason}")


def _digest(leaf: Reader, field: str) -> Digest:
    return Digest(leaf.take(DIGEST_BYTES, field))


def read_header(data: bytes) -> Header:
    """The header of its leaf.

    Raises:
        MalformedPayload: no such leaf; here and below.
    """
    leaf = Reader(data, "evidence leaf")
    leaf.expect(b"\x01", "header tag")
    federation = unpack_address(leaf.take(ADDRESS_BYTES, "federation"))
    number, inputs = leaf.uint(16, "round"), leaf.uint(184, "inputs")
    circuit, base_model, validation = (_digest(leaf, field) for field in ("circuit", "base model", "validation"))
    budget, previous_total = Gwei(leaf.uint(64, "budget")), Gwei(leaf.uint(64, "previous total"))
    scale, reveals, coalitions = leaf.uint(64, "scale"), leaf.uint(16, "reveals"), leaf.uint(32, "coalitions")
    indices = leaf.take(4 * leaf.uint(32, "samples"), "sample indices")
    leaf.end()
    subset = unpack(f">{len(indices) // 4}I", indices)
    facts = federation, number, inputs, circuit, base_model, validation, budget, previous_total
    return Header(*facts, scale, reveals, coalitions, subset)


def read_standing(data: bytes) -> Standing:
    """The participant of its leaf."""
    leaf = Reader(data, "evidence leaf")
    leaf.expect(b"\x02", "participant tag")
    participant = unpack_address(leaf.take(ADDRESS_BYTES, "participant"))
    stake, digest = Gwei(leaf.uint(64, "stake")), _digest(leaf, "digest")
    code, player = leaf.uint(8, "status"), leaf.uint(16, "player")
    if code not in set(Status):
        raise leaf.malformed(f"status {code} is unknown; the last is {max(Status)}")
    phi, weight = leaf.int(256, "phi"), leaf.uint(256, "weight")
    reward, cumulative = Gwei(leaf.uint(64, "reward")), Gwei(leaf.uint(64, "cumulative"))
    leaf.end()
    member = None if player == NOT_A_PLAYER else player
    return Standing(participant, stake, digest, Status(code), member, phi, weight, reward, cumulative)


def read_coalition(data: bytes) -> CoalitionLeaf:
    """The coalition of its leaf."""
    leaf = Reader(data, "evidence leaf")
    leaf.expect(b"\x03", "coalition tag")
    width = leaf.uint(16, "width")
    mask = leaf.take(width, "mask")
    if mask[:1] == b"\x00":
        raise leaf.malformed("mask starts with a zero byte; the canonical width is the least")
    model, loss, row = _digest(leaf, "model"), leaf.int(64, "loss"), leaf.take(DIGEST_BYTES, "row hash")
    leaf.end()
    return CoalitionLeaf(int.from_bytes(mask, "big"), model, loss, row)


def read_aggregate(data: bytes) -> AggregateLeaf:
    """The aggregate of its leaf."""
    leaf = Reader(data, "evidence leaf")
    leaf.expect(b"\x04", "aggregate tag")
    candidate = _digest(leaf, "candidate")
    before, after = leaf.int(64, "loss before"), leaf.int(64, "loss after")
    accepted = leaf.uint(8, "accepted")
    if accepted > 1:
        raise leaf.malformed(f"accepted is {accepted}; it is 0 or 1")
    model, row = _digest(leaf, "model"), leaf.take(DIGEST_BYTES, "row hash")
    leaf.end()
    return AggregateLeaf(candidate, before, after, bool(accepted), model, row)
