"""From an ordinary PennyLane function to a :class:`~qfl_chain.circuit.gates.Circuit`.

The function is run at six fixed points of its inputs, PennyLane's own ``decompose`` reduces every run to the gate
set, and the runs are compared: gates must be the same everywhere, and each angle must be ``constant + scale * value``
of one input. Running at points, and not with symbols, lets the function use any numpy it likes. Six points against a
line leave four degrees of freedom: an angle of another kind passes only where it stays within 1e-9 rad of that line.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from qfl_chain.circuit.gates import ROTATIONS, SCALE_BITS, SCALE_LIMIT, Angle, Circuit, Gate, GateName, Source
from qfl_chain.circuit.units import TURN, UNIT
from qfl_chain.errors import CircuitError
from qfl_chain.types import FloatArray

_POINTS = 6
_SEED = 20240229
_TOLERANCE = 1e-9

_OURS: dict[str, GateName] = {
    "Hadamard": "H",
    "PauliX": "X",
    "RX": "RX",
    "RY": "RY",
    "RZ": "RZ",
    "CNOT": "CNOT",
    "CZ": "CZ",
}
_DROPPED = frozenset({"GlobalPhase", "Identity", "Barrier"})

PennyLaneFunction = Callable[[Any, Any], Any]
"""``function(x, theta)`` that queues PennyLane operations and returns one ``expval`` or a list of them."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What one evaluation queued: gates and wires, one angle per gate (0 without), and the observables."""

    gates: tuple[tuple[GateName, tuple[int, ...]], ...]
    angles: tuple[float, ...]
    observables: tuple[tuple[int, ...], ...]


def trace(function: PennyLaneFunction, features: int, parameters: int) -> Circuit:
    """Trace ``function(x, theta)`` once into a circuit.

    Args:
        function: an ordinary PennyLane function, or a QNode. ``x`` arrives as float64 (features,), ``theta`` as
            float64 (parameters,); it may index, slice, reshape, scale and shift them.
        features: length of ``x``.
        parameters: length of ``theta``.

    Raises:
        CircuitError: a gate that cannot be decomposed into the gate set, an angle that is not affine in one input,
            a measurement that is not the expectation value of a word of Z, wires that are not 0..n-1, gates that
            change with the values, an input that is never used, or a function that fails when called. The message
            names the gate or the angle.
    """
    inputs = np.random.default_rng(_SEED).uniform(-3, 3, (_POINTS, features + parameters))
    runs = [_run(function, point[:features], point[features:]) for point in inputs]
    first = runs[0]
    if any((run.gates, run.observables) != (first.gates, first.observables) for run in runs):
        raise CircuitError(
            "the circuit's gates change with the values of x or theta: "
            "choose gates by constants and feed values as angles"
        )
    angles = _affine(first, np.array([run.angles for run in runs]), inputs, features)
    if isinstance(angles, int):
        raise CircuitError(_not_affine(function, first, angles, inputs[0], features))
    gates = tuple(Gate(name, wires, angle) for (name, wires), angle in zip(first.gates, angles, strict=True))
    _check_used(gates, features, parameters)
    return Circuit(_qubits(first), features, parameters, gates, first.observables)


def _run(function: PennyLaneFunction, x: FloatArray, theta: FloatArray) -> _Run:
    tape = _decomposed(function, x.copy(), theta.copy())
    gates: list[tuple[GateName, tuple[int, ...]]] = []
    angles: list[float] = []
    for operation in tape.operations:
        if operation.name in _DROPPED:
            continue
        position = len(gates)
        if operation.name not in _OURS:
            raise CircuitError(_undecomposable(operation, position))
        gates.append((_OURS[operation.name], _wires(operation, f"gate {position} ({operation.name})")))
        angles.append(_number(operation, position))
    observables = tuple(_word(process, position) for position, process in enumerate(tape.measurements))
    return _Run(tuple(gates), tuple(angles), observables)


