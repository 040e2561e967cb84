from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from qfl_chain.circuit.units import FEATURE_MAX, FEATURE_MIN, features_to_units, to_radians
from qfl_chain.errors import DataError
from qfl_chain.learning.clients import prepare
from qfl_chain.learning.datasets import load
from qfl_chain.learning.partition import partition
from qfl_chain.learning.preprocess import FederatedData, Samples, concatenated, targets
from qfl_chain.learning.scaling import principal_axes
from qfl_chain.learning.settings import DataSettings, Statistic
from tests.learning.examples import two_hospitals, write_csv

HEART = DataSettings(features=("age", "oldpeak", "cp_4"), normalise="public", allow_one_class=True)


def rows(samples: Samples) -> set[tuple[int, ...]]:
    return {tuple(row) for row in np.column_stack([samples.features, samples.labels]).tolist()}


def cancer(**changed: object) -> FederatedData:
    return prepare(DataSettings(**({"source": "breast-cancer", "partition": "sizes"} | changed)), seed=0)  # type: ignore[arg-type]


def test_agreed_statistics_turn_values_into_angles() -> None:
    data = prepare(replace(HEART, scale=0.5), seed=0)
    first = load("heart").values[0]
    assert data.public.features == ("age", "oldpeak", "cp_4")
    expected = features_to_units(0.5 * np.array([(first[0] - 50) / 10, (2.3 - 1) / 1, -1.0]))
    np.testing.assert_array_equal(data.clients[0].own.features[0], expected)


def test_a_scenarios_statistics_replace_shipped_ones() -> None:
    changed = replace(HEART, statistics=(Statistic("age", 63.0, 1.0),))
    assert prepare(changed, seed=0).clients[0].own.features[0, 0] == 0


def test_per_client_statistics_come_from_its_own_training_rows_alone() -> None:
    data = prepare(replace(HEART, normalise="client", limit=100.0, scale=0.01), seed=0)
    table = load("heart")
    for client, shard in zip(data.clients, partition(table, HEART, seed=0), strict=True):
        own = table.values[shard.train][:, table.columns.index("age")]
        held_out = table.values[shard.test][:, table.columns.index("age")]
        expected = features_to_units(0.01 * (held_out - own.mean()) / own.std(ddof=1))
        np.testing.assert_allclose(client.test.features[:, 0], expected, atol=1)


