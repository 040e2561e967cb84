"""Evidence held against the logs: what is missing, unreadable or about something else is kept as just that."""

from __future__ import annotations

from dataclasses import replace
from math import isclose
from typing import Any

import numpy as np
import pytest

from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.circuit.units import UNIT
from qfl_chain.protocol.codec import decode_model
from qfl_chain.protocol.evidence import Evidence, decode_evidence, encode_evidence, evidence_leaves
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import Digest

from .written import BASE, GOOD, ONE, THREE, TWO, Written


def statuses(written: Written) -> list[tuple[Any, ...]]:
    with written.index() as index:
        read_evidence(index, written.store)
        return index.query("SELECT round, status, detail FROM evidence ORDER BY round")


def reported_with(change: Any) -> Written:
    """A round whose report carries other evidence, whose root it states truly."""
    written = Written().start().open(1).commit(1, *GOOD).reveal(1, GOOD)
    evidence: Evidence = change(decode_evidence(written.outcome(1).evidence))
    root = tree_root(evidence_leaves(evidence))
    return written.report(1, evidence=encode_evidence(evidence), evidenceRoot=root)


def test_true_evidence_is_read_with_all_its_standings() -> None:
    written = Written().start().whole_round(1, GOOD).whole_round(2, {ONE: (1, 0, 0), TWO: (0, -1, 0)})
    with written.index() as index:
        read_evidence(index, written.store)
        assert index.query("SELECT round, status, detail, samples FROM evidence ORDER BY round") == [
            (1, "read", None, 8),
            (2, "read", None, 8),
        ]
        rows = index.query("SELECT round, place, participant, reward, cumulative FROM standings ORDER BY round, place")
        standings = [
            (number, place, one.participant, one.reward, one.cumulative)
            for number in (1, 2)
            for place, one in enumerate(
                decode_evidence(
                    written.store.get(
                        Digest(
                            next(
                                event.args["evidence"]
                                for event in written.events
                                if event.name == "Reported" and event.args["round"] == number
                            )
                        )
                    )
                ).standings
            )
        ]
        assert rows == standings
        assert index.query("SELECT sum(amount) FROM rewards") == [(written.events[-1].args["total"],)]


def test_geometry_is_that_of_the_blocks() -> None:
    written = Written().start().whole_round(1, GOOD)
    with written.index() as index:
        read_evidence(index, written.store)
        rows = index.query("SELECT participant, status, weight, norm, cosine, moved FROM standings ORDER BY place")
        ((agreement, step, drift),) = index.query("SELECT agreement, step, drift FROM evidence")
    model = decode_model(written.store.get(Digest(written.events[-1].args["model"]))).parameters
    moved = (model - np.array(BASE)) * UNIT
    assert isclose(step, np.linalg.norm(moved))
    assert isclose(drift, step)
    total = sum(weight for _, _, weight, *_ in rows)
    pairs = []
    for participant, _, weight, norm, cosine, share in rows:
        delta = np.array(GOOD[participant]) * UNIT
        assert isclose(norm, np.linalg.norm(delta))
        assert isclose(cosine, delta @ moved / np.linalg.norm(delta) / step)
        assert isclose(share, weight / total * (delta @ moved) / step**2, abs_tol=1e-12)
        pairs += [
            delta @ np.array(GOOD[other]) * UNIT / np.linalg.norm(delta) / np.linalg.norm(GOOD[other]) / UNIT
            for other in GOOD
            if other != participant
        ]
    assert isclose(agreement, np.mean(pairs), abs_tol=1e-12)


def test_a_round_that_kept_its_model_has_no_step_to_point_along() -> None:
    written = Written().start().whole_round(1, {ONE: (-9, -9, -9)})
    with written.index() as index:
        read_evidence(index, written.store)
        assert index.query("SELECT accepted, step, agreement FROM evidence") == [(False, 0.0, None)]
        assert index.query("SELECT norm IS NULL, cosine, moved FROM standings") == [(False, None, None)]


def test_missing_blocks_leave_their_figures_out() -> None:
    written = Written().start().whole_round(1, GOOD)
    reported = written.events[-1].args
    lost = MemoryStore()
    lost.put(written.store.get(Digest(reported["evidence"])))
    with written.index() as index:
        read_evidence(index, lost)
        assert index.query("SELECT status, step, drift, agreement FROM evidence") == [("read", None, None, None)]
        assert index.query("SELECT DISTINCT norm, cosine, moved FROM standings") == [(None, None, None)]


