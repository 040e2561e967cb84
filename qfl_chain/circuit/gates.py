"""A circuit as data: gates over {H, X, RX, RY, RZ, CNOT, CZ}, affine angles, and words of Z to measure.

Everything that runs a circuit (the training, device, scoring and referee programs) reads this one structure. Its
bytes are canonical, so the digest a federation's contract stores names exactly one circuit (rules P7 and P8).

Bytes, big-endian::

    header       magic "QFLC" | version u8 = 1 | qubits u8 | features u16 | parameters u16 | gates u16
                 | observables u8
    gate         opcode u8 | wire u8 | second wire u8 | source u8 | index u16 | constant u32 | scale i32
    observable   mask u16, bit w set when wire w carries a Z

A one-qubit gate's second wire is 0. A gate without an angle has zeros from ``source`` on. An angle that reads no
input has source, index and scale 0.

Conventions: wire 0 is the most significant bit of a basis state's index, as in PennyLane. RX, RY and RZ turn by
``exp(-i * angle / 2 * P)``. A circuit starts in |0...0> and its global phase means nothing.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal, cast, get_args

import numpy as np

from qfl_chain.circuit.units import TURN, UNIT
from qfl_chain.errors import CircuitError
from qfl_chain.types import Digest, IntArray

MAX_QUBITS = 14
"""What the engine holds: a state of ``2**14`` amplitudes is 256 KiB a sample."""

SCALE_BITS = 24
SCALE_LIMIT = 1 << 31
INPUT_LIMIT = 1 << 16

GateName = Literal["H", "X", "RX", "RY", "RZ", "CNOT", "CZ"]
OPCODES: dict[str, int] = {name: code for code, name in enumerate(get_args(GateName), start=1)}
NAMES: dict[int, GateName] = {code: cast(GateName, name) for name, code in OPCODES.items()}
ROTATIONS = frozenset({"RX", "RY", "RZ"})
TWO_QUBIT = frozenset({"CNOT", "CZ"})

_MAGIC, _VERSION = b"QFLC", 1
_HEADER = struct.Struct(">4sBBHHHB")
_GATE = struct.Struct(">BBBBHIi")
_MASK = struct.Struct(">H")


class Source(IntEnum):
    """What an angle reads besides its constant."""

    NONE = 0
    FEATURE = 1
    PARAMETER = 2


@dataclass(frozen=True, slots=True)
class Angle:
    """``(constant + ((scale * value) >> 24)) mod 2**32`` units, ``value`` being the input at ``index``.

    ``constant`` lies in ``[0, 2**32)``; ``scale`` is Q24 in the int32 range, and 0 exactly when nothing is read.
    """

    constant: int
    scale: int = 0
    source: Source = Source.NONE
    index: int = 0

    def units(self, value: IntArray) -> IntArray:
        """The angle in ``[0, 2**32)`` for an int64 array of the source's values, exactly.

        int64 products wrap modulo ``2**64``, which leaves the 56 low bits that the shift and the mask keep.
        """
        product = np.multiply(np.atleast_1d(value), np.int64(self.scale)) >> np.int64(SCALE_BITS)
        return ((product + np.int64(self.constant)) & np.int64(TURN - 1)).reshape(np.shape(value))

    @property
    def constant_radians(self) -> float:
        """The constant in ``[-pi, pi)``."""
        return float(((self.constant + TURN // 2) % TURN - TURN // 2) * UNIT)

    @property
    def factor(self) -> float:
        """The scale as a number."""
        return self.scale / (1 << SCALE_BITS)


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate. ``angle`` is set exactly for RX, RY and RZ; the first wire of a CNOT is its control."""

    name: GateName
    wires: tuple[int, ...]
    angle: Angle | None = None


@dataclass(frozen=True)
class Circuit:
    """A checked, immutable circuit.

    Args:
        qubits: 1 to :data:`MAX_QUBITS`.
        features: how many values of one sample it reads.
        parameters: how many trained values it reads.
        gates: in the order they act.
        observables: one tuple of ascending wires per output: the expectation value of the product of their Z.

    Raises:
        CircuitError: a number out of range, a gate that is not one, or a circuit too large for the engine.
    """

    qubits: int
    features: int
    parameters: int
    gates: tuple[Gate, ...]
    observables: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        _check_sizes(self)
        for position, gate in enumerate(self.gates):
            _check_gate(self, gate, f"gate {position} ({gate.name} on {list(gate.wires)})")
        for position, word in enumerate(self.observables):
            _check_word(self, word, f"observable {position}")

    def to_bytes(self) -> bytes:
        """The canonical bytes laid out at the top of this module."""
        head = (self.qubits, self.features, self.parameters, len(self.gates), len(self.observables))
        parts = [_HEADER.pack(_MAGIC, _VERSION, *head)]
        parts += [_encode_gate(gate) for gate in self.gates]
        parts += [_MASK.pack(sum(1 << wire for wire in word)) for word in self.observables]
        return b"".join(parts)

    @staticmethod
    def from_bytes(data: bytes) -> Circuit:
        """Read canonical bytes; what comes back encodes to exactly ``data``.

        Raises:
            CircuitError: another magic or version, a wrong length, or a value that breaks a rule.
        """
        return _decode(data)

    @cached_property
    def digest(self) -> Digest:
        """sha2-256 of the canonical bytes: the name the contract stores."""
        return Digest(hashlib.sha256(self.to_bytes()).digest())


