"""What a source of logs gives: consecutive blocks at a time, and their logs by kind, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfl_chain.types import IntArray

Columns = Mapping[str, NDArray[Any]]
"""Arrays of one length by the name of their column in ``schema.sql``.

Int64 or uint64 for numbers, objects for text and bytes.

Integers beyond 64 bits do not occur: what is longer is bytes.
"""


COLUMNS: Mapping[str, str] = {
    "participant": "account",
    "from": "account",
    "to": "account",
    "evidenceRoot": "evidence_root",
    "withdrawableAt": "withdrawable_at",
    "activeAt": "active_at",
    "oracle": "account",
    "reporter": "counterparty",
    "demander": "counterparty",
    "answerer": "counterparty",
    "index": "leaf",
}
"""Columns that are called otherwise than the ABI's field."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks, ascending: those with logs, and the piece's last. ``hash`` holds bytes, or None where none is known.

    ``time`` is Unix seconds.
    """

    number: IntArray
    hash: NDArray[Any]
    time: IntArray


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks ``first`` to ``last`` and every log of the federation in them.

    Attributes:
        kinds: by event name, the columns that this event fills; always ``block``, ``log_index`` and ``transaction``.
    """

    first: int
    last: int
    blocks: Blocks
    kinds: Mapping[str, Columns]


def objects(values: Iterable[object]) -> NDArray[Any]:
    """A column of text or bytes; None is NULL."""
    held = list(values)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array
