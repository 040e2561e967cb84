from __future__ import annotations

from typing import Any

import pytest

from qfl_chain.learning.settings import DataSettings, Statistic, TrainingSettings


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"partition": "random"}, "partition is 'random', it must be one of natural, iid, sizes"),
        ({"normalise": "pooled"}, "normalise is 'pooled'"),
        ({"train_on_public": "some"}, "train_on_public is 'some'"),
        ({"clients": 0}, "clients is 0, it must be at least 1"),
        ({"rows": 0}, "rows is 0"),
        ({"components": -1}, "components is -1"),
        ({"donated": 0}, "donated is 0"),
        ({"scale": 0.0}, "scale is 0.0, it must be above 0"),
        ({"limit": -1.0}, "limit is -1.0"),
        ({"test_fraction": 1.0}, "test_fraction is 1.0, it must lie between 0 and 1"),
    ],
)
def test_data_settings_refuse_impossible_values(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DataSettings(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"optimiser": "lbfgs"}, "optimiser is 'lbfgs', it must be one of adam, sgd"),
        ({"loss": "hinge"}, "loss is 'hinge'"),
        ({"steps": 0}, "steps is 0"),
        ({"batch": 0}, "batch is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"sharpness": 0.0}, "sharpness is 0.0"),
        ({"decay": -0.1}, "decay is -0.1, it must not be negative"),
        ({"spread": -1.0}, "spread is -1.0"),
    ],
)
def test_training_settings_refuse_impossible_values(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**changed)


def test_a_statistic_needs_a_spread() -> None:
    with pytest.raises(ValueError, match=r"statistics of 'age': spread is 0\.0, it must be above 0"):
        Statistic("age", 50.0, 0.0)
