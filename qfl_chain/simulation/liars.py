"""What a committee that colludes can put into a report: one lie for each row of the fault table, and two around it.

A lie starts from the right outcome and changes what it is about, consistently as far as that goes: the evidence leads
to the report's root, the sums come out, and the total is one that the contract takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from qfl_chain.protocol.codec import decode_model, digest_of_bytes, encode_model
from qfl_chain.protocol.evidence import (
    Aggregate,
    CoalitionScore,
    Evidence,
    EvidenceBlock,
    Standing,
    Status,
    decode_evidence,
    encode_evidence,
    join_evidence,
    split_evidence,
)
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.report import Outcome
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.types import Address, Gwei, Report


@dataclass(frozen=True, slots=True)
class Lie:
    """A report that does not follow from its round, with what its oracles publish of it."""

    report: Report
    model: bytes
    evidence: bytes
    published: bool = True


Liar = Callable[[Outcome, Address], Lie]
"""Makes a lie of the right outcome, in favour of an account where it is about money."""


def junk_leaf(right: Outcome, friend: Address) -> Lie:
    """The aggregate's leaf is no leaf: nobody can say what it stands for."""
    block = split_evidence(right.evidence)
    return _with_leaves(right, (*block.leaves[:-1], b"trust us"), block.rows)


def wrong_header(right: Outcome, friend: Address) -> Lie:
    """The round's budget is twice what the contract fixed."""
    evidence = decode_evidence(right.evidence)
    header = replace(evidence.header, budget=Gwei(2 * evidence.header.budget))
    return _with_evidence(right, replace(evidence, header=header))


def chosen_samples(right: Outcome, friend: Address) -> Lie:
    """The samples are chosen, where they have to be drawn."""
    evidence = decode_evidence(right.evidence)
    subset = (*evidence.header.subset[1:], evidence.header.subset[0] + 1)
    return _with_evidence(right, replace(evidence, header=replace(evidence.header, subset=subset)))


def shut_out(right: Outcome, friend: Address) -> Lie:
    """A good update is ruled malformed."""
    return _with_standing(right, _accepted(right)[0], status=Status.MALFORMED)


def skipped_player(right: Outcome, friend: Address) -> Lie:
    """An accepted update is left out of the players."""
    return _with_standing(right, _accepted(right)[-1], player=None)


def other_coalitions(right: Outcome, friend: Address) -> Lie:
    """Contributions are scaled as no plan of coalitions asks for."""
    evidence = decode_evidence(right.evidence)
    header = replace(evidence.header, scale=Gwei(2 * evidence.header.scale))
    return _with_evidence(right, replace(evidence, header=header))


def other_model(right: Outcome, friend: Address) -> Lie:
    """A coalition is scored by another model than its members' updates make."""
    return _with_coalition(right, lambda score: replace(score, model=digest_of_bytes(b"another model")))


def wrong_loss(right: Outcome, friend: Address) -> Lie:
    """One quantum expectation value is not what the circuit gives."""

    def better(score: CoalitionScore) -> CoalitionScore:
        return replace(score, losses=(score.losses[0] - 1, *score.losses[1:]), loss=score.loss - 1)

    return _with_coalition(right, better)


def wrong_sum(right: Outcome, friend: Address) -> Lie:
    """The losses are right, their sum is not."""
    return _with_coalition(right, lambda score: replace(score, loss=score.loss - 1))


def raised_contribution(right: Outcome, friend: Address) -> Lie:
    """One participant's contribution is raised."""
    at = _accepted(right)[0]
    return _with_standing(right, at, phi=2 * abs(right.standings[at].phi) + 1)


def raised_weight(right: Outcome, friend: Address) -> Lie:
    """One participant's weight is raised."""
    at = _accepted(right)[0]
    return _with_standing(right, at, weight=2 * right.standings[at].weight + 1)


def planted_model(right: Outcome, friend: Address) -> Lie:
    """The model is not the aggregate of the updates, but one the committee made."""
    made = decode_model(right.model)
    planted = encode_model(replace(made, round=right.report.round, parameters=made.parameters + (1 << 24)))
    evidence, digest = decode_evidence(right.evidence), digest_of_bytes(planted)
    verdict = replace(evidence.aggregate, candidate=digest, model=digest, accepted=True)
    return _with_evidence(right, replace(evidence, aggregate=verdict), planted, model=digest)


def turned_verdict(right: Outcome, friend: Address) -> Lie:
    """A better model is refused, and nobody is paid; or a worse one is taken, and paid for."""
    evidence = decode_evidence(right.evidence)
    header, verdict = evidence.header, evidence.aggregate
    accepted = not verdict.accepted
    model = verdict.candidate if accepted else header.base_model
    turned: Aggregate = replace(verdict, accepted=accepted, model=model)
    total = Gwei(header.previous_total + header.budget * accepted)
    return _with_evidence(right, replace(evidence, aggregate=turned), model=model, total=total)


