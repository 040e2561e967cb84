from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import factorial, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.errors import DigestMismatch, MalformedPayload, ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import (
    Rules,
    Validation,
    decode_model,
    decode_validation,
    digest_of_bytes,
    encode_validation,
    targets,
)
from qfl_chain.protocol.contribution import EXACT_UP_TO, subset
from qfl_chain.protocol.evidence import (
    Status,
    decode_evidence,
    evidence_leaves,
)
from qfl_chain.protocol.merkle import excerpt, tree_root, verify_excerpt
from qfl_chain.protocol.report import Observations, Outcome, build_report
from qfl_chain.protocol.rewards import verify_claim
from qfl_chain.types import Digest, Gwei, Round

from .builders import CIRCUIT, OTHER_CIRCUIT, Entry, account, model_block, scene, update_block, validation_block

GOOD = (10, 5, -3)
ALSO_GOOD = (4, 9, 0)
BAD = (-700, 900, 800)


def report_on(*entries: Entry, **options: object) -> Outcome:
    return build_report(*scene(entries, **options))  # type: ignore[arg-type]


def best_direction() -> tuple[int, ...]:
    """Deltas that lower the loss of the default scene: a few steps of coordinate descent."""
    _, seen = scene([Entry(GOOD)])
    validation = decode_validation(seen.validation)
    goal = targets(validation.labels, validation.classes)
    base = decode_model(seen.base_model).parameters
    deltas = np.zeros(3, dtype=np.int64)
    for _ in range(20):
        moves = [deltas + step * np.eye(3, dtype=np.int64)[axis] for axis in range(3) for step in (-2, 0, 2)]
        losses = [seen.executor.losses((base + move)[None], validation.features, goal).sum() for move in moves]
        deltas = moves[int(np.argmin(losses))]
    return tuple(deltas.tolist())


BEST = best_direction()


def reference(round_: Round, seen: Observations) -> tuple[list[int], dict[str, Fraction], list[int]]:
    """Weighted-mean reports by definition: the model's parameters, exact contributions, and rewards."""
    validation, base = decode_validation(seen.validation), decode_model(seen.base_model).parameters.tolist()
    drawn = subset(round_.accumulator, round_.number, len(validation.labels), validation.rules.subset)
    goal = targets(validation.labels, validation.classes)
    players = list(round_.reveals)
    deltas = {reveal.participant: np.frombuffer(seen.updates[reveal.digest][43:], ">i4").tolist() for reveal in players}

    def mean(weights: dict[str, int]) -> list[int]:
        total = sum(weights.values())
        return [
            value + (floor(Fraction(sum(w * deltas[who][at] for who, w in weights.items()), total)) if total else 0)
            for at, value in enumerate(base)
        ]

    def score(model: list[int]) -> int:
        loss = 0
        for index in drawn:
            output = sum(p * x for p, x in zip(model, validation.features[index].tolist(), strict=True))
            loss += sum((output - 1000 * int(target)) ** 2 for target in goal[index])
        return -loss

    phis = {reveal.participant: Fraction(0) for reveal in players}
    for order in permutations(players):
        present: dict[str, int] = {}
        for reveal in order:
            before = score(mean(present))
            present = {**present, reveal.participant: reveal.stake}
            phis[reveal.participant] += Fraction(score(mean(present)) - before, factorial(len(players)))
    weights = {reveal.participant: Fraction(reveal.stake) * max(phis[reveal.participant], 0) for reveal in players}
    whole = {who: int(weight * factorial(len(players))) for who, weight in weights.items()}
    model = mean(whole)
    if not any(whole.values()) or score(model) < score(base):
        return base, phis, [0] * len(players)
    exact = [round_.budget * weights[reveal.participant] / sum(weights.values()) for reveal in players]
    rewards = [floor(share) for share in exact]
    while sum(rewards) < round_.budget:
        owed = [share - paid for share, paid in zip(exact, rewards, strict=True)]
        rewards[owed.index(max(owed))] += 1
    return model, phis, rewards


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(-30, 30), min_size=3, max_size=3), st.integers(1, 1 << 40)),
        min_size=1,
        max_size=4,
        unique_by=lambda entry: tuple(entry[0]),
    ),
    st.integers(1, 20),
    st.integers(0, 1 << 50),
)
def test_the_report_follows_from_the_definitions(entries: list[tuple[list[int], int]], size: int, budget: int) -> None:
    round_, seen = scene([Entry(*entry) for entry in entries], rules=Rules(subset=size), budget=budget)
    outcome = build_report(round_, seen)
    model, phis, rewards = reference(round_, seen)
    assert decode_model(outcome.model).parameters.tolist() == model
    assert [Fraction(one.phi, outcome.scale) for one in outcome.standings] == list(phis.values())
    assert [one.reward for one in outcome.standings] == rewards
    assert outcome.report.total == sum(rewards)


