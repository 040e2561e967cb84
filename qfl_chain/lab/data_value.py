"""What a participant's data are truly worth: train the federation again without it, and see how much worse it gets.

The training is federated averaging of the run's circuit (:func:`qfl_chain.learning.baselines.fedavg`), with the run's
training settings and rounds, from the run's seed and others that follow from it: no stakes, scores or payments, so
that the value says nothing of the mechanism it is compared with. Whoever is left draws the same batches as when
nobody is left out. The value is the difference in mean squared loss, per row, on everybody's test rows, the left-out
client's among them; the difference in accuracy stands beside it. Clients train on their own rows, donated ones among
them, whatever the scenario's ``train_on_public`` says: as everywhere in the baselines, nobody else's rows stand in for
those that are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qfl_chain.circuit.gates import Circuit
from qfl_chain.errors import InputError
from qfl_chain.lab.cases import Q30, Case, RunCases
from qfl_chain.lab.models import prepared
from qfl_chain.lab.scenarios import scenario_of
from qfl_chain.learning.baselines import fedavg
from qfl_chain.learning.metrics import accuracy
from qfl_chain.learning.preprocess import FederatedData, concatenated, targets
from qfl_chain.learning.settings import TrainingSettings
from qfl_chain.learning.training import expectations, initial_model
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.types import Address, IntArray

TRAININGS = 3
"""From how many initial models and orders of batches each value is averaged."""
SEED_STEP = 1_000
"""Between two of their seeds; clients' own seeds lie closer."""

OnTraining = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DataValue:
    """A participant's data beside what the run paid for them.

    Attributes:
        client: whose data it holds; empty for none, which are worth nothing.
        paid: gwei over the run.
        contribution: sum over rounds of what its updates were worth to the protocol, per sample.
        loss, accuracy: by how much the test loss rises and the test accuracy falls without the data.
    """

    name: str
    behaviour: str
    client: str
    paid: int
    contribution: float
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """Rank correlations over participants; None where one of the two does not vary."""

    of: str
    to: str
    spearman: float | None
    kendall: float | None


@dataclass(frozen=True, slots=True)
class DataValues:
    """Everybody's data value, and how well the run's payments follow it.

    ``loss`` and ``accuracy`` are those of the federation of all. ``note`` says why there are no values, if so.
    """

    values: tuple[DataValue, ...]
    correlations: tuple[Correlation, ...]
    loss: float | None
    accuracy: float | None
    note: str = ""


def data_values(run: RunCases, on_training: OnTraining = lambda client: None) -> DataValues:
    """Train a run's federation again without each client in turn.

    Raises:
        RunError: ``run.json`` holds no scenario that reads.
    """
    scenario = scenario_of(run.archive)
    try:
        data = prepared(scenario)
    except InputError as error:
        return DataValues((), (), None, None, f"no data values: {error}")
    held = [client.name for client in data.clients if client.name in run.holdings.values()]
    figures = {}
    for client in ("", *held):
        on_training(client)
        figures[client] = _mean_figures(run.circuit, data, scenario.training, scenario.rounds, scenario.seed, client)
    values = _values(run, figures)
    return DataValues(values, correlations(values), *figures[""])


def correlations(values: Sequence[DataValue]) -> tuple[Correlation, ...]:
    """Of payment and contribution to the value of the data, and of payment to contribution."""
    columns = {
        "payment": [float(one.paid) for one in values],
        "contribution": [one.contribution for one in values],
        "data value": [one.loss for one in values],
    }
    pairs = (("payment", "data value"), ("contribution", "data value"), ("payment", "contribution"))
    return tuple(Correlation(of, to, *_ranks(columns[of], columns[to])) for of, to in pairs)


def _ranks(one: Sequence[float], other: Sequence[float]) -> tuple[float | None, float | None]:
    if len(set(one)) < 2 or len(set(other)) < 2:
        return None, None
    from scipy.stats import kendalltau, spearmanr

    return float(spearmanr(one, other).statistic), float(kendalltau(one, other).statistic)


def _mean_figures(
    circuit: Circuit, data: FederatedData, settings: TrainingSettings, rounds: int, seed: int, without: str
) -> tuple[float, float]:
    """Test loss and accuracy, averaged over trainings."""
    figures = []
    for at in range(TRAININGS):
        start = initial_model(circuit, settings, seed + at * SEED_STEP)
        model = fedavg(circuit, start, data.clients, settings, rounds, seed + at * SEED_STEP, without)
        figures.append(_figures(circuit, model, data))
    loss, right = np.mean(figures, axis=0).tolist()
    return loss, right


def _figures(circuit: Circuit, model: IntArray, data: FederatedData) -> tuple[float, float]:
    tests = concatenated([client.test for client in data.clients])
    outputs = expectations(circuit, model, tests.features)
    wanted = targets(tests.labels, len(circuit.observables))
    return float(np.mean(np.sum((outputs - wanted) ** 2, axis=1))), accuracy(outputs, tests.labels)


def _values(run: RunCases, figures: Mapping[str, tuple[float, float]]) -> tuple[DataValue, ...]:
    loss, right = figures[""]
    values = []
    for account, name in run.names.items():
        client = run.holdings.get(account, "")
        without_loss, without_right = figures.get(client, (loss, right))
        values.append(
            DataValue(
                name=name,
                behaviour=run.behaviours[account],
                client=client,
                paid=sum(_standing_sum(case, account)[0] for case in run.cases),
                contribution=sum(_standing_sum(case, account)[1] for case in run.cases),
                loss=without_loss - loss,
                accuracy=right - without_right,
            )
        )
    return tuple(values)


def _standing_sum(case: Case, account: Address) -> tuple[int, float]:
    """What a round paid an account, and its contribution per sample."""
    samples = len(decode_evidence(case.outcome.evidence).header.subset)
    mine = [one for one in case.outcome.standings if one.participant == account]
    scale = case.outcome.scale * samples * Q30
    return sum(one.reward for one in mine), sum(one.phi / scale for one in mine)
