from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from qfl_chain.learning.baselines import baselines, evaluate_model, fedavg, fit_logistic, logistic_regression, train
from qfl_chain.learning.clients import prepare
from qfl_chain.learning.preprocess import ClientData, FederatedData, PublicData, concatenated
from qfl_chain.learning.settings import DataSettings, TrainingSettings
from qfl_chain.learning.training import expectations, initial_model, local_update
from tests.learning.examples import separable, two_qubit_circuit

CIRCUIT = two_qubit_circuit()
SETTINGS = TrainingSettings(steps=5, batch=8, learning_rate=0.2, optimiser="sgd")


def client(name: str, rows: int, seed: int) -> ClientData:
    own = separable(rows, seed)
    return ClientData(name, own, own, separable(12, seed + 100), separable(4, seed))


DATA = FederatedData(
    (client("a", 30, 0), client("b", 10, 1)), PublicData(separable(8, 0), ("x", "y"), ("no", "yes")), ()
)


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_is_scikit_learns(classes: int) -> None:
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(60, 4)), rng.integers(0, classes, 60)
    weights = fit_logistic(rows, labels, classes, penalty=2.0)
    # Two classes there share one weight vector: the penalty on two opposite halves is half as large.
    reference = LogisticRegression(C=0.5 if classes > 2 else 1.0, tol=1e-8).fit(rows, labels)
    differences = weights - weights[:, :1]
    expected = np.vstack([reference.coef_.T, reference.intercept_])
    if classes == 2:
        np.testing.assert_allclose(differences[:, 1:], expected, atol=1e-3)
    else:
        np.testing.assert_allclose(differences, expected - expected[:, :1], atol=1e-3)


def test_logistic_regression_separates_what_a_line_separates() -> None:
    everything = concatenated([one.own for one in DATA.clients])
    assert logistic_regression(everything, DATA).pooled.accuracy == 1.0


def test_logistic_regression_of_three_classes_scores_every_class() -> None:
    data = prepare(DataSettings(source="iris", partition="iid", clients=3, normalise="donated"), seed=0)
    found = logistic_regression(concatenated([one.own for one in data.clients]), data)
    assert found.pooled.accuracy > 0.9
    assert found.pooled.auc > 0.95


def test_a_constant_column_does_not_break_logistic_regression() -> None:
    data = prepare(DataSettings(features=("age", "fbs"), normalise="client", allow_one_class=True), seed=0)
    assert np.isfinite(logistic_regression(data.clients[2].own, data).pooled.accuracy)


def test_fedavg_weighs_updates_by_rows() -> None:
    start = initial_model(CIRCUIT, SETTINGS, seed=0)
    updates = [local_update(CIRCUIT, start, one.own, SETTINGS, seed=at) for at, one in enumerate(DATA.clients)]
    expected = start + (30 * updates[0] + 10 * updates[1]) / 40
    np.testing.assert_allclose(fedavg(CIRCUIT, start, DATA.clients, SETTINGS, 1, seed=0), expected, atol=1)


def test_training_alone_goes_on_where_the_last_round_ended() -> None:
    samples, start = DATA.clients[0].own, initial_model(CIRCUIT, SETTINGS, seed=0)
    once = start + local_update(CIRCUIT, start, samples, SETTINGS, seed=7, round_number=0)
    twice = once + local_update(CIRCUIT, once, samples, SETTINGS, seed=7, round_number=1)
    np.testing.assert_array_equal(train(CIRCUIT, start, samples, SETTINGS, 2, seed=7), twice)


def test_evaluation_gives_each_client_its_own_rows() -> None:
    model = initial_model(CIRCUIT, SETTINGS, seed=0)
    found = evaluate_model(CIRCUIT, model, DATA.clients)
    for one in DATA.clients:
        hits = (expectations(CIRCUIT, model, one.test.features)[:, 0] > 0) == one.test.labels
        assert found.clients[one.name].accuracy == hits.mean()
    assert found.pooled.rows == 24


def test_all_baselines_are_there_on_the_same_test_rows() -> None:
    found = baselines(CIRCUIT, DATA, SETTINGS, rounds=8, seed=0)
    assert [one.name for one in found] == [
        "a alone",
        "b alone",
        "centralised circuit",
        "centralised logistic regression",
        "FedAvg of the circuit",
    ]
    assert {one.evaluation.pooled.rows for one in found} == {24}
    assert min(one.evaluation.pooled.accuracy for one in found) > 0.8
