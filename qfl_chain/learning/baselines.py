"""What a federated model is compared with, on the same splits and the same test rows.

- each client alone: the circuit, trained on that client's own rows;
- centralised: the circuit, trained on the rows of all clients, which no federation may do;
- logistic regression: the same, classical;
- FedAvg: the circuit, updates averaged by number of rows, no scores and no stakes (McMahan et al.,
  Communication-efficient learning of deep networks from decentralized data, arXiv:1602.05629).

The circuits start from the federation's initial model and take as many steps in as many rounds as its participants.
Every baseline uses the clients' own training rows; other clients' public rows are nobody's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.units import to_radians
from qfl_chain.learning.metrics import Evaluation, evaluate
from qfl_chain.learning.preprocess import ClientData, FederatedData, Samples, concatenated
from qfl_chain.learning.settings import TrainingSettings
from qfl_chain.learning.training import expectations, initial_model, local_update
from qfl_chain.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Baseline:
    """One baseline's name and its scores on the test rows."""

    name: str
    evaluation: Evaluation


def baselines(
    circuit: Circuit, data: FederatedData, settings: TrainingSettings, rounds: int, seed: int
) -> tuple[Baseline, ...]:
    """All baselines, in the order a table shows them: alone by client, centralised, logistic, FedAvg."""
    start = initial_model(circuit, settings, seed)
    everything = concatenated([client.own for client in data.clients])
    alone = [
        Baseline(
            f"{client.name} alone",
            evaluate_model(circuit, train(circuit, start, client.own, settings, rounds, seed), data.clients),
        )
        for client in data.clients
    ]
    centralised = train(circuit, start, everything, settings, rounds, seed)
    averaged = fedavg(circuit, start, data.clients, settings, rounds, seed)
    return (
        *alone,
        Baseline("centralised circuit", evaluate_model(circuit, centralised, data.clients)),
        Baseline("centralised logistic regression", logistic_regression(everything, data)),
        Baseline("FedAvg of the circuit", evaluate_model(circuit, averaged, data.clients)),
    )


def evaluate_model(circuit: Circuit, model: IntArray, clients: Sequence[ClientData]) -> Evaluation:
    """Scores of a model, (parameters,) units, on the clients' test rows."""
    tests = concatenated([client.test for client in clients])
    outputs = expectations(circuit, model, tests.features)
    ends = np.cumsum([len(client.test) for client in clients])
    return evaluate(np.split(outputs, ends[:-1]), clients)


def train(
    circuit: Circuit, start: IntArray, samples: Samples, settings: TrainingSettings, rounds: int, seed: int
) -> IntArray:
    """Train alone for as many rounds as a federation runs; the optimiser starts fresh in each, as it does there."""
    model = start
    for number in range(rounds):
        model = model + local_update(circuit, model, samples, settings, seed, number)
    return model


def fedavg(
    circuit: Circuit,
    start: IntArray,
    clients: Sequence[ClientData],
    settings: TrainingSettings,
    rounds: int,
    seed: int,
    without: str = "",
) -> IntArray:
    """Plain federated averaging: every round the mean of the updates, weighted by rows.

    ``without`` names a client that stays away; the others draw the batches they draw when it is there. When nobody is
    left, nothing is learned.
    """
    model = start
    present = [(at, client) for at, client in enumerate(clients) if client.name != without]
    rows = np.array([len(client.own) for _, client in present], dtype=np.float64)
    for number in range(rounds if present else 0):
        updates = [local_update(circuit, model, client.own, settings, seed + at, number) for at, client in present]
        model = model + np.rint(rows @ np.array(updates) / rows.sum()).astype(np.int64)
    return model


def logistic_regression(samples: Samples, data: FederatedData, penalty: float = 1.0) -> Evaluation:
    """Centralised multinomial logistic regression on the circuit's own inputs, scored on the test rows."""
    # In spreads of the pooled training rows, as is usual: the baseline may do what a federation may not.
    angles = to_radians(samples.features)
    centre, spread = angles.mean(axis=0), angles.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    weights = fit_logistic((angles - centre) / spread, samples.labels, len(data.public.classes), penalty)
    outputs = []
    for client in data.clients:
        logits = _with_one((to_radians(client.test.features) - centre) / spread) @ weights
        # Shares, not logits: one class's logits of two rows do not compare.
        outputs.append(logits[:, 1:] - logits[:, :1] if len(data.public.classes) == 2 else softmax(logits, axis=1))
    return evaluate(outputs, data.clients)


def fit_logistic(rows: FloatArray, labels: IntArray, classes: int, penalty: float) -> FloatArray:
    """Weights (columns + 1, classes) minimising cross-entropy + penalty / 2 * |weights|^2; the last row is the bias.

    The bias is not penalised. Solved by L-BFGS; scikit-learn's ``C`` is ``1 / penalty``.
    """
    inputs, wanted = _with_one(rows), np.eye(classes)[labels]
    shape = (inputs.shape[1], classes)

    def objective(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(shape)
        logits = inputs @ weights
        normaliser = logsumexp(logits, axis=1, keepdims=True)
        shrunk = weights.copy()
        shrunk[-1] = 0.0
        value = float(np.sum(normaliser[:, 0] - np.sum(logits * wanted, axis=1)) + penalty / 2 * np.sum(shrunk**2))
        gradient = inputs.T @ (np.exp(logits - normaliser) - wanted) + penalty * shrunk
        return value, gradient.ravel()

    found = minimize(objective, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return np.asarray(found.x, dtype=np.float64).reshape(shape)


def _with_one(rows: FloatArray) -> FloatArray:
    return np.hstack([rows, np.ones((len(rows), 1))])