def observable_signs(circuit: Circuit) -> IntArray:
    """Shape (outputs, 2**qubits): the sign with which each output counts the probability of each basis state."""
    basis = np.arange(2**circuit.qubits)
    signs = np.ones((len(circuit.observables), len(basis)), dtype=np.int64)
    for output, word in enumerate(circuit.observables):
        for wire in word:
            signs[output] *= 1 - 2 * (basis >> (circuit.qubits - 1 - wire) & 1)
    return signs


def _check_sizes(circuit: Circuit) -> None:
    if circuit.qubits > MAX_QUBITS:
        memory = 16 * 2**circuit.qubits / 2**20
        raise CircuitError(
            f"the circuit has {circuit.qubits} qubits, the engine holds at most {MAX_QUBITS}: a state of "
            f"2**{circuit.qubits} amplitudes takes {memory:g} MiB a sample; use fewer wires and re-upload features"
        )
    bounds = (
        ("qubits", circuit.qubits, 1, MAX_QUBITS),
        ("features", circuit.features, 0, INPUT_LIMIT - 1),
        ("parameters", circuit.parameters, 0, INPUT_LIMIT - 1),
        ("gates", len(circuit.gates), 0, INPUT_LIMIT - 1),
        ("observables", len(circuit.observables), 1, 255),
    )
    for what, count, low, high in bounds:
        if not low <= count <= high:
            raise CircuitError(f"the circuit has {count} {what}, it must have {low} to {high}")


def _check_gate(circuit: Circuit, gate: Gate, where: str) -> None:
    if gate.name not in OPCODES:
        raise CircuitError(
            f"{where}: the gate set is {', '.join(OPCODES)}; decompose it, or trace a PennyLane function"
        )
    arity = 2 if gate.name in TWO_QUBIT else 1
    if len(gate.wires) != arity or len(set(gate.wires)) != arity:
        raise CircuitError(f"{where}: {gate.name} acts on {arity} different wires")
    _check_wires(circuit, gate.wires, where)
    if (gate.angle is not None) != (gate.name in ROTATIONS):
        raise CircuitError(f"{where}: RX, RY and RZ have an angle, the others have none")
    if gate.angle is not None:
        _check_angle(circuit, gate.angle, where)


def _check_angle(circuit: Circuit, angle: Angle, where: str) -> None:
    if not 0 <= angle.constant < TURN:
        raise CircuitError(f"{where}: the angle's constant is {angle.constant}, it must lie in [0, 2**32)")
    if not -SCALE_LIMIT <= angle.scale < SCALE_LIMIT:
        raise CircuitError(f"{where}: the angle's scale is {angle.factor:g}, it must lie in [-128, 128)")
    if (angle.source is Source.NONE) != (angle.scale == 0) or (angle.scale == 0 and angle.index != 0):
        raise CircuitError(f"{where}: an angle reads an input exactly when its scale is not 0")
    count = {Source.NONE: 1, Source.FEATURE: circuit.features, Source.PARAMETER: circuit.parameters}[angle.source]
    if not 0 <= angle.index < count:
        raise CircuitError(
            f"{where}: the angle reads {angle.source.name.lower()} {angle.index}, the circuit has {count}"
        )


def _check_word(circuit: Circuit, word: tuple[int, ...], where: str) -> None:
    if not word or list(word) != sorted(set(word)):
        raise CircuitError(f"{where} is {list(word)}: it must name one or more wires, ascending")
    _check_wires(circuit, word, where)


def _check_wires(circuit: Circuit, wires: tuple[int, ...], where: str) -> None:
    for wire in wires:
        if not 0 <= wire < circuit.qubits:
            raise CircuitError(f"{where}: wire {wire} is not in 0..{circuit.qubits - 1}")


def _encode_gate(gate: Gate) -> bytes:
    angle = gate.angle or Angle(0)
    second = gate.wires[1] if len(gate.wires) == 2 else 0
    return _GATE.pack(OPCODES[gate.name], gate.wires[0], second, angle.source, angle.index, angle.constant, angle.scale)


def _decode(data: bytes) -> Circuit:
    if len(data) < _HEADER.size:
        raise CircuitError(f"a circuit has at least {_HEADER.size} bytes, these are {len(data)}")
    magic, version, qubits, features, parameters, gates, observables = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise CircuitError(f"not a circuit of version {_VERSION}: the bytes begin with {data[:5].hex()}")
    end = _HEADER.size + gates * _GATE.size
    if len(data) != end + observables * _MASK.size:
        raise CircuitError(
            f"{gates} gates and {observables} observables take {end + observables * _MASK.size} bytes, "
            f"these are {len(data)}"
        )
    circuit = Circuit(
        qubits,
        features,
        parameters,
        tuple(_decode_gate(at, fields) for at, fields in enumerate(_GATE.iter_unpack(data[_HEADER.size : end]))),
        tuple(_decode_word(mask) for (mask,) in _MASK.iter_unpack(data[end:])),
    )
    if circuit.to_bytes() != data:
        raise CircuitError("the circuit's bytes are not canonical: a field that means nothing is not 0")
    return circuit


def _decode_gate(position: int, fields: tuple[int, ...]) -> Gate:
    opcode, first, second, source, index, constant, scale = fields
    if opcode not in NAMES:
        raise CircuitError(f"gate {position}: {opcode} is not an opcode, they run from 1 to {len(NAMES)}")
    if source not in Source.__members__.values():
        raise CircuitError(f"gate {position}: {source} is not a source, they run from 0 to 2")
    name = NAMES[opcode]
    wires = (first, second) if name in TWO_QUBIT else (first,)
    angle = Angle(constant, scale, Source(source), index) if name in ROTATIONS else None
    return Gate(name, wires, angle)


def _decode_word(mask: int) -> tuple[int, ...]:
    return tuple(wire for wire in range(16) if mask >> wire & 1)
