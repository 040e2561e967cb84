"""Which client holds which row, and which of its rows are held out for testing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import Table
from qfl_chain.learning.settings import DataSettings
from qfl_chain.types import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """One client's rows, as indices into the table, ascending."""

    name: str
    train: IntArray
    test: IntArray


def partition(table: Table, settings: DataSettings, seed: int) -> tuple[Shard, ...]:
    """Deal a table's rows to clients; every row goes to one client at most.

    Raises:
        DataError: no group column, too few rows, or a client without training rows, test rows or a second class.
    """
    rng = np.random.default_rng([seed, 1])
    deal = {"natural": _natural, "iid": _iid, "sizes": _sizes}[settings.partition]
    shards = deal(table, settings, rng)
    for shard in shards:
        _check(shard, table, settings)
    return shards


def stratified(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Draw ``count`` of the rows so that every class keeps its share (largest remainder); indices, ascending."""
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * count / len(labels)
    quota = np.floor(exact).astype(int)
    short = count - int(quota.sum())
    quota[np.argsort(quota - exact, kind="stable")[:short]] += 1
    drawn = [
        rng.choice(np.flatnonzero(labels == label), size, replace=False)
        for label, size in zip(classes, quota, strict=True)
    ]
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def _natural(table: Table, settings: DataSettings, rng: np.random.Generator) -> tuple[Shard, ...]:
    if not table.groups:
        raise DataError(f"{table.name}: the natural partition needs a group column (group = ...), or use iid or sizes")
    groups = np.array(table.groups)
    shards = []
    for name in dict.fromkeys(table.groups):
        rows = np.flatnonzero(groups == name)
        if table.splits:
            held_out = np.array([table.splits[row] == "test" for row in rows])
        else:
            held_out = _held_out(table.labels[rows], settings.test_fraction, rng)
        shards.append(Shard(name, rows[~held_out], rows[held_out]))
    return tuple(shards)


def _iid(table: Table, settings: DataSettings, rng: np.random.Generator) -> tuple[Shard, ...]:
    shards = []
    for name, dealt in zip(_names(settings), _dealt(table, settings.clients, rng), strict=True):
        rows = np.sort(dealt)
        held_out = _held_out(table.labels[rows], settings.test_fraction, rng)
        shards.append(Shard(name, rows[~held_out], rows[held_out]))
    return tuple(shards)


def _sizes(table: Table, settings: DataSettings, rng: np.random.Generator) -> tuple[Shard, ...]:
    total, wanted = len(table.labels), settings.clients * settings.rows
    if wanted + settings.clients > total:
        raise DataError(
            f"{table.name}: {settings.clients} clients of {settings.rows} training rows and one test row each do not "
            f"fit {total} rows; ask for fewer rows"
        )
    order = rng.permutation(total)
    train, test = np.split(order[:wanted], settings.clients), np.array_split(order[wanted:], settings.clients)
    return tuple(
        Shard(name, np.sort(own), np.sort(held_out))
        for name, own, held_out in zip(_names(settings), train, test, strict=True)
    )


def _dealt(table: Table, clients: int, rng: np.random.Generator) -> list[IntArray]:
    """Shuffled rows dealt class by class, so that clients differ by at most one row of a class."""
    order = rng.permutation(len(table.labels))
    order = order[np.argsort(table.labels[order], kind="stable")]
    return [order[client::clients] for client in range(clients)]


def _held_out(labels: IntArray, fraction: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    held_out = np.zeros(len(labels), dtype=bool)
    held_out[stratified(labels, round(fraction * len(labels)), rng)] = True
    return held_out


def _names(settings: DataSettings) -> list[str]:
    width = len(str(settings.clients))
    return [f"client-{number:0{width}d}" for number in range(1, settings.clients + 1)]


def _check(shard: Shard, table: Table, settings: DataSettings) -> None:
    where = f"{table.name}: client {shard.name!r}"
    for what, rows in (("training", shard.train), ("test", shard.test)):
        if not len(rows):
            raise DataError(f"{where} has no {what} rows; give it more rows or leave it out")
    present = np.unique(table.labels[shard.train])
    if len(present) < 2 and not settings.allow_one_class:
        only = table.classes[int(present[0])]
        raise DataError(
            f"{where} has training rows of one class only, {only!r}; merge it with another client, "
            "or set allow_one_class = true if that is how the data are"
        )
