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

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import Table, load
from qfl_chain.learning.partition import Shard, partition, stratified
from qfl_chain.learning.scaling import (
    STATISTICS_FROM,
    Moments,
    agreed_moments,
    angles_of,
    components_note,
    feature_names,
    moments,
    principal_axes,
    standardised,
)
from qfl_chain.learning.settings import DataSettings
from qfl_chain.types import IntArray

TRAINED_BY = {
    "none": "nobody trains on them",
    "own": "each client trains on those it donated",
    "all": "every client trains on all of them beside its own rows",
}
"""Who trains on the public rows, in words, by ``train_on_public``."""


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
class PublicData:
    """What everybody knows: the rows that score updates, and what features and classes there are."""

    validation: Samples
    features: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """Expectation values a circuit for these classes returns: one for two classes, else one each."""
        return outputs_for(self.classes)


@dataclass(frozen=True, slots=True, eq=False)
class FederatedData:
    """Everything the clients hold, what is public, and sentences for the run's report on how it came about."""

    clients: tuple[ClientData, ...]
    public: PublicData
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """One client's row numbers."""

    name: str
    own: IntArray
    test: IntArray
    donated: IntArray


def prepare_table(settings: DataSettings, seed: int) -> FederatedData:
    """Load one table of everybody's rows, select, partition, donate, normalise and encode.

    A pure function of settings and seed.

    Raises:
        DataError: data that cannot be used; the message names the dataset, column, line or client.
    """
    table = load(settings.source, settings.label, settings.group, settings.categorical, settings.features)
    table = select(table, settings.features)
    splits = _donate(table, partition(table, settings, seed), settings, seed)
    public = np.concatenate([split.donated for split in splits])
    shared = _shared_moments(table, settings, public)
    standard = [standardised(table.values, shared or moments(table.values[split.own]), settings) for split in splits]
    axes = None
    if settings.components:
        donated = np.concatenate([rows[split.donated] for rows, split in zip(standard, splits, strict=True)])
        axes = principal_axes(donated, settings.components)
    angles = [angles_of(rows, axes, settings) for rows in standard]
    clients = _clients(splits, angles, table.labels, settings.train_on_public)
    validation = concatenated([client.donated for client in clients])
    known = PublicData(validation, feature_names(table, settings), table.classes)
    return FederatedData(clients, known, _notes(table, settings, len(public)))


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


def _shared_moments(table: Table, settings: DataSettings, public: IntArray) -> Moments | None:
    """The moments all clients use; ``None`` when each uses its own."""
    if settings.normalise == "public":
        return agreed_moments(table, settings)
    return moments(table.values[public]) if settings.normalise == "donated" else None


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


def _notes(table: Table, settings: DataSettings, public: int) -> tuple[str, ...]:
    return (
        f"{len(table.labels)} rows of {table.name}; {table.dropped} rows with a missing value were dropped",
        f"centre and spread of each column come from {STATISTICS_FROM[settings.normalise]}",
        f"{public} training rows are public and score the updates; {TRAINED_BY[settings.train_on_public]}",
        *components_note(settings),
    )


def _nearest(name: str, columns: Sequence[str]) -> str:
    matches = get_close_matches(name, columns, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are {', '.join(columns)}"
