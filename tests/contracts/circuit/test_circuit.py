"""The contract's simulator gives what the scoring program gives, to the bit, and refuses what Python refuses.

``QFL_TRIPLES=10000 pytest tests/contracts/circuit`` compares as many random circuits instead of :data:`TRIPLES`.
"""

from __future__ import annotations

import os
from itertools import permutations, product
from math import ceil
from typing import NamedTuple, cast, get_args

import eth_abi
import numpy as np
import pennylane as qml
import pytest

from qfl_chain.circuit.gates import TWO_QUBIT, Angle, Circuit, Gate, GateName, Source
from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.scoring import ONE, ScoringProgram, expectations, sine_cosine
from qfl_chain.circuit.trace import trace
from qfl_chain.circuit.units import to_radians
from qfl_chain.errors import CircuitError
from qfl_chain.protocol.codec import targets
from qfl_chain.types import IntArray

from .calls import (
    UNREADABLE_CIRCUIT,
    Call,
    RevertedError,
    expectations_data,
    integers,
    loss_data,
    parameters_data,
    sine_cosine_data,
)
from .triples import Triple, random_triple

TRIPLES = 400
PER_PART = 50
PARTS = ceil(int(os.environ.get("QFL_TRIPLES", TRIPLES)) / PER_PART)
MILLIONTH = 1e-6

SMALL = Circuit(
    3,
    2,
    2,
    (
        Gate("H", (1,)),
        Gate("RY", (0,), Angle(7, 1 << 24, Source.FEATURE, 1)),
        Gate("RZ", (1,), Angle(0, -(1 << 23), Source.PARAMETER, 0)),
        Gate("RX", (2,), Angle(1 << 30)),
        Gate("CNOT", (2, 0)),
        Gate("CZ", (0, 1)),
        Gate("X", (1,)),
    ),
    ((0,), (1, 2)),
)
SAMPLE = Triple(SMALL, np.array([12 << 25, -5 << 27]), np.array([3 << 27, -9 << 26]))


def run(call: Call, triple: Triple) -> list[int]:
    return integers(call(expectations_data(triple.circuit.to_bytes(), triple.parameters, triple.features)))


def expected(triple: Triple) -> list[int]:
    (found,) = expectations(triple.circuit, triple.parameters[None], triple.features[None])[0].tolist()
    return [int(value) for value in found]


# BIT BY BIT


@pytest.mark.parametrize("part", range(PARTS))
def test_random_circuits_are_the_same_to_the_bit(fast: Call, part: int) -> None:
    for number in range(part * PER_PART, (part + 1) * PER_PART):
        triple = random_triple(number)
        assert run(fast, triple) == expected(triple), number


def test_py_evm_gives_the_same(py_evm: Call) -> None:
    for qubits in range(1, 9):
        triple = random_triple(qubits, qubits=qubits, gates=25)
        assert run(py_evm, triple) == expected(triple), qubits


@pytest.mark.parametrize("qubits", range(1, 7))
def test_every_gate_on_every_wire_of_a_scrambled_state(fast: Call, qubits: int) -> None:
    before = random_triple(qubits, qubits=qubits, gates=40)
    every_wire = tuple((wire,) for wire in range(qubits))
    for name in get_args(GateName):
        for wires in permutations(range(qubits), 2 if name in TWO_QUBIT else 1):
            angle = Angle(0xC0FFEE00) if name.startswith("R") else None
            gates = (*before.circuit.gates, Gate(cast(GateName, name), wires, angle), *_mix(qubits))
            circuit = Circuit(qubits, len(before.features), len(before.parameters), gates, every_wire)
            triple = before._replace(circuit=circuit)
            assert run(fast, triple) == expected(triple), (name, wires)


def _mix(qubits: int) -> tuple[Gate, ...]:
    """Makes signs and phases visible to measurements of Z."""
    return tuple(Gate("RX", (wire,), Angle((wire + 1) << 28)) for wire in range(qubits))


