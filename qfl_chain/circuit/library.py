"""Ansätze by name, each a plain PennyLane function like a user's own.

A builder takes sizes and returns what :func:`~qfl_chain.circuit.trace.trace` takes::

    circuit = trace(*ANSATZES["data-reuploading"](qubits=4, layers=3, features=10, outputs=1, scale=0.5))

Every ansatz measures Z on wires ``0..outputs-1`` and turns features by ``scale`` radians per radian.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from qfl_chain.circuit.trace import PennyLaneFunction
from qfl_chain.errors import CircuitError


class Ansatz(NamedTuple):
    """A PennyLane function ``function(x, theta)`` and the lengths of its two arguments."""

    function: PennyLaneFunction
    features: int
    parameters: int


class Builder(Protocol):
    """Makes an ansatz of given sizes.

    Raises:
        CircuitError: sizes that do not fit together.
    """

    def __call__(self, qubits: int, layers: int, features: int, outputs: int = 1, scale: float = 1.0) -> Ansatz: ...


def strongly_entangling(qubits: int, layers: int, features: int, outputs: int = 1, scale: float = 1.0) -> Ansatz:
    """Angle embedding (one RY per feature), then strongly entangling layers: 3 parameters per qubit and layer.

    Schuld, Bocharov, Svore, Wiebe, Circuit-centric quantum classifiers, arXiv:1804.00633.
    """
    _check_sizes(qubits, layers, features, outputs)
    _check_one_feature_a_qubit("strongly-entangling", qubits, features)

    def function(x: Any, theta: Any) -> Any:
        import pennylane as qml

        qml.AngleEmbedding(scale * x, wires=range(features), rotation="Y")
        qml.StronglyEntanglingLayers(theta.reshape(layers, qubits, 3), wires=range(qubits))
        return [qml.expval(qml.Z(wire)) for wire in range(outputs)]

    return Ansatz(function, features, 3 * qubits * layers)


def basic_entangler(qubits: int, layers: int, features: int, outputs: int = 1, scale: float = 1.0) -> Ansatz:
    """Angle embedding (one RX per feature), then layers of RY and a ring of CNOT: 1 parameter a qubit and layer."""
    _check_sizes(qubits, layers, features, outputs)
    _check_one_feature_a_qubit("basic-entangler", qubits, features)

    def function(x: Any, theta: Any) -> Any:
        import pennylane as qml

        qml.AngleEmbedding(scale * x, wires=range(features), rotation="X")
        qml.BasicEntanglerLayers(theta.reshape(layers, qubits), wires=range(qubits), rotation=qml.RY)
        return [qml.expval(qml.Z(wire)) for wire in range(outputs)]

    return Ansatz(function, features, qubits * layers)


def data_reuploading(qubits: int, layers: int, features: int, outputs: int = 1, scale: float = 1.0) -> Ansatz:
    """Every layer turns in all features again, then entangles: 3 parameters per qubit and layer.

    Features are dealt to the qubits in turn. A qubit's own features alternate between RY and RX, so any number of
    features fits any number of qubits.

    Pérez-Salinas et al., Data re-uploading for a universal quantum classifier, arXiv:1907.02085.
    """
    _check_sizes(qubits, layers, features, outputs)

    def function(x: Any, theta: Any) -> Any:
        import pennylane as qml

        weights = theta.reshape(layers, 1, qubits, 3)
        for layer in range(layers):
            for feature in range(features):
                rotation = qml.RY if feature // qubits % 2 == 0 else qml.RX
                rotation(scale * x[feature], wires=feature % qubits)
            ranges = [1 + layer % (qubits - 1)] if qubits > 1 else None
            qml.StronglyEntanglingLayers(weights[layer], wires=range(qubits), ranges=ranges)
        return [qml.expval(qml.Z(wire)) for wire in range(outputs)]

    return Ansatz(function, features, 3 * qubits * layers)


ANSATZES: dict[str, Builder] = {
    "strongly-entangling": strongly_entangling,
    "data-reuploading": data_reuploading,
    "basic-entangler": basic_entangler,
}


def _check_sizes(qubits: int, layers: int, features: int, outputs: int) -> None:
    for what, count in (("qubits", qubits), ("layers", layers), ("features", features), ("outputs", outputs)):
        if count < 1:
            raise CircuitError(f"{what} is {count}: an ansatz has at least one")
    if outputs > qubits:
        raise CircuitError(f"{outputs} outputs do not fit {qubits} qubits: each is measured on a qubit of its own")


def _check_one_feature_a_qubit(name: str, qubits: int, features: int) -> None:
    if features > qubits:
        raise CircuitError(
            f"{features} features do not fit {qubits} qubits of {name}, which embeds one feature per qubit: "
            "use data-reuploading, more qubits or fewer features"
        )
