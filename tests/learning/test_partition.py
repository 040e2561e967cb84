from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import Table, load
from qfl_chain.learning.partition import Shard, partition, stratified
from qfl_chain.learning.settings import DataSettings


def table(labels: list[int], groups: list[str] | None = None) -> Table:
    return Table(
        name="t",
        columns=("x",),
        values=np.arange(len(labels), dtype=np.float64)[:, None],
        labels=np.array(labels, dtype=np.int64),
        classes=("no", "yes"),
        groups=tuple(groups or ()),
        splits=(),
        dropped=0,
    )


def rows_of(shards: tuple[Shard, ...]) -> list[int]:
    return sorted(row for shard in shards for row in (*shard.train.tolist(), *shard.test.tolist()))


def test_natural_keeps_the_split_the_dataset_fixes() -> None:
    shards = partition(load("heart"), DataSettings(allow_one_class=True), seed=0)
    assert [(shard.name, len(shard.train), len(shard.test)) for shard in shards] == [
        ("Cleveland", 199, 104),
        ("Hungary", 172, 89),
        ("Switzerland", 30, 16),
        ("Long Beach", 85, 45),
    ]


def test_natural_without_a_split_holds_out_a_stratified_share() -> None:
    rows = table([0, 1] * 20, ["a"] * 20 + ["b"] * 20)
    for shard in partition(rows, DataSettings(test_fraction=0.3), seed=1):
        assert len(shard.test) == 6
        assert rows.labels[shard.test].sum() == 3


@given(
    st.lists(st.integers(0, 1), min_size=24, max_size=60).filter(lambda labels: 12 <= sum(labels) <= len(labels) - 12),
    st.integers(1, 3),
    st.integers(0, 5),
)
@settings(deadline=None, max_examples=50)
def test_iid_deals_every_row_once_and_evenly(labels: list[int], clients: int, seed: int) -> None:
    shards = partition(table(labels), DataSettings(partition="iid", clients=clients), seed)
    assert rows_of(shards) == list(range(len(labels)))
    ones = [sum(labels[row] for row in (*shard.train, *shard.test)) for shard in shards]
    assert max(ones) - min(ones) <= 1


def test_sizes_gives_each_client_its_rows_and_deals_the_rest_as_tests() -> None:
    shards = partition(load("breast-cancer"), DataSettings(partition="sizes", clients=4, rows=100), seed=0)
    assert [len(shard.train) for shard in shards] == [100] * 4
    assert sum(len(shard.test) for shard in shards) == 169
    assert rows_of(shards) == list(range(569))
    assert [shard.name for shard in shards] == ["client-1", "client-2", "client-3", "client-4"]


@pytest.mark.parametrize("scheme", ["iid", "sizes"])
def test_equal_seeds_deal_equally_and_others_do_not(scheme: str) -> None:
    chosen = DataSettings(partition=scheme, clients=3, rows=30)
    first, again, other = (partition(load("iris"), chosen, seed) for seed in (0, 0, 1))
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left.train, right.train)
        np.testing.assert_array_equal(left.test, right.test)
    assert any(left.train.tolist() != right.train.tolist() for left, right in zip(first, other, strict=True))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), st.data())
@settings(deadline=None, max_examples=100)
def test_a_stratified_draw_keeps_shares_to_within_a_row(labels: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(labels)))
    drawn = stratified(np.array(labels), count, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == len(drawn) == count
    for label in set(labels):
        exact = labels.count(label) * count / len(labels)
        assert abs(sum(labels[row] == label for row in drawn) - exact) < 1


def test_natural_needs_a_group_column() -> None:
    with pytest.raises(DataError, match="the natural partition needs a group column"):
        partition(load("iris"), DataSettings(), seed=0)


def test_too_many_rows_asked_for() -> None:
    chosen = DataSettings(partition="sizes", clients=3, rows=50)
    with pytest.raises(DataError, match="3 clients of 50 training rows and one test row each do not fit 150 rows"):
        partition(load("iris"), chosen, seed=0)


def test_a_client_of_one_class_is_refused_unless_allowed() -> None:
    chosen = DataSettings(test_fraction=0.3)
    rows = table([0, 1] * 5 + [1] * 10, ["a"] * 10 + ["b"] * 10)
    with pytest.raises(DataError, match="client 'b' has training rows of one class only, 'yes'"):
        partition(rows, chosen, seed=0)
    assert len(partition(rows, replace(chosen, allow_one_class=True), seed=0)) == 2


def test_a_client_without_test_rows_is_refused() -> None:
    with pytest.raises(DataError, match="client 'b' has no test rows"):
        partition(table([0, 1] * 5 + [1], ["a"] * 10 + ["b"]), DataSettings(), seed=0)


def test_a_client_without_training_rows_is_refused() -> None:
    rows = table([0, 1] * 3)
    with pytest.raises(DataError, match="client 'client-1' has no training rows"):
        partition(rows, DataSettings(partition="iid", clients=1, test_fraction=0.99), seed=0)