def test_an_update_that_helps_becomes_the_model_and_takes_the_budget() -> None:
    outcome = report_on(Entry(BEST), Entry(BAD))
    helper, harmful = outcome.standings
    assert outcome.accepted
    assert outcome.loss_after < outcome.loss_before
    assert (helper.reward, harmful.reward) == (1_000_000, 0)
    assert harmful.phi < 0
    assert harmful.status is Status.ACCEPTED
    model = decode_model(outcome.model)
    assert (model.circuit, model.round) == (CIRCUIT, 1)
    assert model.parameters.tolist() == [p + d for p, d in zip((3, -2, 1), BEST, strict=True)]
    assert outcome.report.model == digest_of_bytes(outcome.model)


def test_the_report_binds_round_model_evidence_and_rewards() -> None:
    round_, seen = scene([Entry(BEST), Entry(ALSO_GOOD)])
    outcome = build_report(round_, seen)
    report, leaves = outcome.report, evidence_leaves(decode_evidence(outcome.evidence))
    assert (report.round, report.inputs) == (1, round_.accumulator)
    assert (report.rewards, report.total) == (outcome.tree.root, outcome.tree.total)
    assert report.evidence == digest_of_bytes(outcome.evidence)
    assert report.evidence_root == tree_root(leaves)


def test_when_nobody_helps_the_model_stays_and_nobody_is_paid() -> None:
    round_, seen = scene([Entry(BAD)])
    outcome = build_report(round_, seen)
    assert not outcome.accepted
    assert outcome.model == seen.base_model
    assert (outcome.report.model, outcome.report.total) == (round_.base_model, 0)
    assert outcome.report.rewards == bytes(32)
    assert [one.reward for one in outcome.standings] == [0]
    assert outcome.standings[0].weight == 0
    assert outcome.loss_after == outcome.loss_before


def test_an_aggregate_that_worsens_the_loss_is_refused_although_somebody_has_a_weight() -> None:
    # Contributions are measured under stake weights, the candidate is made under stake times contribution: the
    # first of these drawn rounds where the two disagree is the case in question.
    found = None
    for seed in range(300):
        deltas = np.random.default_rng(seed).integers(-60, 60, (3, 3)).tolist()
        outcome = report_on(*(Entry(row) for row in deltas), rules=Rules(rule="median"))
        if any(one.weight for one in outcome.standings) and not outcome.accepted:
            found = outcome
            break
    assert found is not None
    assert found.loss_after > found.loss_before
    assert found.report.total == 0
    assert decode_model(found.model).round == 0


def test_a_round_without_an_accepted_update_still_has_a_report() -> None:
    outcome = report_on(Entry(None), Entry(b"not an update"))
    assert [one.status for one in outcome.standings] == [Status.UNAVAILABLE, Status.MALFORMED]
    assert not outcome.accepted
    assert outcome.loss_before > 0
    assert outcome.reasons == {
        account(1): "it was demanded and not shown in time",
        account(2): "update: wrong magic: found 0x6e6f7420, expected 0x51464c55",
    }


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (update_block(BEST, round_number=2), "update: made for round 2, expected 1"),
        (update_block(BEST, circuit=OTHER_CIRCUIT), "update: made for circuit"),
        (update_block(BEST[:2]), "update: 2 deltas, the circuit has 3 parameters"),
        (update_block([20_000, 0, 0]), "update: squared norm"),
        (update_block(BEST) + b"\x00", "update: 1 trailing bytes"),
    ],
)
def test_malformed_updates_count_for_nothing_and_the_reason_is_kept(block: bytes, reason: str) -> None:
    outcome = report_on(Entry(block), Entry(BEST))
    malformed, other = outcome.standings
    assert (malformed.status, malformed.player) == (Status.MALFORMED, None)
    assert (malformed.phi, malformed.weight, malformed.reward, malformed.cumulative) == (0, 0, 0, 0)
    assert outcome.reasons[account(1)].startswith(reason)
    assert (other.status, other.player, other.reward) == (Status.ACCEPTED, 0, 1_000_000)


