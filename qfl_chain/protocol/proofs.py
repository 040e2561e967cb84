"""The proofs that a report is wrong, as the referee takes them: one struct a fault, in the ABI's encoding.

The structs are those of ``contracts/interfaces/IReferee.sol``, field by field; what each of them shows is said there.
:mod:`~qfl_chain.protocol.refutation` finds the one that applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from eth_abi.abi import encode

from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.protocol.packing import DIGEST_BYTES, pack_address, pack_bytes, pack_uint
from qfl_chain.protocol.rewards import Claim
from qfl_chain.types import Address, Gwei, Reveal

EXCERPT = "(uint32,uint32,bytes[],bytes32[])"


@dataclass(frozen=True, slots=True)
class LeafProof:
    """Bytes that are no leaf of their place."""

    leaf: Excerpt


@dataclass(frozen=True, slots=True)
class HeaderProof:
    """A header that contradicts the chain."""

    header: Excerpt


@dataclass(frozen=True, slots=True)
class SubsetProof:
    """Samples that were not drawn. ``rules`` is leaf 0 under the validation root, here and below."""

    header: Excerpt
    rules: Excerpt


@dataclass(frozen=True, slots=True)
class StandingProof:
    """A standing that is not its reveal's, or a ruling that is wrong.

    ``reveals`` are those of :func:`packed_reveals`. ``payload`` and ``circuit`` are empty unless they decide: where
    participant, stake and digest are right and no demand for the update was left unanswered.
    """

    standing: Excerpt
    reveals: bytes
    payload: bytes
    circuit: bytes


@dataclass(frozen=True, slots=True)
class PlayersProof:
    """Players who are not those accepted, in order. ``standings`` are those of the whole round, here and below."""

    standings: Excerpt


@dataclass(frozen=True, slots=True)
class CoalitionsProof:
    """Coalitions that are not those to score, or a wrong scale. ``coalitions`` shows a wrong one, or any."""

    header: Excerpt
    standings: Excerpt
    coalitions: Excerpt
    rules: Excerpt


@dataclass(frozen=True, slots=True)
class ModelProof:
    """A coalition's model. ``deltas`` are those of its members' updates, in the order of players."""

    standings: Excerpt
    coalition: Excerpt
    rules: Excerpt
    base: bytes
    deltas: bytes


@dataclass(frozen=True, slots=True)
class LossProof:
    """One loss of a row. ``leaf`` is a coalition's or the aggregate's, ``sample`` is under the validation root."""

    header: Excerpt
    leaf: Excerpt
    rules: Excerpt
    sample: Excerpt
    row: bytes
    position: int
    model: bytes
    circuit: bytes


@dataclass(frozen=True, slots=True)
class SumProof:
    """A sum that is not its row's."""

    header: Excerpt
    leaf: Excerpt
    row: bytes


@dataclass(frozen=True, slots=True)
class ContributionProof:
    """A participant's contribution. ``standing`` is its position among all standings.

    ``coalitions`` are all of the round's. They are empty where it took no part, ``rules`` where no orders are drawn.
    """

    standings: Excerpt
    coalitions: Excerpt
    rules: Excerpt
    standing: int


@dataclass(frozen=True, slots=True)
class WeightProof:
    """A weight that is not stake times contribution."""

    standing: Excerpt


@dataclass(frozen=True, slots=True)
class AggregateProof:
    """The candidate. ``deltas`` are those of the players with a weight above zero, in the order of players."""

    standings: Excerpt
    aggregate: Excerpt
    rules: Excerpt
    base: bytes
    deltas: bytes


@dataclass(frozen=True, slots=True)
class VerdictProof:
    """The verdict, the model or the total. ``coalition`` is the empty one, which comes first."""

    standings: Excerpt
    coalition: Excerpt
    aggregate: Excerpt


@dataclass(frozen=True, slots=True)
class SplitProof:
    """The rewards of the round."""

    standings: Excerpt
    aggregate: Excerpt