def _decomposed(function: PennyLaneFunction, x: FloatArray, theta: FloatArray) -> Any:
    import jax
    import pennylane as qml

    # jax.numpy inside a user's function would otherwise round its angles to float32.
    with jax.enable_x64(True), qml.queuing.AnnotatedQueue() as queue:
        returned = _called(_plain(function), x, theta)
    tape = qml.tape.QuantumScript.from_queue(queue)
    _check_returned(returned, tape.measurements)
    with warnings.catch_warnings():
        # What has no decomposition stays on the tape and is named by _undecomposable.
        warnings.filterwarnings("ignore", "Operator .* does not define a decomposition")
        (tape,), _ = qml.transforms.decompose(tape, gate_set={*_OURS, *_DROPPED})
    return tape


def _called(function: PennyLaneFunction, x: FloatArray, theta: FloatArray) -> Any:
    try:
        return function(x, theta)
    except Exception as error:
        raise CircuitError(
            f"the function fails when called with {len(x)} features and {len(theta)} parameters: "
            f"{type(error).__name__}: {error}"
        ) from error


def _plain(function: PennyLaneFunction) -> PennyLaneFunction:
    """The function itself, or the function inside a QNode."""
    import pennylane as qml

    if not isinstance(function, qml.QNode):
        return function
    if len(function.compile_pipeline):
        raise CircuitError("the QNode carries transforms, which tracing does not apply: pass the plain function")
    return cast(PennyLaneFunction, function.func)


def _check_returned(returned: Any, measured: Sequence[Any]) -> None:
    outputs = list(returned) if isinstance(returned, list | tuple) else [returned]
    if not measured or len(outputs) != len(measured) or any(a is not b for a, b in zip(outputs, measured, strict=True)):
        raise CircuitError(
            f"the function measures {len(measured)} and returns {len(outputs)} values: "
            "return qml.expval(...), or a flat list of them in the order they are measured"
        )


def _undecomposable(operation: Any, position: int) -> str:
    name, wires = operation.name, list(operation.wires)
    if "MidMeasure" in name or "Conditional" in name or "PauliMeasure" in name:
        return f"gate {position} ({name} on {wires}): measure only at the end, with qml.expval"
    return (
        f"gate {position} ({name} on {wires}) does not decompose into {', '.join(_OURS.values())}: "
        "write it with rotations, CNOT and CZ"
    )


def _wires(thing: Any, where: str) -> tuple[int, ...]:
    wires = tuple(thing.wires)
    if not all(isinstance(wire, int | np.integer) and wire >= 0 for wire in wires):
        raise CircuitError(f"{where}: wires {list(wires)} must be the numbers 0..n-1")
    return tuple(int(wire) for wire in wires)


def _number(operation: Any, position: int) -> float:
    if operation.name not in ROTATIONS:
        return 0.0
    value = np.asarray(operation.parameters[0])
    if value.shape != ():
        raise CircuitError(
            f"gate {position} ({operation.name} on {list(operation.wires)}): its angle has shape {value.shape}, "
            "give one number, such as x[0] or theta[0]"
        )
    if np.iscomplexobj(value) or not np.isfinite(value):
        raise CircuitError(f"gate {position} ({operation.name} on {list(operation.wires)}): its angle is {value}")
    return float(value)


def _word(process: Any, position: int) -> tuple[int, ...]:
    import pennylane as qml

    where = f"output {position} ({process})"
    sentence = getattr(process.obs, "pauli_rep", None)
    if not isinstance(process, qml.measurements.ExpectationMP) or sentence is None or len(sentence) != 1:
        raise CircuitError(f"{where}: return qml.expval of qml.Z(wire), or of a product of them")
    ((word, coefficient),) = sentence.items()
    if coefficient != 1 or not word or set(word.values()) != {"Z"}:
        raise CircuitError(f"{where}: only products of Z with coefficient 1 are measured; rotate before measuring")
    return tuple(sorted(_wires(word, where)))


