from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from qfl_chain.learning.metrics import accuracy, auc, evaluate, predictions, score
from qfl_chain.learning.preprocess import ClientData, Samples


def auc_by_pairs(values: list[float], labels: list[int]) -> float:
    """The definition: how often a row of class 1 is above one of class 0, ties counting half."""
    ones = [value for value, label in zip(values, labels, strict=True) if label]
    zeros = [value for value, label in zip(values, labels, strict=True) if not label]
    wins = sum((one > zero) + 0.5 * (one == zero) for one in ones for zero in zeros)
    return wins / (len(ones) * len(zeros))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=2, max_size=30))
@settings(deadline=None, max_examples=100)
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, int]]) -> None:
    values, labels = [float(value) for value, _ in rows], [label for _, label in rows]
    found = auc(np.array(values)[:, None], np.array(labels))
    if len(set(labels)) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(auc_by_pairs(values, labels))


def test_auc_of_several_classes_is_scikit_learns_macro_average() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 3
    outputs = rng.normal(size=(30, 3)) + np.eye(3)[labels]
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    reference = roc_auc_score(labels, shares, multi_class="ovr", average="macro")
    assert auc(shares, labels) == pytest.approx(reference)


def test_auc_leaves_absent_classes_out() -> None:
    outputs = np.array([[0.9, 0.1, 0.5], [0.2, 0.8, 0.1]])
    assert auc(outputs, np.array([0, 1])) == 1.0
    assert math.isnan(auc(outputs, np.array([2, 2])))


def test_predictions_of_one_output_and_of_several() -> None:
    assert predictions(np.array([[0.1], [0.0], [-0.1]])).tolist() == [1, 0, 0]
    assert predictions(np.array([[0.1, 0.3], [0.2, -0.4]])).tolist() == [1, 0]


def test_accuracy_is_the_share_of_hits() -> None:
    assert accuracy(np.array([[1.0], [1.0], [-1.0], [-1.0]]), np.array([1, 0, 0, 0])) == 0.75


def test_evaluate_scores_clients_and_all_rows_together() -> None:
    empty = Samples(np.zeros((0, 1), np.int64), np.zeros(0, np.int64))
    tests = [np.array([1, 1]), np.array([0, 1, 0])]
    clients = [
        ClientData(name, empty, empty, Samples(np.zeros((len(labels), 1), np.int64), labels), empty)
        for name, labels in zip("ab", tests, strict=True)
    ]
    outputs = [np.array([[0.5], [-0.5]]), np.array([[-1.0], [1.0], [-1.0]])]
    found = evaluate(outputs, clients)
    assert found.clients["a"].accuracy == 0.5
    assert math.isnan(found.clients["a"].auc)
    assert found.clients["b"] == score(outputs[1], tests[1])
    assert found.pooled.accuracy == 0.8
    assert found.pooled.rows == 5
