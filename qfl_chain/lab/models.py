"""How good a model of a run is: on the validation rows, which everybody holds, and on test rows where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram, expectations
from qfl_chain.errors import InputError, RunError
from qfl_chain.lab.cases import Q30, RunCases
from qfl_chain.lab.scenarios import scenario_of
from qfl_chain.learning.baselines import evaluate_model
from qfl_chain.learning.clients import prepare
from qfl_chain.learning.metrics import accuracy
from qfl_chain.learning.preprocess import ClientData, FederatedData
from qfl_chain.protocol.codec import Validation, decode_model, targets
from qfl_chain.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """A model's loss per sample and accuracy on all validation rows; accuracy and AUC on all test rows, if any."""

    validation_loss: float
    validation_accuracy: float
    test_accuracy: float | None
    test_auc: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What models are measured with; ``clients`` is empty where no test rows can be had."""

    circuit: Circuit
    validation: Validation
    clients: Sequence[ClientData]

    def figures(self, block: bytes) -> ModelFigures:
        """The figures of an encoded model."""
        parameters, rows = decode_model(block).parameters, self.validation
        wanted = targets(rows.labels, rows.classes)
        losses = ScoringProgram(self.circuit).losses(parameters[None, :], rows.features, wanted)
        outputs = expectations(self.circuit, parameters[None, :], rows.features)[0].astype(float)
        pooled = evaluate_model(self.circuit, parameters, self.clients).pooled if self.clients else None
        return ModelFigures(
            validation_loss=int(losses.sum()) / len(rows.labels) / Q30,
            validation_accuracy=accuracy(outputs, rows.labels),
            test_accuracy=pooled.accuracy if pooled else None,
            test_auc=None if pooled is None or isnan(pooled.auc) else pooled.auc,
        )


def judge(run: RunCases) -> tuple[Judge, tuple[str, ...]]:
    """What measures a run's models, and why there are no test rows if there are none."""
    try:
        return Judge(run.circuit, run.validation, prepared(scenario_of(run.archive)).clients), ()
    except (InputError, RunError) as error:
        return Judge(run.circuit, run.validation, ()), (f"no test rows, validation rows only: {error}",)


def prepared(scenario: Scenario) -> FederatedData:
    """The data a run's scenario names.

    Raises:
        InputError: it cannot be had, or only by running a function that the run directory names.
    """
    if scenario.data.has_loader:
        raise InputError(
            f"its rows come from {scenario.data.source}, and analysing a run starts no program that the run names"
        )
    return prepare(scenario.data, scenario.seed)
