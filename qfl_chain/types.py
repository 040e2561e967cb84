"""The values every layer shares: frozen, integer where two parties must agree, free of behaviour.

Amounts are gwei. Times are Unix seconds of the chain's clock. Angles of models and updates are *units*:
one unit is ``2 * pi / 2**32`` radians.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

Address = NewType("Address", str)
"""An EIP-55 checksummed account address."""

Digest = NewType("Digest", bytes)
"""Thirty-two bytes: the sha2-256 of a block of content, and the hash inside its CID."""

Gwei = NewType("Gwei", int)

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Phase(Enum):
    """Where a federation stands in its current round (rule P19)."""

    IDLE = "idle"
    COMMIT = "commit"
    REVEAL = "reveal"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a federation's sponsor fixed at deployment; immutable in the contract."""

    circuit: Digest
    model: Digest
    validation: Digest
    validation_root: bytes
    commit_window: int
    reveal_window: int
    report_window: int
    challenge_window: int
    unbonding_window: int
    min_stake: Gwei
    reward_per_round: Gwei
    max_norm: int
    oracle_bond: Gwei
    min_reveals: int
    sponsor: Address
    guardian: Address
    guardian_expiry: int
    referee: Address
    oracles: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded contract log. ``args`` holds the event's fields under their Solidity names."""

    name: str
    args: Mapping[str, Any]
    block: int
    index: int
    timestamp: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What a participant reveals: anyone who holds it may open the commitment on its behalf."""

    participant: Address
    digest: Digest
    salt: bytes


@dataclass(frozen=True, slots=True)
class Reveal:
    """One revealed update, as the chain recorded it."""

    participant: Address
    stake: Gwei
    digest: Digest


@dataclass(frozen=True, slots=True)
class Round:
    """Everything the chain says about one closed round; with the content it fixes the report."""

    federation: Address
    number: int
    accumulator: int
    reveals: tuple[Reveal, ...]
    base_model: Digest
    budget: Gwei
    total: Gwei
    cumulative: Mapping[Address, Gwei]


@dataclass(frozen=True, slots=True)
class Report:
    """What the committee signs, field by field as EIP-712 sees it.

    ``inputs`` is the round's accumulator (184 bits); ``rewards`` the root of the Merkle-sum tree of cumulative
    rewards and ``total`` its sum; ``model`` and ``evidence`` are content digests; ``evidence_root`` is the Merkle
    root over the evidence's leaves.
    """

    round: int
    inputs: int
    rewards: bytes
    model: Digest
    evidence: Digest
    evidence_root: bytes
    total: Gwei


@dataclass(frozen=True, slots=True)
class Filing:
    """A report with what the contract knew when it took it; the contract keeps its hash.

    ``signed`` has a bit for each oracle of ``committee`` (the hash of its packed addresses) that answers for it.
    """

    report: Report
    signed: int
    committee: bytes
    reported_at: int
    active_at: int
    budget: Gwei
    revealed: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One oracle's EIP-2098 compact signature over a report."""

    oracle: Address
    compact: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """A participant's slot in the contract, and the stake it is withdrawing."""

    stake: Gwei
    claimed: Gwei
    round: int
    commitment: int
    exiting: Gwei
    withdrawable_at: int


@dataclass(frozen=True, slots=True)
class LiveRound:
    """The contract's current round: ``start`` is 0 once it closed."""

    number: int
    start: int
    revealed: int
    accumulator: int
    paused: bool
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction cost and where it landed."""

    transaction: str
    function: str
    block: int
    gas_used: int
    fee_wei: int
