"""Leaves, header, samples, players and coalitions: honest ones pass, one wrong value convicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from math import factorial
from typing import Any

import pytest
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.codec import Rules, decode_validation
from qfl_chain.protocol.contribution import EXACT_UP_TO, coalitions, plan
from qfl_chain.protocol.evidence import (
    Header,
    Status,
    coalition_leaf,
    header_leaf,
    read_coalition,
    read_header,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import excerpt, tree_root
from qfl_chain.protocol.proofs import (
    CoalitionsProof,
    HeaderProof,
    LeafProof,
    PlayersProof,
    SubsetProof,
)
from qfl_chain.protocol.trial import Compared, Trial
from qfl_chain.protocol.validation import validation_leaves
from tests.protocol.builders import account
from tests.protocol.corruptions import with_leaves

from .bench import Bench, case_of
from .posted import CONVICTED, no_fault, rules_leaf, with_header, with_leaf, with_standing

# LEAF


def leaf_proof(posted: Trial, at: int, count: int = 1) -> LeafProof:
    return LeafProof(excerpt(posted.leaves, at, count))


def test_every_honest_leaf_stands_at_its_place(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        for at in range(len(honest.leaves)):
            assert bench.judge(case_of(honest), leaf_proof(honest, at)) == no_fault(Fault.LEAF)


def _too_high(at: int, value: int) -> Callable[[bytes], bytes]:
    return lambda leaf: leaf[:at] + bytes([value]) + leaf[at + 1 :]


SPOILT: Mapping[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "the tag alone": lambda leaf: leaf[:1],
    "a byte short": lambda leaf: leaf[:-1],
    "a byte long": lambda leaf: leaf + b"\0",
    "no tag": _too_high(0, 0),
    "another's tag": lambda leaf: bytes([leaf[0] % 4 + 1]) + leaf[1:],
    "an unknown tag": _too_high(0, 5),
}


@pytest.mark.parametrize("how", SPOILT)
def test_bytes_that_are_no_leaf_of_their_place_convict(bench: Bench, honest: Trial, how: str) -> None:
    for at, leaf in enumerate(honest.leaves):
        posted = with_leaf(honest, at, SPOILT[how](leaf))
        assert bench.judge(case_of(posted), leaf_proof(posted, at)) == CONVICTED, at


def test_a_leaf_of_another_place_convicts(bench: Bench, honest: Trial) -> None:
    last = len(honest.leaves) - 1
    kinds = (0, 1, last - 1, last)
    for at, other in permutations(kinds, 2):
        posted = with_leaf(honest, at, honest.leaves[other])
        assert bench.judge(case_of(posted), leaf_proof(posted, at)) == CONVICTED, (at, other)


def test_fields_outside_of_their_range_convict(bench: Bench, honest: Trial) -> None:
    last = len(honest.leaves) - 1
    full = honest.leaves[last - 1]
    for at, leaf in (
        (1, _too_high(61, 4)(honest.leaves[1])),
        (last, _too_high(49, 2)(honest.leaves[last])),
        (last - 1, b"\3\0\2\0" + full[3:]),
        (last - 1, b"\3\0\1\0" + full[4:]),
        (0, honest.leaves[0][:172] + b"\xff" * 4 + honest.leaves[0][176:]),
    ):
        posted = with_leaf(honest, at, leaf)
        assert bench.judge(case_of(posted), leaf_proof(posted, at)) == CONVICTED, at


def test_a_mask_of_any_width_is_a_leaf(bench: Bench, honest: Trial) -> None:
    at = len(honest.leaves) - 2
    for members in (1 << 255, 1 << 256, 1 << 5000):
        wide = replace(read_coalition(honest.leaves[at]), members=members)
        posted = with_leaf(honest, at, coalition_leaf(wide))
        assert bench.judge(case_of(posted), leaf_proof(posted, at)) == no_fault(Fault.LEAF)
        assert bench.judge(case_of(posted), coalitions_proof(posted)) == CONVICTED


def test_a_tree_that_is_too_small_for_the_round_convicts(bench: Bench, honest: Trial) -> None:
    revealed = len(honest.facts.reveals)
    for size in (1, 2, revealed + 1, revealed + 2):
        posted = with_leaves(honest, honest.leaves[:size])
        for at in range(size):
            assert bench.judge(case_of(posted), leaf_proof(posted, at)) == CONVICTED


def test_a_leaf_is_shown_alone_and_under_the_root(bench: Bench, honest: Trial) -> None:
    assert bench.judge(case_of(honest), leaf_proof(honest, 1, 2)) == ("WrongExcerpt", "leaf")
    other = with_leaf(honest, 1, b"junk")
    assert bench.judge(case_of(honest), leaf_proof(other, 1)) == ("InvalidExcerpt", "leaf")
    moved = replace(excerpt(honest.leaves, 1), first=2)
    assert bench.judge(case_of(honest), LeafProof(moved)) == ("InvalidExcerpt", "leaf")


# HEADER


def header_proof(posted: Trial) -> HeaderProof:
    return HeaderProof(excerpt(posted.leaves, 0))


def test_an_honest_header_has_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        assert bench.judge(case_of(honest), header_proof(honest)) == no_fault(Fault.HEADER)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("federation", account(0x7777)),
        ("round", 2),
        ("inputs", 5),
        ("circuit", b"\1" * 32),
        ("base_model", b"\1" * 32),
        ("validation", b"\1" * 32),
        ("budget", 7),
        ("previous_total", 7),
        ("reveals", 5),
    ],
)
def test_a_header_that_contradicts_the_chain_convicts(bench: Bench, honest: Trial, field: str, value: Any) -> None:
    posted = with_header(honest, **{field: value})
    assert bench.judge(case_of(posted), header_proof(posted)) == CONVICTED


def test_what_the_chain_does_not_say_is_no_fault_of_the_header(bench: Bench, honest: Trial) -> None:
    for changed in ({"scale": 7}, {"coalitions": 9}, {"subset": (1, 2)}):
        posted = with_header(honest, **changed)
        assert bench.judge(case_of(posted), header_proof(posted)) == no_fault(Fault.HEADER)


def test_the_header_is_the_first_leaf_alone(bench: Bench, honest: Trial) -> None:
    for one in (excerpt(honest.leaves, 1), excerpt(honest.leaves, 0, 2)):
        assert bench.judge(case_of(honest), HeaderProof(one)) == ("WrongExcerpt", "header")
    elsewhere = case_of(with_header(honest, budget=7))
    assert bench.judge(elsewhere, header_proof(honest)) == ("InvalidExcerpt", "header")
    posted = with_leaf(honest, 0, b"junk")
    assert bench.judge(case_of(posted), header_proof(posted)) == ("UnreadableLeaf", 0)


# SUBSET


def subset_case(bench: Bench, inputs: int, number: int, rules: Rules, samples: int, said: Sequence[int]) -> Any:
    """The judgement of a header with these samples, of a round with this accumulator."""
    header = Header(
        account(1),
        number,
        inputs,
        b"\0" * 32,
        b"\0" * 32,
        b"\0" * 32,
        0,
        0,
        1,
        1,
        1,
        tuple(said),  # type: ignore[arg-type]
    )
    leaves, tree = [header_leaf(header), b"else"], [rules_leaf(rules, samples), b"sample"]
    report = (number, inputs, bytes(32), bytes(32), bytes(32), tree_root(leaves), 0)
    case = (account(1), *[bytes(32)] * 2, tree_root(tree), 0, report, 0, 0, 1, bytes(32), bytes(32), 0)
    return bench.judge(case, SubsetProof(excerpt(leaves, 0), excerpt(tree, 0)))


def drawn_slowly(inputs: int, number: int, samples: int, size: int) -> list[int]:
    """Written from the description: keccak words, rejection, Fisher and Yates from the front."""
    seed = keccak(b"qfl-chain subset" + inputs.to_bytes(23, "big") + number.to_bytes(2, "big"))
    words = [
        int.from_bytes(keccak(seed + block.to_bytes(4, "big"))[at : at + 8], "big")
        for block in range(size)
        for at in (0, 8, 16, 24)
    ]
    items = list(range(samples))
    for index in range(size):
        left = samples - index
        while words[0] >= 2**64 - 2**64 % left:
            words.pop(0)
        other = index + words.pop(0) % left
        items[index], items[other] = items[other], items[index]
    return sorted(items[:size])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**184 - 1), st.integers(0, 2**16 - 1), st.integers(2, 400), st.data())
def test_the_samples_drawn_are_those_of_python(
    bench: Bench, inputs: int, number: int, samples: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, min(samples - 1, 80)))
    said = drawn_slowly(inputs, number, samples, size)
    rules = Rules(subset=size)
    assert subset_case(bench, inputs, number, rules, samples, said) == no_fault(Fault.SUBSET)
    wrong = data.draw(st.integers(0, size - 1))
    other = [*said[:wrong], (said[wrong] + 1) % samples, *said[wrong + 1 :]]
    assert subset_case(bench, inputs, number, rules, samples, other) == CONVICTED


def test_a_small_sample_of_many_is_drawn_in_little_gas(bench: Bench) -> None:
    said = drawn_slowly(77, 1, 10**6, 64)
    assert subset_case(bench, 77, 1, Rules(), 10**6, said) == no_fault(Fault.SUBSET)


def test_all_samples_are_scored_where_there_are_no_more(bench: Bench) -> None:
    for samples in (1, 11, 12):
        everything = list(range(samples))
        assert subset_case(bench, 5, 1, Rules(subset=12), samples, everything) == no_fault(Fault.SUBSET)
        for said in (everything[:-1], [*everything, samples], everything[1:] + [0, 0][: samples - 1]):
            if said != everything:
                assert subset_case(bench, 5, 1, Rules(subset=12), samples, said) == CONVICTED


def test_samples_too_few_too_many_or_out_of_order_convict(bench: Bench) -> None:
    said = drawn_slowly(5, 1, 30, 6)
    for other in (said[:-1], [*said, 29], said[::-1], [], [said[0]] * 6):
        assert subset_case(bench, 5, 1, Rules(subset=6), 30, other) == CONVICTED


def test_rules_are_the_first_leaf_under_the_validation_root(bench: Bench, honest: Trial) -> None:
    compared, case = Compared(honest), case_of(honest)
    header = compared.shown(0)
    assert bench.judge(case, SubsetProof(header, compared.rules)) == no_fault(Fault.SUBSET)
    assert bench.judge(case, SubsetProof(header, compared.sample(0))) == ("WrongExcerpt", "rules")
    assert bench.judge(case, SubsetProof(header, header)) == ("InvalidExcerpt", "rules")
    assert bench.judge(case, SubsetProof(compared.shown(1), compared.rules)) == ("WrongExcerpt", "header")


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        rules_leaf(Rules(), 30)[:-1],
        rules_leaf(Rules(), 30) + b"\0",
        rules_leaf(Rules(), 0),
        bytes(3) + rules_leaf(Rules(), 30)[3:],
        rules_leaf(Rules(), 30)[:3] + bytes(2) + rules_leaf(Rules(), 30)[5:],
        rules_leaf(Rules(), 30)[:3] + b"\0\3" + rules_leaf(Rules(), 30)[5:],
    ],
)
def test_a_root_over_other_rules_convicts_nobody(bench: Bench, honest: Trial, leaf: bytes) -> None:
    tree = [leaf, b"sample"]
    proof = SubsetProof(excerpt(honest.leaves, 0), excerpt(tree, 0))
    assert bench.judge(case_of(honest, validation_root=tree_root(tree)), proof) == ("UnreadableBytes", "rules")


# PLAYERS


def players_proof(posted: Trial) -> PlayersProof:
    return PlayersProof(excerpt(posted.leaves, 1, len(posted.facts.reveals)))


def test_honest_players_have_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        assert bench.judge(case_of(honest), players_proof(honest)) == no_fault(Fault.PLAYERS)


@pytest.mark.parametrize("index", range(6))
def test_any_other_player_convicts(bench: Bench, honest: Trial, index: int) -> None:
    for player in {None, 0, 1, 2, 3, 65534} - {honest.outcome.standings[index].player}:
        posted = with_standing(honest, index, player=player)
        assert bench.judge(case_of(posted), players_proof(posted)) == CONVICTED


def test_the_standings_are_those_of_the_whole_round(bench: Bench, honest: Trial) -> None:
    revealed, case = len(honest.facts.reveals), case_of(honest)
    for at, count in ((0, revealed), (1, revealed - 1), (1, revealed + 1), (2, revealed)):
        proof = PlayersProof(excerpt(honest.leaves, at, count))
        assert bench.judge(case, proof) == ("WrongExcerpt", "standings")
    posted = with_leaf(honest, 4, b"junk")
    assert bench.judge(case_of(posted), PlayersProof(excerpt(posted.leaves, 1, revealed))) == ("UnreadableLeaf", 4)
    assert bench.judge(case, PlayersProof(excerpt(posted.leaves, 1, revealed))) == ("InvalidExcerpt", "standings")


# COALITIONS


def coalitions_proof(posted: Trial, first: int | None = None, count: int | None = None) -> CoalitionsProof:
    """Of all coalitions, or of a few."""
    first = len(posted.facts.reveals) + 1 if first is None else first
    count = len(posted.leaves) - 1 - first if count is None else count
    rules = excerpt(validation_leaves(decode_validation(posted.seen.validation)), 0)
    standings = excerpt(posted.leaves, 1, len(posted.facts.reveals))
    return CoalitionsProof(excerpt(posted.leaves, 0), standings, excerpt(posted.leaves, first, count), rules)


def players_of(honest: Trial) -> int:
    return sum(one.status is Status.ACCEPTED for one in honest.outcome.standings)


def test_honest_coalitions_have_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        assert bench.judge(case_of(honest), coalitions_proof(honest)) == no_fault(Fault.COALITIONS)
        middle = len(honest.facts.reveals) + 1
        for first, count in ((middle, 1), (len(honest.leaves) - 2, 1)):
            assert bench.judge(case_of(honest), coalitions_proof(honest, first, count)) == no_fault(Fault.COALITIONS)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, EXACT_UP_TO + 4), st.integers(1, 9), st.integers(0, 2**184 - 1), st.integers(1, 2**16 - 1))
def test_the_coalitions_scored_are_those_of_python(
    bench: Bench, players: int, walks: int, inputs: int, number: int
) -> None:
    planned = plan(players, inputs, number, 2 * walks)
    masks = coalitions(planned)
    assert planned.scale == (factorial(players) if players <= EXACT_UP_TO else 2 * walks)
    assert judged_coalitions(bench, players, walks, inputs, number, masks) == no_fault(Fault.COALITIONS)
    for wrong in ((*masks[:-1], masks[-1] + 1), (*masks, masks[-1] + 1), (*masks[1:], masks[0])):
        if wrong != masks:
            assert judged_coalitions(bench, players, walks, inputs, number, wrong) == CONVICTED


def judged_coalitions(
    bench: Bench, players: int, walks: int, inputs: int, number: int, masks: Sequence[int]
) -> tuple[Any, ...]:
    """The judgement of a report in which these coalitions are scored, made by hand."""
    scale = factorial(players) if players <= EXACT_UP_TO else 2 * walks
    zero, revealed = bytes(32), players + 1
    header = b"\1" + bytes(157) + scale.to_bytes(8, "big") + bytes(2) + len(masks).to_bytes(4, "big") + bytes(4)
    standings = [b"\2" + bytes(143)] * players + [b"\2" + bytes(60) + b"\1" + bytes(82)]
    widths = [(mask.bit_length() + 7) // 8 for mask in masks]
    scored = [
        b"\3" + width.to_bytes(2, "big") + mask.to_bytes(width, "big") + bytes(72)
        for mask, width in zip(masks, widths, strict=True)
    ]
    leaves = [header, *standings, *scored, b"\4" + bytes(113)]
    tree = [rules_leaf(Rules(permutations=2 * walks), 30), b"sample"]
    report = (number, inputs, zero, zero, zero, tree_root(leaves), 0)
    case = (account(1), zero, zero, tree_root(tree), 0, report, 0, 0, revealed, zero, zero, 0)
    parts = ((0, 1), (1, revealed), (1 + revealed, len(masks)))
    return bench.judge(case, CoalitionsProof(*(excerpt(leaves, *part) for part in parts), excerpt(tree, 0)))


def test_another_scale_or_number_of_coalitions_convicts(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        header = read_header(honest.leaves[0])
        for changed in (
            {"scale": header.scale + 1},
            {"scale": 0},
            {"coalitions": header.coalitions + 1},
            {"coalitions": header.coalitions - 1},
        ):
            posted = with_header(honest, **changed)
            first = len(honest.facts.reveals) + 1
            assert bench.judge(case_of(posted), coalitions_proof(posted)) == CONVICTED
            assert bench.judge(case_of(posted), coalitions_proof(posted, first, 1)) == CONVICTED


def test_a_wrong_mask_is_shown_alone(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        for at in range(len(honest.facts.reveals) + 1, len(honest.leaves) - 1):
            leaf = read_coalition(honest.leaves[at])
            posted = with_leaf(honest, at, coalition_leaf(replace(leaf, members=leaf.members + 1)))
            assert bench.judge(case_of(posted), coalitions_proof(posted, at, 1)) == CONVICTED


def test_coalitions_missing_twice_or_out_of_order_convict(bench: Bench, honest: Trial) -> None:
    leaves, middle = honest.leaves, len(honest.facts.reveals) + 1
    for scored in (
        leaves[middle + 1 : -1],
        leaves[middle:-2],
        (leaves[middle], *leaves[middle:-1]),
        leaves[middle:-1][::-1],
        leaves[middle:-1] * 2,
    ):
        posted = with_leaves(honest, (*leaves[:middle], *scored, leaves[-1]))
        assert bench.judge(case_of(posted), coalitions_proof(posted)) == CONVICTED


def test_coalitions_are_shown_without_what_stands_beside_them(bench: Bench, honest: Trial) -> None:
    first, last = len(honest.facts.reveals) + 1, len(honest.leaves) - 1
    for at, count in ((first - 1, 2), (last - 1, 2), (last, 1), (0, 1)):
        answer = bench.judge(case_of(honest), coalitions_proof(honest, at, count))
        assert answer == ("WrongExcerpt", "coalitions")
    posted = with_leaf(honest, first + 1, b"junk")
    assert bench.judge(case_of(posted), coalitions_proof(posted)) == ("UnreadableLeaf", first + 1)
    assert bench.judge(case_of(honest), coalitions_proof(posted, first + 1, 1)) == ("InvalidExcerpt", "header")
    proof = replace(coalitions_proof(honest), coalitions=excerpt(posted.leaves, first + 1))
    assert bench.judge(case_of(honest), proof) == ("InvalidExcerpt", "coalitions")


def test_more_players_than_a_mask_has_bits_are_not_judged(bench: Bench) -> None:
    masks = (0,)
    assert judged_coalitions(bench, 256, 1, 5, 1, masks) == CONVICTED
    assert judged_coalitions(bench, 257, 1, 5, 1, masks) == ("OutOfRange", "players", 257, 257)
