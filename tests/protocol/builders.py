"""Small values for the protocol's tests: accounts, blocks, a fake executor and whole rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qfl_chain.protocol.codec import (
    Model,
    Rules,
    Update,
    Validation,
    digest_of_bytes,
    encode_model,
    encode_update,
    encode_validation,
)
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.protocol.report import Observations
from qfl_chain.types import Address, Digest, Gwei, IntArray, Reveal, Round

CIRCUIT = digest_of_bytes(b"circuit")
OTHER_CIRCUIT = digest_of_bytes(b"another circuit")


def account(number: int) -> Address:
    return unpack_address(number.to_bytes(2, "big") * 10)


FEDERATION = account(0xFEDE)


@dataclass(frozen=True)
class LinearExecutor:
    """A model that is a dot product: integer, order-dependent nowhere, and obvious."""

    parameters: int

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        outputs = parameters @ features.T
        errors = outputs[:, :, None] - 1000 * targets[None, :, :]
        return (errors**2).sum(axis=2)


@dataclass(frozen=True)
class Entry:
    """One reveal of a test round: deltas to encode, raw bytes, or None for one that was demanded in vain."""

    content: Sequence[int] | bytes | None
    stake: int = 1_000_000_000


def update_block(deltas: Sequence[int], round_number: int = 1, circuit: Digest = CIRCUIT) -> bytes:
    return encode_update(Update(circuit, round_number, np.array(deltas, dtype=np.int64)))


def model_block(parameters: Sequence[int], round_number: int = 0, circuit: Digest = CIRCUIT) -> bytes:
    return encode_model(Model(circuit, round_number, np.array(parameters, dtype=np.int64)))


def validation_block(rules: Rules | None = None, features: int = 3, samples: int = 12, classes: int = 2) -> bytes:
    rng = np.random.default_rng(7)
    rows = rng.integers(-20, 20, (samples, features))
    labels = np.arange(samples) % classes
    return encode_validation(Validation(rules or Rules(), rows, labels, classes))


def scene(
    entries: Sequence[Entry],
    *,
    base: Sequence[int] = (3, -2, 1),
    rules: Rules | None = None,
    budget: int = 1_000_000,
    cumulative: Mapping[Address, Gwei] | None = None,
    round_number: int = 1,
    max_norm: int = 10_000,
) -> tuple[Round, Observations]:
    """A closed round of these entries, participant ``account(1)`` first, and its content."""
    reveals, updates, silent = [], {}, set()
    for index, entry in enumerate(entries):
        if entry.content is None:
            digest = digest_of_bytes(b"lost block %d" % index)
            silent.add((account(index + 1), digest))
        else:
            block = entry.content
            data = block if isinstance(block, bytes) else update_block(block, round_number)
            digest = digest_of_bytes(data)
            updates[digest] = data
        reveals.append(Reveal(account(index + 1), Gwei(entry.stake), digest))
    base_model = model_block(base)
    earned = dict(cumulative or {})
    round_ = Round(
        federation=FEDERATION,
        number=round_number,
        accumulator=accumulate(reveals),
        reveals=tuple(reveals),
        base_model=digest_of_bytes(base_model),
        budget=Gwei(budget),
        total=Gwei(sum(earned.values())),
        cumulative=earned,
    )
    validation = validation_block(rules, features=len(base))
    executor = LinearExecutor(len(base))
    return round_, Observations(CIRCUIT, max_norm, base_model, validation, updates, executor, frozenset(silent))
