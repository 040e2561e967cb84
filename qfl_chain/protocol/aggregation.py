"""Aggregation rules: from the participants' deltas to one delta, coordinate by coordinate, in integers.

Every rule takes ``deltas`` (participants, parameters) and one non-negative integer weight per participant, and
returns (parameters,). Weights are of any size (stake times score exceeds 64 bits); only their proportions count,
so splitting a stake over several accounts gains nothing under any rule.

McMahan et al. 2017 (weighted mean), Yin et al. 2018 (coordinate-wise trimmed mean and median); rule P28.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

from qfl_chain.errors import ProtocolError
from qfl_chain.types import IntArray

TRIM_PERCENT = 20
"""Share of the total weight that the trimmed mean drops at each end of a coordinate."""

_DELTA_BITS = 31


def weighted_mean(deltas: IntArray, weights: Sequence[int]) -> IntArray:
    """``floor(sum w_i delta_i / sum w_i)``.

    Raises:
        ProtocolError: see :func:`_check`.
    """
    total = _check(deltas, weights)
    divisor = gcd(*weights)
    # Below this bound no partial sum of int32 deltas leaves int64; above it Python's integers are as exact.
    small = total // divisor < 1 << 63 - _DELTA_BITS
    dtype = np.int64 if small else object
    column = np.array([weight // divisor for weight in weights], dtype=dtype)
    return _int64((column[:, None] * deltas.astype(dtype)).sum(axis=0) // (total // divisor))


def trimmed_mean(deltas: IntArray, weights: Sequence[int], trim_percent: int = TRIM_PERCENT) -> IntArray:
    """Weighted mean of what is left when the lowest and highest ``trim_percent`` of the weight are cut off.

    A participant that straddles a cut keeps the part of its weight that lies inside.

    Raises:
        ProtocolError: see :func:`_check`; also a share outside [0, 50).
    """
    if not 0 <= trim_percent < 50:
        raise ProtocolError(f"trimmed mean: {trim_percent} % at each end leaves nothing; choose 0 to 49")
    total = _check(deltas, weights)
    low = total * trim_percent // 100
    high = total - low
    values, upper = _sorted_with_cumulative_weight(deltas, weights)
    ends = np.clip(upper, low, high)
    starts = np.concatenate([np.full((1, deltas.shape[1]), low, dtype=object), ends[:-1]])
    return _int64(((ends - starts) * values).sum(axis=0) // (high - low))


def median(deltas: IntArray, weights: Sequence[int]) -> IntArray:
    """Lower weighted median: the least delta that at least half of the weight does not exceed.

    Raises:
        ProtocolError: see :func:`_check`.
    """
    total = _check(deltas, weights)
    values, upper = _sorted_with_cumulative_weight(deltas, weights)
    row = np.argmax((2 * upper >= total).astype(bool), axis=0)
    return _int64(np.take_along_axis(values, row[None, :], axis=0)[0])


Rule = Callable[[IntArray, Sequence[int]], IntArray]

RULES: Mapping[str, Rule] = {"weighted-mean": weighted_mean, "trimmed-mean": trimmed_mean, "median": median}
"""Rules by name. A rule's code in a validation block is its position here: append, never reorder."""


def _check(deltas: IntArray, weights: Sequence[int]) -> int:
    """The total weight.

    Raises:
        ProtocolError: shapes that do not fit, a negative weight, a total of zero, or a delta outside int32.
    """
    if deltas.ndim != 2 or len(weights) != len(deltas):
        raise ProtocolError(f"aggregation: {len(weights)} weights for deltas of shape {deltas.shape}; need one per row")
    if any(weight < 0 for weight in weights) or sum(weights) == 0:
        raise ProtocolError("aggregation: weights must be non-negative and not all zero")
    if deltas.size and (deltas.min() < -(1 << _DELTA_BITS) or deltas.max() >= 1 << _DELTA_BITS):
        raise ProtocolError("aggregation: a delta lies outside int32")
    return sum(weights)


def _sorted_with_cumulative_weight(
    deltas: IntArray, weights: Sequence[int]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Each coordinate's deltas in ascending order, and the weight up to and including each of them."""
    order = np.argsort(deltas, axis=0, kind="stable")
    values = np.take_along_axis(deltas, order, axis=0).astype(object)
    return values, np.cumsum(np.array(weights, dtype=object)[order], axis=0)


def _int64(values: NDArray[np.object_] | IntArray) -> IntArray:
    return np.asarray(values).astype(np.int64)
