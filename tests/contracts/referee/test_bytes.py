"""Bytes that the referee reads: updates, reveals, and the encoding of proofs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import eth_abi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import MalformedPayload
from qfl_chain.protocol.codec import check_update
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import excerpt
from qfl_chain.protocol.proofs import HeaderProof, StandingProof, encode_proof, packed_reveals
from qfl_chain.protocol.trial import Compared, Trial
from qfl_chain.types import Digest, Gwei, Reveal
from tests.protocol.builders import account, update_block

from .bench import Bench, case_of
from .trials import CIRCUIT

CODE = CIRCUIT.to_bytes()
DIGEST = Digest(sha256(CODE).digest())
BOUND = 2**31
deltas = st.one_of(st.integers(-50, 50), st.sampled_from([-BOUND, BOUND - 1, -(2**20), 2**20]))


def update(values: Sequence[int] = (1, -2, 3), number: int = 7, circuit: Digest = DIGEST) -> bytes:
    return update_block(values, number, circuit)


def ruled(payload: bytes, max_norm: int) -> bool:
    """What Python says."""
    try:
        check_update(payload, circuit=DIGEST, round_number=7, count=CIRCUIT.parameters, max_norm=max_norm)
    except MalformedPayload:
        return True
    return False


# UPDATES


@settings(max_examples=60, deadline=None)
@given(st.lists(deltas, min_size=3, max_size=3), st.integers(-1, 1))
def test_the_norm_bound_is_exact(bench: Bench, values: list[int], margin: int) -> None:
    """At the bound, one below and one above; where the sum of squares is no square, its root's neighbours."""
    payload, squares = update(values), sum(value * value for value in values)
    max_norm = max(int(squares**0.5) + margin, 0)
    verdict = bench.ask("malformed", DIGEST, max_norm, 7, payload, CODE)
    assert verdict == (ruled(payload, max_norm),) == (squares > max_norm * max_norm,)


def test_the_largest_update_keeps_to_the_largest_bound(bench: Bench) -> None:
    payload = update([-BOUND] * 3)
    assert bench.ask("malformed", DIGEST, 2**64 - 1, 7, payload, CODE) == (False,)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"junk",
        update()[:-1],
        update() + b"\0",
        update()[:-4],
        update() + bytes(4),
        b"QFLM" + update()[4:],
        update()[:4] + b"\2" + update()[5:],
        update(circuit=Digest(b"\1" * 32)),
        update(number=8),
        update((1, 2)),
        update((1, 2, 3, 4)),
        update()[:39] + b"\0\0\0\2" + update()[43:],
    ],
)
def test_anything_but_an_update_of_the_round_is_malformed(bench: Bench, payload: bytes) -> None:
    assert bench.ask("malformed", DIGEST, 2**40, 7, payload, CODE) == (True,)
    assert ruled(payload, 2**40)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(update()) - 1), st.integers(0, 255))
def test_a_changed_byte_is_ruled_on_as_in_python(bench: Bench, at: int, value: int) -> None:
    payload = update()[:at] + bytes([value]) + update()[at + 1 :]
    assert bench.ask("malformed", DIGEST, 2**12, 7, payload, CODE) == (ruled(payload, 2**12),)


def test_the_circuit_must_hash_to_its_digest_and_have_a_header(bench: Bench) -> None:
    found = sha256(b"other").digest()
    assert bench.ask("malformed", DIGEST, 1, 7, update(), b"other") == ("WrongBytes", "circuit", DIGEST, found)
    for junk in (b"", CODE[:12], b"QFLX" + CODE[4:], CODE[:4] + b"\2" + CODE[5:]):
        answer = bench.ask("malformed", sha256(junk).digest(), 1, 7, update(), junk)
        assert answer == ("UnreadableBytes", "circuit")


# REVEALS

