"""Losses and their sums: honest ones pass, one unit off convicts, and nothing that cannot be read convicts anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from eth_utils import keccak

from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.evidence import (
    AggregateLeaf,
    CoalitionLeaf,
    aggregate_leaf,
    coalition_leaf,
    header_leaf,
    read_header,
    row_bytes,
    row_losses,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import excerpt
from qfl_chain.protocol.proofs import LossProof, SumProof
from qfl_chain.protocol.trial import Compared, Trial
from tests.protocol.corruptions import with_leaves

from .bench import Bench, case_of
from .trials import CIRCUIT

CONVICTED: tuple[Any, ...] = ()
LARGEST = (1 << 63) - 1
RIGHT_LOSS, RIGHT_SUM = ("NoFault", Fault.LOSS), ("NoFault", Fault.SUM)


def loss_proof(posted: Trial, place: int, position: int, row: bytes | None = None) -> LossProof:
    """By place of a scored model, the candidate's being -1."""
    compared = Compared(posted)
    scored = list(compared.scored())
    place %= len(scored)
    return LossProof(
        compared.shown(0),
        compared.scored_leaf(place),
        compared.rules,
        compared.sample(compared.header.subset[position]),
        posted.rows[scored[place].row] if row is None else row,
        position,
        compared.model(place),
        posted.circuit,
    )


def sum_proof(posted: Trial, place: int) -> SumProof:
    compared = Compared(posted)
    scored = list(compared.scored())
    place %= len(scored)
    return SumProof(compared.shown(0), compared.scored_leaf(place), posted.rows[scored[place].row])


def with_leaf(honest: Trial, place: int, rows: Sequence[bytes] = (), **changed: Any) -> Trial:
    """The report with fields of a scored model's leaf changed."""
    compared = Compared(honest)
    leaves: list[CoalitionLeaf | AggregateLeaf] = [*compared.coalitions, compared.aggregate]
    place %= len(leaves)
    leaf = leaves[place]
    if isinstance(leaf, CoalitionLeaf):
        written = coalition_leaf(replace(leaf, **changed))
    else:
        names = {"model": "candidate", "loss": "after"}
        written = aggregate_leaf(replace(leaf, **{names.get(name, name): value for name, value in changed.items()}))
    at = 1 + compared.revealed + place
    return with_leaves(honest, [*honest.leaves[:at], written, *honest.leaves[at + 1 :]], rows)


def with_row(honest: Trial, place: int, row: bytes) -> Trial:
    return with_leaf(honest, place, [row], row=keccak(row))


def row_of(honest: Trial, place: int) -> tuple[int, ...]:
    scored = list(Compared(honest).scored())
    return row_losses(honest.rows[scored[place].row])


def places(trial: Trial) -> range:
    return range(len(list(Compared(trial).scored())))


# LOSS


def test_every_honest_loss_is_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        case, last = case_of(honest), len(Compared(honest).header.subset) - 1
        for place in places(honest):
            for position in (0, last):
                assert bench.judge(case, loss_proof(honest, place, position)) == RIGHT_LOSS


@pytest.mark.parametrize("off", [1, -1, 1 << 62])
def test_a_loss_that_is_off_convicts_in_its_place_alone(bench: Bench, honest: Trial, off: int) -> None:
    for place in places(honest):
        losses = row_of(honest, place)
        at = place % len(losses)
        posted = with_row(honest, place, row_bytes([*losses[:at], losses[at] + off, *losses[at + 1 :]]))
        case = case_of(posted)
        assert bench.judge(case, loss_proof(posted, place, at)) == CONVICTED
        assert bench.judge(case, loss_proof(posted, place, (at + 1) % len(losses))) == RIGHT_LOSS


