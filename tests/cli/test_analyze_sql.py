"""``qfl analyze sql`` and ``export``: rows of a history for people and programs, and nothing written to it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from qfl_chain.analysis.index.runs import index_run

from .conftest import qfl

QUERY = "SELECT round, budget, opened, transaction FROM rounds WHERE round = 1"


@pytest.fixture(scope="module")
def index(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "history.duckdb"
    index_run(small_run, path).close()
    return path


def test_a_run_directory_and_its_index_answer_alike(small_run: Path, index: Path) -> None:
    answers = [qfl("analyze", "sql", history, QUERY, "--json").json for history in (small_run, index)]
    assert answers[0] == answers[1]
    (row,) = answers[0]
    assert (row["round"], row["budget"], row["opened"][-1], row["transaction"][:2]) == (1, "100000000", "Z", "0x")


def test_a_table_cuts_nothing(index: Path) -> None:
    said = qfl("analyze", "sql", index, QUERY)
    (row,) = qfl("analyze", "sql", index, QUERY, "--json").json
    lines = said.out.splitlines()
    assert lines[0].split() == ["round", "budget", "opened", "transaction"]
    assert lines[2].split() == ["1", "100000000", row["opened"], row["transaction"]]


def test_csv_has_every_row(index: Path) -> None:
    said = qfl("analyze", "sql", index, "SELECT range AS n FROM range(1500)", "--csv")
    assert [int(row["n"]) for row in csv.DictReader(io.StringIO(said.out))] == list(range(1500))


def test_a_long_table_ends_and_says_so(index: Path) -> None:
    said = qfl("analyze", "sql", index, "SELECT range AS n FROM range(1500)")
    assert said.out.splitlines()[-1] == "999"
    assert "more than these 1,000 rows" in said.err


def test_without_a_query_tables_and_columns_are_listed(index: Path) -> None:
    assert "rounds\n  round INTEGER, status VARCHAR" in qfl("analyze", "sql", index).out
    assert qfl("analyze", "sql", index, "--json").json["rewards"]["amount"] == "HUGEINT"


def test_names_that_would_steer_a_terminal_are_inert(index: Path) -> None:
    said = qfl("analyze", "sql", index, "SELECT 'a' || chr(27) || '[2J' || chr(10) || 'b' AS name")
    assert said.out.splitlines()[2] == "a?[2J?b"


def test_what_is_wrong_with_a_query_is_said(index: Path) -> None:
    for query, words in (
        ("SELECT * FROM roundz", "did you mean 'rounds'"),
        ("SELECT rewad FROM scores", "did you mean 'reward'"),
        ("DELETE FROM events", "only reads"),
    ):
        said = qfl("analyze", "sql", index, query)
        assert (said.code, words in said.err, "Traceback" in said.err) == (2, True, False), said.err


def test_what_is_no_history_is_said(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    for path, words in ((tmp_path / "absent", "is not there"), (tmp_path / "text", "is no index")):
        said = qfl("analyze", "sql", path, QUERY)
        assert (said.code, words in said.err) == (6, True), said.err


def test_an_export_writes_every_table(index: Path, tmp_path: Path) -> None:
    said = qfl("analyze", "export", index, "-o", tmp_path / "out", "--format", "json", "--json")
    written = {Path(one["file"]).stem: one["rows"] for one in said.json}
    assert written["rounds"] == 3
    assert len(json.loads((tmp_path / "out" / "rounds.json").read_text())) == 3
    said = qfl("analyze", "export", index, "-o", tmp_path / "out", "--format", "parquet")
    assert f"{tmp_path}/out/rounds.parquet  3 rows" in said.out


def test_an_export_to_no_directory_is_said(index: Path) -> None:
    said = qfl("analyze", "export", index, "-o", index, "--format", "csv")
    assert (said.code, "cannot write to" in said.err) == (6, True)
    assert qfl("analyze", "export", index, "-o", "x", "--format", "xml").code == 2
