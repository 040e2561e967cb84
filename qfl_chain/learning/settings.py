"""What a scenario may set under ``[data]`` and ``[training]``."""

from __future__ import annotations

import math
from dataclasses import dataclass

PARTITIONS = ("natural", "iid", "sizes")
NORMALISATIONS = ("public", "client", "donated")
PUBLIC_ROWS = ("none", "own", "all")
LOSSES = ("squared", "logistic")
OPTIMISERS = ("adam", "sgd")


@dataclass(frozen=True, slots=True)
class Statistic:
    """A column's agreed centre and spread: it enters the circuit as ``(value - centre) / spread``."""

    column: str
    centre: float
    spread: float

    def __post_init__(self) -> None:
        if not self.spread > 0:
            raise ValueError(f"statistics of {self.column!r}: spread is {self.spread}, it must be above 0")


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Which rows, whose they are, and how they become angles.

    Args:
        source: ``heart``, ``breast-cancer``, ``iris`` or ``csv:FILE``.
        label: column of the class; needed with ``csv:``.
        group: column of the owner; needed with ``csv:`` and the natural partition.
        categorical: columns to one-hot without their first level (``csv:`` only; the shipped sets know theirs).
        partition: ``natural`` gives each group's rows to a client of its name; ``iid`` deals all rows to
            ``clients``; ``sizes`` gives ``clients`` ``rows`` training rows each and deals the rest as test rows.
        clients: number of clients for ``iid`` and ``sizes``.
        rows: training rows of a client for ``sizes``.
        test_fraction: held-out share where the dataset fixes no split (``natural``, ``iid``).
        features: columns to use, in this order; all when empty.
        normalise: where centre and spread of a column come from. ``public``: ``statistics``, or the constants
            published with a shipped set. ``client``: each client's own training rows. ``donated``: the public rows.
        statistics: agreed constants; they replace shipped ones column by column.
        components: principal components to keep, fitted on the public rows alone; 0 keeps the columns.
        scale: radians per spread (after PCA: per spread of the first component).
        limit: values are clipped to this many spreads on either side.
        donated: training rows each client publishes for scoring, at most a third of what it has.
        train_on_public: which public rows a client trains on: ``none``, its ``own`` or ``all``. Own rows stay
            training rows with ``own`` and ``all``; ``all`` adds everybody's, which evens out one-sided clients
            (Zhao et al., Federated learning with non-IID data, arXiv:1806.00582).
        allow_one_class: accept a client whose training rows are all of one class.
    """

    source: str = "heart"
    label: str = ""
    group: str = ""
    categorical: tuple[str, ...] = ()
    partition: str = "natural"
    clients: int = 4
    rows: int = 100
    test_fraction: float = 0.34
    features: tuple[str, ...] = ()
    normalise: str = "client"
    statistics: tuple[Statistic, ...] = ()
    components: int = 0
    scale: float = 1.0
    limit: float = 3.0
    donated: int = 20
    train_on_public: str = "own"
    allow_one_class: bool = False

    def __post_init__(self) -> None:
        _one_of("partition", self.partition, PARTITIONS)
        _one_of("normalise", self.normalise, NORMALISATIONS)
        _one_of("train_on_public", self.train_on_public, PUBLIC_ROWS)
        _at_least("clients", self.clients, 1)
        _at_least("rows", self.rows, 1)
        _at_least("components", self.components, 0)
        _at_least("donated", self.donated, 1)
        _positive("scale", self.scale)
        _positive("limit", self.limit)
        if not 0 < self.test_fraction < 1:
            raise ValueError(f"test_fraction is {self.test_fraction}, it must lie between 0 and 1")


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a participant trains between two rounds, and where the sponsor's model starts.

    Args:
        optimiser: ``adam`` or ``sgd``; its state starts fresh every round.
        learning_rate: step size in radians.
        decay: in round r (from 0) the step is ``learning_rate / (1 + decay * r)``.
        steps: optimiser steps a round.
        batch: rows a step, drawn without replacement until all were seen.
        loss: ``squared`` distance of Z from +1 or -1, or ``logistic`` loss of ``sharpness * Z``.
        sharpness: factor on Z in the logistic loss.
        spread: standard deviation in radians of the sponsor's initial parameters.
    """

    optimiser: str = "adam"
    learning_rate: float = 0.1
    decay: float = 0.0
    steps: int = 10
    batch: int = 32
    loss: str = "squared"
    sharpness: float = 4.0
    spread: float = 0.3

    def __post_init__(self) -> None:
        _one_of("optimiser", self.optimiser, OPTIMISERS)
        _one_of("loss", self.loss, LOSSES)
        _at_least("steps", self.steps, 1)
        _at_least("batch", self.batch, 1)
        _positive("learning_rate", self.learning_rate)
        _positive("sharpness", self.sharpness)
        _not_negative("decay", self.decay)
        _not_negative("spread", self.spread)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}, it must be one of {', '.join(allowed)}")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} is {value}, it must be at least {least}")


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value}, it must be above 0 and finite")


def _not_negative(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value}, it must not be negative")
