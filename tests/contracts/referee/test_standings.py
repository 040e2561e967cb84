"""Standings: honest ones pass, another reveal or another ruling convicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from qfl_chain.protocol.evidence import (
    Status,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import excerpt
from qfl_chain.protocol.proofs import (
    StandingProof,
    packed_reveals,
)
from qfl_chain.protocol.trial import Compared, Trial
from tests.protocol.builders import Entry, account
from tests.protocol.corruptions import trial_of

from .bench import REPORTED_AT, Bench, case_of, silences
from .conftest import GOOD
from .posted import CODE, CONVICTED, no_fault, with_leaf, with_standing
from .trials import trial


def standing_proof(posted: Trial, index: int, **changed: Any) -> StandingProof:
    compared, reveals = Compared(posted), posted.facts.reveals
    proof = StandingProof(compared.standing(index), packed_reveals(reveals), compared.payload(index), CODE)
    return replace(proof, **changed)


def test_honest_standings_have_no_fault(bench: Bench, trials: Mapping[str, Trial]) -> None:
    for honest in trials.values():
        for index in range(len(honest.facts.reveals)):
            assert bench.judge(case_of(honest), standing_proof(honest, index)) == no_fault(Fault.STANDING)


@pytest.mark.parametrize(("field", "value"), [("participant", account(0x7777)), ("stake", 5), ("digest", b"\1" * 32)])
def test_another_reveal_than_the_chain_saw_convicts(bench: Bench, honest: Trial, field: str, value: Any) -> None:
    for index in range(len(honest.facts.reveals)):
        posted = with_standing(honest, index, **{field: value})
        assert bench.judge(case_of(posted), standing_proof(posted, index, payload=b"", circuit=b"")) == CONVICTED


@pytest.mark.parametrize("index", range(6))
def test_any_other_status_convicts(bench: Bench, honest: Trial, index: int) -> None:
    right = honest.outcome.standings[index].status
    for status in set(Status) - {right}:
        posted = with_standing(honest, index, status=status)
        assert bench.judge(case_of(posted), standing_proof(posted, index)) == CONVICTED, status


def test_what_follows_from_the_status_is_no_fault_of_it(bench: Bench, honest: Trial) -> None:
    for changed in ({"player": 5}, {"phi": 7}, {"weight": 7}, {"reward": 7}, {"cumulative": 7}):
        posted = with_standing(honest, 0, **changed)
        assert bench.judge(case_of(posted), standing_proof(posted, 0)) == no_fault(Fault.STANDING)


def test_a_demand_that_had_not_run_out_by_the_report_is_no_silence(bench: Bench) -> None:
    honest = trial([Entry(GOOD, stake=123_456)], federation=bench.federation)
    reveal = honest.facts.reveals[0]
    for deadline, verdict in ((REPORTED_AT + 1, no_fault(Fault.STANDING)), (REPORTED_AT, CONVICTED)):
        bench.silence(honest.facts.number, reveal.participant, reveal.digest, deadline)
        assert bench.judge(case_of(honest), standing_proof(honest, 0)) == verdict
    bench.silence(honest.facts.number, reveal.participant, reveal.digest, 0)
    unavailable = with_standing(honest, 0, status=Status.UNAVAILABLE)
    assert bench.judge(case_of(unavailable), standing_proof(honest, 0, standing=excerpt(unavailable.leaves, 1))) == ()


def test_an_update_that_repeats_one_that_was_withheld_is_a_duplicate(bench: Bench) -> None:
    honest = trial([Entry(GOOD, stake=77), Entry(GOOD, stake=78)], federation=bench.federation)
    first, _ = honest.facts.reveals
    seen = replace(honest.seen, silent=frozenset({(first.participant, first.digest)}))
    changed = trial_of(honest.facts, seen, CODE)
    silences(bench, changed)
    assert [one.status for one in changed.outcome.standings] == [Status.UNAVAILABLE, Status.DUPLICATE]
    for index in range(2):
        assert bench.judge(case_of(changed), standing_proof(changed, index)) == no_fault(Fault.STANDING)
    bench.silence(changed.facts.number, first.participant, first.digest, 0)


def test_reveals_must_be_those_of_the_round(bench: Bench, honest: Trial) -> None:
    case, right = case_of(honest), packed_reveals(honest.facts.reveals)
    for wrong in (right[:-60], right + right[:60], right[60:] + right[:60], b""):
        answer = bench.judge(case, standing_proof(honest, 0, reveals=wrong))
        assert answer[:2] == ("WrongReveals", honest.facts.accumulator)
    for wrong in (right[:-1], right + b"\0"):
        assert bench.judge(case, standing_proof(honest, 0, reveals=wrong)) == ("UnreadableBytes", "reveals")


def test_more_standings_than_reveals_are_out_of_range(bench: Bench, honest: Trial) -> None:
    reveals = honest.facts.reveals[:2]
    short = replace(honest, facts=replace(honest.facts, reveals=reveals))
    folded = bench.judge(case_of(honest), standing_proof(honest, 2, reveals=packed_reveals(reveals)))[2]
    posted = replace(honest, report=replace(honest.report, inputs=folded))
    proof = standing_proof(honest, 2, reveals=packed_reveals(short.facts.reveals))
    assert bench.judge(case_of(posted), proof) == ("OutOfRange", "reveal", 2, 2)


def test_payload_and_circuit_must_hash_to_their_digests(bench: Bench, honest: Trial) -> None:
    case, digest = case_of(honest), honest.facts.reveals[0].digest
    answer = bench.judge(case, standing_proof(honest, 0, payload=b"other"))
    assert answer == ("WrongBytes", "payload", digest, sha256(b"other").digest())
    answer = bench.judge(case, standing_proof(honest, 0, circuit=b"other"))
    assert answer == ("WrongBytes", "circuit", honest.seen.circuit, sha256(b"other").digest())


def test_a_standing_is_one_leaf_of_a_reveal(bench: Bench, honest: Trial) -> None:
    revealed, case = len(honest.facts.reveals), case_of(honest)
    for at, count in ((0, 1), (revealed + 1, 1), (1, 2), (len(honest.leaves) - 1, 1)):
        answer = bench.judge(case, standing_proof(honest, 0, standing=excerpt(honest.leaves, at, count)))
        assert answer == ("WrongExcerpt", "standing")
    posted = with_leaf(honest, 2, b"junk")
    proof = standing_proof(honest, 0, standing=excerpt(posted.leaves, 2))
    assert bench.judge(case_of(posted), proof) == ("UnreadableLeaf", 2)
    assert bench.judge(case, proof) == ("InvalidExcerpt", "standing")
