"""Canonical bytes of updates, models and validation sets: one value, one byte string, and back.

All integers are big-endian. Every block starts with a four-byte magic and the version byte 1::

    update      "QFLU" 1 | circuit 32 | round uint16 | count uint32 | count x delta int32
    model       "QFLM" 1 | circuit 32 | round uint16 | count uint32 | count x parameter int64
    validation  "QFLV" 1 | rule uint8 | subset uint16 | permutations uint16
                         | samples uint32 | features uint16 | classes uint8
                         | samples x label uint8 | samples x features x int32

Deltas, parameters and features are in units of ``2 * pi / 2**32`` rad. A model's round is the one whose report
produced it, 0 for the sponsor's. The validation block also says how updates are judged (:class:`Rules`), so the
digest of it in the contract binds the rules too. Rules P14 to P17.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.packing import DIGEST_BYTES, Reader, pack_bytes, pack_uint
from qfl_chain.types import Digest, IntArray

VERSION = b"\x01"
UPDATE_MAGIC = b"QFLU"
MODEL_MAGIC = b"QFLM"
VALIDATION_MAGIC = b"QFLV"

PARAMETER_BOUND = 1 << 62
"""Model parameters stay below this size, so that adding an int32 delta cannot leave int64."""

_RULE_NAMES = tuple(RULES)


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """A participant's update: ``deltas`` (parameters,) from the round's base model, in units."""

    circuit: Digest
    round: int
    deltas: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model: ``parameters`` (parameters,) in units, and the round whose report produced it."""

    circuit: Digest
    round: int
    parameters: IntArray


@dataclass(frozen=True, slots=True)
class Rules:
    """How updates are judged: what the parties agree on beyond circuit, model and data.

    Attributes:
        rule: name of the aggregation rule, a key of :data:`~qfl_chain.protocol.aggregation.RULES`.
        subset: validation samples drawn each round; all of them if there are no more.
        permutations: permutations walked when there are too many participants for the exact Shapley value; even,
            since each is walked in both directions.
    """

    rule: str = "weighted-mean"
    subset: int = 64
    permutations: int = 16

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ProtocolError(f"unknown aggregation rule {self.rule!r}; choose one of {', '.join(RULES)}")
        if not 1 <= self.subset < 1 << 16:
            raise ProtocolError(f"validation subset of {self.subset} samples; choose 1 to 65535")
        if self.permutations % 2 or not 2 <= self.permutations < 1 << 16:
            raise ProtocolError(f"{self.permutations} permutations; choose an even number from 2 to 65534")


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """The public samples that score updates: ``features`` (samples, features) in units, ``labels`` (samples,)."""

    rules: Rules
    features: IntArray
    labels: IntArray
    classes: int


def digest_of_bytes(data: bytes) -> Digest:
    """The sha2-256 of a block: its name on chain and in the content store."""
    return Digest(sha256(data).digest())


def encode_update(update: Update) -> bytes:
    """The canonical bytes of an update.

    Raises:
        MalformedPayload: a delta outside int32.
    """
    deltas = _bounded(update.deltas, 1 << 31, "update: delta")
    return _head(UPDATE_MAGIC, update.circuit, update.round, len(deltas)) + deltas.astype(">i4").tobytes()


def decode_update(data: bytes) -> Update:
    """The update of canonical bytes.

    Raises:
        MalformedPayload: anything else, naming the field.
    """
    reader = Reader(data, "update")
    circuit, number, count = _read_head(reader, UPDATE_MAGIC)
    deltas = np.frombuffer(reader.take(4 * count, "deltas"), ">i4").astype(np.int64)
    reader.end()
    return Update(circuit, number, deltas)


def check_update(data: bytes, *, circuit: Digest, round_number: int, count: int, max_norm: int) -> IntArray:
    """The deltas of an update that belongs to this circuit and round and keeps to the norm bound.

    The norm is Euclidean, in units: the sum of squares may not exceed ``max_norm ** 2``.

    Raises:
        MalformedPayload: not such an update; the message is the reason the report records.
    """
    update = decode_update(data)
    if update.circuit != circuit:
        raise MalformedPayload(f"update: made for circuit 0x{update.circuit.hex()}, expected 0x{circuit.hex()}")
    if update.round != round_number:
        raise MalformedPayload(f"update: made for round {update.round}, expected {round_number}")
    if len(update.deltas) != count:
        raise MalformedPayload(f"update: {len(update.deltas)} deltas, the circuit has {count} parameters")
    squares = sum(delta * delta for delta in update.deltas.tolist())
    if squares > max_norm * max_norm:
        raise MalformedPayload(f"update: squared norm {squares} exceeds {max_norm} ** 2; scale the deltas down")
    return update.deltas


def encode_model(model: Model) -> bytes:
    """The canonical bytes of a model.

    Raises:
        MalformedPayload: a parameter of :data:`PARAMETER_BOUND` units or more.
    """
    parameters = _bounded(model.parameters, PARAMETER_BOUND, "model: parameter")
    return _head(MODEL_MAGIC, model.circuit, model.round, len(parameters)) + parameters.astype(">i8").tobytes()


