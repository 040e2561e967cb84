"""Reports on trial: honest ones, and every way to get a single value of one wrong, with the fault that it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from eth_utils import keccak

from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.evidence import (
    EvidenceBlock,
    Status,
    aggregate_leaf,
    coalition_leaf,
    header_leaf,
    join_evidence,
    read_aggregate,
    read_coalition,
    read_header,
    read_standing,
    row_bytes,
    row_losses,
    split_evidence,
    standing_leaf,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.report import Observations, build_report
from qfl_chain.protocol.trial import Trial, rows_by_hash
from qfl_chain.types import Digest, Gwei, Round

from .builders import account

ELSEWHERE = Digest(b"\x55" * 32)
CLASSES = {
    "federation": Fault.HEADER,
    "round": Fault.HEADER,
    "inputs": Fault.HEADER,
    "circuit": Fault.HEADER,
    "base_model": Fault.HEADER,
    "validation": Fault.HEADER,
    "budget": Fault.HEADER,
    "previous_total": Fault.HEADER,
    "scale": Fault.COALITIONS,
    "reveals": Fault.HEADER,
    "coalitions": Fault.COALITIONS,
    "subset": Fault.SUBSET,
    "participant": Fault.STANDING,
    "stake": Fault.STANDING,
    "digest": Fault.STANDING,
    "status": Fault.STANDING,
    "player": Fault.PLAYERS,
    "phi": Fault.CONTRIBUTION,
    "weight": Fault.WEIGHT,
    "reward": Fault.SPLIT,
    "cumulative": Fault.REWARDS,
    "members": Fault.COALITIONS,
    "loss": Fault.SUM,
    "candidate": Fault.AGGREGATE,
    "before": Fault.VERDICT,
    "after": Fault.SUM,
    "accepted": Fault.VERDICT,
}
"""The fault of a wrong field, where the name of the field says it."""


@dataclass(frozen=True)
class Corruption:
    """A report with one thing wrong. ``fault`` is None where its losses are to be demanded."""

    name: str
    trial: Trial
    fault: Fault | None


def trial_of(facts: Round, seen: Observations, circuit: bytes = b"circuit") -> Trial:
    """The honest report of a round."""
    outcome = build_report(facts, seen)
    block = split_evidence(outcome.evidence)
    return Trial(outcome.report, block.leaves, rows_by_hash(block, outcome), facts, seen, circuit, outcome)


def with_leaves(trial: Trial, leaves: Sequence[bytes], rows: Sequence[bytes] = ()) -> Trial:
    """The report with other leaves, whose root it states truly, and with rows of its own."""
    known = {**trial.rows, **{keccak(row): row for row in rows}}
    block = join_evidence(EvidenceBlock(tuple(leaves), b"".join(known.values())))
    report = replace(trial.report, evidence=digest_of_bytes(block), evidence_root=tree_root(leaves))
    return replace(trial, report=report, leaves=tuple(leaves), rows=known)


def corruptions(trial: Trial) -> Iterator[Corruption]:
    """Every field of every leaf, every byte of it, and every field of the report."""
    revealed, last = len(trial.facts.reveals), len(trial.leaves) - 1
    yield from _fields(trial, 0, read_header, header_leaf)
    for at in range(1, revealed + 1):
        yield from _fields(trial, at, read_standing, standing_leaf)
    for at in range(revealed + 1, last):
        yield from _fields(trial, at, read_coalition, coalition_leaf)
        yield from _rows(trial, at, read_coalition, coalition_leaf)
    yield from _fields(trial, last, read_aggregate, aggregate_leaf)
    yield from _rows(trial, last, read_aggregate, aggregate_leaf)
    yield from _shapes(trial)
    yield from _report(trial)


def _swap(trial: Trial, at: int, leaf: bytes, rows: Sequence[bytes] = ()) -> Trial:
    return with_leaves(trial, [*trial.leaves[:at], leaf, *trial.leaves[at + 1 :]], rows)


def _fields(trial: Trial, at: int, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Iterator[Corruption]:
    value = read(trial.leaves[at])
    kind = type(value).__name__
    for one in fields(value):
        if one.name == "row":
            continue
        for new in _others(one.name, getattr(value, one.name)):
            changed = _swap(trial, at, write(replace(value, **{one.name: new})))
            yield Corruption(f"leaf {at} {one.name} {new}", changed, _fault_of(kind, one.name))


def _fault_of(kind: str, field: str) -> Fault:
    if field == "model":
        return Fault.MODEL if kind == "CoalitionLeaf" else Fault.VERDICT
    return CLASSES[field]


def _others(name: str, value: Any) -> Iterator[Any]:
    """Wrong values of a field."""
    if name == "status":
        yield from (one for one in Status if one is not value)
    elif name == "player":
        yield from (None, 0, 7, 65534) if value is not None and value not in (0, 7) else (1, 65534)
    elif name == "subset":
        yield from ((*value[:at], value[at] + 1, *value[at + 1 :]) for at in range(0, len(value), 5))
        yield from (value[:-1], (*value, value[-1] + 1), ())
    elif name == "members":
        yield from (value + 1, value - 1, 1 << 256) if value else (1, 1 << 256)
    elif name in ("federation", "participant"):
        yield account(0x7777)
    elif name == "accepted":
        yield not value
    elif isinstance(value, bytes):
        yield ELSEWHERE
        yield bytes([value[0] ^ 1]) + value[1:]
    else:
        yield value + 1
        if value > 0 or name in ("phi", "loss", "before", "after"):
            yield value - 1


def _rows(trial: Trial, at: int, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Iterator[Corruption]:
    leaf = read(trial.leaves[at])
    losses = row_losses(trial.rows[leaf.row])
    for index in range(0, len(losses), max(1, len(losses) // 3)):
        row = row_bytes([*losses[:index], losses[index] + 1, *losses[index + 1 :]])
        changed = _swap(trial, at, write(replace(leaf, row=keccak(row))), [row])
        yield Corruption(f"leaf {at} loss {index}", changed, Fault.LOSS)
    for name, row in (("short", row_bytes(losses[:-1])), ("long", row_bytes((*losses, 0))), ("no", b"")):
        changed = _swap(trial, at, write(replace(leaf, row=keccak(row))), [row])
        yield Corruption(f"leaf {at} {name} row", changed, Fault.SUM)
    yield Corruption(f"leaf {at} unknown row", _swap(trial, at, write(replace(leaf, row=ELSEWHERE))), None)


def _shapes(trial: Trial) -> Iterator[Corruption]:
    leaves, revealed = trial.leaves, len(trial.facts.reveals)
    for at, leaf in enumerate(leaves):
        for name, junk in (("no", b""), ("junk", b"junk"), ("longer", leaf + b"\0"), ("shorter", leaf[:-1])):
            yield Corruption(f"leaf {at} {name} bytes", _swap(trial, at, junk), Fault.LEAF)
    yield Corruption("no aggregate", with_leaves(trial, leaves[:-1]), Fault.LEAF)
    yield Corruption("a standing is missing", with_leaves(trial, (leaves[0], *leaves[2:])), Fault.LEAF)
    yield Corruption("a header alone", with_leaves(trial, leaves[:1]), Fault.LEAF)
    twice = with_leaves(trial, (*leaves[: revealed + 2], *leaves[revealed + 1 :]))
    yield Corruption("a coalition twice", twice, Fault.COALITIONS)
    if len(leaves) > revealed + 3:
        missing = with_leaves(trial, (*leaves[: revealed + 1], *leaves[revealed + 2 :]))
        yield Corruption("a coalition is missing", missing, Fault.COALITIONS)
        swapped = (leaves[revealed + 2], leaves[revealed + 1], *leaves[revealed + 3 :])
        turned = with_leaves(trial, (*leaves[: revealed + 1], *swapped))
        yield Corruption("coalitions out of order", turned, Fault.COALITIONS)


def _report(trial: Trial) -> Iterator[Corruption]:
    budget = trial.facts.budget
    total = trial.facts.total if trial.report.total > trial.facts.total else Gwei(trial.facts.total + budget)
    for name, value, fault in (
        ("model", ELSEWHERE, Fault.VERDICT),
        ("total", total, Fault.VERDICT),
        ("rewards", ELSEWHERE, Fault.REWARDS),
    ):
        yield Corruption(f"report {name}", replace(trial, report=replace(trial.report, **{name: value})), fault)