def test_donated_statistics_come_from_the_public_rows_alone() -> None:
    data = prepare(replace(HEART, normalise="donated", limit=100.0, scale=0.01), seed=0)
    public = to_radians(data.public.validation.features) / 0.01
    np.testing.assert_allclose(public.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(public.std(axis=0, ddof=1), 1, atol=1e-6)


def test_changing_private_rows_changes_nothing_the_others_see(tmp_path: Path) -> None:
    chosen = DataSettings(label="sick", group="hospital", normalise="client", donated=2)
    before = prepare(replace(chosen, source=write_csv(tmp_path, two_hospitals())), seed=0)
    after_text = two_hospitals().replace("south,35,", "south,99,")
    after = prepare(replace(chosen, source=write_csv(tmp_path, after_text)), seed=0)
    np.testing.assert_array_equal(before.clients[0].own.features, after.clients[0].own.features)
    assert not np.array_equal(before.clients[1].own.features, after.clients[1].own.features)


def test_donated_rows_are_training_rows_and_no_test_rows() -> None:
    table, chosen = load("heart"), replace(HEART, donated=20)
    data = prepare(chosen, seed=3)
    for client, shard in zip(data.clients, partition(table, chosen, seed=3), strict=True):
        assert len(client.donated) == min(20, len(shard.train) // 3)
        assert rows(client.donated) <= rows(client.own)
        assert (len(client.own), len(client.test)) == (len(shard.train), len(shard.test))
    assert len(data.public.validation) == 20 + 20 + 10 + 20


@pytest.mark.parametrize(("choice", "expected"), [("none", 199 - 20), ("own", 199), ("all", 199 + 20 + 10 + 20)])
def test_which_public_rows_a_client_trains_on(choice: str, expected: int) -> None:
    data = prepare(replace(HEART, train_on_public=choice, donated=20), seed=0)
    client = data.clients[0]
    assert len(client.train) == expected
    assert len(client.own) == 199
    if choice == "all":
        others = concatenated([other.donated for other in data.clients[1:]])
        np.testing.assert_array_equal(client.train.features[199:], others.features)


def test_equal_seeds_give_equal_data_and_others_do_not() -> None:
    first, again, other = (prepare(HEART, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.public.validation.features, again.public.validation.features)
    assert not np.array_equal(first.public.validation.features, other.public.validation.features)


@given(st.floats(0.1, 50), st.floats(0.1, 10))
@settings(deadline=None, max_examples=10)
def test_features_are_int32_units_whatever_the_scale(scale: float, limit: float) -> None:
    features = prepare(replace(HEART, scale=scale, limit=limit), seed=0).clients[0].own.features
    assert features.dtype == np.int64
    assert FEATURE_MIN <= features.min() <= features.max() <= FEATURE_MAX


def test_values_are_clipped_to_the_limit() -> None:
    features = prepare(replace(HEART, limit=0.25), seed=0).clients[0].own.features
    assert np.abs(to_radians(features)).max() == pytest.approx(0.25)


def test_components_are_uncorrelated_on_the_public_rows_and_the_first_has_spread_one() -> None:
    data = cancer(normalise="donated", components=4, limit=100.0, scale=0.01)
    assert data.public.features == ("component-1", "component-2", "component-3", "component-4")
    covariance = np.cov((to_radians(data.public.validation.features) / 0.01).T)
    spreads = np.sqrt(np.diag(covariance))
    assert spreads[0] == pytest.approx(1)
    assert all(spreads[1:] < spreads[:-1])
    np.testing.assert_allclose(covariance, np.diag(spreads**2), atol=1e-5)


def test_principal_axes_are_scikit_learns() -> None:
    sample = np.random.default_rng(0).normal(size=(30, 6)) * np.arange(1, 7)
    reference = PCA(3).fit(sample)
    ours = (sample - sample.mean(axis=0)) @ principal_axes(sample, 3)
    expected = reference.transform(sample) / np.sqrt(reference.explained_variance_[0])
    np.testing.assert_allclose(np.abs(ours), np.abs(expected), atol=1e-9)


def test_a_components_sign_is_fixed_by_its_largest_entry() -> None:
    sample = np.random.default_rng(1).normal(size=(20, 4))
    for axis in principal_axes(sample, 3).T:
        assert axis[np.argmax(np.abs(axis))] > 0


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [(1, [[-1], [1], [1]]), (2, [[1, -1], [-1, 1], [-1, 1]]), (3, [[1, -1, -1], [-1, 1, -1], [-1, 1, -1]])],
)
def test_targets(outputs: int, expected: list[list[int]]) -> None:
    assert targets(np.array([0, 1, 1]), outputs).tolist() == expected


def test_two_classes_need_one_output_and_three_need_three() -> None:
    assert prepare(HEART, seed=0).public.outputs == 1
    assert prepare(DataSettings(source="iris", partition="iid", clients=3), seed=0).public.outputs == 3


def test_the_notes_say_what_was_done() -> None:
    notes = " / ".join(prepare(replace(HEART, train_on_public="all"), seed=0).notes)
    assert "740 rows of heart; 180 rows with a missing value were dropped" in notes
    assert "constants agreed in public" in notes
    assert "70 training rows are public and score the updates; every client trains on all of them" in notes
    assert "4 principal components of the public rows" in cancer(components=4).notes


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": ("agee",)}, r"heart: no feature 'agee'; did you mean 'age'\?"),
        ({"features": ("cp_5",)}, r"heart: no feature 'cp_5'; did you mean 'cp_4'\?"),
        ({"features": ("age", "age")}, "a feature is listed twice in age, age"),
        ({"components": 4}, "4 components cannot be fitted on 70 public rows of 3 columns"),
        (
            {"source": "iris", "features": (), "partition": "iid"},
            "no agreed centre and spread for column 'sepal_length'",
        ),
    ],
)
def test_settings_that_do_not_fit_the_data_say_why(changed: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare(replace(HEART, **changed), seed=0)  # type: ignore[arg-type]


def test_public_rows_that_do_not_vary_have_no_component() -> None:
    with pytest.raises(DataError, match="the public rows do not vary along component 2"):
        principal_axes(np.outer(np.arange(5.0), [1.0, 2.0]), 2)


def test_a_client_too_small_to_donate_is_named(tmp_path: Path) -> None:
    text = "x,y,site\n1,0,a\n2,1,a\n3,0,a\n4,1,a\n1,0,b\n2,1,b\n3,1,b\n4,0,b\n5,1,b\n6,0,b\n7,1,b\n8,0,b\n"
    chosen = DataSettings(source=write_csv(tmp_path, text), label="y", group="site", test_fraction=0.5)
    with pytest.raises(DataError, match="client 'a' has 2 training rows, too few to donate one"):
        prepare(chosen, seed=0)
