"""What an index lacks, a sentence each: shown beside every figure that it touches, and never filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qfl_chain.analysis.index.database import AGAIN, Index
from qfl_chain.analysis.index.models import ROWS

_EVIDENCE = {
    "unread": "was not read yet",
    "missing": "is in no store that was asked",
    "unreadable": "cannot be read",
    "contradicts": "contradicts the logs",
}


def find_gaps(index: Index) -> tuple[str, ...]:
    """Every gap."""
    if not index.query("SELECT 1 FROM events LIMIT 1"):
        return ("no log of the federation was read: nothing has happened yet, or the index ends before it began",)
    return tuple(
        gap
        for found in (contradictions, _evidence, _payloads, _models, _transactions, _strangers)
        for gap in found(index)
    )


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a person writes them: ``1, 3 to 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)


def _rounds(numbers: Sequence[int]) -> str:
    return f"round{'s' if len(numbers) > 1 else ''} {ranges(numbers)}"


def contradictions(index: Index) -> Iterator[str]:
    """A sentence about logs that do not follow from those before them, if there are any."""
    rows = index.query("SELECT block, log_index, name, field, said, folded FROM contradictions")
    if rows:
        block, at, name, field, said, folded = rows[0]
        yield (
            f"{len(rows)} logs contradict those before them, first {name} at {(block, at)}, whose {field} is {said} "
            f"where the logs before give {folded}: a log is missing or was changed; {AGAIN}"
        )


def _evidence(index: Index) -> Iterator[str]:
    rows = index.query("SELECT round, evidence_status, evidence_detail FROM reports ORDER BY round")
    for status, says in _EVIDENCE.items():
        found = [(int(number), detail) for number, one, detail in rows if one == status]
        if found:
            why = f" ({found[0][1]})" if found[0][1] else ""
            yield (
                f"the evidence of {_rounds([number for number, _ in found])} {says}{why}: scores, weights and rewards "
                "are not known there"
            )


def _payloads(index: Index) -> Iterator[str]:
    ((count, rounds),) = index.query(
        "SELECT count(*), list(DISTINCT round ORDER BY round) FROM scores WHERE status = 'accepted' AND norm IS NULL"
    )
    if count:
        yield (
            f"the payloads of {count} accepted updates, in {_rounds(rounds)}, are in no store that was asked: how far "
            "they went is not known"
        )


def _models(index: Index) -> Iterator[str]:
    rows = index.query(
        "SELECT round FROM (SELECT 0 AS round UNION ALL SELECT round FROM reports WHERE stands) "
        "WHERE round NOT IN (SELECT round FROM model_metrics WHERE rows = ?) ORDER BY round",
        (ROWS,),
    )
    if rows:
        yield (
            f"the model of {_rounds([int(number) for (number,) in rows])} has no figures on the public rows: its "
            "block, the circuit or the validation set is in no store that was asked"
        )


def _transactions(index: Index) -> Iterator[str]:
    ((missing,),) = index.query(
        "SELECT count(DISTINCT transaction) FROM events WHERE transaction NOT IN (SELECT hash FROM transactions)"
    )
    if missing:
        yield f"{missing} transactions behind the logs were not read: gas and fees leave them out"
    if index.query("SELECT 1 FROM transactions WHERE sender = 'oracles' LIMIT 1"):
        yield "the run directory does not say which oracle sent a transaction: their gas and fees are given together"


def _strangers(index: Index) -> Iterator[str]:
    ((count,),) = index.query("SELECT count(*) FROM participants WHERE joined IS NULL")
    if count:
        yield f"{count} accounts claimed rewards and never joined: they are in the money, not among the participants"