def test_a_loss_of_a_row_that_is_too_long_can_still_be_judged(bench: Bench, honest: Trial) -> None:
    losses = row_of(honest, 1)
    posted = with_row(honest, 1, row_bytes((*losses, 7)))
    assert bench.judge(case_of(posted), loss_proof(posted, 1, 0)) == RIGHT_LOSS
    beyond = replace(loss_proof(posted, 1, 0), position=len(losses))
    assert bench.judge(case_of(posted), beyond) == ("OutOfRange", "position", len(losses), len(losses))


def test_a_row_that_ends_before_the_loss_is_not_judged_as_a_loss(bench: Bench, honest: Trial) -> None:
    row = row_bytes(row_of(honest, 1)[:2]) + b"\0\0\0"
    posted = with_row(honest, 1, row)
    assert bench.judge(case_of(posted), loss_proof(posted, 1, 2)) == ("OutOfRange", "position", 2, 2)
    assert bench.judge(case_of(posted), sum_proof(posted, 1)) == CONVICTED


def test_bytes_that_are_not_those_named_are_refused(bench: Bench, honest: Trial) -> None:
    case, proof = case_of(honest), loss_proof(honest, 1, 0)
    for part, digest in (("row", keccak), ("model", digest_of_bytes), ("circuit", digest_of_bytes)):
        right = getattr(proof, part)
        for wrong in (b"", right + b"\0", right[:-1], bytes([right[0] ^ 1]) + right[1:]):
            answer = bench.judge(case, replace(proof, **{part: wrong}))
            assert answer == ("WrongBytes", part, digest(right), digest(wrong))


def test_other_places_are_refused(bench: Bench, honest: Trial) -> None:
    case, proof, compared = case_of(honest), loss_proof(honest, 1, 0), Compared(honest)
    other = next(index for index in range(len(compared.validation.labels)) if index != compared.header.subset[0])
    for part, wrong in (
        ("header", compared.shown(1)),
        ("leaf", compared.shown(0)),
        ("leaf", compared.standing(0)),
        ("leaf", excerpt(honest.leaves, 1 + compared.revealed, 2)),
        ("rules", compared.sample(0)),
        ("sample", compared.rules),
        ("sample", compared.sample(other)),
    ):
        assert bench.judge(case, replace(proof, **{part: wrong})) == ("WrongExcerpt", part)


def test_leaves_that_are_not_in_the_tree_are_refused(bench: Bench, honest: Trial) -> None:
    case, proof = case_of(honest), loss_proof(honest, 1, 0)
    for part in ("header", "leaf", "rules", "sample"):
        shown = getattr(proof, part)
        forged = replace(shown, leaves=(shown.leaves[0][:-1] + bytes([shown.leaves[0][-1] ^ 1]),))
        assert bench.judge(case, replace(proof, **{part: forged})) == ("InvalidExcerpt", part)


# BYTES THAT CANNOT BE READ CONVICT NOBODY


def unreadable_models(right: bytes) -> Iterator[bytes]:
    too_large, too_small = (1 << 62).to_bytes(8, "big"), (-(1 << 62) - 1).to_bytes(8, "big", signed=True)
    yield from (b"", right[:42], right[:-1], right + b"\0", b"QFLU" + right[4:], right[:4] + b"\2" + right[5:])
    yield right[:5] + bytes(32) + right[37:]
    yield right[:39] + (2).to_bytes(4, "big") + right[43:51] + right[51:59]
    yield right[:39] + (4).to_bytes(4, "big") + right[43:] + bytes(8)
    yield from (right[:43] + too_large + right[51:], right[:59] + too_small)


def test_a_model_that_cannot_be_read_has_no_loss(bench: Bench, honest: Trial) -> None:
    proof = loss_proof(honest, 1, 0)
    for model in unreadable_models(proof.model):
        posted = with_leaf(honest, 1, model=digest_of_bytes(model))
        answer = bench.judge(case_of(posted), replace(loss_proof(posted, 1, 0), model=model))
        assert answer == ("UnreadableBytes", "model"), model.hex()


