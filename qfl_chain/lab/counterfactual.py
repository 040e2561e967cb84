"""What participants would have gained by cheating in rounds that happened, in gwei, by the protocol's own functions.

Each round is judged again with other reveals and payloads, all else equal: on the same base model and on the rows this
round drew, so that another draw is not mistaken for a gain. Beyond eight players the Shapley value is sampled, and its
orders do follow from the reveals; there a gain holds some noise. What a deviation costs in gas is not deducted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from operator import attrgetter

import numpy as np
from eth_hash.auto import keccak

from qfl_chain.lab.cases import Case
from qfl_chain.protocol.codec import (
    Update,
    Validation,
    decode_update,
    decode_validation,
    digest_of_bytes,
    encode_update,
    encode_validation,
)
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.evidence import Standing, Status, decode_evidence
from qfl_chain.protocol.packing import pack_address, unpack_address
from qfl_chain.protocol.report import build_report
from qfl_chain.types import Address, Digest, Gwei, IntArray, Reveal

ALL_PAIRS_UP_TO = 16
"""Participants of whom every pair is tried; among more, each colludes with the next to reveal alone."""

Payments = Mapping[Address, int]
OnRound = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class SybilGain:
    """Gain of splitting a stake over several accounts.

    ``same``: all submit the same update, and all but the first are duplicates. ``nudged``: every copy is a unit off,
    which makes it no duplicate. None where a part of the stake is below the minimum, so that the contract refuses it.
    """

    round: int
    participant: Address
    same: int | None
    nudged: int | None


@dataclass(frozen=True, slots=True)
class CollusionGain:
    """What two participants gain together.

    ``mean``: both submit the mean of their updates, one of them a unit off. ``merged``: one account submits it with
    both stakes.
    """

    round: int
    first: Address
    second: Address
    mean: int
    merged: int


@dataclass(frozen=True, slots=True)
class CopyGain:
    """What a participant gains by submitting another's update instead of its own, had it leaked before the commitment.

    The copy is revealed last: among equal updates the first to be revealed counts, and nobody who knows that waits.

    Attributes:
        participant: None for a newcomer with the minimum stake and no update of its own.
        victim: whose update paid best among the others.
        exact, nudged: gain with the same bytes, and with a copy that is a unit off.
        loss: what the nudged copy takes from the victim.
    """

    round: int
    participant: Address | None
    victim: Address
    exact: int
    nudged: int
    loss: int


@dataclass(frozen=True, slots=True)
class Deviations:
    """The gains of every round, participant and pair."""

    accounts: int
    sybils: tuple[SybilGain, ...]
    collusions: tuple[CollusionGain, ...]
    copies: tuple[CopyGain, ...]


def deviations(
    cases: Sequence[Case], min_stake: Gwei, accounts: int, on_round: OnRound = lambda number: None
) -> Deviations:
    """Try splitting, colluding and copying in every round.

    Args:
        cases: the rounds.
        min_stake: the least stake the contract takes.
        accounts: over how many accounts a stake is split.
        on_round: called before each round.
    """
    sybils: list[SybilGain] = []
    collusions: list[CollusionGain] = []
    copies: list[CopyGain] = []
    for case in cases:
        on_round(case.facts.number)
        bench = RoundBench.of(case)
        sybils += (_split(bench, one, accounts, min_stake) for one in bench.accepted)
        collusions += (_collude(bench, first, second) for first, second in _pairs(bench.accepted))
        copies += _copies(bench, min_stake)
    return Deviations(accounts, tuple(sybils), tuple(collusions), tuple(copies))


@dataclass(frozen=True, slots=True, eq=False)
class RoundBench:
    """A round on the rows it drew, and what it paid."""

    case: Case
    reveals: Mapping[Address, Reveal]
    accepted: tuple[Standing, ...]
    paid: Payments

    @classmethod
    def of(cls, case: Case) -> RoundBench:
        """The round as it was."""
        fixed = replace(case, observations=replace(case.observations, validation=_drawn_rows(case)))
        standings = case.outcome.standings
        return cls(
            fixed,
            {one.participant: one for one in case.facts.reveals},
            tuple(one for one in standings if one.status is Status.ACCEPTED),
            {one.participant: one.reward for one in standings},
        )

    def deltas(self, digest: Digest) -> IntArray:
        """The update behind an accepted digest."""
        return decode_update(self.case.observations.updates[digest] or b"").deltas

    def block(self, deltas: IntArray) -> bytes:
        """An update of this round."""
        return encode_update(Update(self.case.observations.circuit, self.case.facts.number, deltas))

    def pay(self, reveals: Sequence[Reveal], blocks: Sequence[bytes] = ()) -> Payments:
        """What the round would have paid for these reveals; ``blocks`` are payloads nobody published."""
        facts = replace(self.case.facts, reveals=tuple(reveals), accumulator=accumulate(reveals))
        updates = {**self.case.observations.updates, **{digest_of_bytes(block): block for block in blocks}}
        outcome = build_report(facts, replace(self.case.observations, updates=updates))
        return {one.participant: one.reward for one in outcome.standings}

    def with_changed(self, changes: Mapping[Address, Sequence[Reveal]]) -> list[Reveal]:
        """The reveals, with those of some accounts replaced."""
        return [new for account, old in self.reveals.items() for new in changes.get(account, (old,))]


def nudged(deltas: IntArray, units: int) -> IntArray:
    """An update that is so many units off at its largest delta, towards zero, so that no bound is broken."""
    at = int(np.argmax(np.abs(deltas)))
    moved = deltas.copy()
    moved[at] += -units if deltas[at] > 0 else units
    return moved


def _drawn_rows(case: Case) -> bytes:
    """A validation block of the drawn rows alone: whatever the accumulator, all of them are drawn."""
    rows, drawn = decode_validation(case.observations.validation), _subset(case)
    return encode_validation(Validation(rows.rules, rows.features[drawn], rows.labels[drawn], rows.classes))


def _subset(case: Case) -> list[int]:
    return list(decode_evidence(case.outcome.evidence).header.subset)


def _split(bench: RoundBench, one: Standing, accounts: int, min_stake: Gwei) -> SybilGain:
    number, owner = bench.case.facts.number, one.participant
    part, rest = divmod(one.stake, accounts)
    if part < min_stake:
        return SybilGain(number, owner, None, None)
    names = [owner, *(_sybil(owner, at) for at in range(1, accounts))]
    own = bench.reveals[owner]
    same = [replace(own, participant=name, stake=Gwei(part + (rest if name == owner else 0))) for name in names]
    blocks = [bench.block(nudged(bench.deltas(one.digest), at)) for at in range(accounts)]
    off = [replace(reveal, digest=digest_of_bytes(block)) for reveal, block in zip(same, blocks, strict=True)]
    gains = []
    for reveals in (same, off):
        paid = bench.pay(bench.with_changed({owner: reveals}), blocks)
        gains.append(sum(paid[name] for name in names) - bench.paid[owner])
    return SybilGain(number, owner, *gains)


def _sybil(owner: Address, number: int) -> Address:
    """An account nobody has."""
    return unpack_address(keccak(b"qfl-chain sybil" + pack_address(owner) + number.to_bytes(2, "big"))[:20])


def _pairs(accepted: Sequence[Standing]) -> Iterator[tuple[Standing, Standing]]:
    return combinations(accepted, 2) if len(accepted) <= ALL_PAIRS_UP_TO else pairwise(accepted)


def _collude(bench: RoundBench, first: Standing, second: Standing) -> CollusionGain:
    one, other = first.participant, second.participant
    mean = (bench.deltas(first.digest) + bench.deltas(second.digest)) // 2
    blocks = [bench.block(mean), bench.block(nudged(mean, 1))]
    ours, theirs = (
        replace(bench.reveals[name], digest=digest_of_bytes(block))
        for name, block in zip((one, other), blocks, strict=True)
    )
    both = bench.pay(bench.with_changed({one: [ours], other: [theirs]}), blocks)
    richer = replace(ours, stake=Gwei(first.stake + second.stake))
    merged = bench.pay(bench.with_changed({one: [richer], other: []}), blocks)
    before = bench.paid[one] + bench.paid[other]
    return CollusionGain(bench.case.facts.number, one, other, both[one] + both[other] - before, merged[one] - before)


def _copies(bench: RoundBench, min_stake: Gwei) -> Iterator[CopyGain]:
    """Everybody who revealed, and a newcomer."""
    for own in bench.reveals.values():
        victim = _best_of_others(bench, own.participant)
        if victim is not None:
            yield _copy(bench, own, victim, own.participant)
    victim = _best_of_others(bench, None)
    if victim is not None:
        stranger = Reveal(_sybil(bench.case.facts.federation, 0), min_stake, victim.digest)
        yield _copy(bench, stranger, victim, None)


def _best_of_others(bench: RoundBench, account: Address | None) -> Standing | None:
    others = [one for one in bench.accepted if one.participant != account]
    return max(others, key=attrgetter("reward", "phi"), default=None)


def _copy(bench: RoundBench, own: Reveal, victim: Standing, account: Address | None) -> CopyGain:
    off = bench.block(nudged(bench.deltas(victim.digest), 1))
    paid = []
    for digest in (victim.digest, digest_of_bytes(off)):
        copied = replace(own, digest=digest)
        others = bench.with_changed({own.participant: []})
        paid.append(bench.pay([*others, copied], [off]))
    exact, close = paid
    before = bench.paid.get(own.participant, 0)
    return CopyGain(
        bench.case.facts.number,
        account,
        victim.participant,
        exact[own.participant] - before,
        close[own.participant] - before,
        bench.paid[victim.participant] - close[victim.participant],
    )
