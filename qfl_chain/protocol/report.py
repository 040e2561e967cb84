"""The report of a round: one pure function from what the chain says and what the store holds.

An oracle signs and posts its result, ``qfl verify`` calls it again and compares. Everything in it is integer and
comes from its arguments, so two honest parties with the same content reach the same bytes. Rule P26.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qfl_chain.errors import DigestMismatch, MalformedPayload, ProtocolError
from qfl_chain.ports import Executor
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import (
    Model,
    Validation,
    check_update,
    decode_model,
    decode_validation,
    digest_of_bytes,
    encode_model,
    targets,
)
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.contribution import CONTRIBUTIONS, coalition_models, plan, subset
from qfl_chain.protocol.evidence import (
    Aggregate,
    CoalitionScore,
    Evidence,
    Header,
    Standing,
    Status,
    encode_evidence,
    evidence_leaves,
)
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.rewards import (
    STAKE_WEIGHTS,
    RewardTree,
    add_rewards,
    contribution_weights,
    reward_tree,
    split,
)
from qfl_chain.protocol.scheme import PROTOCOL, Scheme
from qfl_chain.types import Address, Digest, Gwei, IntArray, Report, Reveal, Round


@dataclass(frozen=True, slots=True)
class Observations:
    """What an oracle brings besides the chain's facts.

    Attributes:
        circuit: digest of the federation's circuit.
        max_norm: bound on an update's Euclidean norm, in units.
        base_model: the block of the round's base model.
        validation: the block of the validation set, which also holds the rules.
        updates: the block behind every revealed digest; None or absent where nobody gave it.
        executor: the circuit's scoring program.
        silent: participant and digest of the updates that were demanded on chain and not shown in time.
    """

    circuit: Digest
    max_norm: int
    base_model: bytes
    validation: bytes
    updates: Mapping[Digest, bytes | None]
    executor: Executor
    silent: frozenset[tuple[Address, Digest]] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report and everything it stands on.

    Attributes:
        report: what the committee signs.
        model: the block of the standing model: the new one, or the base model when ``accepted`` is false.
        evidence: the evidence block.
        tree: the rewards tree, with a claim for every account ever paid.
        cumulative: every account's cumulative reward, as the next round's report needs it.
        standings: one per reveal, in the order of the reveals.
        reasons: why an update counted for nothing, by participant.
        scale: what every ``phi`` is multiplied by.
        loss_before: the base model's loss on the round's subset, Q30, summed.
        loss_after: the candidate model's.
        accepted: whether the candidate became the model and the budget was paid.
    """

    report: Report
    model: bytes
    evidence: bytes
    tree: RewardTree
    cumulative: Mapping[Address, Gwei]
    standings: tuple[Standing, ...]
    reasons: Mapping[Address, str]
    scale: int
    loss_before: int
    loss_after: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a revealed update takes part, and why not."""

    status: Status
    reason: str
    deltas: IntArray | None


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What a round's models are scored with: base model, the drawn samples, the executor."""

    circuit: Digest
    round: int
    base: IntArray
    features: IntArray
    targets: IntArray
    executor: Executor

    def losses(self, models: IntArray) -> IntArray:
        """(models, samples) losses, Q30."""
        return np.asarray(self.executor.losses(models, self.features, self.targets), dtype=np.int64)

    def encode(self, parameters: IntArray) -> bytes:
        """The block of a model this round could produce."""
        return encode_model(Model(self.circuit, self.round, parameters))


