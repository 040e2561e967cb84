"""From a table's values to angles: centre and spread of columns, principal components, units.

Nothing here is computed from pooled private rows: the caller says which rows centre and spread come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qfl_chain.circuit.units import features_to_units
from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import SHIPPED, Table
from qfl_chain.learning.settings import DataSettings, Statistic
from qfl_chain.types import FloatArray, IntArray

STATISTICS_FROM = {
    "public": "constants agreed in public",
    "client": "each client's own training rows",
    "donated": "the public rows",
}
"""Where centre and spread come from, in words, by ``normalise``."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Centre and spread of every column."""

    centre: FloatArray
    spread: FloatArray


def agreed_moments(table: Table, settings: DataSettings) -> Moments:
    """The constants of the settings, or else those published with a shipped dataset.

    Raises:
        DataError: a column without any.
    """
    shipped = SHIPPED[table.name].statistics if table.name in SHIPPED else ()
    known = {entry.column: entry for entry in (*shipped, *settings.statistics)}
    for column in table.columns:
        if column not in known:
            raise DataError(
                f"{table.name}: no agreed centre and spread for column {column!r}; "
                "list it under statistics, or normalise by client or donated rows"
            )
    entries: list[Statistic] = [known[column] for column in table.columns]
    return Moments(np.array([e.centre for e in entries]), np.array([e.spread for e in entries]))


def moments(rows: FloatArray) -> Moments:
    """Mean and sample standard deviation; 1 where a column does not vary."""
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])
    return Moments(rows.mean(axis=0), np.where(spread > 0, spread, 1.0))


def standardised(values: FloatArray, used: Moments, settings: DataSettings) -> FloatArray:
    """Values (rows, columns) in spreads from the centre, clipped to the limit."""
    return np.clip((values - used.centre) / used.spread, -settings.limit, settings.limit)


def principal_axes(rows: FloatArray, components: int) -> FloatArray:
    """Matrix (columns, components) onto the leading principal components, scaled so that the first has spread 1.

    The others keep their smaller spreads beside it: a circuit hears best what varies most. Signs are fixed (the
    largest entry of an axis is positive), so that the result is a function of the rows.

    Raises:
        DataError: fewer columns or rows than components, or a component along which the rows do not vary.
    """
    if components > min(rows.shape[1], len(rows) - 1):
        raise DataError(
            f"{components} components cannot be fitted on {len(rows)} public rows of {rows.shape[1]} columns; "
            "donate more rows or ask for fewer components"
        )
    _, spreads, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    spreads, axes = spreads[:components] / np.sqrt(len(rows) - 1), axes[:components]
    if spreads[-1] < 1e-9 * spreads[0] or spreads[0] == 0:
        raise DataError(f"the public rows do not vary along component {components}; ask for fewer components")
    largest = np.take_along_axis(axes, np.argmax(np.abs(axes), axis=1)[:, None], axis=1)
    scaled: FloatArray = (axes * np.sign(largest) / spreads[0]).T
    return scaled


def angles_of(standard: FloatArray, axes: FloatArray | None, settings: DataSettings) -> IntArray:
    """Standardised rows as angle units, (rows, features); through the principal axes where there are any."""
    if axes is not None:
        standard = np.clip(standard @ axes, -settings.limit, settings.limit)
    return features_to_units(standard * settings.scale)


def feature_names(table: Table, settings: DataSettings) -> tuple[str, ...]:
    """What the circuit's features are called."""
    if settings.components:
        return tuple(f"component-{number}" for number in range(1, settings.components + 1))
    return table.columns


def components_note(settings: DataSettings) -> tuple[str, ...]:
    """A sentence on principal components, where there are any."""
    return (f"{settings.components} principal components of the public rows",) if settings.components else ()
