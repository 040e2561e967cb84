from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import (
    PARAMETER_BOUND,
    Model,
    Rules,
    Update,
    Validation,
    check_update,
    decode_model,
    decode_update,
    decode_validation,
    digest_of_bytes,
    encode_model,
    encode_update,
    encode_validation,
    targets,
)

from .builders import CIRCUIT, OTHER_CIRCUIT, model_block, update_block, validation_block

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
ROUNDS = st.integers(0, 65535)


@settings(deadline=None)
@given(ROUNDS, st.lists(INT32, max_size=20))
def test_updates_round_trip(number: int, deltas: list[int]) -> None:
    update = decode_update(encode_update(Update(CIRCUIT, number, np.array(deltas, dtype=np.int64))))
    assert (update.circuit, update.round, update.deltas.tolist()) == (CIRCUIT, number, deltas)
    assert update.deltas.dtype == np.int64


@settings(deadline=None)
@given(ROUNDS, st.lists(st.integers(-PARAMETER_BOUND, PARAMETER_BOUND - 1), max_size=20))
def test_models_round_trip(number: int, parameters: list[int]) -> None:
    model = decode_model(encode_model(Model(CIRCUIT, number, np.array(parameters, dtype=np.int64))))
    assert (model.circuit, model.round, model.parameters.tolist()) == (CIRCUIT, number, parameters)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_validation_sets_round_trip_with_their_rules(data: st.DataObject) -> None:
    samples, features, classes = (data.draw(st.integers(low, 5)) for low in (1, 0, 2))
    rules = Rules(
        data.draw(st.sampled_from(sorted(RULES))),
        data.draw(st.integers(1, 65535)),
        2 * data.draw(st.integers(1, 32767)),
    )
    rows = [[data.draw(INT32) for _ in range(features)] for _ in range(samples)]
    labels = [data.draw(st.integers(0, classes - 1)) for _ in range(samples)]
    array = np.array(rows, dtype=np.int64).reshape(samples, features)
    decoded = decode_validation(encode_validation(Validation(rules, array, np.array(labels), classes)))
    assert (decoded.rules, decoded.classes, decoded.labels.tolist()) == (rules, classes, labels)
    assert decoded.features.tolist() == rows


BLOCKS: list[tuple[bytes, Callable[[bytes], Any], Callable[[Any], bytes]]] = [
    (update_block([1, -2, 1 << 30]), decode_update, encode_update),
    (model_block([5, -(1 << 40)]), decode_model, encode_model),
    (validation_block(samples=3), decode_validation, encode_validation),
]
NAMES = ["update", "model", "validation"]


