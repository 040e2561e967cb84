"""Angles as integers: one unit is ``2 * pi / 2**32`` radians (rule P9).

Features are int32 units, so a rotation by a feature fits one turn. Parameters are int64 units and never wrap:
averaging two models must not jump a turn. Only the angle a gate turns by is reduced modulo ``2**32``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qfl_chain.errors import CircuitError
from qfl_chain.types import FloatArray, IntArray

TURN = 1 << 32
"""Units in a full turn."""

UNIT = 2 * np.pi / TURN
"""Radians in one unit."""

FEATURE_MIN, FEATURE_MAX = -(1 << 31), (1 << 31) - 1
_PARAMETER_LIMIT = 1 << 62


def features_to_units(radians: ArrayLike) -> IntArray:
    """Clip features to ``[-pi, pi)`` radians and round them to int32 units.

    Args:
        radians: any shape.

    Returns:
        The same shape, int64, every value in the int32 range.

    Raises:
        CircuitError: a feature is not a finite number.
    """
    units = np.rint(np.clip(_finite(radians, "feature"), -np.pi, np.pi) / UNIT)
    return np.clip(units, FEATURE_MIN, FEATURE_MAX).astype(np.int64)


def parameters_to_units(radians: ArrayLike) -> IntArray:
    """Round parameters to int64 units, without clipping or wrapping.

    Raises:
        CircuitError: a parameter is not a finite number, or too large for 63 bits.
    """
    values = _finite(radians, "parameter")
    largest = np.max(np.abs(values), initial=0)
    if largest >= _PARAMETER_LIMIT * UNIT:
        raise CircuitError(f"a parameter of {largest:.3g} rad does not fit in int64 units: did training diverge?")
    return np.rint(values / UNIT).astype(np.int64)


def to_radians(units: ArrayLike) -> FloatArray:
    """The angles in radians, float64, same shape."""
    return np.asarray(units, dtype=np.float64) * UNIT


def _finite(radians: ArrayLike, what: str) -> FloatArray:
    values = np.asarray(radians, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        raise CircuitError(f"{what} {at} is {values[at]}: angles must be finite, fill missing values first")
    return values
