"""What the reports' evidence says: fetched by CID, checked against the logs, and kept beside them.

Only the digest and the root on chain are believed. Evidence that nobody has, that cannot be read, or that is not about
its round is kept as just that, so that a gap is seen and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qfl_chain.analysis.index.database import Index, insert
from qfl_chain.analysis.index.deployed import decode_deployed
from qfl_chain.analysis.index.geometry import Geometry, Shape, round_geometry
from qfl_chain.analysis.index.models import read_models
from qfl_chain.analysis.index.pieces import objects
from qfl_chain.analysis.index.remeasuring import measure_again
from qfl_chain.errors import ContentError, MalformedPayload
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.evidence import (
    Evidence,
    Standing,
    decode_evidence,
    evidence_leaves,
)
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Address, Digest, Terms

OnProgress = Callable[[int, int], None]
"""Called with how many reports were read, and of how many."""

_LARGEST = 10**38
"""Numbers of the index lie below this in size: HUGEINT holds them, and so does Parquet's longest decimal."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the logs say of the round a report is about."""

    round: int
    inputs: int
    budget: int
    total: int
    previous_total: int
    base_model: Digest
    model: Digest
    evidence: Digest
    root: bytes
    reveals: tuple[tuple[Address, int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one report's evidence. ``evidence`` is there only where ``status`` is read."""

    status: str
    detail: str | None = None
    evidence: Evidence | None = None


def read_evidence(index: Index, store: ContentStore, on_progress: OnProgress = lambda done, of: None) -> None:
    """Read the evidence of every report that has none yet, and the figures of models that have none.

    Missing evidence is asked for again each time, and so are the blocks of updates and models that were missing.

    Raises:
        RunError: the index cannot be written.
    """
    terms = deployed_terms_of(index)
    if terms is None:
        return
    pending, geometry = _pending(index), Geometry(store, terms.model)
    for done, number in enumerate(pending):
        on_progress(done, len(pending))
        expected = _expected(index, number, terms)
        finding = examine(expected, index.meta.federation, terms, store)
        shape = None
        if finding.evidence is not None:
            shape = round_geometry(geometry, expected.base_model, expected.model, finding.evidence.standings)
        _write(index, expected, finding, shape)
    on_progress(len(pending), len(pending))
    measure_again(index, geometry)
    read_models(index, store, terms)


def deployed_terms_of(index: Index) -> Terms | None:
    """The terms in the first log; None where no log was read.

    Raises:
        ProtocolError: another version's.
    """
    rows = index.query("SELECT data FROM events WHERE name = 'Deployed' ORDER BY block, log_index LIMIT 1")
    return decode_deployed(rows[0][0]) if rows else None


def examine(expected: Expected, federation: Address, terms: Terms, store: ContentStore) -> Finding:
    """Fetch one report's evidence and hold it against the logs."""
    try:
        block = store.get(expected.evidence)
    except ContentError as error:
        return Finding("missing", f"no store gives {cid_of(expected.evidence)}: {error}")
    try:
        evidence = decode_evidence(block)
    except MalformedPayload as error:
        return Finding("unreadable", str(error))
    contradiction = _contradiction(evidence, expected, federation, terms)
    if contradiction:
        return Finding("contradicts", contradiction)
    impossible = _impossible(evidence)
    return Finding("unreadable", impossible) if impossible else Finding("read", None, evidence)


def _contradiction(evidence: Evidence, expected: Expected, federation: Address, terms: Terms) -> str:
    """The first thing that is not as the logs say; empty where all is."""
    header = evidence.header
    facts: Mapping[str, tuple[object, object]] = {
        "federation": (header.federation, federation),
        "round": (header.round, expected.round),
        "inputs": (header.inputs, expected.inputs),
        "circuit": (header.circuit, terms.circuit),
        "validation set": (header.validation, terms.validation),
        "base model": (header.base_model, expected.base_model),
        "budget": (header.budget, expected.budget),
        "previous total": (header.previous_total, expected.previous_total),
        "number of reveals": (header.reveals, len(expected.reveals)),
        "model": (evidence.aggregate.model, expected.model),
        "rewards": (sum(one.reward for one in evidence.standings), expected.total - expected.previous_total),
    }
    for name, (said, logged) in facts.items():
        if said != logged:
            return f"{name}: the evidence says {_shown(said)}, the logs {_shown(logged)}"
    for place, (standing, reveal) in enumerate(zip(evidence.standings, expected.reveals, strict=True)):
        if _revealed(standing) != reveal:
            return f"reveal {place} of {reveal[0]} is not the one the logs hold"
    if tree_root(evidence_leaves(evidence)) != expected.root:
        return "its leaves are not those under the report's evidence root"
    return ""


def _revealed(standing: Standing) -> tuple[Address, int, bytes]:
    return standing.participant, standing.stake, standing.digest


def _impossible(evidence: Evidence) -> str:
    """Values no honest round has, and that no index can hold or divide by."""
    if not evidence.header.subset:
        return "it drew no validation rows"
    if min(evidence.aggregate.before, evidence.aggregate.after) < 0:
        return "a loss is below zero"
    for standing in evidence.standings:
        for name in ("phi", "weight"):
            if not -_LARGEST < getattr(standing, name) < _LARGEST:
                return f"{name} of {standing.participant} has more than 38 digits"
    return ""


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _pending(index: Index) -> list[int]:
    """Rounds whose report's evidence was not read, or was missing, oldest first."""
    rows = index.query("SELECT round FROM reports WHERE evidence_status IN ('unread', 'missing') ORDER BY round")
    return [int(number) for (number,) in rows]


def _expected(index: Index, number: int, terms: Terms) -> Expected:
    ((inputs, budget, total, previous_total, earlier, model, evidence, root),) = index.query(
        "SELECT r.inputs, o.budget, r.total, r.previous_total, r.base_model, r.model, r.evidence, r.evidence_root "
        "FROM reports r JOIN events o ON o.name = 'RoundOpened' AND o.round = r.round WHERE r.round = ?",
        (number,),
    )
    reveals = index.query(
        "SELECT account, stake, digest FROM events WHERE name = 'Revealed' AND round = ? ORDER BY block, log_index",
        (number,),
    )
    return Expected(
        number,
        int.from_bytes(inputs, "big"),
        budget,
        total,
        previous_total,
        terms.model if earlier is None else Digest(earlier),
        Digest(model),
        Digest(evidence),
        root,
        tuple((Address(account), stake, digest) for account, stake, digest in reveals),
    )


def _write(index: Index, expected: Expected, finding: Finding, shape: Shape | None) -> None:
    with index.writing() as connection:
        key = [expected.evidence, expected.round]
        connection.execute("DELETE FROM evidence WHERE digest = ? AND round = ?", key)
        values: list[object] = [None] * 9
        if finding.evidence is not None and shape is not None:
            header, verdict = finding.evidence.header, finding.evidence.aggregate
            sums = [verdict.before, verdict.after, verdict.accepted]
            values = [header.scale, len(header.subset), header.coalitions, *sums]
            values += [shape.agreement, shape.step, shape.drift]
        marks = ", ".join("?" * 13)
        connection.execute(f"INSERT INTO evidence VALUES ({marks})", [*key, finding.status, finding.detail, *values])
        if finding.evidence is not None and shape is not None and finding.evidence.standings:
            columns = _standing_columns(expected, finding.evidence.standings, shape)
            numbers = {name: f"{name}::HUGEINT" for name in ("phi", "weight")}
            absent = {name: f"CASE WHEN NOT isnan({name}) THEN {name} END" for name in ("norm", "cosine", "moved")}
            insert(connection, "standings", columns, **numbers, **absent)


def _standing_columns(
    expected: Expected, standings: Sequence[Standing], shape: Shape
) -> Mapping[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
    count = len(standings)
    return {
        "evidence": objects([expected.evidence] * count),
        "round": np.full(count, expected.round, dtype=np.int64),
        "place": np.arange(count, dtype=np.int64),
        "participant": objects(one.participant for one in standings),
        "status": objects(one.status.name.lower() for one in standings),
        "stake": np.array([one.stake for one in standings], dtype=np.uint64),
        "digest": objects(one.digest for one in standings),
        "phi": objects(str(one.phi) for one in standings),
        "weight": objects(str(one.weight) for one in standings),
        "reward": np.array([one.reward for one in standings], dtype=np.uint64),
        "cumulative": np.array([one.cumulative for one in standings], dtype=np.uint64),
        "norm": shape.norms,
        "cosine": shape.cosines,
        "moved": shape.moved,
    }
