from __future__ import annotations

import re
from pathlib import Path

from qfl_chain.cli.data import LICENCES
from qfl_chain.learning.datasets import SHIPPED
from qfl_chain.simulation.scenario import shipped_scenarios

from .conftest import SCENARIO, qfl


def test_the_shipped_datasets_are_listed() -> None:
    listed = {one["name"]: one for one in qfl("data", "list", "--json").json}
    assert listed.keys() == SHIPPED.keys()
    heart = listed["heart"]
    assert (heart["rows"], len(heart["columns"]), heart["dropped"]) == (740, 13, 180)
    assert heart["groups"] == ["Cleveland", "Hungary", "Switzerland", "Long Beach"]
    assert listed["iris"]["classes"] == ["setosa", "versicolor", "virginica"]


def test_people_read_rows_columns_and_licence() -> None:
    line = next(line for line in qfl("data", "list").out.splitlines() if line.strip().startswith("iris"))
    assert line.split() == ["iris", "150", "4", "setosa,", "versicolor,", "virginica", "CC", "BY", "4.0"]


def test_the_licences_are_those_of_the_description() -> None:
    text = (Path(__file__).parents[2] / "DATASETS.md").read_text()
    sections = {part.split("\n")[0]: part for part in text.split("\n## ")}
    assert LICENCES.keys() == SHIPPED.keys()
    for name, licence in LICENCES.items():
        found = re.search(r"\*\*Licence\.\*\* ([^.]+\.\d)", sections[name])
        assert found is not None
        assert found[1] == licence


def test_the_shipped_scenarios_are_listed() -> None:
    assert {one["name"] for one in qfl("data", "scenarios", "--json").json} == shipped_scenarios().keys()
    assert "heart: " in qfl("data", "scenarios").out


def test_a_scenarios_clients_are_shown(tmp_path: Path) -> None:
    (tmp_path / "pair.toml").write_text(SCENARIO)
    shown = qfl("data", "show", tmp_path / "pair.toml", "--json").json
    assert [one["name"] for one in shown["clients"]] == ["client-1", "client-2"]
    assert shown["classes"] == ["benign", "malignant"]
    for client in shown["clients"]:
        assert sum(client["training"].values()) == 30
        assert sum(client["public"].values()) == 8
    assert any("principal components" in note or "components" in note for note in shown["notes"])


def test_people_read_the_class_balance() -> None:
    out = qfl("data", "show", "heart").out
    assert "Rows by class: 0 / 1" in out
    assert "30 (0 / 30)" in out
    assert "- 740 rows of heart" in out


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,0\n2,1\n")
    text = SCENARIO.replace('"breast-cancer"', f'"csv:{tmp_path}/rows.csv"\nlabel = "c"')
    (tmp_path / "pair.toml").write_text(text)
    said = qfl("data", "show", tmp_path / "pair.toml")
    assert said.code == 2
    assert "no label column 'c'" in said.err