def test_missing_blocks_are_asked_for_again() -> None:
    written = Written().start().whole_round(1, GOOD)
    reported = written.events[-1].args
    some = MemoryStore()
    some.put(written.store.get(Digest(reported["evidence"])))
    some.put(written.store.get(Digest(written.events[-2].args["digest"])))
    shape = "SELECT norm, cosine, moved, agreement, step FROM standings s, evidence e ORDER BY place"
    with written.index() as index, written.index() as whole:
        read_evidence(whole, written.store)
        read_evidence(index, some)
        assert [row[0] is None for row in index.query(shape)] == [True, True, False]
        rest = MemoryStore()
        rest._blocks = {name: block for name, block in written.store._blocks.items() if name != reported["evidence"]}
        read_evidence(index, rest)
        assert index.query("SELECT status FROM evidence") == [("read",)]
        assert index.query(shape) == whole.query(shape)


def test_missing_evidence_is_a_gap_and_is_asked_for_again() -> None:
    written = Written().start().whole_round(1, GOOD)
    with written.index() as index:
        read_evidence(index, MemoryStore())
        ((status, detail),) = index.query("SELECT status, detail FROM evidence")
        assert status == "missing"
        assert "no store gives bafkrei" in detail
        assert index.query("SELECT count(*) FROM standings") == [(0,)]
        read_evidence(index, written.store)
        assert index.query("SELECT status FROM evidence") == [("read",)]
        assert index.query("SELECT count(*) FROM standings") == [(3,)]


def test_what_was_read_is_not_asked_for_again() -> None:
    written = Written().start().whole_round(1, GOOD)
    steps: list[tuple[int, int]] = []
    with written.index() as index:
        read_evidence(index, written.store)
        read_evidence(index, MemoryStore(), lambda done, of: steps.append((done, of)))
        assert index.query("SELECT status FROM evidence") == [("read",)]
    assert steps == [(0, 0)]


def test_progress_counts_the_reports() -> None:
    written = Written().start().whole_round(1, GOOD).whole_round(2, GOOD)
    steps: list[tuple[int, int]] = []
    with written.index() as index:
        read_evidence(index, written.store, lambda done, of: steps.append((done, of)))
    assert steps == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("block", [b"", b"QFLE\x01", b"hello", b"QFLE\x01\x00\x00\x00\x02" + bytes(300)])
def test_bytes_that_are_no_evidence_are_unreadable(block: bytes) -> None:
    written = Written().start().open(1).commit(1, *GOOD).reveal(1, GOOD).report(1, evidence=block)
    ((_, status, detail),) = statuses(written)
    assert status == "unreadable"
    assert detail.startswith("evidence")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("federation", ONE, "federation"),
        ("round", 7, "round: the evidence says 7, the logs 1"),
        ("inputs", 3, "inputs"),
        ("circuit", Digest(bytes(32)), "circuit"),
        ("validation", Digest(bytes(32)), "validation set"),
        ("base_model", Digest(bytes(32)), "base model"),
        ("budget", 5, "budget: the evidence says 5, the logs 1000000"),
        ("previous_total", 9, "previous total"),
    ],
)
def test_evidence_about_something_else_contradicts(field: str, value: Any, named: str) -> None:
    written = reported_with(lambda one: replace(one, header=replace(one.header, **{field: value})))
    ((_, status, detail),) = statuses(written)
    assert (status, detail[: len(named)]) == ("contradicts", named)


def test_standings_that_are_not_the_round_s_reveals_contradict() -> None:
    def other(field: str, value: Any) -> Any:
        def change(one: Evidence) -> Evidence:
            return replace(one, standings=(replace(one.standings[0], **{field: value}), *one.standings[1:]))

        return change

    for field, value in (
        ("participant", TWO),
        ("stake", 5),
        ("digest", Digest(bytes(32))),
    ):
        ((_, status, detail),) = statuses(reported_with(other(field, value)))
        assert (status, detail) == ("contradicts", f"reveal 0 of {ONE} is not the one the logs hold")


def test_reveals_left_out_of_the_evidence_contradict() -> None:
    def shorter(one: Evidence) -> Evidence:
        kept = one.standings[:2]
        return replace(one, header=replace(one.header, reveals=2), standings=kept)

    ((_, status, detail),) = statuses(reported_with(shorter))
    assert (status, detail) == ("contradicts", "number of reveals: the evidence says 2, the logs 3")


