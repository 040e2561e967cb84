"""Figures of every standing model on the federation's public validation rows, from the models' own blocks."""

from __future__ import annotations

from math import isnan

import numpy as np

from qfl_chain.analysis.index.database import Index
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ONE, expectations
from qfl_chain.errors import CircuitError, ContentError, MalformedPayload
from qfl_chain.learning.metrics import accuracy, auc
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import Validation, decode_model, decode_validation, targets
from qfl_chain.types import Digest, FloatArray, IntArray, Terms

ROWS = "validation"
"""What the index calls the rows that the figures are on."""


def read_models(index: Index, store: ContentStore, terms: Terms) -> None:
    """Score the models that have no figures yet: the initial one as round 0, and those of standing reports.

    A model, circuit or validation set that no store has leaves its figures out.
    """
    wanted = _wanted(index, terms)
    if not wanted:
        return
    try:
        circuit = Circuit.from_bytes(store.get(terms.circuit))
        validation = decode_validation(store.get(terms.validation))
    except (ContentError, CircuitError, MalformedPayload):
        return
    models = {
        number: model for number, digest in wanted.items() if (model := _model(store, digest, circuit)) is not None
    }
    if not models:
        return
    try:
        outputs = expectations(circuit, np.array(list(models.values())), validation.features)
    except CircuitError:
        return  # a validation set of another width: the contract cannot tell, and nothing can be scored
    with index.writing() as connection:
        for number, one in zip(models, outputs / ONE, strict=True):
            for metric, value in figures(one, validation).items():
                connection.execute("INSERT INTO model_metrics VALUES (?, ?, ?, ?)", [number, ROWS, metric, value])


def figures(outputs: FloatArray, validation: Validation) -> dict[str, float | None]:
    """Loss (mean squared, per sample), accuracy and AUC of outputs (rows, outputs); no AUC where there is one class."""
    wanted = targets(validation.labels, validation.classes)
    area = auc(outputs, validation.labels)
    return {
        "loss": float(np.mean(np.sum((outputs - wanted) ** 2, axis=1))),
        "accuracy": accuracy(outputs, validation.labels),
        "auc": None if isnan(area) else area,
    }


def _wanted(index: Index, terms: Terms) -> dict[int, Digest]:
    known = {number for (number,) in index.query("SELECT DISTINCT round FROM model_metrics WHERE rows = ?", (ROWS,))}
    reported = index.query("SELECT round, model FROM reports WHERE stands ORDER BY round")
    models = {0: terms.model, **{int(number): Digest(model) for number, model in reported}}
    return {number: digest for number, digest in models.items() if number not in known}


def _model(store: ContentStore, digest: Digest, circuit: Circuit) -> IntArray | None:
    """A model's parameters, where its block is there and fits the circuit."""
    try:
        parameters = decode_model(store.get(digest)).parameters
    except (ContentError, MalformedPayload):
        return None
    return parameters if len(parameters) == circuit.parameters else None
