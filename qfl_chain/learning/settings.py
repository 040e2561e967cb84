"""What a scenario may set under ``[data]`` and ``[training]``."""

from __future__ import annotations

import math
from dataclasses import dataclass

PARTITIONS = ("natural", "iid", "sizes")
NORMALISATIONS = ("public", "client", "donated")
PUBLIC_ROWS = ("none", "own", "all")
LOADER = "python:"
"""How a source begins that is a function of the user's: ``python:FILE.py:FUNCTION``."""
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
        source: ``heart``, ``breast-cancer``, ``iris``, ``csv:FILE``, or ``python:FILE.py:FUNCTION``: a function that
            gives the rows of the organisation it is called with, so that nobody needs anybody else's.
        label: column of the class; needed with ``csv:`` and ``python:``.
        group: column of the owner; needed with ``csv:`` and the natural partition. With ``python:``, the column of the
            public file that says who donated a row; without it, the public rows are nobody's own.
        organisations: with ``python:``, everybody's names, in an order that is agreed.
        classes: with ``python:``, the agreed classes; the second of two is the positive one.
        public: with ``python:``, a CSV file of the donated rows, which all organisations hold.
        categorical: columns to one-hot without their first level (``csv:`` only; the shipped sets know theirs).
        partition: ``natural`` gives each group's rows to a client of its name; ``iid`` deals all rows to
            ``clients``; ``sizes`` gives ``clients`` ``rows`` training rows each and deals the rest as test rows.
        clients: number of clients for ``iid`` and ``sizes``.
        rows: training rows of a client for ``sizes``.
        test_fraction: held-out share where the dataset fixes no split (``natural``, ``iid``).
        features: columns to use, in this order; all when empty. They must be agreed, so listed, with ``python:``.
        normalise: where centre and spread of a column come from. ``public``: ``statistics``, or the constants
            published with a shipped set. ``client``: each client's own training rows, not with ``python:``, where
            nobody could scale the public rows alike. ``donated``: the public rows.
        statistics: agreed constants; they replace shipped ones column by column.
        components: principal components to keep, fitted on the public rows alone; 0 keeps the columns.
        scale: radians per spread (after PCA: per spread of the first component).
        limit: values are clipped to this many spreads on either side.
        donated: training rows each client publishes for scoring, at most a third of what it has; with ``python:``,
            ``public`` says which instead.
        train_on_public: which public rows a client trains on: ``none``, its ``own`` or ``all``. Own rows stay
            training rows with ``own`` and ``all``; ``all`` adds everybody's, which evens out one-sided clients
            (Zhao et al., Federated learning with non-IID data, arXiv:1806.00582).
        allow_one_class: accept a client whose training rows are all of one class.
    """

    source: str = "heart"
    label: str = ""
    group: str = ""
    organisations: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    public: str = ""
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
        if self.has_loader:
            _check_agreed(self)
        else:
            _check_nothing_agreed(self)

    @property
    def has_loader(self) -> bool:
        """Whether rows come from a function, one organisation at a time."""
        return self.source.startswith(LOADER)


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


def _check_agreed(data: DataSettings) -> None:
    """With a loader nobody sees all rows, so what follows from all rows elsewhere must be written down."""
    for name in ("label", "features", "organisations", "classes", "public"):
        if not getattr(data, name):
            raise ValueError(f"{name} is missing: with source = {data.source!r} all organisations must agree on it")
    for name in ("features", "organisations", "classes"):
        listed = getattr(data, name)
        if len(set(listed)) < len(listed):
            raise ValueError(f"{name}: one is listed twice in {', '.join(listed)}")
    if len(data.classes) < 2:
        raise ValueError(f"classes: {data.classes[0]!r} alone leaves nothing to learn; list two or more")
    if data.label in data.features:
        raise ValueError(f"features: {data.label!r} is the label; leave it out")
    _check_possible_with_a_loader(data)


def _check_possible_with_a_loader(data: DataSettings) -> None:
    if data.categorical:
        raise ValueError("categorical does not go with a loader: have it return a 0/1 column for each level")
    if data.partition != "natural":
        raise ValueError(f"partition is {data.partition!r}: with a loader everybody has rows of its own; leave it out")
    if data.normalise == "client":
        raise ValueError("normalise is 'client': with a loader write 'public' (and statistics) or 'donated'")
    if data.normalise == "public":
        wrong = {entry.column for entry in data.statistics} ^ set(data.features)
        if wrong:
            raise ValueError(f"statistics must name the features, each of them: see to {', '.join(sorted(wrong))}")


def _check_nothing_agreed(data: DataSettings) -> None:
    for name in ("organisations", "classes", "public"):
        if getattr(data, name):
            raise ValueError(f"{name} goes with a loader (source = 'python:FILE.py:FUNCTION') and with nothing else")


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
