from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

from qfl_chain.circuit.device import device_program
from qfl_chain.circuit.gates import Angle, Gate, Source
from qfl_chain.circuit.trace import trace
from qfl_chain.errors import CircuitError


def applies(*operations: Callable[[Any, Any], Any], wires: int = 3) -> Callable[[Any, Any], Any]:
    """A function that applies ``operations`` between layers that leave no state simple, then measures."""

    def function(x: Any, theta: Any) -> Any:
        for wire in range(wires):
            qml.RY(0.3 + wire, wire)
            qml.RZ(0.7 - wire, wire)
        for operation in operations:
            operation(x, theta)
        for wire in range(wires):
            qml.RX(1.1 + wire, wire)
        return [qml.expval(qml.Z(wire)) for wire in range(wires)] + [qml.expval(qml.Z(0) @ qml.Z(wires - 1))]

    return function


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "AngleEmbedding": lambda x, theta: (qml.AngleEmbedding(x, range(2), rotation="X"), qml.RX(theta[0], 2)),
    "StronglyEntanglingLayers": lambda x, theta: (
        qml.AngleEmbedding(x, range(2)),
        qml.StronglyEntanglingLayers(theta.reshape(2, 3, 3), range(3)),
    ),
    "BasicEntanglerLayers": lambda x, theta: qml.BasicEntanglerLayers(
        [[x[0], x[1], theta[0]]], range(3), rotation=qml.RZ
    ),
    "Rot": lambda x, theta: qml.Rot(x[0], theta[0], x[1], 1),
    "IsingZZ": lambda x, theta: (qml.IsingZZ(2 * theta[0] - 0.5, [0, 2]), qml.IsingXX(x[0], [1, 0]), qml.RX(x[1], 0)),
    "CRX": lambda x, theta: (qml.CRX(x[0], [0, 1]), qml.CRY(theta[0], [2, 1]), qml.CRZ(x[1], [1, 0])),
    "ctrl": lambda x, theta: (qml.ctrl(qml.RY, 2)(x[0], 1), qml.ctrl(qml.PhaseShift, 0)(theta[0], 1), qml.RX(x[1], 0)),
    "adjoint": lambda x, theta: (
        qml.adjoint(lambda: (qml.RX(x[0], 0), qml.S(0), qml.RY(theta[0], 0)))(),
        qml.RX(x[1], 0),
    ),
    "constants": lambda x, theta: (
        *(gate(0) for gate in (qml.X, qml.Y, qml.Z, qml.S, qml.T, qml.SX, qml.Hadamard)),
        qml.SWAP([0, 1]),
        qml.ISWAP([1, 2]),
        qml.CY([0, 2]),
        qml.CZ([1, 2]),
        qml.Toffoli([2, 1, 0]),
        qml.Barrier(range(3)),
        qml.Identity(1),
        qml.GlobalPhase(0.3),
        qml.QubitUnitary(np.array([[0, 1], [1j, 0]]), 2),
        qml.PhaseShift(x[0], 0),
        qml.PhaseShift(x[1], 1),
        qml.PhaseShift(theta[0], 2),
    ),
    "MultiRZ": lambda x, theta: (qml.MultiRZ(x[0], range(3)), qml.PauliRot(theta[0], "XYZ", range(3)), qml.RX(x[1], 0)),
    "affine": lambda x, theta: (
        qml.RX(np.pi * x[0] / 3 + 0.25 - x[0], 0),
        qml.RY(-theta[0] / 7, 1),
        qml.RZ(np.pi - x[1:][0] * 100, 2),
    ),
    "jax.numpy": lambda x, theta: (qml.RX(jnp.asarray(x)[0] / 3, 0), qml.RX(jnp.sum(x[1:]), 1), qml.RZ(theta[0], 0)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_traced_circuit_is_the_function(name: str) -> None:
    function = applies(OPERATIONS[name])
    parameters = 18 if name == "StronglyEntanglingLayers" else 1
    circuit = trace(function, 2, parameters)
    rng = np.random.default_rng(7)
    theta, x = rng.uniform(-3, 3, parameters), rng.uniform(-3, 3, (3, 2))
    qnode = qml.QNode(function, qml.device("default.qubit", wires=3))
    with jax.enable_x64(True):
        expected = [qnode(row, theta) for row in x]
    np.testing.assert_allclose(device_program(circuit)(theta, x), expected, rtol=0, atol=1e-6)


def test_angles_read_one_input_each() -> None:
    def function(x: Any, theta: Any) -> Any:
        qml.RX(0.5 * x[1] + np.pi / 2, 0)
        qml.RY(-2 * theta[0], 1)
        qml.RZ(-np.pi / 4, 0)
        qml.CNOT([1, 0])
        qml.RX(x[0], 1)
        return qml.expval(qml.Z(1) @ qml.Z(0)), qml.expval(qml.Z(1))

    circuit = trace(function, 2, 1)
    assert circuit.gates == (
        Gate("RX", (0,), Angle(2**30, 1 << 23, Source.FEATURE, 1)),
        Gate("RY", (1,), Angle(0, -(1 << 25), Source.PARAMETER, 0)),
        Gate("RZ", (0,), Angle(2**32 - 2**29)),
        Gate("CNOT", (1, 0)),
        Gate("RX", (1,), Angle(0, 1 << 24, Source.FEATURE, 0)),
    )
    assert circuit.observables == ((0, 1), (1,))
    assert (circuit.qubits, circuit.features, circuit.parameters) == (2, 2, 1)


def test_a_qnode_traces_as_its_function() -> None:
    def function(x: Any, theta: Any) -> Any:
        qml.RX(x[0], 0)
        qml.RY(theta[0], 0)
        return qml.expval(qml.Z(0))

    qnode = qml.QNode(function, qml.device("default.qubit", wires=1))
    assert trace(qnode, 1, 1) == trace(function, 1, 1)
    with pytest.raises(CircuitError, match="the QNode carries transforms"):
        trace(qml.transforms.cancel_inverses(qnode), 1, 1)


def test_a_function_may_change_its_arguments() -> None:
    def function(x: Any, theta: Any) -> Any:
        x *= 2
        qml.RX(x[0], 0)
        qml.RY(theta[0], 0)
        return qml.expval(qml.Z(0))

    assert trace(function, 1, 1).gates[0].angle == Angle(0, 1 << 25, Source.FEATURE, 0)


def rotation(angle: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, theta: qml.RX(angle(x, theta), 0)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (rotation(lambda x, theta: x[0] * theta[0]), r"\(RX on \[0\]\): .* it reads x\[0\] and theta\[0\]; give each"),
        (rotation(lambda x, theta: x[0] + x[1]), r"it reads x\[0\] and x\[1\]; give each input a rotation of its own"),
        (rotation(lambda x, theta: np.sin(x[1])), r"not a constant plus a multiple of one .* it reads x\[1\];"),
        (rotation(lambda x, theta: np.abs(theta[0])), r"it reads theta\[0\];"),
        (rotation(lambda x, theta: np.sign(theta[0])), "it reads its inputs in jumps"),
        (rotation(lambda x, theta: next(DRAWS)), "changes from call to call: a circuit must not draw random numbers"),
        (rotation(lambda x, theta: 200 * x[0]), "scales an input by 200; use at least 2\\*\\*-24, below 128"),
        (rotation(lambda x, theta: 1e-8 * x[0]), "scales an input by 1e-08; use at least"),
        (rotation(lambda x, theta: x), r"its angle has shape \(2,\), give one number, such as x\[0\]"),
        (rotation(lambda x, theta: np.inf), r"gate 6 \(RX on \[0\]\): its angle is inf"),
        (lambda x, theta: qml.CRot(x[0], 0.1, theta[0], [0, 1]), r"it reads x\[0\] and theta\[0\]"),
        (lambda x, theta: (qml.RX if x[0] > 0 else qml.RY)(x[0], 0), "gates change with the values of x or theta"),
        (lambda x, theta: qml.measure(0), r"gate 6 \(MidMeasureMP on \[0\]\): measure only at the end"),
        (lambda x, theta: qml.cond(qml.measure(0), qml.RX)(x[0], 1), "measure only at the end, with qml.expval"),
        (
            lambda x, theta: qml.DepolarizingChannel(0.1, 1),
            r"\(DepolarizingChannel on \[1\]\) does not decompose into H",
        ),
        (lambda x, theta: qml.RX(x[0], "ancilla"), r"gate 6 \(RX\): wires \['ancilla'\] must be the numbers 0\.\.n-1"),
        (
            lambda x, theta: [qml.RX(a, 4) for a in (*x, *theta)],
            r"wires are \[0, 1, 2, 4\], wire 3 is missing: number them 0\.\.3",
        ),
        (lambda x, theta: qml.RX(x[0], 0), r"x\[1\] is never used in an angle: use all 2 inputs, or declare fewer"),
        (
            lambda x, theta: (qml.RX(x[0], 0), qml.RX(x[1], 0)),
            r"theta\[0\] is never used in an angle: use all 1 inputs, or declare fewer",
        ),
    ],
)
def test_what_cannot_be_traced_is_named(operation: Callable[[Any, Any], Any], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        trace(applies(operation), 2, 1)


DRAWS = iter(np.random.default_rng(0).uniform(size=100))


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (lambda: qml.probs(0), r"output 0 \(probs.*\): return qml.expval of qml.Z\(wire\), or of a product of them"),
        (lambda: qml.expval(qml.X(0)), r"output 0 \(expval\(X\(0\)\)\): only products of Z with coefficient 1"),
        (lambda: qml.expval(0.5 * qml.Z(0)), "only products of Z with coefficient 1"),
        (lambda: qml.expval(qml.Identity(0)), "only products of Z with coefficient 1"),
        (lambda: qml.expval(qml.Z(0) + qml.Z(1)), "return qml.expval of qml.Z"),
        (lambda: qml.expval(qml.Hermitian(np.eye(2), 0)), "return qml.expval of qml.Z"),
        (lambda: qml.var(qml.Z(0)), "return qml.expval of qml.Z"),
        (lambda: qml.expval(qml.Z("a")), r"output 0 .*wires \['a'\] must be the numbers"),
        (
            lambda: (qml.expval(qml.Z(0)), qml.expval(qml.Z(1)))[::-1],
            "a flat list of them in the order they are measured",
        ),
        (lambda: (qml.expval(qml.Z(0)), qml.expval(qml.Z(1)))[:1], "measures 2 and returns 1 values"),
        (lambda: None, "measures 0 and returns 1 values: return qml.expval"),
    ],
)
def test_what_is_not_a_word_of_z_is_named(measure: Callable[[], Any], message: str) -> None:
    def function(x: Any, theta: Any) -> Any:
        qml.RX(x[0], 0)
        return measure()

    with pytest.raises(CircuitError, match=message):
        trace(function, 1, 0)


@pytest.mark.parametrize(
    ("angle", "message"),
    [
        (lambda x, theta: theta[4], r"2 features and 1 parameters: IndexError: index 4 is out of bounds"),
        (lambda x, theta: theta.reshape(2, 3)[0, 0], "ValueError: cannot reshape array of size 1"),
    ],
)
def test_a_function_that_fails_is_reported_with_its_sizes(angle: Callable[[Any, Any], Any], message: str) -> None:
    with pytest.raises(CircuitError, match=f"the function fails when called with .*{message}"):
        trace(applies(rotation(angle)), 2, 1)


def test_too_many_qubits_are_refused() -> None:
    with pytest.raises(CircuitError, match="the circuit has 15 qubits, the engine holds at most 14"):
        trace(applies(lambda x, theta: qml.RX(x[0], 0), wires=15), 1, 0)
