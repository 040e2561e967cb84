"""Executor 3: a circuit in integers, the same to the bit on every machine.

This is the arithmetic the referee contract repeats, so it is written down here in full. All numbers are signed
integers, ``>>`` rounds towards minus infinity, and ``R(v, n) = (v + 2**(n-1)) >> n`` rounds to nearest, ties up.
Amplitudes, sines, cosines and expectation values are Q30: the integer ``v`` stands for ``v / 2**30``.

Angle
    ``a = (constant + ((scale * value) >> 24)) mod 2**32``. The product is exact (or kept modulo ``2**64``, which
    changes nothing).
Phase
    ``p = a`` for RX and RY, ``p = 2 * a`` for RZ. A full turn is ``2**33`` phases, so RX and RY turn by half the angle.
Sine and cosine of a phase
    ``q = (p + 2**30) >> 31``, ``x = p - (q << 31)``, then with 3373259426 = 2 pi * 2**29, rounded::

        t = R(x * 3373259426, 32)        u = R(t * t, 30)
        r = -27                          r = 2959 + R(u * r, 30)
        r = -213044 + R(u * r, 30)       r = 8947849 + R(u * r, 30)
        r = -178956971 + R(u * r, 30)    sin = t + R(t * R(u * r, 30), 30)
        r = 2                            r = -296 + R(u * r, 30)
        r = 26631 + R(u * r, 30)         r = -1491308 + R(u * r, 30)
        r = 44739243 + R(u * r, 30)      r = -536870912 + R(u * r, 30)
        cos = 2**30 + R(u * r, 30)

    (the Taylor coefficients ``2**30 / k!``, rounded). ``q mod 4`` = 0, 1, 2, 3 turns ``(sin, cos)`` into
    ``(sin, cos)``, ``(cos, -sin)``, ``(-sin, -cos)``, ``(-cos, sin)``.
Gates
    The state starts as ``re[0] = 2**30``, all else 0. Basis state ``i`` has wire ``w`` in bit ``qubits - 1 - w``.
    ``lo`` and ``hi`` are two basis states that differ in the gate's wire only, 0 in ``lo``. With
    ``rotate(v, w, c, s): v, w = R(c * v - s * w, 30), R(s * v + c * w, 30)``, for every such pair::

        RY     rotate(re[lo], re[hi], cos, sin)       rotate(im[lo], im[hi], cos, sin)
        RX     rotate(re[lo], im[hi], cos, -sin)      rotate(im[lo], re[hi], cos, sin)
        RZ     rotate(re[hi], im[hi], cos, sin)       (equal to RZ but for a global phase)
        H      v, w = R(759250125 * (v + w), 30), R(759250125 * (v - w), 30) on re[lo], re[hi]; on im[lo], im[hi]
        X      lo and hi change places
        CNOT   lo and hi of the second wire change places where the first wire is 1
        CZ     re and im change sign where both wires are 1

Output
    ``z = R(sum over i of sign[i] * (re[i]**2 + im[i]**2), 30)``, where ``sign`` is minus one to the number of the
    observable's wires that are 1 in ``i``. The sum is exact; rounding comes once.
Loss
    ``sum over outputs of ((z - target * 2**30)**2 >> 30)``, shifted before summing.

Every product stays below ``2**63``: a state's norm is ``2**30`` but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source, observable_signs
from qfl_chain.circuit.units import FEATURE_MAX, FEATURE_MIN
from qfl_chain.errors import CircuitError
from qfl_chain.types import IntArray

ONE = 1 << 30
_HALF = np.int64(1 << 29)
_RADIANS_PER_PHASE = 3373259426
_SIN = (-27, 2959, -213044, 8947849, -178956971)
_COS = (2, -296, 26631, -1491308, 44739243, -536870912)
_SQRT_HALF = np.int64(759250125)

# Amplitudes held at a time: what keeps re, im and two scratch halves of them inside a core's cache.
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class ScoringProgram:
    """A circuit's scoring program; implements :class:`qfl_chain.ports.Executor`."""

    circuit: Circuit

    @property
    def parameters(self) -> int:
        """How many parameters the circuit has."""
        return self.circuit.parameters

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        """Squared losses, Q30, of parameter sets (S, P) on samples (B, F) with targets (B, K): shape (S, B).

        Raises:
            CircuitError: arrays that do not fit the circuit, are not integers, or targets other than +1 and -1.
        """
        targets = _checked("targets", targets, len(self.circuit.observables), "outputs")
        if len(targets) != len(features) or not np.all(np.abs(targets) == 1):
            raise CircuitError(f"targets must be +1 or -1, one row for each of the {len(features)} samples")
        distance = expectations(self.circuit, parameters, features) - targets * ONE
        return ((distance * distance) >> 30).sum(axis=-1)  # type: ignore[no-any-return]


