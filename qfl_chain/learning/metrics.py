"""How good predictions are: accuracy and the area under the ROC curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from qfl_chain.learning.preprocess import ClientData
from qfl_chain.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Scores:
    """Accuracy and AUC on ``rows`` rows. ``auc`` is NaN where the rows are all of one class."""

    accuracy: float
    auc: float
    rows: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores on every client's test rows by its name, and on all of them together."""

    clients: Mapping[str, Scores]
    pooled: Scores


def evaluate(outputs: Sequence[FloatArray], clients: Sequence[ClientData]) -> Evaluation:
    """Score outputs (test rows, outputs) of each client, in the clients' order, against its test labels."""
    labels = [client.test.labels for client in clients]
    own = {client.name: score(z, wanted) for client, z, wanted in zip(clients, outputs, labels, strict=True)}
    return Evaluation(own, score(np.concatenate(outputs), np.concatenate(labels)))


def score(outputs: FloatArray, labels: IntArray) -> Scores:
    """Scores of outputs (rows, 1) or (rows, classes) on labels (rows,)."""
    return Scores(accuracy(outputs, labels), auc(outputs, labels), len(labels))


def predictions(outputs: FloatArray) -> IntArray:
    """Class indices (rows,): class 1 where the one output is above 0, else the largest output's class."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(np.int64)
    return np.asarray(np.argmax(outputs, axis=1), dtype=np.int64)


def accuracy(outputs: FloatArray, labels: IntArray) -> float:
    """Share of rows predicted right."""
    return float(np.mean(predictions(outputs) == labels))


def auc(outputs: FloatArray, labels: IntArray) -> float:
    """Area under the ROC curve, ties counting half; with several outputs the mean of one-against-rest.

    Classes that are absent, or the only one, have no curve and are left out; NaN where none is left. From ranks:
    Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 143 (1982).
    """
    if outputs.shape[1] == 1:
        return _binary_auc(outputs[:, 0], labels == 1)
    areas = [_binary_auc(outputs[:, index], labels == index) for index in range(outputs.shape[1])]
    present = [area for area in areas if not np.isnan(area)]
    return float(np.mean(present)) if present else float("nan")


def _binary_auc(values: FloatArray, positive: NDArray[np.bool_]) -> float:
    ones = int(positive.sum())
    zeros = len(positive) - ones
    if not ones or not zeros:
        return float("nan")
    rank_sum = float(rankdata(values)[positive].sum())
    return (rank_sum - ones * (ones + 1) / 2) / (ones * zeros)