def test_rewards_that_are_not_what_the_total_grew_by_contradict() -> None:
    def richer(one: Evidence) -> Evidence:
        first = replace(one.standings[0], reward=one.standings[0].reward + 1)
        return replace(one, standings=(first, *one.standings[1:]))

    ((_, status, detail),) = statuses(reported_with(richer))
    assert status == "contradicts"
    assert detail.startswith("rewards: the evidence says 1000001, the logs 1000000")


def test_evidence_of_another_model_contradicts() -> None:
    written = Written().start().open(1).commit(1, *GOOD).reveal(1, GOOD).report(1, model=bytes(32))
    ((_, status, detail),) = statuses(written)
    assert (status, detail[:6]) == ("contradicts", "model:")


def test_evidence_under_another_root_contradicts() -> None:
    written = Written().start().open(1).commit(1, *GOOD).reveal(1, GOOD).report(1, evidenceRoot=bytes(32))
    assert statuses(written) == [
        (1, "contradicts", "its leaves are not those under the report's evidence root"),
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("phi", 10**38), ("phi", -(1 << 255)), ("weight", (1 << 256) - 1), ("weight", 10**38)]
)
def test_numbers_no_index_can_hold_are_unreadable_and_not_a_crash(field: str, value: int) -> None:
    def huge(one: Evidence) -> Evidence:
        return replace(one, standings=(*one.standings[:2], replace(one.standings[2], **{field: value})))

    assert statuses(reported_with(huge)) == [(1, "unreadable", f"{field} of {THREE} has more than 38 digits")]


def test_the_largest_numbers_that_fit_are_exact() -> None:
    def large(one: Evidence) -> Evidence:
        first = replace(one.standings[0], phi=-(10**38) + 1, weight=10**38 - 1)
        return replace(one, standings=(first, *one.standings[1:]))

    written = reported_with(large)
    with written.index() as index:
        read_evidence(index, written.store)
        rows = index.query("SELECT phi, weight FROM standings WHERE place = 0")
    assert rows == [(-(10**38) + 1, 10**38 - 1)]


def test_evidence_of_one_round_reported_for_another_contradicts() -> None:
    written = Written().start().whole_round(1, GOOD)
    old = written.store.get(Digest(written.events[-1].args["evidence"]))
    written.open(2).commit(2, *GOOD).reveal(2, GOOD).report(2, evidence=old)
    assert [(number, status) for number, status, _ in statuses(written)] == [(1, "read"), (2, "contradicts")]


def test_a_voided_report_s_evidence_is_read_and_the_next_builds_on_the_one_before() -> None:
    written = Written().start().whole_round(1, GOOD).add("ReportVoided", round=1)
    written.whole_round(2, {ONE: (-1, 0, 1)})
    with written.index() as index:
        read_evidence(index, written.store)
        assert index.query("SELECT round, status FROM evidence ORDER BY round") == [(1, "read"), (2, "read")]
        assert index.query("SELECT round, stands, previous_total FROM reports ORDER BY round") == [
            (1, False, 0),
            (2, True, 0),
        ]
        assert index.query("SELECT DISTINCT round FROM rewards") == [(2,)]


def test_an_index_without_logs_has_no_evidence_to_read() -> None:
    with Written().index() as index:
        read_evidence(index, MemoryStore())
        assert index.query("SELECT * FROM evidence") == []


def test_a_circuit_that_is_none_leaves_the_figures_out() -> None:
    # The hand-written federation's circuit is in no store: figures of its models are a gap, not a guess.
    written = Written().start().whole_round(1, GOOD)
    with written.index() as index:
        read_evidence(index, written.store)
        assert index.query("SELECT * FROM model_metrics") == []


def _without_samples(evidence: Evidence) -> Evidence:
    scores = tuple(replace(score, losses=()) for score in evidence.coalitions)
    aggregate = replace(evidence.aggregate, losses=())
    return replace(evidence, header=replace(evidence.header, subset=()), coalitions=scores, aggregate=aggregate)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_without_samples, "it drew no validation rows"),
        (lambda one: replace(one, aggregate=replace(one.aggregate, after=-1)), "a loss is below zero"),
    ],
)
def test_evidence_that_no_round_can_have_is_a_gap_and_no_figure(change: Any, why: str) -> None:
    written = reported_with(change)
    assert statuses(written) == [(1, "unreadable", why)]
    with written.index() as index:
        read_evidence(index, written.store)
        (only,) = load_facts(index).rounds
    assert (only.evidence, only.loss_before, only.loss_after) == ("unreadable", None, None)
