"""Reports with one leaf changed, whose roots are true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.evidence import (
    header_leaf,
    read_header,
    read_standing,
    standing_leaf,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.trial import Trial
from tests.protocol.corruptions import with_leaves

from .trials import CIRCUIT

CONVICTED: tuple[Any, ...] = ()
CODE = CIRCUIT.to_bytes()


def no_fault(fault: Fault) -> tuple[Any, ...]:
    return ("NoFault", fault)


def with_leaf(honest: Trial, at: int, leaf: bytes) -> Trial:
    return with_leaves(honest, [*honest.leaves[:at], leaf, *honest.leaves[at + 1 :]])


def with_header(honest: Trial, **changed: Any) -> Trial:
    return with_leaf(honest, 0, header_leaf(replace(read_header(honest.leaves[0]), **changed)))


def with_standing(honest: Trial, index: int, **changed: Any) -> Trial:
    at = 1 + index
    return with_leaf(honest, at, standing_leaf(replace(read_standing(honest.leaves[at]), **changed)))


def rules_leaf(rules: Rules, samples: int, code: int = 0) -> bytes:
    """By hand: rule, subset, permutations, samples, features, classes."""
    sizes = ((code, 1), (rules.subset, 2), (rules.permutations, 2), (samples, 4), (3, 2), (2, 1))
    return b"".join(value.to_bytes(width, "big") for value, width in sizes)