def build_report(round_: Round, observations: Observations, scheme: Scheme = PROTOCOL) -> Outcome:
    """The one report that follows from a round and its content; under another scheme, what it would have been.

    1. Draw the validation subset from the round's accumulator.
    2. Rule on every reveal: accepted, malformed, unavailable or duplicate.
    3. Measure what each accepted update contributed; weigh it by stake times contribution.
    4. Aggregate by these weights. The candidate is accepted unless it has a higher loss than the base model or
       nobody has a weight; otherwise the base model stays and nobody is paid.
    5. Split the budget by the weights, add it to the cumulative rewards, and build evidence and tree.

    Raises:
        DigestMismatch: a block that does not hash to the name the round or the reveal gave it.
        MalformedPayload: a base model or validation set that cannot be read.
        ProtocolError: reveals that do not fold to the round's accumulator, or rewards that miss its total.
    """
    _check_round(round_)
    validation = decode_validation(observations.validation)
    drawn = subset(round_.accumulator, round_.number, len(validation.labels), validation.rules.subset)
    bench = _bench(round_, observations, validation, drawn)

    rulings = _rule_on_reveals(round_, observations, len(bench.base))
    players = [index for index, ruling in enumerate(rulings) if ruling.status is Status.ACCEPTED]
    deltas = np.array([rulings[index].deltas for index in players], dtype=np.int64).reshape(
        len(players), len(bench.base)
    )
    count_for = STAKE_WEIGHTS[scheme.stake_weight]
    stakes = [count_for(round_.reveals[index].stake) for index in players]

    rule, contribution = RULES[scheme.aggregation or validation.rules.rule], CONTRIBUTIONS[scheme.contribution]
    planned = plan(len(players), round_.accumulator, round_.number, validation.rules.permutations)
    masks = contribution.coalitions(planned)
    scored = _score(bench, masks, coalition_models(bench.base, deltas, stakes, masks, rule))
    phis = contribution.values(planned, {score.members: -score.loss for score in scored})
    weights = contribution_weights(stakes, phis)

    candidate = bench.base + rule(deltas, weights) if any(weights) else bench.base
    verdict = _judge(bench, round_.base_model, scored[0].loss, candidate, may_accept=any(weights))
    model = bench.encode(candidate) if verdict.accepted else observations.base_model
    rewards = split(round_.budget, weights) if verdict.accepted else (Gwei(0),) * len(players)

    shares = {index: share for index, *share in zip(players, phis, weights, rewards, strict=True)}
    standings = _standings(round_, rulings, shares)
    header = _header(round_, observations, contribution.scale(planned), len(scored), drawn)
    return _outcome(round_, rulings, model, Evidence(header, standings, scored, verdict))


def _check_round(round_: Round) -> None:
    folded = accumulate(round_.reveals)
    if folded != round_.accumulator:
        raise ProtocolError(
            f"round {round_.number}: its reveals fold to {folded:#x}, its accumulator is {round_.accumulator:#x}; "
            "a log is missing or out of order"
        )
    earned = sum(round_.cumulative.values())
    if earned != round_.total:
        raise ProtocolError(
            f"round {round_.number}: cumulative rewards sum to {earned} gwei, the last report's total is "
            f"{round_.total}; recompute the earlier rounds first"
        )


def _bench(round_: Round, observations: Observations, validation: Validation, drawn: Sequence[int]) -> Bench:
    _check_digest(observations.base_model, round_.base_model, "base model")
    model = decode_model(observations.base_model)
    if model.circuit != observations.circuit:
        raise MalformedPayload(
            f"base model: made for circuit 0x{model.circuit.hex()}, expected 0x{observations.circuit.hex()}"
        )
    if len(model.parameters) != observations.executor.parameters:
        raise MalformedPayload(
            f"base model: {len(model.parameters)} parameters, the circuit has {observations.executor.parameters}"
        )
    samples = np.array(drawn)
    return Bench(
        observations.circuit,
        round_.number,
        model.parameters,
        validation.features[samples],
        targets(validation.labels[samples], validation.classes),
        observations.executor,
    )


def _rule_on_reveals(round_: Round, observations: Observations, count: int) -> tuple[Ruling, ...]:
    """One ruling a reveal. Among equal digests the earliest reveal counts, the others are duplicates."""
    first: dict[Digest, Reveal] = {}
    contents: dict[Digest, Ruling] = {}
    rulings = []
    for reveal in round_.reveals:
        earlier = first.setdefault(reveal.digest, reveal)
        if (reveal.participant, reveal.digest) in observations.silent:
            rulings.append(Ruling(Status.UNAVAILABLE, "it was demanded and not shown in time", None))
            continue
        if reveal.digest not in contents:
            contents[reveal.digest] = _rule_on_content(reveal, round_.number, observations, count)
        ruling = contents[reveal.digest]
        if ruling.status is Status.ACCEPTED and earlier is not reveal:
            ruling = Ruling(Status.DUPLICATE, f"{earlier.participant} revealed the same update earlier", None)
        rulings.append(ruling)
    return tuple(rulings)


