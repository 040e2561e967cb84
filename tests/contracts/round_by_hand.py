"""A reported round as the referee sees it: evidence built leaf by leaf, the case, and proofs about it.

The leaves, the trees and the ABI types are written out here and not taken from the package, so that the package's
own encoders have something to be compared with. What the values should be comes from ``qfl_chain.protocol``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from struct import pack
from typing import Any, NamedTuple

import numpy as np
from eth_utils import keccak

from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.contribution import coalition_models, coalitions, plan, shapley
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.rewards import contribution_weights, split

from .references import Report, RewardTree

FEDERATION = "0x" + "fe" * 20
CIRCUIT = b"\x0c" * 32
INPUTS = 0xABCDEF << 120
ROUND = 7
RULE_CODES = tuple(RULES)
NOT_A_PLAYER = 0xFFFF

EXCERPT = "(uint32,uint32,bytes[],bytes32[])"
REPORT = "(uint16,uint184,bytes32,bytes32,bytes32,bytes32,uint64)"
CASE = f"(address,bytes32,bytes32,bytes32,uint64,{REPORT},uint40,uint64,uint16,bytes32,bytes32,uint64)"
PROOFS: Mapping[Fault, str] = {
    Fault.MODEL: f"({EXCERPT},{EXCERPT},{EXCERPT},bytes,bytes)",
    Fault.CONTRIBUTION: f"({EXCERPT},{EXCERPT},{EXCERPT},uint16)",
    Fault.WEIGHT: f"({EXCERPT})",
    Fault.AGGREGATE: f"({EXCERPT},{EXCERPT},{EXCERPT},bytes,bytes)",
    Fault.VERDICT: f"({EXCERPT},{EXCERPT},{EXCERPT})",
    Fault.SPLIT: f"({EXCERPT},{EXCERPT})",
    Fault.REWARDS: f"({EXCERPT},bytes)",
    Fault.DECREASE: "(address,uint64,uint256,bytes,uint64,uint256,bytes)",
}


class Excerpt(NamedTuple):
    count: int
    first: int
    leaves: list[bytes]
    siblings: list[bytes]


EMPTY = Excerpt(0, 0, [], [])


@dataclass(frozen=True)
class Standing:
    participant: str
    stake: int
    digest: bytes
    status: int = 0
    player: int = NOT_A_PLAYER
    phi: int = 0
    weight: int = 0
    reward: int = 0
    cumulative: int = 0

    def leaf(self) -> bytes:
        return b"".join(
            [
                b"\x02" + bytes.fromhex(self.participant[2:]) + pack(">Q", self.stake) + self.digest,
                pack(">BH", self.status, self.player) + self.phi.to_bytes(32, "big", signed=True),
                self.weight.to_bytes(32, "big") + pack(">QQ", self.reward, self.cumulative),
            ]
        )


@dataclass(frozen=True)
class Coalition:
    mask: int
    model: bytes
    loss: int

    def leaf(self) -> bytes:
        width = (self.mask.bit_length() + 7) // 8
        head = b"\x03" + pack(">H", width) + self.mask.to_bytes(width, "big")
        return head + self.model + pack(">q", self.loss) + keccak(b"row")


@dataclass(frozen=True)
class Aggregate:
    candidate: bytes
    before: int
    after: int
    accepted: int
    model: bytes

    def leaf(self) -> bytes:
        verdict = pack(">qqB", self.before, self.after, self.accepted)
        return b"\x04" + self.candidate + verdict + self.model + keccak(b"row")


@dataclass(frozen=True)
class Reported:
    """A round and what was reported about it. ``updates`` and ``base`` are blocks; ``earned`` is by account."""

    standings: tuple[Standing, ...]
    coalitions: tuple[Coalition, ...]
    aggregate: Aggregate
    updates: tuple[bytes, ...]
    base: bytes
    rule: int = 0
    permutations: int = 4
    budget: int = 1000
    earned: Mapping[str, int] = field(default_factory=dict)
    model: bytes = b""
    total: int = 0
    paid: Mapping[str, int] = field(default_factory=dict)
    number: int = ROUND

    @property
    def leaves(self) -> list[bytes]:
        header = b"\x01" + bytes(175)
        bodies = [*self.standings, *self.coalitions, self.aggregate]
        return [header, *(body.leaf() for body in bodies)]

    @property
    def rules(self) -> list[bytes]:
        samples = [b"\x00" + bytes(8), b"\x01" + bytes(8), b"\x00" + bytes(8)]
        return [pack(">BHHIHB", self.rule, 2, self.permutations, len(samples), 2, 2), *samples]

    def case(self, **changes: Any) -> tuple[Any, ...]:
        """What the federation vouches for; ``changes`` by the fields of its report."""
        before, after = RewardTree(self.earned), RewardTree(self.paid)
        report = Report(self.number, INPUTS, after.root, self.model, bytes(32), root(self.leaves), self.total)
        report = report._replace(**changes)
        validation = (b"\x0d" * 32, root(self.rules))
        base = (sha256(self.base).digest(), before.root, before.total)
        return (FEDERATION, CIRCUIT, *validation, 2**40, report, 1000, self.budget, len(self.standings), *base)

    # -- excerpts

    def standing(self, position: int) -> Excerpt:
        return excerpt(self.leaves, 1 + position)

    def all_standings(self) -> Excerpt:
        return excerpt(self.leaves, 1, len(self.standings))

    def coalition(self, position: int) -> Excerpt:
        return excerpt(self.leaves, 1 + len(self.standings) + position)

    def all_coalitions(self) -> Excerpt:
        return excerpt(self.leaves, 1 + len(self.standings), len(self.coalitions))

    def verdict(self) -> Excerpt:
        return excerpt(self.leaves, len(self.leaves) - 1)

    def shown_rules(self) -> Excerpt:
        return excerpt(self.rules, 0)

    # -- proofs

    def model_proof(self, position: int) -> tuple[Any, ...]:
        mask = self.coalitions[position].mask
        deltas = b"".join(self.updates[i][43:] for i, one in enumerate(self.standings) if mask >> one.player & 1)
        return (self.all_standings(), self.coalition(position), self.shown_rules(), self.base, deltas)

    def aggregate_proof(self) -> tuple[Any, ...]:
        deltas = b"".join(self.updates[i][43:] for i, one in enumerate(self.standings) if one.weight)
        return (self.all_standings(), self.verdict(), self.shown_rules(), self.base, deltas)

    def contribution_proof(self, position: int) -> tuple[Any, ...]:
        return (self.all_standings(), self.all_coalitions(), self.shown_rules(), position)

    def weight_proof(self, position: int) -> tuple[Any, ...]:
        return (self.standing(position),)

    def verdict_proof(self) -> tuple[Any, ...]:
        return (self.all_standings(), self.coalition(0), self.verdict())

    def split_proof(self) -> tuple[Any, ...]:
        return (self.all_standings(), self.verdict())

    def rewards_proof(self) -> tuple[Any, ...]:
        return (self.all_standings(), pack_accounts(self.earned))

    def decrease_proof(self, account: str) -> tuple[Any, ...]:
        before, after = RewardTree(self.earned), RewardTree(self.paid)
        return (account, self.earned[account], *before.proof(account), self.paid[account], *after.proof(account))

    # -- lies

    def with_standing(self, position: int, **changes: Any) -> Reported:
        standings = list(self.standings)
        standings[position] = replace(standings[position], **changes)
        return replace(self, standings=tuple(standings))

    def with_coalition(self, position: int, **changes: Any) -> Reported:
        scored = list(self.coalitions)
        scored[position] = replace(scored[position], **changes)
        return replace(self, coalitions=tuple(scored))

    def with_aggregate(self, **changes: Any) -> Reported:
        return replace(self, aggregate=replace(self.aggregate, **changes))


def report_honestly(
    *,
    stakes: Sequence[int],
    deltas: Sequence[Sequence[int]],
    base: Sequence[int],
    loss_of: Mapping[int, int],
    after: int,
    statuses: Sequence[int] | None = None,
    rule: int = 0,
    permutations: int = 4,
    budget: int = 1000,
    earned: Mapping[str, int] | None = None,
    number: int = ROUND,
) -> Reported:
    """The one report that follows, by the package's functions.

    Args:
        stakes, deltas, statuses: by reveal; only status 0 takes part.
        loss_of: the loss of a coalition by its mask.
        after: the candidate's loss.
    """
    statuses, before = statuses or [0] * len(stakes), dict(earned or {})
    players = [i for i, status in enumerate(statuses) if status == 0]
    blocks = [update_block(CIRCUIT, number, row) for row in deltas]
    array = np.array([deltas[i] for i in players], dtype=np.int64).reshape(len(players), len(base))
    at_stake, apply = [stakes[i] for i in players], RULES[RULE_CODES[rule]]
    planned = plan(len(players), INPUTS, number, permutations)
    masks = coalitions(planned)
    models = coalition_models(np.array(base, dtype=np.int64), array, at_stake, masks, apply)
    scored = tuple(
        Coalition(mask, sha256(model_block(CIRCUIT, number, model)).digest(), loss_of[mask])
        for mask, model in zip(masks, models.tolist(), strict=True)
    )
    phis = shapley(planned, {one.mask: -one.loss for one in scored})
    weights = contribution_weights(at_stake, phis)
    candidate = np.array(base, dtype=np.int64) + (apply(array, weights) if any(weights) else 0)
    digest = sha256(model_block(CIRCUIT, number, candidate.tolist())).digest()
    accepted = any(weights) and after <= loss_of[0]
    base_block = model_block(CIRCUIT, number - 1, base)
    model = digest if accepted else sha256(base_block).digest()
    rewards = split(budget, weights) if accepted else [0] * len(players)
    standings = []
    for i, stake in enumerate(stakes):
        one = Standing(account(i), stake, sha256(blocks[i]).digest(), statuses[i], cumulative=before.get(account(i), 0))
        if i in players:
            p = players.index(i)
            one = replace(one, player=p, phi=phis[p], weight=weights[p], reward=rewards[p])
            one = replace(one, cumulative=one.cumulative + one.reward)
        standings.append(one)
    paid = {who: sum_ for who, sum_ in {**before, **{s.participant: s.cumulative for s in standings}}.items() if sum_}
    return Reported(
        standings=tuple(standings),
        coalitions=scored,
        aggregate=Aggregate(digest, loss_of[0], after, int(accepted), model),
        updates=tuple(blocks),
        base=base_block,
        rule=rule,
        permutations=permutations,
        budget=budget,
        earned=before,
        model=model,
        total=sum(paid.values()),
        paid=paid,
        number=number,
    )


def account(index: int) -> str:
    """An address that does not ascend with the index."""
    return "0x" + keccak(text=f"participant {index}")[:20].hex()


def update_block(circuit: bytes, number: int, deltas: Sequence[int]) -> bytes:
    return b"QFLU\x01" + circuit + pack(">HI", number, len(deltas)) + pack(f">{len(deltas)}i", *deltas)


def model_block(circuit: bytes, number: int, parameters: Sequence[int]) -> bytes:
    return b"QFLM\x01" + circuit + pack(">HI", number, len(parameters)) + pack(f">{len(parameters)}q", *parameters)


def pack_accounts(earned: Mapping[str, int]) -> bytes:
    ascending = sorted(earned, key=lambda who: bytes.fromhex(who[2:]))
    return b"".join(bytes.fromhex(who[2:]) + pack(">Q", earned[who]) for who in ascending)


def excerpt(leaves: Sequence[bytes], first: int, count: int = 1) -> Excerpt:
    """Recursive, unlike the package: the hashes of the subtrees beside the run, sorted by level."""
    beside: list[tuple[int, int, bytes]] = []
    _walk(leaves, 0, _depth(leaves), range(first, first + count), beside)
    beside.sort(key=lambda item: item[:2])
    return Excerpt(len(leaves), first, list(leaves[first : first + count]), [node for _, _, node in beside])


def root(leaves: Sequence[bytes]) -> bytes:
    top = _walk(leaves, 0, _depth(leaves), range(len(leaves)), [])
    return keccak(b"\x02" + pack(">I", len(leaves)) + top)


def _depth(leaves: Sequence[bytes]) -> int:
    return (len(leaves) - 1).bit_length()


def _walk(leaves: Sequence[bytes], low: int, level: int, run: range, beside: list[tuple[int, int, bytes]]) -> bytes:
    """The hash over ``2**level`` leaves from ``low`` on; notes it where its parent holds the run and it does not."""
    if level == 0:
        return keccak(b"\x00" + leaves[low]) if low < len(leaves) else bytes(32)
    half, children = 1 << level - 1, []
    for start in (low, low + half):
        node = _walk(leaves, start, level - 1, run, beside)
        if _holds(run, low, 2 * half) and not _holds(run, start, half):
            beside.append((level - 1, start, node))
        children.append(node)
    return keccak(b"\x01" + b"".join(children))


def _holds(run: range, low: int, width: int) -> bool:
    return run.start < low + width and low < run.stop