@dataclass(frozen=True, slots=True)
class RewardsProof:
    """The tree of cumulative rewards. ``accounts`` are those of :func:`packed_accounts` before the round."""

    standings: Excerpt
    accounts: bytes


@dataclass(frozen=True, slots=True)
class DecreaseProof:
    """Two claims of one account, as ``claim`` takes them, of which the later one is lower."""

    account: Address
    before: Claim
    afterwards: Claim


AnyProof = (
    LeafProof
    | HeaderProof
    | SubsetProof
    | StandingProof
    | PlayersProof
    | CoalitionsProof
    | ModelProof
    | LossProof
    | SumProof
    | ContributionProof
    | WeightProof
    | AggregateProof
    | VerdictProof
    | SplitProof
    | RewardsProof
    | DecreaseProof
)

PROOFS: Mapping[type[Any], tuple[Fault, str]] = {
    LeafProof: (Fault.LEAF, f"({EXCERPT})"),
    HeaderProof: (Fault.HEADER, f"({EXCERPT})"),
    SubsetProof: (Fault.SUBSET, f"({EXCERPT},{EXCERPT})"),
    StandingProof: (Fault.STANDING, f"({EXCERPT},bytes,bytes,bytes)"),
    PlayersProof: (Fault.PLAYERS, f"({EXCERPT})"),
    CoalitionsProof: (Fault.COALITIONS, f"({EXCERPT},{EXCERPT},{EXCERPT},{EXCERPT})"),
    ModelProof: (Fault.MODEL, f"({EXCERPT},{EXCERPT},{EXCERPT},bytes,bytes)"),
    LossProof: (Fault.LOSS, f"({EXCERPT},{EXCERPT},{EXCERPT},{EXCERPT},bytes,uint32,bytes,bytes)"),
    SumProof: (Fault.SUM, f"({EXCERPT},{EXCERPT},bytes)"),
    ContributionProof: (Fault.CONTRIBUTION, f"({EXCERPT},{EXCERPT},{EXCERPT},uint16)"),
    WeightProof: (Fault.WEIGHT, f"({EXCERPT})"),
    AggregateProof: (Fault.AGGREGATE, f"({EXCERPT},{EXCERPT},{EXCERPT},bytes,bytes)"),
    VerdictProof: (Fault.VERDICT, f"({EXCERPT},{EXCERPT},{EXCERPT})"),
    SplitProof: (Fault.SPLIT, f"({EXCERPT},{EXCERPT})"),
    RewardsProof: (Fault.REWARDS, f"({EXCERPT},bytes)"),
    DecreaseProof: (Fault.DECREASE, "(address,uint64,uint256,bytes,uint64,uint256,bytes)"),
}
"""Each proof's fault and the ABI type of its struct."""


def encode_proof(proof: AnyProof) -> tuple[Fault, bytes]:
    """The fault a proof shows, and the proof as ``judge`` and ``refute`` take it."""
    fault, abi_type = PROOFS[type(proof)]
    return fault, encode([abi_type], [tuple(_values(proof))])


def packed_reveals(reveals: Sequence[Reveal]) -> bytes:
    """All reveals of a round in order: participant 20, stake 8, digest 32."""
    return b"".join(
        pack_address(one.participant)
        + pack_uint(one.stake, 64, "stake")
        + pack_bytes(one.digest, DIGEST_BYTES, "digest")
        for one in reveals
    )


def packed_accounts(cumulative: Mapping[Address, Gwei]) -> bytes:
    """The leaves of a rewards tree in order: account 20, cumulative 8."""
    leaves = sorted((pack_address(account), amount) for account, amount in cumulative.items() if amount)
    return b"".join(account + pack_uint(amount, 64, "cumulative reward") for account, amount in leaves)


def _values(proof: AnyProof) -> Iterable[object]:
    for field in fields(proof):
        value = getattr(proof, field.name)
        if isinstance(value, Claim):
            yield from (value.cumulative, value.index, value.proof)
        elif isinstance(value, Excerpt):
            yield value.count, value.first, value.leaves, value.siblings
        else:
            yield value