def test_among_equal_updates_the_first_revealed_scores_and_the_copies_get_nothing() -> None:
    outcome = report_on(Entry(GOOD), Entry(BEST), Entry(BEST), Entry(BEST))
    assert [one.status for one in outcome.standings][1:] == [Status.ACCEPTED, Status.DUPLICATE, Status.DUPLICATE]
    assert [one.player for one in outcome.standings] == [0, 1, None, None]
    assert [one.reward for one in outcome.standings][2:] == [0, 0]
    assert outcome.reasons[account(4)] == f"{account(2)} revealed the same update earlier"


def test_copies_of_a_malformed_update_are_malformed() -> None:
    outcome = report_on(Entry(b"junk"), Entry(b"junk"))
    assert [one.status for one in outcome.standings] == [Status.MALFORMED, Status.MALFORMED]


def test_a_copy_changes_nothing_for_the_original() -> None:
    alone, copied = report_on(Entry(BEST)), report_on(Entry(BEST), Entry(BEST))
    assert copied.model == alone.model
    assert copied.standings[0].reward == alone.standings[0].reward


def test_cumulative_rewards_grow_and_every_account_ever_paid_can_claim() -> None:
    earlier = {account(1): Gwei(70), account(77): Gwei(30)}
    outcome = report_on(Entry(BEST), cumulative=earlier)
    assert outcome.cumulative == {account(1): 1_000_070, account(77): 30}
    assert outcome.standings[0].cumulative == 1_000_070
    assert outcome.report.total == 1_000_100
    for who in outcome.cumulative:
        assert verify_claim(outcome.report.rewards, outcome.report.total, who, outcome.tree.claim(who))


def test_a_refused_model_leaves_earlier_rewards_as_they_are() -> None:
    earlier = {account(1): Gwei(70), account(77): Gwei(30)}
    outcome = report_on(Entry(BAD), cumulative=earlier)
    assert outcome.cumulative == earlier
    assert outcome.standings[0].cumulative == 70


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_judge_a_round(rule: str) -> None:
    deltas = [BEST, ALSO_GOOD, GOOD]
    outcome = report_on(*(Entry(row) for row in deltas), rules=Rules(rule=rule))
    assert outcome.accepted
    weights = [one.weight for one in outcome.standings]
    expected = np.array((3, -2, 1)) + RULES[rule](np.array(deltas), weights)
    assert decode_model(outcome.model).parameters.tolist() == expected.tolist()


def test_more_than_eight_participants_are_measured_by_drawn_orders() -> None:
    entries = [Entry((number, -number, 2 * number)) for number in range(1, EXACT_UP_TO + 2)]
    outcome = report_on(*entries, rules=Rules(permutations=6))
    evidence = decode_evidence(outcome.evidence)
    scores = {score.members: -sum(score.losses) for score in evidence.coalitions}
    gain = scores[(1 << len(entries)) - 1] - scores[0]
    assert outcome.scale == 6
    assert len(evidence.coalitions) < 1 << len(entries)
    assert sum(one.phi for one in outcome.standings) == 6 * gain


