from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.circuit.draw import draw
from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source

from .strategies import circuits

CIRCUIT = Circuit(
    3,
    2,
    1,
    (
        Gate("H", (0,)),
        Gate("RX", (1,), Angle(1 << 30, 1 << 23, Source.FEATURE, 1)),
        Gate("CNOT", (2, 0)),
        Gate("RY", (1,), Angle(1 << 31)),
        Gate("CZ", (0, 1)),
        Gate("RZ", (2,), Angle(0, 1 << 24, Source.PARAMETER, 0)),
    ),
    ((0,), (0, 2)),
)


def test_the_drawing_reads_as_written() -> None:
    assert draw(CIRCUIT) == (
        "0: ─H───────────────╭X───────────╭●─┤ Z→0 Z→1\n"
        "1: ─RX(0.5·x1+1.57)─│──RY(-3.14)─╰●─┤\n"
        "2: ─────────────────╰●─RZ(θ0)───────┤ Z→1\n"
    )


@settings(deadline=None, max_examples=50)
@given(circuits(max_qubits=12, max_gates=40), st.integers(60, 120))
def test_every_gate_is_drawn_and_lines_fit(circuit: Circuit, width: int) -> None:
    text = draw(circuit, width)
    assert max(map(len, text.splitlines())) <= width
    cells = re.findall(r"RX|RY|RZ|H|X|●", text)
    expected = {"H": ["H"], "X": ["X"], "CNOT": ["X", "●"], "CZ": ["●", "●"]}
    assert sorted(cells) == sorted(cell for gate in circuit.gates for cell in expected.get(gate.name, [gate.name]))


@settings(deadline=None, max_examples=50)
@given(circuits(max_qubits=4, max_gates=30))
def test_every_block_has_every_wire_and_equal_lines(circuit: Circuit) -> None:
    for block in draw(circuit).rstrip("\n").split("\n\n"):
        lines = [line.split("┤")[0] for line in block.split("\n")]
        assert [line[0] for line in lines] == [str(wire) for wire in range(circuit.qubits)]
        assert len({len(line) for line in lines}) == 1