def _affine(run: _Run, angles: FloatArray, inputs: FloatArray, features: int) -> list[Angle | None] | int:
    """Fit every column of ``angles`` (points, gates) by a line in one column of ``inputs`` (points, inputs).

    Returns the angles, or the position of the first gate that has no fit.
    """
    fitted: list[Angle | None] = []
    for position, (name, wires) in enumerate(run.gates):
        if name not in ROTATIONS:
            fitted.append(None)
            continue
        angle = _fit(angles[:, position], inputs, features, f"gate {position} ({name} on {list(wires)})")
        if angle is None:
            return position
        fitted.append(angle)
    return fitted


def _fit(values: FloatArray, inputs: FloatArray, features: int, where: str) -> Angle | None:
    tolerance = _TOLERANCE * (1 + np.abs(values).max())
    rest, centred = values - values.mean(), inputs - inputs.mean(axis=0)
    if np.abs(rest).max() <= tolerance:
        return Angle(_units(values.mean()))
    slopes = rest @ centred / (centred**2).sum(axis=0)
    misfit = np.abs(rest[:, None] - slopes * centred).max(axis=0)
    if misfit.min(initial=np.inf) > tolerance:
        return None
    best = int(misfit.argmin())
    scale = _rounded(slopes[best] * (1 << SCALE_BITS))
    if not 0 < abs(scale) < SCALE_LIMIT:
        raise CircuitError(f"{where}: its angle scales an input by {slopes[best]:g}; use at least 2**-24, below 128")
    source, index = (Source.FEATURE, best) if best < features else (Source.PARAMETER, best - features)
    return Angle(_units(values.mean() - slopes[best] * inputs[:, best].mean()), scale, source, index)


def _not_affine(function: PennyLaneFunction, run: _Run, position: int, point: FloatArray, features: int) -> str:
    """The message for an angle that has no fit, with the inputs it was seen to read."""
    name, wires = run.gates[position]
    gate = f"gate {position} of the decomposed circuit ({name} on {list(wires)})"
    if _run(function, point[:features], point[features:]).angles[position] != run.angles[position]:
        return f"{gate}: its angle changes from call to call: a circuit must not draw random numbers"
    reads = []
    for index, step in enumerate(np.eye(len(point)) * 0.1):
        shifted = point + step
        if _run(function, shifted[:features], shifted[features:]).angles[position] != run.angles[position]:
            reads.append(f"x[{index}]" if index < features else f"theta[{index - features}]")
    return (
        f"{gate}: its angle is not a constant plus a multiple of one feature or one parameter, it reads "
        f"{' and '.join(reads) or 'its inputs in jumps'}; give each input a rotation of its own "
        "(RX(a) then RX(b) is RX(a + b)) and transform features before the circuit"
    )


def _units(radians: float) -> int:
    return _rounded(radians / UNIT) % TURN


def _rounded(value: float) -> int:
    """The nearest integer. Rounding twice keeps a tie from being decided by the last bits of a fit."""
    return round(round(float(value), 3))


def _check_used(gates: tuple[Gate, ...], features: int, parameters: int) -> None:
    used = {(gate.angle.source, gate.angle.index) for gate in gates if gate.angle is not None}
    for source, name, count in ((Source.FEATURE, "x", features), (Source.PARAMETER, "theta", parameters)):
        unused = [index for index in range(count) if (source, index) not in used]
        if unused:
            raise CircuitError(
                f"{name}[{unused[0]}] is never used in an angle: use all {count} inputs, or declare fewer"
            )


def _qubits(run: _Run) -> int:
    used = {wire for _, wires in run.gates for wire in wires} | {wire for word in run.observables for wire in word}
    missing = sorted(set(range(len(used))) - used)
    if missing:
        raise CircuitError(f"wires are {sorted(used)}, wire {missing[0]} is missing: number them 0..{len(used) - 1}")
    return len(used)