def test_the_evidence_holds_what_a_fault_proof_needs() -> None:
    round_, seen = scene([Entry(BEST), Entry(None), Entry(ALSO_GOOD)])
    outcome = build_report(round_, seen)
    evidence = decode_evidence(outcome.evidence)
    header, verdict = evidence.header, evidence.aggregate
    validation, base = decode_validation(seen.validation), decode_model(seen.base_model).parameters
    assert (header.base_model, header.validation) == (round_.base_model, digest_of_bytes(seen.validation))
    assert (header.federation, header.inputs, header.budget) == (round_.federation, round_.accumulator, round_.budget)
    assert [one.player for one in evidence.standings] == [0, None, 1]
    assert [score.members for score in evidence.coalitions] == [0, 1, 2, 3]
    drawn = np.array(header.subset)
    goal = targets(validation.labels, validation.classes)[drawn]
    models = {1: base + np.array(BEST), 2: base + np.array(ALSO_GOOD)}
    for mask, model in models.items():
        score = evidence.coalitions[mask]
        assert score.model == digest_of_bytes(model_block(model.tolist(), 1))
        losses = seen.executor.losses(model[None], validation.features[drawn], goal)
        assert list(score.losses) == losses[0].tolist()
    assert (verdict.candidate, verdict.model) == (outcome.report.model, outcome.report.model)
    assert (sum(verdict.losses), verdict.before) == (outcome.loss_after, sum(evidence.coalitions[0].losses))


def test_one_leaf_of_the_evidence_can_be_opened_against_the_report() -> None:
    outcome = report_on(Entry(BEST), Entry(ALSO_GOOD))
    leaves = evidence_leaves(decode_evidence(outcome.evidence))
    for index in range(len(leaves)):
        assert verify_excerpt(outcome.report.evidence_root, excerpt(leaves, index))


def test_two_parties_with_the_same_content_reach_the_same_bytes() -> None:
    entries = [Entry(BEST), Entry(GOOD), Entry(None), Entry(b"junk")]
    round_, seen = scene(entries)
    backwards = replace(seen, updates=dict(reversed(list(seen.updates.items()))))
    first, second = build_report(round_, seen), build_report(round_, backwards)
    assert (first.report, first.evidence, first.model) == (second.report, second.evidence, second.model)


def test_a_missing_update_counts_as_unavailable_only_where_a_demand_ran_out() -> None:
    round_, seen = scene([Entry(BEST), Entry(ALSO_GOOD)])
    lost = round_.reveals[1]
    without = replace(seen, updates={**seen.updates, lost.digest: None})
    with pytest.raises(ProtocolError, match=f"nobody gave the update of {lost.participant}.*no report can be made"):
        build_report(round_, without)
    silent = replace(without, silent=frozenset({(lost.participant, lost.digest)}))
    assert build_report(round_, silent).standings[1].status is Status.UNAVAILABLE


def test_an_update_that_was_not_shown_in_time_counts_for_nothing_whoever_has_it_now() -> None:
    round_, seen = scene([Entry(BEST), Entry(ALSO_GOOD)])
    late = frozenset({(round_.reveals[0].participant, round_.reveals[0].digest)})
    first, second = build_report(round_, replace(seen, silent=late)).standings
    assert (first.status, first.reward, second.player) == (Status.UNAVAILABLE, 0, 0)


def test_a_copy_of_an_update_that_was_not_shown_in_time_is_a_duplicate_all_the_same() -> None:
    round_, seen = scene([Entry(BEST), Entry(BEST)])
    late = frozenset({(round_.reveals[0].participant, round_.reveals[0].digest)})
    outcome = build_report(round_, replace(seen, silent=late))
    assert [one.status for one in outcome.standings] == [Status.UNAVAILABLE, Status.DUPLICATE]


def test_a_participant_whose_stake_was_all_taken_takes_part_without_a_weight() -> None:
    paid, taken = report_on(Entry(BEST), Entry(ALSO_GOOD, stake=0)).standings
    assert (taken.status, taken.player, taken.weight, taken.reward) == (Status.ACCEPTED, 1, 0, 0)
    assert paid.reward == 1_000_000


def test_a_coalition_without_any_stake_is_the_base_model() -> None:
    outcome = report_on(Entry(GOOD, stake=0), Entry(ALSO_GOOD, stake=0))
    losses = {score.loss for score in decode_evidence(outcome.evidence).coalitions}
    assert losses == {outcome.loss_before}
    assert not outcome.accepted


@pytest.mark.parametrize("block", ["base_model", "validation"])
def test_what_the_report_rests_on_is_in_its_digest(block: str) -> None:
    round_, seen = scene([Entry(BEST)])
    before = build_report(round_, seen).report
    if block == "base_model":
        other = model_block((1, 1, 1))
        round_, seen = replace(round_, base_model=digest_of_bytes(other)), replace(seen, base_model=other)
    else:
        validation = decode_validation(seen.validation)
        other = encode_validation(replace(validation, rules=Rules(subset=validation.rules.subset + 1)))
        seen = replace(seen, validation=other)
    after = build_report(round_, seen).report
    assert (after.evidence, after.evidence_root) != (before.evidence, before.evidence_root)


