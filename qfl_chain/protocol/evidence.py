"""The evidence of a report: every intermediate value somebody needs to check it, as one block and one Merkle root.

The block is ``"QFLE" 1 | count uint32 | count x (length uint32 | leaf)``; its sha2-256 is the report's
``evidence``. The root is a keccak Merkle tree over the same leaves, ``keccak(0x00 | leaf)`` and
``keccak(0x01 | left | right)``, padded to a power of two with zero hashes; it is the report's ``evidence_root``,
and what a fault proof opens.

Leaves, in order, big-endian, each starting with a tag byte::

    1 header       federation 20 | round uint16 | inputs uint184 | circuit 32 | base model 32 | validation 32
                   | budget uint64 | previous total uint64 | scale uint64 | reveals uint16 | coalitions uint32
                   | samples uint32 | samples x index uint32
    2 participant  address 20 | stake uint64 | digest 32 | committed block uint64 | log index uint32 | status uint8
                   | player uint16 | phi int256 | weight uint256 | reward uint64 | cumulative uint64
    3 coalition    width uint16 | mask (width bytes) | model 32 | samples uint32 | samples x loss int64
    4 aggregate    candidate 32 | before int64 | after int64 | accepted uint8 | model 32
                   | samples uint32 | samples x loss int64

Participants come in the order of their reveals, coalitions in ascending order of their masks. Models are named by
the sha2-256 of their canonical block, so one leaf, the model's bytes and the circuit are enough to rerun one
sample. Rule P30.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import pack, unpack

from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
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

MAGIC = b"QFLE\x01"
NOT_A_PLAYER = 0xFFFF
_ZERO_HASH = bytes(DIGEST_BYTES)


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
    committed: tuple[int, int]
    status: Status
    player: int | None
    phi: int
    weight: int
    reward: Gwei
    cumulative: Gwei


@dataclass(frozen=True, slots=True)
class CoalitionScore:
    """One coalition: the digest of its model's block and that model's loss on every sample of the subset, Q30."""

    members: int
    model: Digest
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
class Evidence:
    """A report's evidence, decoded."""

    header: Header
    standings: tuple[Standing, ...]
    coalitions: tuple[CoalitionScore, ...]
    aggregate: Aggregate


def evidence_leaves(evidence: Evidence) -> tuple[bytes, ...]:
    """The canonical leaves, in the order of the module's docstring.

    Raises:
        ProtocolError: a value that does not fit its field.
    """
    return (
        _header_leaf(evidence.header),
        *(_standing_leaf(standing) for standing in evidence.standings),
        *(_coalition_leaf(score) for score in evidence.coalitions),
        _aggregate_leaf(evidence.aggregate),
    )


def encode_evidence(evidence: Evidence) -> bytes:
    """The canonical block."""
    leaves = evidence_leaves(evidence)
    framed = (pack_uint(len(leaf), 32, "leaf length") + leaf for leaf in leaves)
    return MAGIC + pack_uint(len(leaves), 32, "leaf count") + b"".join(framed)


def decode_evidence(data: bytes) -> Evidence:
    """The evidence of a canonical block.

    Raises:
        MalformedPayload: anything else, naming the leaf and the field.
    """
    block = Reader(data, "evidence")
    block.expect(MAGIC, "magic and version")
    count = block.uint(32, "leaf count")
    if count < 2:
        raise block.malformed(f"{count} leaves; there is at least a header and an aggregate")
    header = _read_header(_next_leaf(block))
    if count != 2 + header.reveals + header.coalitions:
        raise block.malformed(f"{count} leaves; the header announces {2 + header.reveals + header.coalitions}")
    standings = tuple(_read_standing(_next_leaf(block)) for _ in range(header.reveals))
    coalitions = tuple(_read_coalition(_next_leaf(block)) for _ in range(header.coalitions))
    aggregate = _read_aggregate(_next_leaf(block))
    block.end()
    return Evidence(header, standings, coalitions, aggregate)


def largest_evidence(players: int, coalitions: int, samples: int) -> int:
    """Bytes of the evidence block of a round with so many accepted updates, coalitions and drawn samples, at most."""
    header = 180 + 4 * samples
    participant = 160
    coalition = 43 + (players + 7) // 8 + 8 * samples
    aggregate = 90 + 8 * samples
    return len(MAGIC) + 4 + header + players * participant + coalitions * coalition + aggregate


