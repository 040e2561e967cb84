"""Tables of metrics: figures as people read them, tables that fit, and histories with little to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import Prices, measure
from qfl_chain.cli.metric_tables import figure, print_metrics
from tests.analysis.facts import facts, history, participant


def shown(of: Facts, capsys: pytest.CaptureFixture[str], *names: str) -> str:
    print_metrics(of, measure(of, Prices(), names), with_curves=not names)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (2**64 - 1, "18,446,744,073,709,551,615"),
        (-0.25, "-0.2500"),
        (66_736_799.99, "66,736,800"),
    ],
)
def test_a_figure_is_written_for_people(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_table_has_a_row_for_every_key_and_a_column_for_every_metric(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(history(), capsys, "net", "roi").splitlines()
    assert next(line for line in lines if "participant" in line and "roi" in line).split() == [
        "participant",
        "net",
        "roi",
    ]
    assert next(line for line in lines if "Nat" in line).split() == ["Nat", "-100,158,000", "-0.0501"]
    assert "In gwei: net." in lines


def test_metrics_that_do_not_fit_side_by_side_stand_below_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(history(), capsys)
    assert said.count("Decentralisation by round\n") == 2
    assert "…" not in said


def test_gaps_follow_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    lost = replace(history(), gaps=("the evidence of round 3 is in no store that was asked",))
    assert shown(lost, capsys, "net").endswith("gap: the evidence of round 3 is in no store that was asked\n")


@pytest.mark.parametrize("of", [facts(), facts(participants=(participant(1),))], ids=["nobody", "one participant"])
def test_little_history_is_shown_without_empty_tables(of: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(of, capsys)
    assert "Gini coefficient of rewards" in said
    assert "by round" not in said.replace("a round by", "")


def test_a_name_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("[red]Ada[/red]", "[/nope]", ":bomb:")
    people = facts(participants=tuple(participant(index, name) for index, name in enumerate(names)))
    said = shown(people, capsys, "net")
    assert [name for name in names if name not in said] == []
