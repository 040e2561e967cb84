from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

import pytest
from eth_abi.packed import encode_packed
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.rewards import (
    Claim,
    add_rewards,
    contribution_weights,
    reward_tree,
    split,
    verify_claim,
)
from qfl_chain.types import Address, Gwei

from .builders import account

WEIGHTS = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 1 << 130)), min_size=1, max_size=8).filter(any)
AMOUNTS = st.dictionaries(st.integers(1, 500).map(account), st.integers(1, 1 << 40).map(Gwei), max_size=9)


def slow_split(budget: int, weights: list[int]) -> list[int]:
    """Everybody's floor, then one gwei at a time to whoever is owed most."""
    exact = [Fraction(budget * weight, sum(weights)) for weight in weights]
    shares = [floor(share) for share in exact]
    while sum(shares) < budget:
        owed = [share - given for share, given in zip(exact, shares, strict=True)]
        shares[owed.index(max(owed))] += 1
    return shares


@settings(deadline=None)
@given(st.integers(0, 1 << 64), WEIGHTS)
def test_a_split_equals_the_largest_remainder_method_by_hand(budget: int, weights: list[int]) -> None:
    assert list(split(Gwei(budget), weights)) == slow_split(budget, weights)


@settings(deadline=None)
@given(st.integers(0, 1 << 64), WEIGHTS)
def test_a_split_pays_the_budget_exactly_and_nobody_without_weight(budget: int, weights: list[int]) -> None:
    shares = split(Gwei(budget), weights)
    assert sum(shares) == budget
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_ties_go_to_the_lower_index() -> None:
    assert split(Gwei(5), [1, 1, 1]) == (2, 2, 1)


@pytest.mark.parametrize(("budget", "weights"), [(-1, [1]), (5, [0, 0]), (5, []), (5, [2, -1])])
def test_a_split_without_weight_or_with_negative_numbers_is_refused(budget: int, weights: list[int]) -> None:
    with pytest.raises(ProtocolError, match=f"cannot split {budget} gwei"):
        split(Gwei(budget), weights)


def test_weights_are_stake_times_contribution_and_never_negative() -> None:
    assert contribution_weights([Gwei(2), Gwei(3), Gwei(5)], [7, -1, 0]) == (14, 0, 0)


def test_cumulative_rewards_add_up_and_leave_out_those_who_earned_nothing() -> None:
    before = {account(1): Gwei(5)}
    after = add_rewards(before, {account(1): Gwei(2), account(2): Gwei(3), account(3): Gwei(0)})
    assert after == {account(1): 7, account(2): 3}
    assert before == {account(1): 5}


def slow_root(cumulative: Mapping[Address, int]) -> tuple[bytes, int]:
    """The tree by recursion over halves of the padded, sorted leaves."""
    leaves = [
        (keccak(encode_packed(["bytes1", "address", "uint64"], [b"\x00", who, cumulative[who]])), cumulative[who])
        for who in sorted(cumulative, key=str.lower)
    ]
    width = 1
    while width < len(leaves):
        width *= 2
    leaves += [(bytes(32), 0)] * (width - len(leaves))

    def node(part: list[tuple[bytes, int]]) -> tuple[bytes, int]:
        if len(part) == 1:
            return part[0]
        (left, low), (right, high) = node(part[: len(part) // 2]), node(part[len(part) // 2 :])
        packed = encode_packed(["bytes32", "uint64", "bytes32", "uint64"], [left, low, right, high])
        return keccak(packed), low + high

    return node(leaves)


@settings(deadline=None)
@given(AMOUNTS)
def test_root_and_total_equal_the_recursive_tree(cumulative: dict[Address, Gwei]) -> None:
    tree = reward_tree(cumulative)
    assert (tree.root, tree.total) == slow_root(cumulative)


@settings(deadline=None, max_examples=50)
@given(AMOUNTS)
def test_everybody_with_a_reward_can_claim_it(cumulative: dict[Address, Gwei]) -> None:
    tree = reward_tree(cumulative)
    for who, amount in cumulative.items():
        claim = tree.claim(who)
        assert claim.cumulative == amount
        assert verify_claim(tree.root, tree.total, who, claim)


def test_the_tree_of_nobody_is_zero() -> None:
    tree = reward_tree({account(1): Gwei(0)})
    assert (tree.root, tree.total, tree.accounts) == (bytes(32), 0, ())


def test_who_earned_nothing_has_no_claim() -> None:
    with pytest.raises(ProtocolError, match=f"{account(2)} has earned nothing"):
        reward_tree({account(1): Gwei(1)}).claim(account(2))


TREE = reward_tree({account(number): Gwei(number) for number in range(1, 6)})
CLAIM = TREE.claim(account(3))


@pytest.mark.parametrize(
    "forged",
    [
        Claim(Gwei(4), CLAIM.index, CLAIM.proof),
        Claim(CLAIM.cumulative, CLAIM.index ^ 1, CLAIM.proof),
        Claim(CLAIM.cumulative, CLAIM.index + 8, CLAIM.proof),
        Claim(CLAIM.cumulative, -1, CLAIM.proof),
        Claim(CLAIM.cumulative, CLAIM.index, CLAIM.proof[:-1]),
        Claim(CLAIM.cumulative, CLAIM.index, CLAIM.proof[:-40]),
        Claim(CLAIM.cumulative, CLAIM.index, CLAIM.proof + bytes(40)),
        Claim(Gwei(-1), CLAIM.index, CLAIM.proof),
        Claim(CLAIM.cumulative, CLAIM.index, CLAIM.proof[:32] + b"\xff" * 8 + CLAIM.proof[40:]),
    ],
)
def test_a_forged_claim_fails(forged: Claim) -> None:
    assert verify_claim(TREE.root, TREE.total, account(3), CLAIM)
    assert not verify_claim(TREE.root, TREE.total, account(3), forged)


def test_every_flipped_bit_of_a_proof_fails() -> None:
    for position in range(8 * len(CLAIM.proof)):
        proof = bytearray(CLAIM.proof)
        proof[position // 8] ^= 1 << position % 8
        assert not verify_claim(TREE.root, TREE.total, account(3), Claim(CLAIM.cumulative, CLAIM.index, bytes(proof)))


def test_a_claim_is_bound_to_account_and_total() -> None:
    assert not verify_claim(TREE.root, TREE.total, account(4), CLAIM)
    assert not verify_claim(TREE.root, Gwei(TREE.total + 1), account(3), CLAIM)


@pytest.mark.parametrize("amounts", [[1 << 64], [1 << 63, 1 << 63], [-1]])
def test_amounts_and_sums_outside_64_bits_are_refused(amounts: list[int]) -> None:
    with pytest.raises(ProtocolError, match="does not fit uint64"):
        reward_tree({account(number): Gwei(amount) for number, amount in enumerate(amounts)})


def test_a_proof_grows_with_the_logarithm_of_the_accounts() -> None:
    tree = reward_tree({account(number): Gwei(number) for number in range(1, 1025)})
    for number in (1, 500, 1024):
        claim = tree.claim(account(number))
        assert len(claim.proof) == 10 * 40
        assert verify_claim(tree.root, tree.total, account(number), claim)
