"""Executor 1: a circuit as a pure JAX function for training.

A circuit is cut into layers: one turn of every wire, then one shuffle of the basis. A wire's run of one-qubit gates is
one 2x2 matrix, all of them made by a few vectorised operations; a run of CNOT and CZ is a permutation and a sign, known
when the program is built. A scan runs the layers, so compile time grows with the qubits and not with the depth.

Importing this module switches JAX to 64 bits, which must happen before its first array. ``dtype`` chooses the
precision of a program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import DTypeLike

from qfl_chain.circuit.gates import TWO_QUBIT, Circuit, Gate, Source, observable_signs
from qfl_chain.types import FloatArray, IntArray

jax.config.update("jax_enable_x64", True)

Program = Callable[[Any, Any], Any]
"""``f(theta [parameters] rad, x [samples, features] rad) -> z [samples, outputs]``."""

_AXES = {"RX": (1.0, 0.0, 0.0), "RY": (0.0, 1.0, 0.0), "RZ": (0.0, 0.0, 1.0)}
_HALF_TURNS = {"X": (1.0, 0.0, 0.0), "H": (np.sqrt(0.5), 0.0, np.sqrt(0.5))}


def training_program(circuit: Circuit, dtype: DTypeLike = np.float64) -> Program:
    """The circuit's expectation values, to be transformed by ``jax.jit``, ``jax.grad`` and ``jax.vmap``.

    Args:
        circuit: any circuit.
        dtype: float32 or float64, of the program's inside and its result.

    Returns:
        ``f(theta, x)``: parameters (P,) and samples (B, F), both in radians, to (B, K) expectation values.
    """
    layers = _layers(circuit)
    angles = _angle_table(layers, circuit.qubits)
    shuffles = [_shuffle(layer, circuit.qubits) for layer in layers]
    source, inverse, sign = (np.stack(arrays) for arrays in zip(*shuffles, strict=True))
    outputs = observable_signs(circuit).T.astype(dtype)
    complex_dtype = np.result_type(dtype, np.complex64)

    def layer_step(state: Any, layer: Any) -> tuple[Any, None]:
        alpha, beta, source, inverse, sign = layer
        for wire in range(circuit.qubits):
            state = _turned(state, wire, alpha[:, wire], beta[:, wire])
        return _permuted(state, source, inverse) * sign, None

    def program(theta: Any, x: Any) -> Any:
        theta, x = jnp.asarray(theta, dtype), jnp.asarray(x, dtype)
        alpha, beta = _turns(angles, theta, x)
        state = jnp.zeros((x.shape[0], 2**circuit.qubits), complex_dtype).at[:, 0].set(1)
        state, _ = lax.scan(layer_step, state, (alpha, beta, source, inverse, sign.astype(dtype)))
        return (state.real**2 + state.imag**2) @ outputs

    return program


@dataclass(slots=True)
class _Layer:
    """One-qubit gates by wire, then gates that shuffle the basis."""

    turns: dict[int, list[Gate]] = field(default_factory=dict)
    shuffle: list[Gate] = field(default_factory=list)


def _layers(circuit: Circuit) -> list[_Layer]:
    """Cut the gates into layers. A one-qubit gate joins the last layer unless that already shuffles its wire."""
    layers = [_Layer()]
    for gate in circuit.gates:
        if gate.name in TWO_QUBIT:
            layers[-1].shuffle.append(gate)
            continue
        wire = gate.wires[0]
        if any(wire in other.wires for other in layers[-1].shuffle):
            layers.append(_Layer())
        layers[-1].turns.setdefault(wire, []).append(gate)
    return layers


def _shuffle(layer: _Layer, qubits: int) -> tuple[IntArray, IntArray, FloatArray]:
    """(source, inverse, sign) with ``new[i] = sign[i] * old[source[i]]`` and ``inverse`` undoing ``source``."""
    basis = np.arange(2**qubits)
    source, sign = basis.copy(), np.ones(len(basis))
    for gate in layer.shuffle:
        first, second = (qubits - 1 - wire for wire in gate.wires)
        if gate.name == "CNOT":
            came_from = basis ^ ((basis >> first & 1) << second)
            source, sign = source[came_from], sign[came_from]
        else:
            sign = sign * (1 - 2 * (basis >> first & basis >> second & 1))
    return source, np.argsort(source), sign


def _gathered(state: Any, source: Any, inverse: Any) -> Any:
    return state[:, source]


def _permuted_forward(state: Any, source: Any, inverse: Any) -> tuple[Any, Any]:
    return state[:, source], inverse


def _permuted_backward(inverse: Any, gradient: Any) -> tuple[Any, None, None]:
    return gradient[:, inverse], None, None


# The gradient of a permutation is its inverse: a gather, many times faster than the scatter JAX derives.
_permuted: Any = jax.custom_vjp(_gathered)
_permuted.defvjp(_permuted_forward, _permuted_backward)


def _turned(state: Any, wire: int, alpha: Any, beta: Any) -> Any:
    """Apply ``[[alpha, -conj(beta)], [beta, conj(alpha)]]`` of every sample, (B,) or (1,), to a wire."""
    split = state.reshape(state.shape[0], 2**wire, 2, -1)
    low, high = split[:, :, 0], split[:, :, 1]
    alpha, beta = alpha[:, None, None], beta[:, None, None]
    turned = (alpha * low - beta.conj() * high, beta * low + alpha.conj() * high)
    return jnp.stack(turned, axis=2).reshape(state.shape)


@dataclass(frozen=True, slots=True)
class _AngleTable:
    """Angles and axes of all one-qubit gates, (layers, wires, longest run), filled up with turns by nothing.

    ``angle = constant + theta_factor * theta[theta_index] + x_factor * x[:, x_index]``; ``axis`` has a last axis of 3.
    """

    constant: FloatArray
    theta_factor: FloatArray
    theta_index: IntArray
    x_factor: FloatArray
    x_index: IntArray
    axis: FloatArray


def _angle_table(layers: list[_Layer], qubits: int) -> _AngleTable:
    longest = max((len(run) for layer in layers for run in layer.turns.values()), default=1)
    shape = (len(layers), qubits, longest)
    table = _AngleTable(
        constant=np.zeros(shape),
        theta_factor=np.zeros(shape),
        theta_index=np.zeros(shape, np.int64),
        x_factor=np.zeros(shape),
        x_index=np.zeros(shape, np.int64),
        axis=np.zeros((*shape, 3)),
    )
    for row, layer in enumerate(layers):
        for wire, run in layer.turns.items():
            for column, gate in enumerate(run):
                _fill(table, (row, wire, column), gate)
    return table


def _fill(table: _AngleTable, at: tuple[int, int, int], gate: Gate) -> None:
    if gate.angle is None:
        # X and H are turns by pi, but for a global phase.
        table.constant[at], table.axis[at] = np.pi, _HALF_TURNS[gate.name]
        return
    table.constant[at], table.axis[at] = gate.angle.constant_radians, _AXES[gate.name]
    if gate.angle.source is Source.PARAMETER:
        table.theta_factor[at], table.theta_index[at] = gate.angle.factor, gate.angle.index
    elif gate.angle.source is Source.FEATURE:
        table.x_factor[at], table.x_index[at] = gate.angle.factor, gate.angle.index


def _turns(table: _AngleTable, theta: Any, x: Any) -> tuple[Any, Any]:
    """(alpha, beta) of every layer and wire: (layers, B, wires), B being 1 when no angle reads a feature."""
    kind = theta.dtype
    angle = jnp.asarray(table.constant, kind)[:, None]
    if np.any(table.theta_factor):
        angle = angle + (table.theta_factor.astype(kind) * theta[table.theta_index])[:, None]
    if np.any(table.x_factor):
        read = jnp.moveaxis(x[:, table.x_index], 0, 1)
        angle = angle + table.x_factor.astype(kind)[:, None] * read
    cos, sin = jnp.cos(angle / 2), jnp.sin(angle / 2)
    along_x, along_y, along_z = np.moveaxis(table.axis.astype(kind)[:, None], -1, 0)
    return _product(lax.complex(cos, -sin * along_z), lax.complex(sin * along_y, -sin * along_x))


def _product(alpha: Any, beta: Any) -> tuple[Any, Any]:
    """Multiply the matrices along the last axis, the first acting first, by halves: few steps for long runs."""
    while (count := alpha.shape[-1]) > 1:
        even = count - count % 2
        first_alpha, last_alpha = alpha[..., :even:2], alpha[..., 1:even:2]
        first_beta, last_beta = beta[..., :even:2], beta[..., 1:even:2]
        new_alpha = last_alpha * first_alpha - last_beta.conj() * first_beta
        new_beta = last_beta * first_alpha + last_alpha.conj() * first_beta
        alpha = jnp.concatenate([new_alpha, alpha[..., even:]], axis=-1)
        beta = jnp.concatenate([new_beta, beta[..., even:]], axis=-1)
    return alpha[..., 0], beta[..., 0]
