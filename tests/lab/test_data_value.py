"""What data are worth: training again without them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from qfl_chain.lab.cases import Q30, Case, RunCases, open_cases
from qfl_chain.lab.data_value import SEED_STEP, TRAININGS, DataValue, DataValues, correlations, data_values
from qfl_chain.lab.scenarios import scenario_of
from qfl_chain.learning.baselines import fedavg
from qfl_chain.learning.clients import prepare
from qfl_chain.learning.training import expectations, initial_model, local_update
from qfl_chain.protocol.evidence import decode_evidence
from qfl_chain.types import IntArray


@pytest.fixture(scope="module")
def run(attacked_run: Path) -> RunCases:
    return open_cases(attacked_run)


@pytest.fixture(scope="module")
def found(run: RunCases) -> DataValues:
    return data_values(run)


def test_who_holds_no_data_has_none_worth_anything(found: DataValues) -> None:
    assert [(one.name, one.client) for one in found.values] == [
        ("anna", "client-1"),
        ("ben", "client-2"),
        ("rita", ""),
        ("carl", ""),
        ("nora", ""),
    ]
    assert {(one.loss, one.accuracy) for one in found.values if not one.client} == {(0.0, 0.0)}
    assert all(one.loss for one in found.values if one.client)


def test_a_value_is_the_loss_of_training_without_less_that_of_training_with(run: RunCases, found: DataValues) -> None:
    scenario = scenario_of(run.archive)
    data = prepare(scenario.data, scenario.seed)
    rows = np.concatenate([client.test.features for client in data.clients])
    labels = np.concatenate([client.test.labels for client in data.clients])

    def loss(absent: str, seed: int) -> float:
        model: IntArray = initial_model(run.circuit, scenario.training, seed)
        present = [(at, client) for at, client in enumerate(data.clients) if client.name != absent]
        total = sum(len(client.own) for _, client in present)
        for number in range(scenario.rounds):
            updates = [
                len(client.own) * local_update(run.circuit, model, client.own, scenario.training, seed + at, number)
                for at, client in present
            ]
            model = model + np.rint(sum(updates) / total).astype(np.int64)
        outputs = expectations(run.circuit, model, rows)[:, 0]
        return float(np.mean((outputs - (2 * labels - 1)) ** 2))

    seeds = [scenario.seed + at * SEED_STEP for at in range(TRAININGS)]
    expected = np.mean([loss("client-2", seed) - loss("", seed) for seed in seeds])
    assert found.values[1].loss == pytest.approx(expected, abs=1e-9)


def test_values_follow_from_the_seed_alone(run: RunCases, found: DataValues) -> None:
    assert data_values(run) == found


def test_payment_and_contribution_are_the_runs(run: RunCases, found: DataValues) -> None:
    total = sum(one.reward for case in run.cases for one in case.outcome.standings)
    assert sum(one.paid for one in found.values) == total > 0
    gained = sum(_gained(case) for case in run.cases)
    assert sum(one.contribution for one in found.values) == pytest.approx(gained)


def _gained(case: Case) -> float:
    """By how much all updates together lowered the loss per sample, before they were weighed."""
    evidence = decode_evidence(case.outcome.evidence)
    none, everybody = sum(evidence.coalitions[0].losses), sum(evidence.coalitions[-1].losses)
    return (none - everybody) / len(evidence.header.subset) / Q30


def test_nobody_left_learns_nothing(run: RunCases) -> None:
    scenario = scenario_of(run.archive)
    data = prepare(scenario.data, scenario.seed)
    start = initial_model(run.circuit, scenario.training, 1)
    client = data.clients[0]
    assert np.array_equal(fedavg(run.circuit, start, [client], scenario.training, 2, 1, client.name), start)


def value(paid: int, loss: float, contribution: float = 0.0) -> DataValue:
    return DataValue("x", "honest", "x", paid, contribution, loss, 0.0)


def test_correlations_are_of_ranks() -> None:
    found = correlations([value(1, 0.1), value(2, 0.7), value(300, 0.8), value(4, 0.9)])
    assert (found[0].of, found[0].to) == ("payment", "data value")
    assert (found[0].spearman, found[0].kendall) == (pytest.approx(0.8), pytest.approx(2 / 3))


def test_what_does_not_vary_correlates_with_nothing() -> None:
    first, second, third = correlations([value(5, 0.1), value(5, 0.2)])
    assert (first.spearman, first.kendall, second.spearman, third.spearman) == (None, None, None, None)
    assert correlations([value(1, 0.1)])[0].spearman is None


def test_without_the_data_there_are_no_values_and_the_reason_is_said(attacked_run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(attacked_run, tmp_path / "copy"))
    facts = json.loads((copied / "run.json").read_text())
    facts["scenario"]["data"]["source"] = "csv:/nowhere.csv"
    (copied / "run.json").write_text(json.dumps(facts))
    found = data_values(open_cases(copied))
    assert (found.values, found.correlations, found.loss) == ((), (), None)
    assert found.note.startswith("no data values: ")
