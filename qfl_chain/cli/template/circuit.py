"""The model: an ordinary PennyLane function. Change it, and `parameters` in federation.toml with it."""

from __future__ import annotations

from typing import Any

import pennylane as qml


def circuit(x: Any, theta: Any) -> Any:
    """Three features on three qubits, read twice, with twelve parameters; one output for two classes."""
    for layer in range(2):
        for wire in range(3):
            qml.RY(0.7 * x[wire], wires=wire)
            qml.RX(theta[6 * layer + wire], wires=wire)
            qml.RY(theta[6 * layer + 3 + wire], wires=wire)
        qml.CNOT(wires=[0, 1])
        qml.CNOT(wires=[1, 2])
        qml.CNOT(wires=[2, 0])
    return qml.expval(qml.Z(0))