REVEALS = [Reveal(account(n), Gwei(n * 10**9), Digest(bytes([n]) * 32)) for n in range(1, 6)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_reveal_is_read_where_all_fold_to_the_accumulator(bench: Bench, count: int) -> None:
    reveals = REVEALS[:count]
    packed = packed_reveals(reveals)
    for index, one in enumerate(reveals):
        said = bench.ask("revealAt", accumulate(reveals), packed, index)
        assert said == (one.participant.lower(), one.stake, one.digest)
    assert bench.ask("revealAt", accumulate(reveals), packed, count) == ("OutOfRange", "reveal", count, count)


def test_other_reveals_than_the_rounds_are_refused(bench: Bench) -> None:
    right = accumulate(REVEALS)
    for wrong in (REVEALS[:-1], REVEALS[::-1], [*REVEALS, REVEALS[0]]):
        said = bench.ask("revealAt", right, packed_reveals(wrong), 0)
        assert said == ("WrongReveals", right, accumulate(wrong))
    packed = packed_reveals(REVEALS)
    for cut in (packed[:-1], packed + b"\0", packed[:59]):
        assert bench.ask("revealAt", right, cut, 0) == ("UnreadableBytes", "reveals")
    assert bench.ask("revealAt", 0, b"", 0) == ("OutOfRange", "reveal", 0, 0)


# PROOFS

UNREADABLE = ("UnreadableBytes", "proof")


def encoded(honest: Trial) -> bytes:
    """A proof with excerpts and bytes of all lengths."""
    compared = Compared(honest)
    packed = packed_reveals(honest.facts.reveals)
    return encode_proof(StandingProof(compared.standing(0), packed, compared.payload(0), CODE))[1]


def words(data: bytes) -> list[bytes]:
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def test_a_truncated_proof_is_unreadable(bench: Bench, honest: Trial) -> None:
    case, proof = case_of(honest), encoded(honest)
    assert bench.ask("judge", Fault.STANDING, case, proof) == ("NoFault", Fault.STANDING)
    for size in (*range(0, len(proof), 32), 1, 31, len(proof) - 1):
        assert bench.ask("judge", Fault.STANDING, case, proof[:size]) == UNREADABLE, size


def test_a_proof_with_bytes_too_many_is_unreadable(bench: Bench, honest: Trial) -> None:
    case, proof = case_of(honest), encoded(honest)
    for more in (b"\0", bytes(32), proof):
        assert bench.ask("judge", Fault.STANDING, case, proof + more) == UNREADABLE
    pushed = eth_abi.encode(["uint256"], [64]) + bytes(32) + proof[32:]
    assert bench.ask("judge", Fault.STANDING, case, pushed) == UNREADABLE


def test_a_proof_has_one_encoding(bench: Bench, honest: Trial) -> None:
    """Every word replaced by other values: what is still read must be what was there before, or convict nobody."""
    case, proof = case_of(honest), encoded(honest)
    changes: Sequence[Callable[[int], int]] = (lambda word: word + 1, lambda word: word ^ 32, lambda _: 2**256 - 1)
    answers = set()
    for at, word in enumerate(words(proof)):
        for change in changes:
            other = (change(int.from_bytes(word, "big")) % 2**256).to_bytes(32, "big")
            answer = bench.ask(
                "judge", Fault.STANDING, case, b"".join([*words(proof)[:at], other, *words(proof)[at + 1 :]])
            )
            answers.add(answer[0])
    assert answers == {"UnreadableBytes", "InvalidExcerpt", "WrongReveals", "WrongBytes"}


def test_padding_is_zero(bench: Bench, honest: Trial) -> None:
    case, proof = case_of(honest), encoded(honest)
    assert len(CODE) % 32
    assert bench.ask("judge", Fault.STANDING, case, proof[:-1] + b"\1") == UNREADABLE


@pytest.mark.parametrize(
    ("fault", "types", "values"),
    [
        (Fault.CONTRIBUTION, "(E,E,E,uint256)", (2**16,)),
        (Fault.LOSS, "(E,E,E,E,bytes,uint256,bytes,bytes)", (b"", 2**32, b"", b"")),
        (Fault.DECREASE, "(uint256,uint256,uint256,bytes,uint256,uint256,bytes)", (2**160, 0, 0, b"", 0, 0, b"")),
        (Fault.DECREASE, "(uint256,uint256,uint256,bytes,uint256,uint256,bytes)", (0, 2**64, 0, b"", 0, 0, b"")),
        (Fault.LEAF, "((uint256,uint256,bytes[],bytes32[]))", ((2**32, 0, [], []),)),
        (Fault.LEAF, "((uint256,uint256,bytes[],bytes32[]))", ((1, 2**32, [], []),)),
    ],
)
def test_numbers_too_large_for_their_field_are_unreadable(
    bench: Bench, honest: Trial, fault: Fault, types: str, values: tuple[Any, ...]
) -> None:
    empty = (0, 0, [], [])
    full = (empty,) * types.count("E") + values if "E," in types else values
    data = eth_abi.encode([types.replace("E", "(uint32,uint32,bytes[],bytes32[])")], [full])
    assert bench.ask("judge", fault, case_of(honest), data) == UNREADABLE


def test_the_proof_of_another_fault_is_unreadable(bench: Bench, honest: Trial) -> None:
    assert bench.ask("judge", Fault.SUBSET, case_of(honest), encoded(honest)) == UNREADABLE
    assert bench.ask("judge", Fault.STANDING, case_of(honest), b"") == UNREADABLE


def test_silence_is_not_judged(bench: Bench, honest: Trial) -> None:
    proof = encode_proof(HeaderProof(excerpt(honest.leaves, 0)))[1]
    assert bench.ask("judge", Fault.UNAVAILABLE, case_of(honest), proof) == ("NotJudged", Fault.UNAVAILABLE)
