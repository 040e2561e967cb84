from __future__ import annotations

import numpy as np
import pytest

from qfl_chain.circuit.gates import Circuit, Source
from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.trace import trace
from qfl_chain.errors import CircuitError


def reads(circuit: Circuit, source: Source) -> list[int]:
    return [gate.angle.index for gate in circuit.gates if gate.angle is not None and gate.angle.source is source]


@pytest.mark.parametrize("name", ANSATZES)
@pytest.mark.parametrize(("qubits", "layers", "features", "outputs"), [(1, 1, 1, 1), (2, 1, 1, 2), (4, 3, 4, 3)])
def test_every_ansatz_traces_at_every_size(name: str, qubits: int, layers: int, features: int, outputs: int) -> None:
    circuit = trace(*ANSATZES[name](qubits, layers, features, outputs, scale=0.5))
    assert (circuit.qubits, circuit.features) == (qubits, features)
    assert circuit.observables == tuple((wire,) for wire in range(outputs))
    assert sorted(reads(circuit, Source.PARAMETER)) == list(range(circuit.parameters))
    scales = {g.angle.factor for g in circuit.gates if g.angle is not None and g.angle.source is Source.FEATURE}
    assert scales == {0.5}


@pytest.mark.parametrize(
    ("name", "parameters"), [("strongly-entangling", 36), ("data-reuploading", 36), ("basic-entangler", 12)]
)
def test_parameters_are_as_documented(name: str, parameters: int) -> None:
    assert ANSATZES[name](qubits=4, layers=3, features=4).parameters == parameters


def test_reuploading_reads_every_feature_in_every_layer() -> None:
    circuit = trace(*ANSATZES["data-reuploading"](qubits=3, layers=2, features=7))
    assert reads(circuit, Source.FEATURE) == [*range(7), *range(7)]


def test_reuploading_deals_features_to_qubits_and_alternates_axes() -> None:
    circuit = trace(*ANSATZES["data-reuploading"](qubits=2, layers=1, features=5))
    embedding = [(gate.name, gate.wires[0]) for gate in circuit.gates[:5]]
    assert embedding == [("RY", 0), ("RY", 1), ("RX", 0), ("RX", 1), ("RY", 0)]


def test_reuploading_entangles_further_in_later_layers() -> None:
    circuit = trace(*ANSATZES["data-reuploading"](qubits=3, layers=2, features=1))
    entanglers = [gate.wires for gate in circuit.gates if gate.name == "CNOT"]
    assert entanglers == [(0, 1), (1, 2), (2, 0), (0, 2), (1, 0), (2, 1)]


@pytest.mark.parametrize("name", ["strongly-entangling", "basic-entangler"])
def test_more_features_than_qubits_need_reuploading(name: str) -> None:
    with pytest.raises(CircuitError, match=f"5 features do not fit 4 qubits of {name}, .*: use data-reuploading"):
        ANSATZES[name](qubits=4, layers=1, features=5)


@pytest.mark.parametrize("name", ANSATZES)
@pytest.mark.parametrize("what", ["qubits", "layers", "features", "outputs"])
def test_sizes_below_one_are_refused(name: str, what: str) -> None:
    sizes = dict.fromkeys(("qubits", "layers", "features", "outputs"), 1)
    with pytest.raises(CircuitError, match=f"{what} is 0: an ansatz has at least one"):
        ANSATZES[name](**{**sizes, what: 0})


@pytest.mark.parametrize("name", ANSATZES)
def test_more_outputs_than_qubits_are_refused(name: str) -> None:
    with pytest.raises(CircuitError, match="3 outputs do not fit 2 qubits"):
        ANSATZES[name](qubits=2, layers=1, features=1, outputs=3)


def test_tracing_twice_gives_the_same_digest() -> None:
    sizes = {"qubits": 3, "layers": 2, "features": 4, "scale": np.pi / 7}
    assert trace(*ANSATZES["data-reuploading"](**sizes)).digest == trace(*ANSATZES["data-reuploading"](**sizes)).digest
