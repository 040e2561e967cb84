"""Rewards: weights, the exact split of a budget, and the Merkle-sum tree that participants claim from.

The tree is the one of Chalkias et al. 2020 (distributed auditing proofs of liabilities): a node binds both
children's sums, so the root binds the total. All sums are uint64 gwei. Rules P38 and P39.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import DIGEST_BYTES, pack_address, pack_uint
from qfl_chain.types import Address, Gwei

Node = tuple[bytes, int]
"""A hash and the sum of the rewards below it."""

EMPTY: Node = (bytes(DIGEST_BYTES), 0)
_STEP_BYTES = DIGEST_BYTES + 8


def linear(stake: Gwei) -> int:
    """The stake: splitting it over several accounts changes nothing."""
    return stake


def sqrt(stake: Gwei) -> int:
    """``floor(sqrt(stake))`` in gwei: large stakes count for less, and splitting one counts for more.

    The quadratic discount of Lalley and Weyl 2018 (quadratic voting), which needs identities that cost something.
    """
    return isqrt(stake)


def equal(stake: Gwei) -> int:
    """One for whoever has a stake: every account alike."""
    return min(stake, 1)


STAKE_WEIGHTS: Mapping[str, Callable[[Gwei], int]] = {"linear": linear, "sqrt": sqrt, "equal": equal}
"""What a stake counts for, by name. The protocol takes the first."""


def contribution_weights(stakes: Sequence[int], phis: Sequence[int]) -> tuple[int, ...]:
    """``stake_i * max(phi_i, 0)``: what a participant put at risk times what its update was worth."""
    return tuple(stake * max(phi, 0) for stake, phi in zip(stakes, phis, strict=True))


def split(budget: Gwei, weights: Sequence[int]) -> tuple[Gwei, ...]:
    """Split a budget in proportion to the weights, to the last gwei, by the largest-remainder method.

    Ties go to the lower index.

    Raises:
        ProtocolError: a negative budget or weight, or no weight at all.
    """
    total = sum(weights)
    if budget < 0 or total == 0 or any(weight < 0 for weight in weights):
        raise ProtocolError(f"cannot split {budget} gwei by weights {list(weights)}; need some weight, none negative")
    shares = [divmod(budget * weight, total) for weight in weights]
    missing = budget - sum(quotient for quotient, _ in shares)
    favoured = set(sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))[:missing])
    return tuple(Gwei(quotient + (index in favoured)) for index, (quotient, _) in enumerate(shares))


def add_rewards(cumulative: Mapping[Address, Gwei], rewards: Mapping[Address, Gwei]) -> dict[Address, Gwei]:
    """Every account's cumulative reward after a round; accounts that never earned anything stay out."""
    accounts = {*cumulative, *rewards}
    sums = {account: Gwei(cumulative.get(account, 0) + rewards.get(account, 0)) for account in accounts}
    return {account: amount for account, amount in sums.items() if amount}


@dataclass(frozen=True, slots=True)
class Claim:
    """What ``claim(cumulative, index, proof)`` takes."""

    cumulative: Gwei
    index: int
    proof: bytes


@dataclass(frozen=True, slots=True)
class RewardTree:
    """A Merkle-sum tree over accounts in ascending order, padded to a power of two with :data:`EMPTY`.

    ``levels`` runs from the leaves to the root.
    """

    accounts: tuple[Address, ...]
    levels: tuple[tuple[Node, ...], ...]

    @property
    def root(self) -> bytes:
        """The hash the contract stores; thirty-two zero bytes when nobody earned anything."""
        return self.levels[-1][0][0]

    @property
    def total(self) -> Gwei:
        """The sum of all cumulative rewards."""
        return Gwei(self.levels[-1][0][1])

    def claim(self, account: Address) -> Claim:
        """An account's claim: its leaf's amount, index, and siblings from the leaf up, ``hash32 | sum8`` each.

        Raises:
            ProtocolError: the account has no leaf.
        """
        if account not in self.accounts:
            raise ProtocolError(f"{account} has earned nothing up to this report, so there is nothing to claim")
        index = self.accounts.index(account)
        steps = ((level[(index >> depth) ^ 1]) for depth, level in enumerate(self.levels[:-1]))
        proof = b"".join(digest + pack_uint(amount, 64, "sum") for digest, amount in steps)
        return Claim(Gwei(self.levels[0][index][1]), index, proof)


def reward_tree(cumulative: Mapping[Address, Gwei]) -> RewardTree:
    """The tree of cumulative rewards; accounts with nothing get no leaf.

    Raises:
        ProtocolError: an amount or the sum outside uint64.
    """
    accounts = sorted((account for account, amount in cumulative.items() if amount), key=pack_address)
    leaves = [leaf(account, cumulative[account]) for account in accounts]
    width = 1 << max(len(leaves) - 1, 0).bit_length()
    levels = [tuple(leaves + [EMPTY] * (width - len(leaves)))]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(tuple(join(left, right) for left, right in zip(below[::2], below[1::2], strict=True)))
    return RewardTree(tuple(accounts), tuple(levels))


def verify_claim(root: bytes, total: Gwei, account: Address, claim: Claim) -> bool:
    """Whether the contract will accept a claim against a root that binds ``total``."""
    steps = [claim.proof[at : at + _STEP_BYTES] for at in range(0, len(claim.proof), _STEP_BYTES)]
    if len(claim.proof) % _STEP_BYTES or not 0 <= claim.index < 1 << len(steps):
        return False
    try:
        node = leaf(account, claim.cumulative)
        for depth, step in enumerate(steps):
            sibling = (step[:DIGEST_BYTES], int.from_bytes(step[DIGEST_BYTES:], "big"))
            node = join(sibling, node) if claim.index >> depth & 1 else join(node, sibling)
    except ProtocolError:
        return False
    return node == (root, total)


def leaf(account: Address, cumulative: Gwei) -> Node:
    """``keccak(0x00 | account | cumulative uint64)``."""
    return keccak(b"\x00" + pack_address(account) + pack_uint(cumulative, 64, "cumulative reward")), cumulative


def join(left: Node, right: Node) -> Node:
    """``keccak(left32 | leftsum uint64 | right32 | rightsum uint64)`` and the sum, which must fit uint64 too."""
    pack_uint(left[1] + right[1], 64, "sum of rewards")
    packed = (digest + pack_uint(amount, 64, "sum of rewards") for digest, amount in (left, right))
    return keccak(b"".join(packed)), left[1] + right[1]
