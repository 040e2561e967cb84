from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit.gates import MAX_QUBITS, OPCODES, Angle, Circuit, Gate, Source, observable_signs
from qfl_chain.errors import CircuitError

from .reference import exact_units
from .strategies import angles, circuits

READS_X = Angle(5, 1 << 24, Source.FEATURE, 0)
CIRCUIT = Circuit(2, 1, 1, (Gate("RX", (1,), READS_X), Gate("CNOT", (1, 0)), Gate("H", (0,))), ((0, 1), (1,)))


def changed(**fields: Any) -> Circuit:
    return dataclasses.replace(CIRCUIT, **fields)


@settings(deadline=None)
@given(circuits(max_qubits=MAX_QUBITS, max_gates=12))
def test_bytes_name_one_circuit(circuit: Circuit) -> None:
    data = circuit.to_bytes()
    assert Circuit.from_bytes(data) == circuit
    assert circuit.digest == hashlib.sha256(data).digest()


@settings(deadline=None)
@given(circuits(max_qubits=3, max_gates=4), st.data())
def test_other_bytes_are_refused_or_name_another_circuit(circuit: Circuit, data: st.DataObject) -> None:
    encoded = bytearray(circuit.to_bytes())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = Circuit.from_bytes(bytes(encoded))
    except CircuitError:
        return
    assert other != circuit
    assert other.to_bytes() == encoded


def test_the_layout_is_the_documented_one() -> None:
    assert CIRCUIT.to_bytes().hex(" ") == (
        "51 46 4c 43 01 02 00 01 00 01 00 03 02 "
        "03 01 00 01 00 00 00 00 00 05 01 00 00 00 "
        "06 01 00 00 00 00 00 00 00 00 00 00 00 00 "
        "01 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 03 00 02"
    )


@given(angles(), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5, max_size=5))
def test_angles_wrap_only_at_the_turn(angle: Angle, values: list[int]) -> None:
    assert angle.units(np.array(values))[angle.index] == exact_units(angle, values, values)


def test_signs_count_ones_on_the_observed_wires() -> None:
    assert observable_signs(CIRCUIT).tolist() == [[1, -1, -1, 1], [1, -1, 1, -1]]


def test_too_many_qubits_are_refused_with_the_memory_they_take() -> None:
    message = r"the circuit has 20 qubits, the engine holds at most 14: .* takes 16 MiB a sample"
    with pytest.raises(CircuitError, match=message):
        changed(qubits=20)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"qubits": 0}, "the circuit has 0 qubits, it must have 1 to 14"),
        ({"features": -1}, "the circuit has -1 features"),
        ({"parameters": 1 << 16}, "the circuit has 65536 parameters, it must have 0 to 65535"),
        ({"gates": (Gate("H", (0,)),) * (1 << 16)}, "the circuit has 65536 gates"),
        ({"observables": ()}, "the circuit has 0 observables, it must have 1 to 255"),
        ({"observables": ((0,),) * 256}, "the circuit has 256 observables"),
        ({"observables": ((),)}, r"observable 0 is \[\]: it must name one or more wires, ascending"),
        ({"observables": ((1, 0),)}, r"observable 0 is \[1, 0\]"),
        ({"observables": ((0, 0),)}, r"observable 0 is \[0, 0\]"),
        ({"observables": ((0,), (2,))}, r"observable 1: wire 2 is not in 0\.\.1"),
    ],
)
def test_sizes_and_observables_are_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        changed(**fields)


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (Gate("Y", (0,)), r"gate 0 \(Y on \[0\]\): the gate set is H, X, RX, RY, RZ, CNOT, CZ"),  # type: ignore[arg-type]
        (Gate("H", (0, 1)), "H acts on 1 different wires"),
        (Gate("CNOT", (0,)), "CNOT acts on 2 different wires"),
        (Gate("CZ", (1, 1)), "CZ acts on 2 different wires"),
        (Gate("X", (2,)), r"gate 0 \(X on \[2\]\): wire 2 is not in 0\.\.1"),
        (Gate("X", (-1,)), "wire -1 is not in"),
        (Gate("RX", (0,)), "RX, RY and RZ have an angle, the others have none"),
        (Gate("H", (0,), Angle(0)), "RX, RY and RZ have an angle, the others have none"),
        (Gate("RX", (0,), Angle(2**32)), r"constant is 4294967296, it must lie in \[0, 2\*\*32\)"),
        (Gate("RX", (0,), Angle(-1)), "constant is -1"),
        (Gate("RX", (0,), Angle(0, 2**31, Source.FEATURE, 0)), r"scale is 128, it must lie in \[-128, 128\)"),
        (Gate("RX", (0,), Angle(0, 0, Source.FEATURE, 0)), "exactly when its scale is not 0"),
        (Gate("RX", (0,), Angle(0, 1, Source.NONE, 0)), "exactly when its scale is not 0"),
        (Gate("RX", (0,), Angle(0, 0, Source.NONE, 1)), "exactly when its scale is not 0"),
        (Gate("RX", (0,), Angle(0, 1, Source.FEATURE, 1)), "reads feature 1, the circuit has 1"),
        (Gate("RX", (0,), Angle(0, 1, Source.PARAMETER, 7)), "reads parameter 7, the circuit has 1"),
    ],
)
def test_gates_are_checked(gate: Gate, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        changed(gates=(gate,))


def patched(at: int, value: int) -> bytes:
    data = bytearray(CIRCUIT.to_bytes())
    data[at] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a circuit has at least 13 bytes, these are 0"),
        (patched(0, 0), "not a circuit of version 1: the bytes begin with 00464c4301"),
        (patched(4, 2), "not a circuit of version 1: the bytes begin with 51464c4302"),
        (CIRCUIT.to_bytes() + b"\0", "3 gates and 2 observables take 59 bytes, these are 60"),
        (CIRCUIT.to_bytes()[:-1], "take 59 bytes, these are 58"),
        (patched(13, 0), "gate 0: 0 is not an opcode"),
        (patched(13, len(OPCODES) + 1), "gate 0: 8 is not an opcode"),
        (patched(16, 3), "gate 0: 3 is not a source"),
        (patched(15, 1), "not canonical"),
        (patched(13 + 14 + 14 + 2, 1), "not canonical"),
        (patched(13 + 14 + 5, 1), "not canonical"),
        (patched(13 + 14 + 13, 1), "not canonical"),
        (patched(14, 2), r"wire 2 is not in 0\.\.1"),
        (patched(58, 4), r"observable 1: wire 2 is not in 0\.\.1"),
        (patched(58, 0), "it must name one or more wires"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        Circuit.from_bytes(data)


def test_every_prefix_is_refused() -> None:
    data = CIRCUIT.to_bytes()
    for length in range(len(data)):
        with pytest.raises(CircuitError):
            Circuit.from_bytes(data[:length])