def expectations(circuit: Circuit, parameters: IntArray, features: IntArray) -> IntArray:
    """Expectation values of parameter sets on samples.

    Args:
        circuit: any circuit.
        parameters: (sets, parameters) int64 units.
        features: (samples, features) units in the int32 range.

    Returns:
        (sets, samples, outputs), Q30.

    Raises:
        CircuitError: arrays that do not fit the circuit, are not integers, or features beyond int32.
    """
    parameters = _checked("parameters", parameters, circuit.parameters, "parameters")
    features = _checked("features", features, circuit.features, "features")
    if features.size and not FEATURE_MIN <= features.min() <= features.max() <= FEATURE_MAX:
        raise CircuitError("features must lie in the int32 range: convert them with features_to_units, which clips")
    turns = [_turn(gate, parameters, features) for gate in circuit.gates]
    signs = observable_signs(circuit)
    result = np.empty((len(parameters), len(features), len(signs)), dtype=np.int64)
    for sets, samples in _chunks(2**circuit.qubits, len(parameters), len(features)):
        state = _State(circuit.qubits)
        for gate, turn in zip(circuit.gates, turns, strict=True):
            state.apply(gate, None if turn is None else _cut(turn, sets, samples))
        result[sets, samples] = state.measure(signs)
    return result


def sine_cosine(phase: IntArray) -> tuple[IntArray, IntArray]:
    """Sine and cosine, Q30, of phases in ``[0, 2**33)``, a turn being ``2**33``."""
    quadrant = (phase + (1 << 30)) >> 31
    t = _rounded((phase - (quadrant << 31)) * _RADIANS_PER_PHASE, 32)
    u = _rounded(t * t)
    sine = t + _rounded(t * _rounded(u * _horner(u, _SIN)))
    cosine = ONE + _rounded(u * _horner(u, _COS))
    odd = quadrant & 1 == 1
    sine, cosine = np.where(odd, cosine, sine), np.where(odd, -sine, cosine)
    flip = 1 - (quadrant & 2)
    return flip * sine, flip * cosine


def _horner(u: IntArray, coefficients: tuple[int, ...]) -> IntArray:
    value = np.full_like(u, coefficients[0])
    for coefficient in coefficients[1:]:
        value = coefficient + _rounded(u * value)
    return value


def _rounded(value: IntArray, bits: int = 30) -> IntArray:
    return (value + (1 << (bits - 1))) >> bits


def _turn(gate: Gate, parameters: IntArray, features: IntArray) -> tuple[IntArray, IntArray] | None:
    """(cos, sin) of a rotation: (sets, 1), (1, samples) or (1, 1), after what its angle reads."""
    if gate.angle is None:
        return None
    angle = gate.angle.units(_read(gate.angle, parameters, features))
    sine, cosine = sine_cosine(2 * angle if gate.name == "RZ" else angle)
    return cosine, sine


def _read(angle: Angle, parameters: IntArray, features: IntArray) -> IntArray:
    if angle.source is Source.PARAMETER:
        return parameters[:, angle.index, None]
    if angle.source is Source.FEATURE:
        return features[None, :, angle.index]
    return np.zeros((1, 1), dtype=np.int64)


