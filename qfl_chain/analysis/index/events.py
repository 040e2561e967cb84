"""Events as the index's columns, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from qfl_chain.analysis.index.database import Index, explained
from qfl_chain.analysis.index.deployed import decode_deployed, decode_scheduled, encode_deployed, encode_scheduled
from qfl_chain.analysis.index.pieces import COLUMNS, Blocks, Columns, Piece, objects
from qfl_chain.types import Event

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Funded": ("from", "amount", "funded"),
    "Joined": ("participant", "amount", "stake"),
    "RoundOpened": ("round", "start", "budget"),
    "RoundExpired": ("round",),
    "Committed": ("participant", "round", "commitment"),
    "Revealed": ("participant", "round", "stake", "digest"),
    "Reported": ("round", "inputs", "rewards", "model", "evidence", "evidenceRoot", "total", "signed", "activeAt"),
    "Claimed": ("participant", "amount", "cumulative"),
    "Penalized": ("participant", "round", "amount", "stake"),
    "Exited": ("participant", "amount", "withdrawableAt"),
    "Withdrawn": ("participant", "amount"),
    "Paused": (),
    "Unpaused": (),
    "ReportVoided": ("round",),
    "RoundVoided": ("round",),
    "Cancelled": (),
    "Reclaimed": ("to", "amount"),
    "Bonded": ("oracle", "amount", "bond"),
    "Unbonding": ("oracle", "bond", "withdrawableAt"),
    "BondWithdrawn": ("oracle", "amount"),
    "CommitteeSeated": ("committee",),
    "CommitteeUnseated": ("committee",),
    "Slashed": ("oracle", "round", "amount", "bond"),
    "Refuted": ("round", "fault", "reporter", "bounty", "burned"),
    "Equivocated": ("oracle", "round", "reporter", "bounty", "burned"),
    "Convicted": ("participant", "round", "offence", "amount", "stake", "exiting", "reporter", "bounty"),
    "UpdateDemanded": ("round", "participant", "digest", "demander", "bond", "deadline"),
    "UpdateAnswered": ("round", "participant", "digest", "answerer", "bond"),
    "LeafDemanded": ("round", "index", "demander", "bond", "deadline"),
    "LeafAnswered": ("round", "index", "answerer", "bond"),
    "Credited": ("account", "amount"),
    "Collected": ("account", "amount"),
}
"""The fields of every log but ``Deployed`` and ``CommitteeScheduled``, under their Solidity names."""

_WIDTHS = {"commitment": 14, "inputs": 23, "signed": 32}
"""Bytes of the integers that are kept as bytes."""

_AMOUNTS = ("amount", "stake", "funded", "cumulative", "total", "budget", "exiting", "bond", "bounty", "burned")
_NUMBERS = ("round", "start", "withdrawable_at", "active_at", "deadline", "fault", "offence", "leaf")
_DIGESTS = ("digest", "rewards", "model", "evidence", "evidence_root", "committee")
_READ = ("account", "counterparty", *_AMOUNTS, *_NUMBERS, *_DIGESTS, *_WIDTHS, "data")
_AT_A_TIME = 10_000


def piece_of(events: Sequence[Event]) -> Piece:
    """Events in chain order, at least one, as one piece whose block hashes are not known."""
    times = {event.block: event.timestamp for event in events}
    numbers = np.array(sorted(times), dtype=np.int64)
    blocks = Blocks(numbers, objects([None] * len(times)), np.array([times[one] for one in numbers], dtype=np.int64))
    by_name: dict[str, list[Event]] = {}
    for event in events:
        by_name.setdefault(event.name, []).append(event)
    kinds = {name: _columns(kind) for name, kind in by_name.items()}
    return Piece(events[0].block, events[-1].block, blocks, kinds)


def read_events(index: Index, first: int = 0, last: int | None = None) -> Iterator[Event]:
    """The logs of blocks ``first`` to ``last`` in chain order, few in memory at a time.

    Raises:
        RunError: the index cannot be read.
        ProtocolError: terms of another version.
    """
    until = index.next_block - 1 if last is None else last
    with explained(index.name):
        # A cursor of its own: the caller may ask the index other things in between.
        cursor = index.connection.cursor()
        cursor.execute(
            f"SELECT name, block, log_index, time, transaction, {', '.join(_READ)} FROM events "
            "WHERE block BETWEEN ? AND ? ORDER BY block, log_index",
            [first, until],
        )
        while rows := cursor.fetchmany(_AT_A_TIME):
            yield from map(_event, rows)


def _event(row: tuple[Any, ...]) -> Event:
    name, block, at, time, transaction, *values = row
    held = dict(zip(_READ, values, strict=True))
    if name == "CommitteeScheduled":
        args: dict[str, Any] = decode_scheduled(held["data"])
    elif name == "Deployed":
        terms = decode_deployed(held["data"])
        *fields, oracles = (getattr(terms, field) for field in terms.__dataclass_fields__)
        args = {"terms": tuple(fields), "oracles": oracles}
    else:
        args = {field: _value(field, held[COLUMNS.get(field, field)]) for field in FIELDS[name]}
    return Event(name, args, block, at, _seconds(time), "0x" + transaction.hex())


def _value(field: str, value: Any) -> Any:
    return int.from_bytes(value, "big") if field in _WIDTHS and value is not None else value


def _seconds(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp())


def _columns(events: Sequence[Event]) -> Columns:
    """The logs of one kind, column by column."""
    columns: dict[str, Any] = {
        "block": np.array([event.block for event in events], dtype=np.int64),
        "log_index": np.array([event.index for event in events], dtype=np.int64),
        "transaction": objects(bytes_of(event.transaction) for event in events),
    }
    if events[0].name == "Deployed":
        data = [encode_deployed(event.args["terms"], event.args["oracles"]) for event in events]
        return {**columns, "data": objects(data)}
    if events[0].name == "CommitteeScheduled":
        data = [encode_scheduled(event.args["oracles"], event.args["effectiveAt"]) for event in events]
        return {**columns, "data": objects(data)}
    for field in FIELDS[events[0].name]:
        columns[COLUMNS.get(field, field)] = _column([event.args[field] for event in events], _WIDTHS.get(field, 0))
    return columns


def _column(values: Sequence[Any], width: int) -> Any:
    if width:
        return objects(int(value).to_bytes(width, "big") for value in values)
    if isinstance(values[0], int):
        return np.array(values, dtype=np.uint64)
    return objects(values)


def bytes_of(text: str) -> bytes:
    """The bytes of hexadecimal text, with or without 0x."""
    return bytes.fromhex(text.removeprefix("0x"))
