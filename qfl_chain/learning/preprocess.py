"""From rows to what a circuit reads: each client's samples in angle units, and the public rows that score updates.

Nothing is computed from pooled private rows. A column's centre and spread are agreed constants, a client's own
training rows, or the public rows; principal components are fitted on the public rows alone. A client donates its
public rows from its training rows, never from its test rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from qfl_chain.circuit.units import features_to_units
from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import SHIPPED, Table, load
from qfl_chain.learning.partition import Shard, partition, stratified
from qfl_chain.learning.settings import DataSettings, Statistic
from qfl_chain.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows as a circuit reads them: ``features`` (rows, features) int32 units, ``labels`` (rows,) class indices."""

    features: IntArray
    labels: IntArray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class ClientData:
    """One client's rows.

    ``own`` are all its training rows, ``donated`` those of them that are public, and ``train`` what it trains on in a
    federation, which ``train_on_public`` decides. ``test`` rows serve for nothing but measuring.
    """

    name: str
    own: Samples
    train: Samples
    test: Samples
    donated: Samples


@dataclass(frozen=True, slots=True, eq=False)
class FederatedData:
    """Everything the clients hold, and sentences for the run's report on how it came about."""

    clients: tuple[ClientData, ...]
    features: tuple[str, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """Expectation values a circuit for these classes returns: one for two classes, else one each."""
        return outputs_for(self.classes)

    @property
    def validation(self) -> Samples:
        """The public rows of all clients, in the clients' order."""
        return concatenated([client.donated for client in self.clients])


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    centre: FloatArray
    spread: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """One client's row numbers."""

    name: str
    own: IntArray
    test: IntArray
    donated: IntArray


def prepare(settings: DataSettings, seed: int) -> FederatedData:
    """Load, select, partition, donate, normalise and encode: one pure function of settings and seed.

    Raises:
        DataError: data that cannot be used; the message names the dataset, column, line or client.
    """
    table = load(settings.source, settings.label, settings.group, settings.categorical, settings.features)
    table = select(table, settings.features)
    splits = _donate(table, partition(table, settings, seed), settings, seed)
    public = np.concatenate([split.donated for split in splits])
    shared = _shared_moments(table, settings, public)
    standard = [_standardised(table.values, shared or _moments(table.values[split.own]), settings) for split in splits]
    if settings.components:
        donated = np.concatenate([rows[split.donated] for rows, split in zip(standard, splits, strict=True)])
        axes = principal_axes(donated, settings.components)
        standard = [np.clip(rows @ axes, -settings.limit, settings.limit) for rows in standard]
    angles = [features_to_units(rows * settings.scale) for rows in standard]
    clients = _clients(splits, angles, table.labels, settings.train_on_public)
    return FederatedData(clients, _feature_names(table, settings), table.classes, _notes(table, settings, len(public)))


def select(table: Table, features: Sequence[str]) -> Table:
    """The table with these columns, in this order; all when empty.

    Raises:
        DataError: a column that is not there, or named twice.
    """
    if not features:
        return table
    for name in features:
        if name not in table.columns:
            raise DataError(f"{table.name}: no feature {name!r}{_nearest(name, table.columns)}")
    if len(set(features)) < len(features):
        raise DataError(f"{table.name}: a feature is listed twice in {', '.join(features)}")
    at = [table.columns.index(name) for name in features]
    return Table(
        name=table.name,
        columns=tuple(features),
        values=table.values[:, at],
        labels=table.labels,
        classes=table.classes,
        groups=table.groups,
        splits=table.splits,
        dropped=table.dropped,
    )


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


def targets(labels: IntArray, outputs: int) -> IntArray:
    """What the circuit should return, (rows, outputs): +1 for class 1 and -1 for class 0, or +1 for the own class."""
    if outputs == 1:
        return (2 * labels - 1)[:, None]
    return np.where(labels[:, None] == np.arange(outputs), 1, -1).astype(np.int64)


def outputs_for(classes: Sequence[str]) -> int:
    """Two classes need one output, more need one each."""
    return 1 if len(classes) == 2 else len(classes)


def concatenated(parts: Sequence[Samples]) -> Samples:
    """The rows of all parts, in order."""
    return Samples(np.concatenate([part.features for part in parts]), np.concatenate([part.labels for part in parts]))


def _donate(table: Table, shards: Sequence[Shard], settings: DataSettings, seed: int) -> list[_Split]:
    rng = np.random.default_rng([seed, 2])
    splits = []
    for shard in shards:
        count = min(settings.donated, len(shard.train) // 3)
        if not count:
            raise DataError(
                f"{table.name}: client {shard.name!r} has {len(shard.train)} training rows, too few to donate one"
            )
        chosen = stratified(table.labels[shard.train], count, rng)
        splits.append(_Split(shard.name, shard.train, shard.test, shard.train[chosen]))
    return splits


def _shared_moments(table: Table, settings: DataSettings, public: IntArray) -> _Moments | None:
    """The moments all clients use; ``None`` when each uses its own."""
    if settings.normalise == "public":
        return _agreed_moments(table, settings)
    return _moments(table.values[public]) if settings.normalise == "donated" else None


def _agreed_moments(table: Table, settings: DataSettings) -> _Moments:
    shipped = SHIPPED[table.name].statistics if table.name in SHIPPED else ()
    known = {entry.column: entry for entry in (*shipped, *settings.statistics)}
    for column in table.columns:
        if column not in known:
            raise DataError(
                f"{table.name}: no agreed centre and spread for column {column!r}; "
                "list it under statistics, or normalise by client or donated rows"
            )
    entries: list[Statistic] = [known[column] for column in table.columns]
    return _Moments(np.array([e.centre for e in entries]), np.array([e.spread for e in entries]))


def _moments(rows: FloatArray) -> _Moments:
    """Mean and sample standard deviation; 1 where a column does not vary."""
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])
    return _Moments(rows.mean(axis=0), np.where(spread > 0, spread, 1.0))


