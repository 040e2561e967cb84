"""What a participant commits to, and the accumulator that binds everything revealed in a round.

Rules P22 and P23; the contract computes the same two functions in ``commit``/``reveal``.
"""

from __future__ import annotations

from collections.abc import Iterable

from eth_hash.auto import keccak

from qfl_chain.protocol.packing import DIGEST_BYTES, pack_address, pack_bytes, pack_uint
from qfl_chain.types import Address, Digest, Gwei, Opening, Reveal

COMMITMENT_BITS = 112
ACCUMULATOR_BITS = 184
SALT_BYTES = 16


def commitment(federation: Address, round_number: int, opening: Opening) -> int:
    """Low 112 bits of ``keccak(federation | round uint16 | participant | digest | salt16)``.

    Raises:
        ProtocolError: a field of the wrong size.
    """
    preimage = (
        pack_address(federation)
        + pack_uint(round_number, 16, "round")
        + pack_address(opening.participant)
        + pack_bytes(opening.digest, DIGEST_BYTES, "digest")
        + pack_bytes(opening.salt, SALT_BYTES, "salt")
    )
    return int.from_bytes(keccak(preimage), "big") % (1 << COMMITMENT_BITS)


def fold_accumulator(accumulator: int, participant: Address, stake: Gwei, digest: Digest) -> int:
    """Low 184 bits of ``keccak(accumulator 23 bytes | participant | stake uint64 | digest)``.

    Raises:
        ProtocolError: a field of the wrong size.
    """
    preimage = (
        pack_uint(accumulator, ACCUMULATOR_BITS, "accumulator")
        + pack_address(participant)
        + pack_uint(stake, 64, "stake")
        + pack_bytes(digest, DIGEST_BYTES, "digest")
    )
    return int.from_bytes(keccak(preimage), "big") % (1 << ACCUMULATOR_BITS)


def accumulate(reveals: Iterable[Reveal]) -> int:
    """The accumulator after a round's reveals, in chain order; 0 before the first."""
    accumulator = 0
    for reveal in reveals:
        accumulator = fold_accumulator(accumulator, reveal.participant, reveal.stake, reveal.digest)
    return accumulator