@pytest.mark.parametrize("qubits", range(9, 15))
def test_up_to_fourteen_qubits(fast: Call, qubits: int) -> None:
    triple = random_triple(qubits, qubits=qubits, gates=60)
    assert run(fast, triple) == expected(triple)


@pytest.mark.parametrize("name", ["RX", "RY", "RZ"])
def test_extreme_angles(fast: Call, name: GateName) -> None:
    """Every end of constant, scale and value, in one circuit of one qubit a combination of them."""
    constants, scales = (0, 1, 2**31, 2**32 - 1), (1, -1, 2**31 - 1, -(2**31))
    values = {Source.PARAMETER: (2**63 - 1, -(2**63), -1, 1 << 62), Source.FEATURE: (2**31 - 1, -(2**31), -1, 1)}
    for constant, scale, source in product(constants, scales, values):
        turns = tuple(Gate(name, (0,), Angle(constant, scale, source, index)) for index in range(4))
        gates = tuple(gate for turn in turns for gate in (Gate("H", (0,)), turn))
        circuit = Circuit(1, 4, 4, gates, ((0,),))
        triple = Triple(circuit, np.array(values[Source.PARAMETER]), np.array(values[Source.FEATURE]))
        assert run(fast, triple) == expected(triple), (constant, scale, source)


def test_the_deepest_circuit_does_not_overflow(fast: Call) -> None:
    """65,535 gates, as many as a circuit can have, with the angle that makes a state grow most of eight million."""
    growing = tuple(Gate("RY" if at % 2 else "RX", (at % 2,), Angle(0xC02031D2)) for at in range(2**16 - 1))
    triple = Triple(Circuit(2, 0, 0, growing, ((0,), (0, 1))), np.array([], np.int64), np.array([], np.int64))
    assert run(fast, triple) == expected(triple)


# SINES


def test_sines_and_cosines_are_the_same_to_the_bit(fast: Call) -> None:
    near = [turn + off for turn in range(0, 2**33, 2**30) for off in (-2, -1, 0, 1, 2)]
    phases = [phase % 2**33 for phase in (*near, *np.random.default_rng(0).integers(0, 2**33, 400).tolist())]
    for phase in phases:
        sine, cosine = sine_cosine(np.array([phase]))
        answer = eth_abi.decode(["int256", "int256"], fast(sine_cosine_data(phase)))
        assert answer == (sine[0], cosine[0]), phase


# LOSSES


@pytest.mark.parametrize(("outputs", "classes"), [(1, 2), (3, 3), (4, 4)])
def test_losses_are_those_of_the_scoring_program(fast: Call, outputs: int, classes: int) -> None:
    function, features, count = ANSATZES["data-reuploading"](qubits=4, layers=2, features=5, outputs=outputs, scale=0.5)
    circuit = trace(function, features, count)
    rng = np.random.default_rng(outputs)
    theta, x = rng.integers(-(2**33), 2**33, (1, count)), rng.integers(-(2**31), 2**31, (classes, features))
    losses = ScoringProgram(circuit).losses(theta, x, targets(np.arange(classes), classes))[0]
    for label in range(classes):
        answer = fast(loss_data(circuit.to_bytes(), theta[0], x[label], label, classes))
        assert int.from_bytes(answer, "big") == losses[label]


@pytest.mark.parametrize(("label", "classes", "part"), [(2, 2, "sample"), (0, 1, "sample"), (0, 3, "circuit")])
def test_labels_and_outputs_must_fit_the_classes(py_evm: Call, label: int, classes: int, part: str) -> None:
    one_output = Circuit(1, 0, 0, (), ((0,),))
    nothing = np.array([], np.int64)
    with pytest.raises(RevertedError) as refused:
        py_evm(loss_data(one_output.to_bytes(), nothing, nothing, label, classes))
    assert refused.value.reason[4:] == eth_abi.encode(["string"], [part])


# PENNYLANE