def decode_model(data: bytes) -> Model:
    """The model of canonical bytes.

    Raises:
        MalformedPayload: anything else, naming the field.
    """
    reader = Reader(data, "model")
    circuit, number, count = _read_head(reader, MODEL_MAGIC)
    parameters = np.frombuffer(reader.take(8 * count, "parameters"), ">i8").astype(np.int64)
    reader.end()
    return Model(circuit, number, _bounded(parameters, PARAMETER_BOUND, "model: parameter"))


def encode_validation(validation: Validation) -> bytes:
    """The canonical bytes of a validation set and its rules.

    Raises:
        MalformedPayload: shapes that do not fit, a label that is no class, or a feature outside int32.
    """
    _check_validation(validation)
    rules, (samples, features) = validation.rules, validation.features.shape
    return b"".join(
        (
            VALIDATION_MAGIC + VERSION,
            pack_uint(_RULE_NAMES.index(rules.rule), 8, "rule code"),
            pack_uint(rules.subset, 16, "subset"),
            pack_uint(rules.permutations, 16, "permutations"),
            pack_uint(samples, 32, "sample count"),
            pack_uint(features, 16, "feature count"),
            pack_uint(validation.classes, 8, "class count"),
            validation.labels.astype(np.uint8).tobytes(),
            validation.features.astype(">i4").tobytes(),
        )
    )


def decode_validation(data: bytes) -> Validation:
    """The validation set of canonical bytes.

    Raises:
        MalformedPayload: anything else, naming the field.
    """
    reader = Reader(data, "validation set")
    reader.expect(VALIDATION_MAGIC, "magic")
    reader.expect(VERSION, "version")
    rules = _read_rules(reader)
    samples, features = reader.uint(32, "sample count"), reader.uint(16, "feature count")
    classes = reader.uint(8, "class count")
    labels = np.frombuffer(reader.take(samples, "labels"), np.uint8).astype(np.int64)
    values = np.frombuffer(reader.take(4 * samples * features, "features"), ">i4").astype(np.int64)
    reader.end()
    validation = Validation(rules, values.reshape(samples, features), labels, classes)
    _check_validation(validation)
    return validation


def targets(labels: IntArray, classes: int) -> IntArray:
    """What the circuit's outputs should be, (samples, outputs).

    Two classes need one output: +1 for class 1, -1 for class 0. More classes take one output each: +1 for the own
    class, -1 for the others.
    """
    if classes == 2:
        return (2 * labels - 1).astype(np.int64)[:, None]
    return np.where(labels[:, None] == np.arange(classes)[None, :], 1, -1).astype(np.int64)


def update_bytes(parameters: int) -> int:
    """How long the block of an update of so many parameters is."""
    return len(_head(UPDATE_MAGIC, Digest(bytes(DIGEST_BYTES)), 0, 0)) + 4 * parameters


def _head(magic: bytes, circuit: Digest, number: int, count: int) -> bytes:
    return b"".join(
        (
            magic + VERSION,
            pack_bytes(circuit, DIGEST_BYTES, "circuit digest"),
            pack_uint(number, 16, "round"),
            pack_uint(count, 32, "count"),
        )
    )


def _read_head(reader: Reader, magic: bytes) -> tuple[Digest, int, int]:
    reader.expect(magic, "magic")
    reader.expect(VERSION, "version")
    circuit = Digest(reader.take(DIGEST_BYTES, "circuit digest"))
    return circuit, reader.uint(16, "round"), reader.uint(32, "count")


def _read_rules(reader: Reader) -> Rules:
    code = reader.uint(8, "rule code")
    if code >= len(_RULE_NAMES):
        raise reader.malformed(f"rule code {code} is unknown; the last is {len(_RULE_NAMES) - 1}")
    subset, permutations = reader.uint(16, "subset"), reader.uint(16, "permutations")
    try:
        return Rules(_RULE_NAMES[code], subset, permutations)
    except ProtocolError as error:
        raise reader.malformed(str(error)) from error


def _bounded(values: IntArray, bound: int, name: str) -> IntArray:
    """``values`` as int64, each in ``[-bound, bound)``."""
    array = np.asarray(values, dtype=np.int64)
    wrong = np.flatnonzero((array < -bound) | (array >= bound))
    if wrong.size:
        index = int(wrong[0])
        raise MalformedPayload(f"{name} {index} is {array.flat[index]} units; it must lie in [-{bound}, {bound})")
    return array


def _check_validation(validation: Validation) -> None:
    features, labels, classes = validation.features, validation.labels, validation.classes
    if features.ndim != 2 or labels.shape != features.shape[:1] or not len(labels):
        raise MalformedPayload(
            f"validation set: features {features.shape} and labels {labels.shape}; need (n, f), (n,), n > 0"
        )
    if not 2 <= classes <= 255:
        raise MalformedPayload(f"validation set: {classes} classes; need 2 to 255")
    if labels.min() < 0 or labels.max() >= classes:
        raise MalformedPayload(f"validation set: label {labels.max()} or {labels.min()} is outside 0 to {classes - 1}")
    _bounded(features, 1 << 31, "validation set: feature")
