"""A circuit as text, one line a wire, in the manner of PennyLane's own drawings."""

from __future__ import annotations

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source

_ENDS = {"CNOT": ("●", "X"), "CZ": ("●", "●")}
_INPUTS = {Source.FEATURE: "x", Source.PARAMETER: "θ"}


def draw(circuit: Circuit, width: int = 100) -> str:
    """Draw the gates in columns, as early as their wires allow, cut into blocks of at most ``width`` characters.

    Angles are in radians to three digits: ``x3`` is feature 3, ``θ3`` parameter 3. The last column numbers the outputs.
    """
    columns = [_column(circuit.qubits, gates) for gates in _moments(circuit)]
    outputs = [_outputs(circuit, wire) for wire in range(circuit.qubits)]
    room = width - len(f"{circuit.qubits - 1}: ─") - max(map(len, outputs))
    blocks = ["\n".join(_lines(circuit.qubits, block)) for block in _blocks(columns, room)]
    last = [line + output for line, output in zip(blocks.pop().splitlines(), outputs, strict=True)]
    return "\n\n".join([*blocks, "\n".join(line.rstrip() for line in last)]) + "\n"


def _moments(circuit: Circuit) -> list[list[Gate]]:
    """Gates that can be drawn above one another: a two-qubit gate takes all wires from its first to its last."""
    moments: list[list[Gate]] = []
    free = [0] * circuit.qubits
    for gate in circuit.gates:
        span = range(min(gate.wires), max(gate.wires) + 1)
        moment = max(free[wire] for wire in span)
        if moment == len(moments):
            moments.append([])
        moments[moment].append(gate)
        for wire in span:
            free[wire] = moment + 1
    return moments


def _column(qubits: int, gates: list[Gate]) -> list[str]:
    cells = [""] * qubits
    for gate in gates:
        if len(gate.wires) == 1:
            cells[gate.wires[0]] = gate.name if gate.angle is None else f"{gate.name}({_label(gate.angle)})"
            continue
        top, bottom = sorted(gate.wires)
        cells[top + 1 : bottom] = ["│"] * (bottom - top - 1)
        for wire, end in zip(gate.wires, _ENDS[gate.name], strict=True):
            cells[wire] = ("╭" if wire == top else "╰") + end
    return [cell.ljust(max(map(len, cells)), "─") for cell in cells]


def _label(angle: Angle) -> str:
    constant = angle.constant_radians
    if angle.source is Source.NONE:
        return f"{constant:.3g}"
    factor = "" if angle.factor == 1 else f"{angle.factor:.3g}·"
    return f"{factor}{_INPUTS[angle.source]}{angle.index}" + (f"{constant:+.3g}" if constant else "")


def _blocks(columns: list[list[str]], room: int) -> list[list[list[str]]]:
    """Runs of columns that fit the room; at least one column each, at least one block."""
    blocks: list[list[list[str]]] = [[]]
    used = 0
    for column in columns:
        if blocks[-1] and used + len(column[0]) + 1 > room:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += len(column[0]) + 1
    return blocks


def _lines(qubits: int, columns: list[list[str]]) -> list[str]:
    digits = len(str(qubits - 1))
    return [f"{wire:>{digits}}: ─" + "".join(column[wire] + "─" for column in columns) for wire in range(qubits)]


def _outputs(circuit: Circuit, wire: int) -> str:
    names = [f"Z→{output}" for output, word in enumerate(circuit.observables) if wire in word]
    return f"┤ {' '.join(names)}"