def test_the_largest_parameters_are_read_and_the_round_is_not(bench: Bench, honest: Trial) -> None:
    proof = loss_proof(honest, 1, 0)
    ends = ((1 << 62) - 1).to_bytes(8, "big") + (-(1 << 62)).to_bytes(8, "big", signed=True)
    model = proof.model[:37] + b"\xff\xff" + proof.model[39:43] + ends + proof.model[59:]
    posted = with_leaf(honest, 1, model=digest_of_bytes(model))
    assert bench.judge(case_of(posted), replace(loss_proof(posted, 1, 0), model=model)) == CONVICTED


@pytest.mark.parametrize("circuit", [b"", b"no circuit", CIRCUIT.to_bytes()[:-1], CIRCUIT.to_bytes() + b"\0"])
def test_terms_that_name_no_circuit_convict_nobody(bench: Bench, honest: Trial, circuit: bytes) -> None:
    digest = digest_of_bytes(circuit)
    proof = loss_proof(honest, 1, 0)
    model = proof.model[:5] + digest + proof.model[37:]
    posted = with_leaf(honest, 1, model=digest_of_bytes(model))
    proof = replace(loss_proof(posted, 1, 0), model=model, circuit=circuit)
    assert bench.judge(case_of(posted, circuit=digest), proof) == ("UnreadableBytes", "circuit")


# SUM


def test_every_honest_sum_is_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        for place in places(honest):
            assert bench.judge(case_of(honest), sum_proof(honest, place)) == RIGHT_SUM


@pytest.mark.parametrize("off", [1, -1])
def test_a_sum_that_is_off_convicts(bench: Bench, honest: Trial, off: int) -> None:
    for place in places(honest):
        posted = with_leaf(honest, place, loss=sum(row_of(honest, place)) + off)
        assert bench.judge(case_of(posted), sum_proof(posted, place)) == CONVICTED


def test_a_row_of_another_length_convicts_whatever_it_sums_to(bench: Bench, honest: Trial) -> None:
    losses = row_of(honest, 2)
    for row in (b"", row_bytes(losses[:-1]), row_bytes((*losses, 0)), row_bytes(losses) + b"\0", row_bytes(losses)[1:]):
        posted = with_leaf(honest, 2, [row], row=keccak(row), loss=sum(row_losses(row[: len(row) // 8 * 8])))
        assert bench.judge(case_of(posted), sum_proof(posted, 2)) == CONVICTED


def test_a_sum_does_not_wrap(bench: Bench, honest: Trial) -> None:
    """Losses whose sum is 2^64 too large for the leaf, and those at both ends that sum to what the leaf says."""
    losses = row_of(honest, -1)
    rest = [0] * (len(losses) - 3)
    for row, loss, answer in (
        ([LARGEST, LARGEST, 2, *rest], 0, CONVICTED),
        ([-LARGEST - 1, LARGEST, 2, *rest], 1, RIGHT_SUM),
    ):
        data = row_bytes(row)
        posted = with_leaf(honest, -1, [data], row=keccak(data), loss=loss)
        assert bench.judge(case_of(posted), sum_proof(posted, -1)) == answer


def test_a_sum_of_other_bytes_or_places_is_refused(bench: Bench, honest: Trial) -> None:
    case, proof, compared = case_of(honest), sum_proof(honest, 1), Compared(honest)
    assert bench.judge(case, replace(proof, row=b"")) == ("WrongBytes", "row", keccak(proof.row), keccak(b""))
    assert bench.judge(case, replace(proof, leaf=compared.shown(0))) == ("WrongExcerpt", "leaf")
    assert bench.judge(case, replace(proof, header=compared.shown(1))) == ("WrongExcerpt", "header")
    header = header_leaf(replace(read_header(honest.leaves[0]), subset=()))
    forged = replace(proof.header, leaves=(header,))
    assert bench.judge(case, replace(proof, header=forged)) == ("InvalidExcerpt", "header")