def _rule_on_content(reveal: Reveal, round_number: int, observations: Observations, count: int) -> Ruling:
    data = observations.updates.get(reveal.digest)
    if data is None:
        raise ProtocolError(
            f"round {round_number}: nobody gave the update of {reveal.participant}, digest 0x{reveal.digest.hex()}, "
            "and no demand for it ran out: no report can be made; fetch it again, or demand it on chain"
        )
    _check_digest(data, reveal.digest, "update")
    try:
        deltas = check_update(
            data,
            circuit=observations.circuit,
            round_number=round_number,
            count=count,
            max_norm=observations.max_norm,
        )
    except MalformedPayload as error:
        return Ruling(Status.MALFORMED, str(error), None)
    return Ruling(Status.ACCEPTED, "", deltas)


def _check_digest(data: bytes, digest: Digest, block: str) -> None:
    found = digest_of_bytes(data)
    if found != digest:
        raise DigestMismatch(
            f"{block}: bytes hash to 0x{found.hex()}, expected 0x{digest.hex()}; fetch the block again"
        )


def _score(bench: Bench, masks: Sequence[int], models: IntArray) -> tuple[CoalitionScore, ...]:
    """All coalitions in one batched call."""
    rows = bench.losses(models).tolist()
    return tuple(
        CoalitionScore(mask, digest_of_bytes(bench.encode(model)), sum(row), tuple(row))
        for mask, model, row in zip(masks, models, rows, strict=True)
    )


def _judge(bench: Bench, base_model: Digest, before: int, candidate: IntArray, *, may_accept: bool) -> Aggregate:
    losses = tuple(bench.losses(candidate[None, :])[0].tolist())
    accepted = may_accept and sum(losses) <= before
    digest = digest_of_bytes(bench.encode(candidate))
    return Aggregate(digest, before, sum(losses), accepted, digest if accepted else base_model, losses)


def _standings(round_: Round, rulings: Sequence[Ruling], shares: Mapping[int, Sequence[int]]) -> tuple[Standing, ...]:
    """One standing a reveal; ``shares`` gives phi, weight and reward of those who took part."""
    player_of = {index: player for player, index in enumerate(shares)}
    standings = []
    for index, (reveal, ruling) in enumerate(zip(round_.reveals, rulings, strict=True)):
        phi, weight, reward = shares.get(index, (0, 0, 0))
        standing = Standing(
            participant=reveal.participant,
            stake=reveal.stake,
            digest=reveal.digest,
            status=ruling.status,
            player=player_of.get(index),
            phi=phi,
            weight=weight,
            reward=Gwei(reward),
            cumulative=Gwei(round_.cumulative.get(reveal.participant, 0) + reward),
        )
        standings.append(standing)
    return tuple(standings)


def _header(round_: Round, observations: Observations, scale: int, scored: int, drawn: tuple[int, ...]) -> Header:
    return Header(
        federation=round_.federation,
        round=round_.number,
        inputs=round_.accumulator,
        circuit=observations.circuit,
        base_model=round_.base_model,
        validation=digest_of_bytes(observations.validation),
        budget=round_.budget,
        previous_total=round_.total,
        scale=scale,
        reveals=len(round_.reveals),
        coalitions=scored,
        subset=drawn,
    )


def _outcome(round_: Round, rulings: Sequence[Ruling], model: bytes, evidence: Evidence) -> Outcome:
    """The report over the evidence, and the tree that pays it."""
    standings, verdict = evidence.standings, evidence.aggregate
    cumulative = add_rewards(round_.cumulative, {one.participant: one.reward for one in standings})
    tree = reward_tree(cumulative)
    block = encode_evidence(evidence)
    report = Report(
        round=round_.number,
        inputs=round_.accumulator,
        rewards=tree.root,
        model=verdict.model,
        evidence=digest_of_bytes(block),
        evidence_root=tree_root(evidence_leaves(evidence)),
        total=tree.total,
    )
    return Outcome(
        report=report,
        model=model,
        evidence=block,
        tree=tree,
        cumulative=cumulative,
        standings=standings,
        reasons={
            one.participant: ruling.reason for one, ruling in zip(standings, rulings, strict=True) if ruling.reason
        },
        scale=evidence.header.scale,
        loss_before=verdict.before,
        loss_after=verdict.after,
        accepted=verdict.accepted,
    )
