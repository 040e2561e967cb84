"""What each client trains on and what scores its updates, from whichever source.

A table of everybody's rows is dealt out (:mod:`qfl_chain.learning.preprocess`). With a loader every organisation's
rows are prepared from its own rows and the public ones, so that its machine needs nobody else's.
"""

from __future__ import annotations

from dataclasses import dataclass

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import Table
from qfl_chain.learning.partition import partition
from qfl_chain.learning.preprocess import (
    TRAINED_BY,
    ClientData,
    FederatedData,
    PublicData,
    Samples,
    concatenated,
    prepare_table,
)
from qfl_chain.learning.rows import private_rows, public_rows
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
from qfl_chain.schema import nearest
from qfl_chain.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Holding:
    """One client's data, its number among all clients (from 0), and what everybody knows."""

    client: ClientData
    index: int
    public: PublicData

    @property
    def alone(self) -> FederatedData:
        """The federation as far as this client sees it."""
        return FederatedData((self.client,), self.public, ())


def prepare(settings: DataSettings, seed: int) -> FederatedData:
    """Everybody's data on one machine: a pure function of settings, files and seed.

    Raises:
        DataError: data that cannot be used; the message names the dataset, column, row or client.
    """
    if not settings.has_loader:
        return prepare_table(settings, seed)
    common = _Common.read(settings)
    tables = [private_rows(settings, name) for name in settings.organisations]
    clients = tuple(_client(table, common, settings, seed) for table in tables)
    return FederatedData(clients, common.known(settings), _notes(tables, common, settings))


def prepare_public(settings: DataSettings, seed: int) -> PublicData:
    """What is public; with a loader, no organisation's own rows are read.

    Raises:
        DataError: as :func:`prepare`.
    """
    return _Common.read(settings).known(settings) if settings.has_loader else prepare_table(settings, seed).public


def prepare_client(settings: DataSettings, name: str, seed: int) -> Holding:
    """One client's data, equal to its part of :func:`prepare`; with a loader, no other's rows are read.

    Raises:
        DataError: as :func:`prepare`, or no such client.
    """
    if settings.has_loader:
        table, common = private_rows(settings, name), _Common.read(settings)
        index = settings.organisations.index(name)
        return Holding(_client(table, common, settings, seed), index, common.known(settings))
    data = prepare_table(settings, seed)
    names = [one.name for one in data.clients]
    if name not in names:
        raise DataError(f"no client {name!r}{nearest(name, names)}")
    return Holding(data.clients[names.index(name)], names.index(name), data.public)


@dataclass(frozen=True, slots=True, eq=False)
class _Common:
    """The public rows of a loader, and the scaling that follows from them and the settings alone."""

    table: Table
    samples: Samples
    moments: Moments
    axes: FloatArray | None

    @classmethod
    def read(cls, settings: DataSettings) -> _Common:
        table = public_rows(settings)
        used = agreed_moments(table, settings) if settings.normalise == "public" else moments(table.values)
        standard = standardised(table.values, used, settings)
        axes = principal_axes(standard, settings.components) if settings.components else None
        return cls(table, Samples(angles_of(standard, axes, settings), table.labels), used, axes)

    def known(self, settings: DataSettings) -> PublicData:
        return PublicData(self.samples, feature_names(self.table, settings), settings.classes)

    def encoded(self, table: Table, settings: DataSettings) -> Samples:
        angles = angles_of(standardised(table.values, self.moments, settings), self.axes, settings)
        return Samples(angles, table.labels)

    def donated_by(self, name: str) -> list[bool]:
        """Which public rows are an organisation's own; none where the file does not say."""
        return [owner == name for owner in self.table.groups] or [False] * len(self.samples)


def _client(table: Table, common: _Common, settings: DataSettings, seed: int) -> ClientData:
    """Public rows of one's own count as training rows that were donated, as they do in a table of everybody's rows."""
    shard = partition(table, settings, seed)[0]
    rows, mine = common.encoded(table, settings), common.donated_by(shard.name)
    donated = _chosen(common.samples, [at for at, own in enumerate(mine) if own])
    private = _chosen(rows, shard.train)
    beside = {"none": _chosen(rows, []), "own": donated, "all": common.samples}[settings.train_on_public]
    return ClientData(
        name=shard.name,
        own=concatenated([private, donated]),
        train=concatenated([private, beside]),
        test=_chosen(rows, shard.test),
        donated=donated,
    )


def _chosen(samples: Samples, rows: IntArray | list[int]) -> Samples:
    return Samples(samples.features[rows], samples.labels[rows])


def _notes(tables: list[Table], common: _Common, settings: DataSettings) -> tuple[str, ...]:
    total, dropped = (sum(counts) for counts in zip(*((len(t.labels), t.dropped) for t in tables), strict=True))
    return (
        f"{total} rows of {settings.source}; {dropped} rows with a missing value were dropped",
        f"centre and spread of each column come from {STATISTICS_FROM[settings.normalise]}",
        f"{len(common.samples)} rows of {settings.public} are public and score the updates; "
        f"{TRAINED_BY[settings.train_on_public]}",
        *components_note(settings),
    )