def _standardised(values: FloatArray, moments: _Moments, settings: DataSettings) -> FloatArray:
    return np.clip((values - moments.centre) / moments.spread, -settings.limit, settings.limit)


def _clients(
    splits: Sequence[_Split], angles: Sequence[IntArray], labels: IntArray, train_on_public: str
) -> tuple[ClientData, ...]:
    """``angles`` holds the whole table once per client, as that client encodes it."""
    donated = [Samples(own[split.donated], labels[split.donated]) for split, own in zip(splits, angles, strict=True)]
    clients = []
    for at, (split, encoded) in enumerate(zip(splits, angles, strict=True)):
        kept = np.setdiff1d(split.own, split.donated) if train_on_public == "none" else split.own
        others = donated[:at] + donated[at + 1 :] if train_on_public == "all" else []
        clients.append(
            ClientData(
                name=split.name,
                own=Samples(encoded[split.own], labels[split.own]),
                train=concatenated([Samples(encoded[kept], labels[kept]), *others]),
                test=Samples(encoded[split.test], labels[split.test]),
                donated=donated[at],
            )
        )
    return tuple(clients)


def _feature_names(table: Table, settings: DataSettings) -> tuple[str, ...]:
    if settings.components:
        return tuple(f"component-{number}" for number in range(1, settings.components + 1))
    return table.columns


def _notes(table: Table, settings: DataSettings, public: int) -> tuple[str, ...]:
    origin = {
        "public": "constants agreed in public",
        "client": "each client's own training rows",
        "donated": "the public rows",
    }[settings.normalise]
    trained = {
        "none": "nobody trains on them",
        "own": "each client trains on those it donated",
        "all": "every client trains on all of them beside its own rows",
    }[settings.train_on_public]
    notes = [
        f"{len(table.labels)} rows of {table.name}; {table.dropped} rows with a missing value were dropped",
        f"centre and spread of each column come from {origin}",
        f"{public} training rows are public and score the updates; {trained}",
    ]
    if settings.components:
        notes.append(f"{settings.components} principal components of the public rows")
    return tuple(notes)


def _nearest(name: str, columns: Sequence[str]) -> str:
    matches = get_close_matches(name, columns, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are {', '.join(columns)}"