def test_a_base_model_that_is_not_the_chains_is_refused() -> None:
    round_, seen = scene([Entry(BEST)])
    with pytest.raises(DigestMismatch, match="base model: bytes hash to"):
        build_report(round_, replace(seen, base_model=model_block((9, 9, 9))))


def test_an_update_that_is_not_the_revealed_one_is_refused() -> None:
    round_, seen = scene([Entry(BEST)])
    swapped: dict[Digest, bytes | None] = {round_.reveals[0].digest: update_block(GOOD)}
    with pytest.raises(DigestMismatch, match="update: bytes hash to"):
        build_report(round_, replace(seen, updates=swapped))


def test_a_base_model_of_another_length_is_refused() -> None:
    round_, seen = scene([Entry([1, 1, 1])])
    forged = model_block([1, 2])
    with pytest.raises(MalformedPayload, match="base model: 2 parameters, the circuit has 3"):
        build_report(replace(round_, base_model=digest_of_bytes(forged)), replace(seen, base_model=forged))


def test_a_base_model_of_another_circuit_is_refused() -> None:
    round_, seen = scene([Entry(BEST)])
    other = model_block((1, 2, 3), circuit=OTHER_CIRCUIT)
    with pytest.raises(MalformedPayload, match="base model: made for circuit"):
        build_report(replace(round_, base_model=digest_of_bytes(other)), replace(seen, base_model=other))


def test_a_validation_set_that_cannot_be_read_is_refused() -> None:
    round_, seen = scene([Entry(BEST)])
    with pytest.raises(MalformedPayload, match="validation set: "):
        build_report(round_, replace(seen, validation=validation_block()[:-1]))


def test_reveals_that_do_not_fold_to_the_accumulator_are_refused() -> None:
    round_, seen = scene([Entry(BEST), Entry(GOOD)])
    with pytest.raises(ProtocolError, match="a log is missing or out of order"):
        build_report(replace(round_, reveals=round_.reveals[::-1]), seen)


def test_cumulative_rewards_that_miss_the_total_are_refused() -> None:
    round_, seen = scene([Entry(BEST)], cumulative={account(1): Gwei(5)})
    with pytest.raises(ProtocolError, match="recompute the earlier rounds first"):
        build_report(replace(round_, total=Gwei(6)), seen)


def test_a_round_can_be_scored_by_a_real_circuit() -> None:
    reads = [Angle(0, 1 << 24, Source.FEATURE, 0), Angle(0, 1 << 24, Source.PARAMETER, 0)]
    circuit = Circuit(1, 1, 1, tuple(Gate("RY", (0,), angle) for angle in reads), ((0,),))
    quarter = 1 << 30
    features = np.array([[-quarter], [quarter]] * 4)
    validation = encode_validation(Validation(Rules(), features, np.array([0, 1] * 4), 2))
    helpful = update_block([-quarter // 2], circuit=circuit.digest)
    harmful = update_block([quarter // 2], circuit=circuit.digest)
    base = model_block([0], circuit=circuit.digest)
    round_, _ = scene([Entry(helpful), Entry(harmful)])
    round_ = replace(round_, base_model=digest_of_bytes(base))
    updates: dict[Digest, bytes | None] = {digest_of_bytes(block): block for block in (helpful, harmful)}
    outcome = build_report(
        round_, Observations(circuit.digest, 1 << 31, base, validation, updates, ScoringProgram(circuit))
    )
    # cos(x + theta) is 0 at both samples for theta = 0; a turn by -45 degrees takes
    # the sample of label 1 to 0.707 and the other to -0.707.
    one = 1 << 30
    assert outcome.loss_before == pytest.approx(8 * one, rel=1e-6)
    assert outcome.loss_after == pytest.approx(8 * one * (1 - 0.5**0.5) ** 2, rel=1e-6)
    assert [standing.reward for standing in outcome.standings] == [1_000_000, 0]