@pytest.mark.parametrize(("block", "decode", "encode"), BLOCKS, ids=NAMES)
def test_every_corrupted_byte_is_refused_or_decodes_to_another_value(
    block: bytes, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> None:
    for position in range(len(block)):
        for flip in (1, 0x80, 0xFF):
            corrupt = bytearray(block)
            corrupt[position] ^= flip
            try:
                value = decode(bytes(corrupt))
            except MalformedPayload:
                continue
            assert encode(value) == corrupt


@pytest.mark.parametrize(("block", "decode", "encode"), BLOCKS, ids=NAMES)
def test_every_shortened_or_lengthened_block_is_refused(
    block: bytes, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> None:
    for size in range(len(block)):
        with pytest.raises(MalformedPayload):
            decode(block[:size])
    with pytest.raises(MalformedPayload, match="1 trailing bytes"):
        decode(block + b"\x00")


@pytest.mark.parametrize(("block", "decode", "encode"), BLOCKS, ids=NAMES)
def test_magic_and_version_are_fixed(
    block: bytes, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> None:
    with pytest.raises(MalformedPayload, match="wrong magic: found 0x4e4f5045"):
        decode(b"NOPE" + block[4:])
    with pytest.raises(MalformedPayload, match="wrong version: found 0x02, expected 0x01"):
        decode(block[:4] + b"\x02" + block[5:])


def check(data: bytes, **changes: Any) -> list[int]:
    arguments: dict[str, Any] = {"circuit": CIRCUIT, "round_number": 1, "count": 2, "max_norm": 5} | changes
    deltas: list[int] = check_update(data, **arguments).tolist()
    return deltas


def test_an_update_on_the_norm_bound_passes() -> None:
    assert check(update_block([3, -4])) == [3, -4]


@pytest.mark.parametrize(
    ("data", "changes", "reason"),
    [
        (update_block([3, -4], circuit=OTHER_CIRCUIT), {}, f"update: made for circuit 0x{OTHER_CIRCUIT.hex()}"),
        (update_block([3, -4], round_number=2), {}, "update: made for round 2, expected 1"),
        (update_block([3]), {}, "update: 1 deltas, the circuit has 2 parameters"),
        (update_block([3, -4]), {"max_norm": 4}, r"update: squared norm 25 exceeds 4 \*\* 2"),
        (update_block([3, -4]) + b"!", {}, "update: 1 trailing bytes"),
        (b"", {}, "update: magic needs 4 bytes"),
    ],
)
def test_an_update_of_another_round_circuit_size_or_norm_is_malformed(
    data: bytes, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(MalformedPayload, match=reason):
        check(data, **changes)


def test_the_norm_of_extreme_deltas_does_not_overflow() -> None:
    data = update_block([-(1 << 31)] * 5)
    with pytest.raises(MalformedPayload, match=f"squared norm {5 << 62}"):
        check(data, count=5, max_norm=1 << 32)


@pytest.mark.parametrize("delta", [1 << 31, -(1 << 31) - 1])
def test_a_delta_outside_int32_is_not_encoded(delta: int) -> None:
    with pytest.raises(MalformedPayload, match=f"update: delta 1 is {delta} units"):
        update_block([0, delta])


def test_a_parameter_that_could_leave_int64_is_neither_encoded_nor_decoded() -> None:
    with pytest.raises(MalformedPayload, match="model: parameter 0 is"):
        model_block([PARAMETER_BOUND])
    good = model_block([0])
    with pytest.raises(MalformedPayload, match="model: parameter 0 is"):
        decode_model(good[:-8] + b"\x7f" + good[-7:])


def test_a_circuit_digest_has_thirty_two_bytes() -> None:
    with pytest.raises(ProtocolError, match="circuit digest has 3 bytes"):
        encode_update(Update(CIRCUIT[:3], 1, np.zeros(1, dtype=np.int64)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("features", "labels", "classes", "reason"),
    [
        (np.zeros((2, 1)), np.array([0]), 2, "labels"),
        (np.zeros(2), np.array([0, 1]), 2, "features"),
        (np.zeros((0, 1)), np.zeros(0), 2, "n > 0"),
        (np.zeros((1, 1)), np.array([0]), 1, "1 classes; need 2 to 255"),
        (np.zeros((1, 1)), np.array([2]), 2, "label 2 or 2 is outside 0 to 1"),
        (np.zeros((1, 1)), np.array([-1]), 2, "outside 0 to 1"),
        (np.full((1, 1), 1 << 31), np.array([0]), 2, "validation set: feature 0 is 2147483648"),
    ],
)
def test_validation_sets_that_make_no_sense_are_refused(
    features: np.ndarray, labels: np.ndarray, classes: int, reason: str
) -> None:
    validation = Validation(Rules(), features.astype(np.int64), labels.astype(np.int64), classes)
    with pytest.raises(MalformedPayload, match=reason):
        encode_validation(validation)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"rule": "mode"}, "unknown aggregation rule 'mode'; choose one of weighted-mean, trimmed-mean, median"),
        ({"subset": 0}, "validation subset of 0 samples"),
        ({"subset": 65536}, "validation subset of 65536 samples"),
        ({"permutations": 3}, "3 permutations; choose an even number"),
        ({"permutations": 0}, "0 permutations"),
        ({"permutations": 65536}, "65536 permutations"),
    ],
)
def test_rules_that_cannot_be_agreed_on_are_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        Rules(**arguments)


def test_rules_in_a_block_are_checked_like_any_others() -> None:
    block = validation_block()
    with pytest.raises(MalformedPayload, match="validation set: rule code 9 is unknown; the last is 2"):
        decode_validation(block[:5] + b"\x09" + block[6:])
    with pytest.raises(MalformedPayload, match="validation set: validation subset of 0 samples"):
        decode_validation(block[:6] + b"\x00\x00" + block[8:])


def test_two_classes_take_one_output_and_more_take_one_each() -> None:
    assert targets(np.array([0, 1, 1]), 2).tolist() == [[-1], [1], [1]]
    assert targets(np.array([2, 0]), 3).tolist() == [[-1, -1, 1], [1, -1, -1]]


def test_a_block_is_named_by_its_sha256() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of_bytes(b"").hex() == empty
