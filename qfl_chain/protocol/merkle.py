"""The Merkle tree of evidence and of validation samples, and excerpts from it. The contract is ``Excerpts.sol``.

A leaf is ``keccak(0x00 | bytes)``, a node ``keccak(0x01 | left | right)``; the leaves are padded to a power of two with
zero hashes. The root is ``keccak(0x02 | count uint32 | top node)``, so it binds how many leaves there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import DIGEST_BYTES, pack_uint

_ZERO_HASH = bytes(DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A run of neighbouring leaves: ``leaves`` from position ``first`` on, of a tree of ``count``.

    ``siblings`` are the hashes beside the run, level by level from the leaves up, on each level the left one first.
    """

    count: int
    first: int
    leaves: tuple[bytes, ...]
    siblings: tuple[bytes, ...]


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves; at least one.

    Raises:
        ProtocolError: no leaf.
    """
    return _bind(len(leaves), _levels(leaves)[-1][0])


def excerpt(leaves: Sequence[bytes], first: int, count: int = 1) -> Excerpt:
    """The leaves ``first`` to ``first + count - 1`` and what leads from them to the root.

    Raises:
        ProtocolError: no such leaves.
    """
    if count < 1 or not 0 <= first <= len(leaves) - count:
        raise ProtocolError(f"the tree has {len(leaves)} leaves; there are no leaves {first} to {first + count - 1}")
    siblings: list[bytes] = []
    low, high = first, first + count - 1
    for level in _levels(leaves)[:-1]:
        siblings += [level[low - 1]] if low & 1 else []
        siblings += [] if high & 1 else [level[high + 1]]
        low, high = low >> 1, high >> 1
    return Excerpt(len(leaves), first, tuple(leaves[first : first + count]), tuple(siblings))


def verify_excerpt(root: bytes, shown: Excerpt) -> bool:
    """Whether the excerpt's leaves stand at their places under ``root``, and no hash is left over."""
    low, high = shown.first, shown.first + len(shown.leaves) - 1
    if not shown.leaves or not 0 <= low <= high < shown.count:
        return False
    nodes = [keccak(b"\x00" + leaf) for leaf in shown.leaves]
    rest = list(shown.siblings)
    for _ in range((shown.count - 1).bit_length()):
        left = low & 1
        needed = left + (high & 1 ^ 1)
        beside, rest = rest[:needed], rest[needed:]
        if len(beside) < needed:
            return False
        nodes = _above([*beside[:left], *nodes, *beside[left:]])
        low, high = low >> 1, high >> 1
    return not rest and _bind(shown.count, nodes[0]) == root


def _bind(count: int, top: bytes) -> bytes:
    return keccak(b"\x02" + pack_uint(count, 32, "leaf count") + top)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    if not leaves:
        raise ProtocolError("a tree without leaves has no root")
    width = 1 << (len(leaves) - 1).bit_length()
    levels = [[keccak(b"\x00" + leaf) for leaf in leaves] + [_ZERO_HASH] * (width - len(leaves))]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    return levels


def _above(nodes: Sequence[bytes]) -> list[bytes]:
    return [keccak(b"\x01" + left + right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