def _chunks(amplitudes: int, sets: int, samples: int) -> Iterator[tuple[slice, slice]]:
    """Cut sets times samples into blocks of bounded memory."""
    wide = max(1, min(samples, _CHUNK // amplitudes))
    deep = max(1, min(sets, _CHUNK // (amplitudes * wide)))
    for first in range(0, sets, deep):
        for start in range(0, samples, wide):
            yield slice(first, first + deep), slice(start, start + wide)


def _cut(turn: tuple[IntArray, IntArray], sets: slice, samples: slice) -> tuple[IntArray, IntArray]:
    rows, columns = turn[0].shape
    where = (sets if rows > 1 else slice(None), samples if columns > 1 else slice(None))
    return turn[0][where], turn[1][where]


class _State:
    """Amplitudes (2**qubits, sets, samples) as two integer arrays.

    A state stays one for all sets, or for all samples, until a gate tells them apart; the imaginary part is absent
    while it is 0. Neither changes a result.
    """

    def __init__(self, qubits: int) -> None:
        self.qubits = qubits
        self.re = np.zeros((2**qubits, 1, 1), dtype=np.int64)
        self.re[0] = ONE
        self.im: IntArray | None = None
        self.scratch = np.empty((2, self.re.size // 2), dtype=np.int64)

    def apply(self, gate: Gate, turn: tuple[IntArray, IntArray] | None) -> None:
        if turn is not None:
            self._turn(gate, *turn)
            return
        for part in self._parts():
            if gate.name == "H":
                self._hadamard(*self._pair(part, gate.wires[0]))
            elif gate.name == "X":
                _swap(*self._pair(part, gate.wires[0]))
            else:
                low, high = self._controlled(part, *gate.wires)
                if gate.name == "CNOT":
                    _swap(low, high)
                else:
                    np.negative(high, out=high)

    def measure(self, signs: IntArray) -> IntArray:
        """(sets, samples, outputs), sets and samples being 1 where nothing told them apart."""
        weight = self.re * self.re
        if self.im is not None:
            weight += self.im * self.im
        sums = [np.where(sign[:, None, None] > 0, weight, -weight).sum(axis=0) for sign in signs]
        return _rounded(np.stack(sums, axis=-1))

    def _turn(self, gate: Gate, cosine: IntArray, sine: IntArray) -> None:
        self._widen(np.broadcast_shapes(self.re.shape[1:], cosine.shape))
        wire = gate.wires[0]
        if gate.name == "RY":
            for part in self._parts():
                self._rotate(*self._pair(part, wire), cosine, sine)
            return
        if self.im is None:
            self.im = np.zeros_like(self.re)
        (re_low, re_high), (im_low, im_high) = self._pair(self.re, wire), self._pair(self.im, wire)
        if gate.name == "RX":
            self._rotate(re_low, im_high, cosine, -sine)
            self._rotate(im_low, re_high, cosine, sine)
        else:
            self._rotate(re_high, im_high, cosine, sine)

    def _parts(self) -> tuple[IntArray, ...]:
        return (self.re,) if self.im is None else (self.re, self.im)

    def _widen(self, shape: tuple[int, ...]) -> None:
        if self.re.shape[1:] == shape:
            return
        full = (2**self.qubits, *shape)
        self.re = np.broadcast_to(self.re, full).copy()
        self.im = None if self.im is None else np.broadcast_to(self.im, full).copy()
        self.scratch = np.empty((2, self.re.size // 2), dtype=np.int64)

    def _pair(self, part: IntArray, wire: int) -> tuple[IntArray, IntArray]:
        split = part.reshape(2**wire, 2, -1, *part.shape[1:])
        return split[:, 0], split[:, 1]

    def _controlled(self, part: IntArray, first: int, second: int) -> tuple[IntArray, IntArray]:
        """The amplitudes with ``first`` at 1, split by ``second``."""
        near, far = sorted((first, second))
        split = part.reshape(2**near, 2, 2 ** (far - near - 1), 2, -1, *part.shape[1:])
        if first < second:
            return split[:, 1, :, 0], split[:, 1, :, 1]
        return split[:, 0, :, 1], split[:, 1, :, 1]

    def _rotate(self, v: IntArray, w: IntArray, cosine: IntArray, sine: IntArray) -> None:
        """``v, w = R(cos * v - sin * w), R(sin * v + cos * w)`` in place."""
        new, other = self._scratch(v.shape)
        np.multiply(v, cosine, out=new)
        np.multiply(w, sine, out=other)
        np.subtract(new, other, out=new)
        np.multiply(v, sine, out=other)
        np.multiply(w, cosine, out=w)
        np.add(w, other, out=w)
        _round_into(new, v)
        _round_into(w, w)

    def _hadamard(self, v: IntArray, w: IntArray) -> None:
        new, _ = self._scratch(v.shape)
        np.add(v, w, out=new)
        np.subtract(v, w, out=w)
        for value, place in ((new, v), (w, w)):
            np.multiply(value, _SQRT_HALF, out=value)
            _round_into(value, place)

    def _scratch(self, shape: tuple[int, ...]) -> tuple[IntArray, IntArray]:
        return self.scratch[0].reshape(shape), self.scratch[1].reshape(shape)


def _round_into(value: IntArray, place: IntArray) -> None:
    np.add(value, _HALF, out=value)
    np.right_shift(value, 30, out=place)


def _swap(v: IntArray, w: IntArray) -> None:
    kept = v.copy()
    v[...] = w
    w[...] = kept


def _checked(what: str, values: Any, columns: int, of: str) -> IntArray:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != columns:
        raise CircuitError(f"{what} have shape {array.shape}, the circuit with {columns} {of} needs (rows, {columns})")
    if array.dtype.kind not in "iu":
        raise CircuitError(f"{what} are {array.dtype}, scoring takes integers: convert angles to units first")
    return array.astype(np.int64)
