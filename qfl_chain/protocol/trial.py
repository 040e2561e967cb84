"""A posted report beside one's own: its leaves, read, and the excerpts and bytes that proofs are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.aggregation import RULES, Rule
from qfl_chain.protocol.codec import (
    Model,
    Validation,
    decode_model,
    decode_validation,
    digest_of_bytes,
    encode_model,
)
from qfl_chain.protocol.contribution import coalition_models
from qfl_chain.protocol.evidence import (
    LOSS_BYTES,
    AggregateLeaf,
    CoalitionLeaf,
    Evidence,
    EvidenceBlock,
    Header,
    Standing,
    decode_evidence,
    evidence_rows,
    read_aggregate,
    read_coalition,
    read_header,
    read_standing,
    split_evidence,
)
from qfl_chain.protocol.merkle import Excerpt, excerpt, tree_root
from qfl_chain.protocol.report import Observations, Outcome
from qfl_chain.protocol.validation import validation_leaves
from qfl_chain.types import IntArray, Report, Round

UPDATE_HEAD = 43
"""Bytes of an update before its deltas."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A posted report, and what one found oneself for the same round.

    Attributes:
        report: what was posted.
        leaves: its evidence's, which must lead to its root.
        rows: rows of losses by their keccak: those published with the evidence, and those shown on chain.
        facts, seen: the round and its content.
        circuit: the circuit's bytes.
        outcome: the report that follows from them.
    """

    report: Report
    leaves: tuple[bytes, ...]
    rows: Mapping[bytes, bytes]
    facts: Round
    seen: Observations
    circuit: bytes
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Withheld:
    """Places of the evidence whose bytes or losses nobody published: to be demanded before anything can be said."""

    leaves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A model that was scored: a coalition's, or the candidate, which comes last. ``row`` is a hash."""

    place: int
    name: str
    model: bytes
    row: bytes
    loss: int


def open_evidence(report: Report, data: bytes | None, own: Outcome) -> EvidenceBlock | Withheld:
    """The leaves and rows behind a report, from the block that was fetched for it or from one's own.

    ``data`` is None where nobody has it. Where the leaves are one's own, nothing is missing whatever was published.
    """
    if report.evidence_root == own.report.evidence_root:
        return split_evidence(own.evidence)
    if data is not None and digest_of_bytes(data) == report.evidence:
        try:
            block = split_evidence(data)
            if tree_root(block.leaves) == report.evidence_root:
                return block
        except ProtocolError:
            pass
    return Withheld(tuple(range(len(split_evidence(own.evidence).leaves))))


def rows_by_hash(block: EvidenceBlock, own: Outcome) -> dict[bytes, bytes]:
    """The rows of a block, cut as the round's subset says, and one's own."""
    evidence = decode_evidence(own.evidence)
    size = LOSS_BYTES * len(evidence.header.subset)
    published = (block.rows[at : at + size] for at in range(0, len(block.rows), size))
    return {keccak(row): row for row in (*published, *evidence_rows(evidence))}


class Compared:
    """A report's leaves, read, beside one's own.

    Raises:
        MalformedPayload: a leaf that cannot be read.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.own: Evidence = decode_evidence(trial.outcome.evidence)
        self.own_rows = evidence_rows(self.own)
        self.revealed = len(trial.facts.reveals)
        middle = self.revealed + 1
        self.header: Header = read_header(trial.leaves[0])
        self.standings: list[Standing] = [read_standing(leaf) for leaf in trial.leaves[1:middle]]
        self.coalitions: list[CoalitionLeaf] = [read_coalition(leaf) for leaf in trial.leaves[middle:-1]]
        self.aggregate: AggregateLeaf = read_aggregate(trial.leaves[-1])

    def shown(self, position: int, count: int = 1) -> Excerpt:
        """Leaves of the report, from a position on."""
        return excerpt(self.trial.leaves, position, count)

    def standing(self, index: int) -> Excerpt:
        """The standing of a reveal."""
        return self.shown(1 + index)

    def all_standings(self) -> Excerpt:
        """The standings of all reveals."""
        return self.shown(1, self.revealed)

    def scored_leaf(self, place: int) -> Excerpt:
        """The leaf of a scored model: a coalition's, or after the last of them the aggregate's."""
        return self.shown(1 + self.revealed + place)

    def all_coalitions(self) -> Excerpt:
        """The coalitions."""
        return self.shown(1 + self.revealed, len(self.coalitions))

    def verdict(self) -> Excerpt:
        """The aggregate."""
        return self.shown(len(self.trial.leaves) - 1)

    def sample(self, index: int) -> Excerpt:
        """A sample of the validation set."""
        return excerpt(self._samples, 1 + index)

    @cached_property
    def rules(self) -> Excerpt:
        """The rules of the validation set."""
        return excerpt(self._samples, 0)

    @cached_property
    def _samples(self) -> tuple[bytes, ...]:
        return validation_leaves(self.validation)

    @cached_property
    def validation(self) -> Validation:
        """The validation set."""
        return decode_validation(self.trial.seen.validation)

    @cached_property
    def players(self) -> tuple[Standing, ...]:
        """Those who take part, in order."""
        return tuple(one for one in self.own.standings if one.player is not None)

    def payload(self, index: int) -> bytes:
        """The bytes behind a reveal; none where they were demanded in vain."""
        reveal, seen = self.trial.facts.reveals[index], self.trial.seen
        silent = (reveal.participant, reveal.digest) in seen.silent
        return b"" if silent else seen.updates[reveal.digest] or b""

    def deltas(self, players: Iterable[Standing]) -> bytes:
        """What some players' updates hold behind their heads, one after the other."""
        return b"".join((self.trial.seen.updates[one.digest] or b"")[UPDATE_HEAD:] for one in players)

    def scored(self) -> Iterator[Scored]:
        """Every model that was scored: the coalitions' in order, then the candidate."""
        for place, one in enumerate(self.coalitions):
            yield Scored(place, coalition_name(one.members), one.model, one.row, one.loss)
        last = self.aggregate
        yield Scored(len(self.coalitions), "the candidate", last.candidate, last.row, last.after)

    def model(self, place: int) -> bytes:
        """The block of a scored model, by its place."""
        base, rule = decode_model(self.trial.seen.base_model).parameters, RULES[self.validation.rules.rule]
        deltas = np.frombuffer(self.deltas(self.players), ">i4").astype(np.int64).reshape(len(self.players), len(base))
        if place < len(self.coalitions):
            masks = (self.own.coalitions[place].members,)
            parameters = coalition_models(base, deltas, [one.stake for one in self.players], masks, rule)[0]
        else:
            parameters = _candidate(base, deltas, [one.weight for one in self.players], rule)
        return encode_model(Model(self.trial.seen.circuit, self.trial.facts.number, parameters))


def coalition_name(members: int) -> str:
    """A coalition by its players."""
    players = ", ".join(str(at) for at in range(members.bit_length()) if members >> at & 1)
    return f"coalition {{{players}}}"


def _candidate(base: IntArray, deltas: IntArray, weights: Sequence[int], rule: Rule) -> IntArray:
    return base + rule(deltas, weights) if any(weights) else base
