"""Executor 2: a circuit as a PennyLane QNode, on a simulator, a noisy simulator or hardware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import ArrayLike

from qfl_chain.circuit.gates import Angle, Circuit, Source
from qfl_chain.errors import CircuitError
from qfl_chain.types import FloatArray

_OPERATIONS: dict[str, Any] = {
    "H": qml.Hadamard,
    "X": qml.PauliX,
    "RX": qml.RX,
    "RY": qml.RY,
    "RZ": qml.RZ,
    "CNOT": qml.CNOT,
    "CZ": qml.CZ,
}


def device_program(circuit: Circuit, device: str = "default.qubit") -> Callable[[ArrayLike, ArrayLike], FloatArray]:
    """The circuit's expectation values as a device estimates them.

    Args:
        circuit: any circuit.
        device: the name of any PennyLane device, such as ``default.mixed`` or ``lightning.qubit``.

    Returns:
        ``f(theta, x)``: parameters (P,) and samples (B, F), both in radians, to (B, K) expectation values.

    Raises:
        CircuitError: PennyLane has no device of that name, or it does not take this many wires.
    """
    try:
        machine = qml.device(device, wires=circuit.qubits)
    except (qml.exceptions.DeviceError, ImportError, ValueError) as error:
        raise CircuitError(
            f"PennyLane cannot make the device {device!r} with {circuit.qubits} wires: {error}"
        ) from error
    qnode = qml.QNode(lambda theta, x: _queue(circuit, theta, x), machine, diff_method=None)

    def program(theta: ArrayLike, x: ArrayLike) -> FloatArray:
        parameters, samples = np.asarray(theta, dtype=np.float64), np.asarray(x, dtype=np.float64)
        outputs = [np.broadcast_to(z, len(samples)) for z in qnode(parameters, samples)]
        return np.stack(outputs, axis=1).astype(np.float64)

    return program


def _queue(circuit: Circuit, theta: FloatArray, x: FloatArray) -> list[Any]:
    """Queue the gates, each feature angle with all its samples, and return the measurements."""
    for gate in circuit.gates:
        angles = () if gate.angle is None else (_radians(gate.angle, theta, x),)
        _OPERATIONS[gate.name](*angles, wires=list(gate.wires))
    return [qml.expval(qml.prod(*(qml.Z(wire) for wire in word))) for word in circuit.observables]


def _radians(angle: Angle, theta: FloatArray, x: FloatArray) -> Any:
    if angle.source is Source.FEATURE:
        return angle.constant_radians + angle.factor * x[:, angle.index]
    if angle.source is Source.PARAMETER:
        return angle.constant_radians + angle.factor * theta[angle.index]
    return angle.constant_radians
