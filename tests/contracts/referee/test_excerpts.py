"""Excerpts in Solidity are those of :mod:`qfl_chain.protocol.merkle`, seen through ``answers``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.evidence import read_coalition
from qfl_chain.protocol.merkle import Excerpt, excerpt, tree_root, verify_excerpt
from qfl_chain.protocol.trial import Trial

from .bench import Bench, shown

LEAVES = [bytes([position]) * (5 * position) for position in range(11)]
INVALID = ("InvalidExcerpt", "leaf")
WRONG = ("WrongExcerpt", "leaf")
trees = st.lists(st.binary(max_size=80), min_size=1, max_size=20)


def ask(bench: Bench, root: bytes, index: int, leaf: Excerpt, row: bytes = b"") -> tuple[Any, ...]:
    return bench.ask("answers", root, index, shown(leaf), row)


def leads(bench: Bench, root: bytes, one: Excerpt) -> bool:
    """Whether the contract takes an excerpt of any length for one under the root."""
    answer = ask(bench, root, one.count, one)
    assert answer in ((), INVALID, WRONG)
    return answer != INVALID


def tampered(one: Excerpt) -> list[Excerpt]:
    """One thing changed."""
    siblings, leaves = one.siblings, one.leaves
    changed = [
        replace(one, count=one.count + 1),
        replace(one, count=one.count - 1),
        replace(one, first=one.first + 1),
        replace(one, first=max(one.first - 1, 0)),
        replace(one, leaves=(*leaves, b"")),
        replace(one, leaves=leaves[1:]),
        replace(one, leaves=(leaves[0] + b"\0", *leaves[1:])),
        replace(one, siblings=(*siblings, bytes(32))),
        replace(one, siblings=siblings[:-1]),
        replace(one, siblings=siblings[::-1]),
        replace(one, siblings=tuple(keccak(sibling) for sibling in siblings)),
    ]
    return [other for other in changed if other != one]


@settings(max_examples=40, deadline=None)
@given(trees, st.data())
def test_any_run_of_any_tree_leads_to_its_root(bench: Bench, leaves: Sequence[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(leaves) - 1))
    count = data.draw(st.integers(1, len(leaves) - first))
    assert leads(bench, tree_root(leaves), excerpt(leaves, first, count))


@settings(max_examples=40, deadline=None)
@given(trees, st.data())
def test_what_python_refuses_the_contract_refuses(bench: Bench, leaves: Sequence[bytes], data: st.DataObject) -> None:
    root, first = tree_root(leaves), data.draw(st.integers(0, len(leaves) - 1))
    one = excerpt(leaves, first, data.draw(st.integers(1, len(leaves) - first)))
    other = data.draw(st.sampled_from(tampered(one)))
    assert leads(bench, root, other) == verify_excerpt(root, other)


def test_an_inner_node_is_no_leaf(bench: Bench) -> None:
    root, pair = tree_root(LEAVES[:4]), excerpt(LEAVES[:4], 0, 2)
    node = b"\1" + b"".join(keccak(b"\0" + leaf) for leaf in pair.leaves)
    assert not leads(bench, root, Excerpt(2, 0, (node,), pair.siblings))
    assert not leads(bench, root, Excerpt(4, 0, (node,), pair.siblings))


def test_an_excerpt_without_leaves_is_refused(bench: Bench) -> None:
    root = tree_root(LEAVES[:1])
    assert not leads(bench, root, Excerpt(1, 0, (), ()))
    assert not leads(bench, root, Excerpt(0, 0, (), ()))
    assert not leads(bench, root, Excerpt(2**32 - 1, 2**32 - 1, LEAVES[:1], ()))


def test_an_answer_is_the_leaf_at_the_index(bench: Bench) -> None:
    root = tree_root(LEAVES)
    assert ask(bench, root, 3, excerpt(LEAVES, 3)) == ()
    assert ask(bench, root, 3, excerpt(LEAVES, 4)) == WRONG
    assert ask(bench, root, 3, excerpt(LEAVES, 3, 2)) == WRONG
    assert ask(bench, root[::-1], 3, excerpt(LEAVES, 3)) == INVALID


def test_any_leaf_shows_that_there_is_no_such_index(bench: Bench) -> None:
    root = tree_root(LEAVES)
    assert ask(bench, root, len(LEAVES), excerpt(LEAVES, 0), b"whatever") == ()
    assert ask(bench, root, len(LEAVES), excerpt(LEAVES, 0, 2)) == WRONG
    assert ask(bench, root, len(LEAVES) - 1, excerpt(LEAVES, 0)) == WRONG


def test_a_leaf_that_commits_to_losses_is_shown_with_them(bench: Bench, honest: Trial) -> None:
    place = len(honest.facts.reveals) + 1
    leaf, root = excerpt(honest.leaves, place), honest.report.evidence_root
    committed = read_coalition(leaf.leaves[0]).row
    row = honest.rows[committed]
    assert ask(bench, root, place, leaf, row) == ()
    for other in (b"", row + b"\0", row[:-1]):
        assert ask(bench, root, place, leaf, other) == ("WrongBytes", "row", committed, keccak(other))
    last = excerpt(honest.leaves, len(honest.leaves) - 1)
    assert ask(bench, root, last.first, last)[:2] == ("WrongBytes", "row")


def test_a_leaf_that_commits_to_none_is_shown_without(bench: Bench, honest: Trial) -> None:
    nothing = keccak(b"")
    for place in (0, 1):
        leaf = excerpt(honest.leaves, place)
        assert ask(bench, honest.report.evidence_root, place, leaf) == ()
        answer = ask(bench, honest.report.evidence_root, place, leaf, b"\0")
        assert answer == ("WrongBytes", "row", nothing, keccak(b"\0"))


@pytest.mark.parametrize("row", [b"", bytes(8)])
def test_losses_under_a_hash_of_zero_cannot_be_shown(bench: Bench, honest: Trial, row: bytes) -> None:
    coalition = honest.leaves[len(honest.facts.reveals) + 1]
    leaves = (coalition[:-32] + bytes(32),)
    answer = ask(bench, tree_root(leaves), 0, excerpt(leaves, 0), row)
    assert answer == ("WrongBytes", "row", bytes(32), keccak(row))