def other_split(right: Outcome, friend: Address) -> Lie:
    """One participant gets the whole budget."""
    evidence = decode_evidence(right.evidence)
    budget = sum(one.reward for one in evidence.standings)
    first = _accepted(right)[0]
    standings = tuple(
        replace(one, reward=Gwei(budget * (at == first)), cumulative=_cumulative(one, budget * (at == first)))
        for at, one in enumerate(evidence.standings)
    )
    paid = {**right.cumulative, **{one.participant: one.cumulative for one in standings}}
    return _with_evidence(right, replace(evidence, standings=standings), rewards=reward_tree(paid).root)


def stolen_rewards(right: Outcome, friend: Address) -> Lie:
    """The evidence is right, but the tree that is paid from gives this round's rewards to the committee's friend."""
    paid = {one.participant: _cumulative(one, 0) for one in right.standings}
    stolen = sum(one.reward for one in right.standings)
    return _with_tree(right, {**right.cumulative, **paid}, stolen, friend)


def lowered_rewards(right: Outcome, friend: Address) -> Lie:
    """The tree takes back what was earned in earlier rounds, and gives it to the committee's friend."""
    before = {one.participant: _cumulative(one, 0) for one in right.standings}
    victim = max(before, key=lambda account: before[account])
    taken = before[victim]
    return _with_tree(right, {**right.cumulative, victim: Gwei(right.cumulative[victim] - taken)}, taken, friend)


def hidden_evidence(right: Outcome, friend: Address) -> Lie:
    """The split is another, and nothing that shows it is published."""
    return replace(other_split(right, friend), published=False)


LIES: Mapping[str, Liar] = {
    "leaf": junk_leaf,
    "header": wrong_header,
    "subset": chosen_samples,
    "standing": shut_out,
    "players": skipped_player,
    "coalitions": other_coalitions,
    "model": other_model,
    "loss": wrong_loss,
    "sum": wrong_sum,
    "contribution": raised_contribution,
    "weight": raised_weight,
    "aggregate": planted_model,
    "verdict": turned_verdict,
    "split": other_split,
    "rewards": stolen_rewards,
    "decrease": lowered_rewards,
    "unavailable": hidden_evidence,
}
"""Lies by the name of the fault that they are, in lower case."""

EQUIVOCATION = "equivocation"
"""The report is right, and its oracles sign a second one that is not, for whoever asks them."""

COMMITTEE_BEHAVIOURS = ("honest", *(f"lying-oracle:{name}" for name in (*LIES, EQUIVOCATION)))
"""What ``[committee] behaviour`` takes."""


def lie_of(behaviour: str) -> str:
    """The lie of a committee's behaviour; empty for an honest one."""
    return behaviour.partition(":")[2]


def _accepted(right: Outcome) -> Sequence[int]:
    accepted = [at for at, one in enumerate(right.standings) if one.status is Status.ACCEPTED]
    return accepted or [0]


def _cumulative(one: Standing, reward: int) -> Gwei:
    """A participant's cumulative reward, had it got another one in this round."""
    return Gwei(one.cumulative - one.reward + reward)


def _with_standing(right: Outcome, at: int, **changes: object) -> Lie:
    evidence = decode_evidence(right.evidence)
    standings = list(evidence.standings)
    standings[at] = replace(standings[at], **changes)  # type: ignore[arg-type]
    return _with_evidence(right, replace(evidence, standings=tuple(standings)))


def _with_coalition(right: Outcome, change: Callable[[CoalitionScore], CoalitionScore]) -> Lie:
    """The last coalition is that of all players."""
    evidence = decode_evidence(right.evidence)
    *others, last = evidence.coalitions
    return _with_evidence(right, replace(evidence, coalitions=(*others, change(last))))


def _with_tree(right: Outcome, paid: Mapping[Address, Gwei], taken: int, friend: Address) -> Lie:
    tree = reward_tree({**paid, friend: Gwei(paid.get(friend, 0) + taken)})
    return Lie(replace(right.report, rewards=tree.root), right.model, right.evidence)


def _with_evidence(right: Outcome, evidence: Evidence, made: bytes | None = None, /, **report: object) -> Lie:
    block = split_evidence(encode_evidence(evidence))
    return _with_leaves(right, block.leaves, block.rows, made, **report)


def _with_leaves(
    right: Outcome, leaves: tuple[bytes, ...], rows: bytes, made: bytes | None = None, /, **report: object
) -> Lie:
    data = join_evidence(EvidenceBlock(leaves, rows))
    named = {"evidence": digest_of_bytes(data), "evidence_root": tree_root(leaves), **report}
    return Lie(replace(right.report, **named), right.model if made is None else made, data)  # type: ignore[arg-type]
