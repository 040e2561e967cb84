"""A circuit of one's own: an ordinary PennyLane function of features ``x`` and parameters ``theta``."""

from __future__ import annotations

from typing import Any

import pennylane as qml


def circuit(x: Any, theta: Any) -> Any:
    """Three features on three qubits, read twice, with six parameters."""
    for layer in range(2):
        for wire in range(3):
            qml.RY(0.5 * x[wire], wires=wire)
            qml.RX(theta[3 * layer + wire], wires=wire)
        qml.CNOT(wires=[0, 1])
        qml.CNOT(wires=[1, 2])
        qml.CNOT(wires=[2, 0])
    return qml.expval(qml.Z(0))
