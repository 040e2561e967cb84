"""Test figures of models, as the run directory keeps them."""

from __future__ import annotations

from math import isnan
from typing import Any

from qfl_chain.circuit.gates import Circuit
from qfl_chain.learning.baselines import baselines, evaluate_model
from qfl_chain.learning.metrics import Evaluation, Scores
from qfl_chain.learning.preprocess import FederatedData
from qfl_chain.simulation.federation import Federation
from qfl_chain.simulation.scenario import Scenario
from qfl_chain.types import IntArray

Figures = dict[str, dict[str, float | None]]
"""Accuracy and AUC by client, and ``pooled`` over all test rows. AUC is None where there is one class."""


def score_model(federation: Federation, parameters: IntArray) -> Figures:
    """A model's figures on every client's held-out rows."""
    return figures(evaluate_model(federation.circuit, parameters, federation.data.clients))


def compute_baselines(scenario: Scenario, data: FederatedData, circuit: Circuit) -> dict[str, Any]:
    """Every baseline's figures on the same rows, by its name."""
    found = baselines(circuit, data, scenario.training, scenario.rounds, scenario.seed)
    return {baseline.name: figures(baseline.evaluation) for baseline in found}


def figures(evaluation: Evaluation) -> Figures:
    """The figures of an evaluation, ready for JSON."""
    clients = {name: _figures(scores) for name, scores in evaluation.clients.items()}
    return {**clients, "pooled": _figures(evaluation.pooled)}


def _figures(scores: Scores) -> dict[str, float | None]:
    return {"accuracy": scores.accuracy, "auc": None if isnan(scores.auc) else scores.auc}