def evidence_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root over leaves; at least one.

    Raises:
        ProtocolError: no leaf.
    """
    return _levels(leaves)[-1][0]


def evidence_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings of one leaf, from the leaf up.

    Raises:
        ProtocolError: no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ProtocolError(f"evidence has {len(leaves)} leaves; there is no leaf {index}")
    return tuple(level[(index >> depth) ^ 1] for depth, level in enumerate(_levels(leaves)[:-1]))


def verify_evidence(root: bytes, leaf: bytes, index: int, proof: Sequence[bytes]) -> bool:
    """Whether ``leaf`` stands at ``index`` under ``root``."""
    if not 0 <= index < 1 << len(proof):
        return False
    node = keccak(b"\x00" + leaf)
    for depth, sibling in enumerate(proof):
        pair = sibling + node if index >> depth & 1 else node + sibling
        node = keccak(b"\x01" + pair)
    return node == root


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    if not leaves:
        raise ProtocolError("evidence without leaves has no root")
    width = 1 << (len(leaves) - 1).bit_length()
    levels = [[keccak(b"\x00" + leaf) for leaf in leaves] + [_ZERO_HASH] * (width - len(leaves))]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([keccak(b"\x01" + left + right) for left, right in zip(below[::2], below[1::2], strict=True)])
    return levels


def _header_leaf(header: Header) -> bytes:
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


def _standing_leaf(standing: Standing) -> bytes:
    block, index = standing.committed
    player = NOT_A_PLAYER if standing.player is None else standing.player
    return b"".join(
        (
            b"\x02",
            pack_address(standing.participant),
            pack_uint(standing.stake, 64, "participant: stake"),
            pack_bytes(standing.digest, DIGEST_BYTES, "participant: digest"),
            pack_uint(block, 64, "participant: committed block"),
            pack_uint(index, 32, "participant: log index"),
            pack_uint(standing.status, 8, "participant: status"),
            pack_uint(player, 16, "participant: player"),
            pack_int(standing.phi, 256, "participant: phi"),
            pack_uint(standing.weight, 256, "participant: weight"),
            pack_uint(standing.reward, 64, "participant: reward"),
            pack_uint(standing.cumulative, 64, "participant: cumulative"),
        )
    )


def _coalition_leaf(score: CoalitionScore) -> bytes:
    width = (score.members.bit_length() + 7) // 8
    return b"".join(
        (
            b"\x03",
            pack_uint(width, 16, "coalition: width"),
            score.members.to_bytes(width, "big"),
            pack_bytes(score.model, DIGEST_BYTES, "coalition: model"),
            _row(score.losses),
        )
    )


def _aggregate_leaf(aggregate: Aggregate) -> bytes:
    return b"".join(
        (
            b"\x04",
            pack_bytes(aggregate.candidate, DIGEST_BYTES, "aggregate: candidate"),
            pack_int(aggregate.before, 64, "aggregate: before"),
            pack_int(aggregate.after, 64, "aggregate: after"),
            pack_uint(aggregate.accepted, 8, "aggregate: accepted"),
            pack_bytes(aggregate.model, DIGEST_BYTES, "aggregate: model"),
            _row(aggregate.losses),
        )
    )


def _row(losses: Sequence[int]) -> bytes:
    return pack_uint(len(losses), 32, "samples") + pack(f">{len(losses)}q", *losses)


def _next_leaf(block: Reader) -> Reader:
    return Reader(block.take(block.uint(32, "leaf length"), "leaf"), "evidence leaf")


def _digest(leaf: Reader, field: str) -> Digest:
    return Digest(leaf.take(DIGEST_BYTES, field))


def _read_header(leaf: Reader) -> Header:
    leaf.expect(b"\x01", "header tag")
    federation = unpack_address(leaf.take(ADDRESS_BYTES, "federation"))
    number, inputs = leaf.uint(16, "round"), leaf.uint(184, "inputs")
    circuit, base_model, validation = (_digest(leaf, field) for field in ("circuit", "base model", "validation"))
    budget, previous_total = Gwei(leaf.uint(64, "budget")), Gwei(leaf.uint(64, "previous total"))
    scale, reveals, coalitions = leaf.uint(64, "scale"), leaf.uint(16, "reveals"), leaf.uint(32, "coalitions")
    indices = leaf.take(4 * leaf.uint(32, "samples"), "sample indices")
    leaf.end()
    subset = unpack(f">{len(indices) // 4}I", indices)
    return Header(
        federation,
        number,
        inputs,
        circuit,
        base_model,
        validation,
        budget,
        previous_total,
        scale,
        reveals,
        coalitions,
        subset,
    )


def _read_standing(leaf: Reader) -> Standing:
    leaf.expect(b"\x02", "participant tag")
    participant = unpack_address(leaf.take(ADDRESS_BYTES, "participant"))
    stake, digest = Gwei(leaf.uint(64, "stake")), _digest(leaf, "digest")
    committed = leaf.uint(64, "committed block"), leaf.uint(32, "log index")
    code, player = leaf.uint(8, "status"), leaf.uint(16, "player")
    if code not in set(Status):
        raise leaf.malformed(f"status {code} is unknown; the last is {max(Status)}")
    phi, weight = leaf.int(256, "phi"), leaf.uint(256, "weight")
    reward, cumulative = Gwei(leaf.uint(64, "reward")), Gwei(leaf.uint(64, "cumulative"))
    leaf.end()
    member = None if player == NOT_A_PLAYER else player
    return Standing(participant, stake, digest, committed, Status(code), member, phi, weight, reward, cumulative)


def _read_coalition(leaf: Reader) -> CoalitionScore:
    leaf.expect(b"\x03", "coalition tag")
    width = leaf.uint(16, "width")
    mask = leaf.take(width, "mask")
    if mask[:1] == b"\x00":
        raise leaf.malformed("mask starts with a zero byte; the canonical width is the least")
    model, losses = _digest(leaf, "model"), _read_row(leaf)
    leaf.end()
    return CoalitionScore(int.from_bytes(mask, "big"), model, losses)


def _read_aggregate(leaf: Reader) -> Aggregate:
    leaf.expect(b"\x04", "aggregate tag")
    candidate = _digest(leaf, "candidate")
    before, after = leaf.int(64, "loss before"), leaf.int(64, "loss after")
    accepted = leaf.uint(8, "accepted")
    if accepted > 1:
        raise leaf.malformed(f"accepted is {accepted}; it is 0 or 1")
    model, losses = _digest(leaf, "model"), _read_row(leaf)
    leaf.end()
    return Aggregate(candidate, before, after, bool(accepted), model, losses)


def _read_row(leaf: Reader) -> tuple[int, ...]:
    data = leaf.take(8 * leaf.uint(32, "samples"), "losses")
    return unpack(f">{len(data) // 8}q", data)