def test_the_contract_is_within_a_millionth_of_pennylane(fast: Call) -> None:
    for qubits in range(1, 9):
        function, features, count = ANSATZES["data-reuploading"](qubits, layers=3, features=6, outputs=qubits)
        rng = np.random.default_rng(qubits)
        theta, x = rng.integers(-(2**33), 2**33, count), rng.integers(-(2**31), 2**31, features)
        node = qml.QNode(function, qml.device("default.qubit", wires=qubits))
        exact = np.array(node(to_radians(x), to_radians(theta)))
        found = np.array(run(fast, Triple(trace(function, features, count), theta, x))) / ONE
        np.testing.assert_allclose(found, exact, rtol=0, atol=MILLIONTH)


# BYTES


def test_the_number_of_parameters_is_read_from_the_header(py_evm: Call) -> None:
    assert int.from_bytes(py_evm(parameters_data(SMALL.to_bytes())), "big") == SMALL.parameters


@pytest.mark.parametrize(("parameters", "features", "part"), [(1, 2, "model"), (3, 2, "model"), (2, 1, "sample")])
def test_inputs_must_be_as_many_as_the_circuit_has(py_evm: Call, parameters: int, features: int, part: str) -> None:
    with pytest.raises(RevertedError) as refused:
        py_evm(expectations_data(SMALL.to_bytes(), np.zeros(parameters), np.zeros(features)))
    assert refused.value.reason[4:] == eth_abi.encode(["string"], [part])


class Sizes(NamedTuple):
    features: int
    parameters: int


def _sizes(data: bytes) -> Sizes:
    """How many inputs a header asks for, whatever else is wrong with it."""
    if len(data) < 13:
        return Sizes(0, 0)
    return Sizes(int.from_bytes(data[6:8], "big"), int.from_bytes(data[8:10], "big"))


def _padded(values: IntArray, size: int) -> IntArray:
    return np.resize(values, size)


def _agree_on(call: Call, data: bytes) -> bool:
    """Whether Python reads the bytes; the contract must do the same, and compute the same if they are read."""
    sizes = _sizes(data)
    parameters, features = _padded(SAMPLE.parameters, sizes.parameters), _padded(SAMPLE.features, sizes.features)
    try:
        circuit = Circuit.from_bytes(data)
    except CircuitError:
        with pytest.raises(RevertedError) as refused:
            call(expectations_data(data, parameters, features))
        assert refused.value.reason == UNREADABLE_CIRCUIT, data.hex()
        return False
    assert integers(call(expectations_data(data, parameters, features))) == expected(
        Triple(circuit, parameters, features)
    ), data.hex()
    return True


def test_every_changed_byte_is_refused_or_read_as_python_does(fast: Call) -> None:
    good, read = SMALL.to_bytes(), 0
    for at, value in product(range(len(good)), (0, 1, 2, 3, 5, 7, 8, 15, 0x80, 0xFF)):
        read += _agree_on(fast, good[:at] + bytes([value]) + good[at + 1 :])
    assert read > len(good)


def test_bytes_cut_off_or_added_are_refused(fast: Call) -> None:
    good = SMALL.to_bytes()
    assert not any(_agree_on(fast, good[:length]) for length in range(len(good)))
    assert not _agree_on(fast, good + b"\0")
    assert not _agree_on(fast, good + bytes(14))


def test_random_gates_of_any_bytes_are_refused_or_read_as_python_does(fast: Call) -> None:
    rng = np.random.default_rng(0)
    head, end = SMALL.to_bytes()[:13], SMALL.to_bytes()[-4:]
    read = 0
    for _ in range(600):
        rows = rng.integers(0, 256, (7, 14)) * (rng.random((7, 14)) < 0.3)
        rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = rng.integers(1, 8, 7), rng.integers(0, 3, 7), 0, 0
        kept = rng.random(7) < 0.95
        rows[kept, 3:6] = 0
        rows[kept, 10:14] = 0
        no_angle = kept & ((rows[:, 0] < 3) | (rows[:, 0] > 5))
        rows[no_angle, 6:14] = 0
        two = rows[:, 0] > 5
        rows[two, 2] = (rows[two, 1] + 1) % 3
        read += _agree_on(fast, head + rows.astype(np.uint8).tobytes() + end)
    assert 100 < read < 550
