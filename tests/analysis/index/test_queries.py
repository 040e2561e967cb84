"""A person's SQL: it reads the index, nothing else, and what is wrong with it is said with the nearest name."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from qfl_chain.analysis.index.database import Index, create_index, open_index
from qfl_chain.analysis.index.events import piece_of
from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.exporting import OPTIONS, export
from qfl_chain.analysis.index.queries import ask, cells, plain, relations
from qfl_chain.errors import InputError, RunError

from .written import GOOD, META, ONE, STAKE, Written

HUGE = 10**38 - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An index file of one round, with a weight as large as weights get."""
    written = Written().start().whole_round(1, GOOD)
    target = tmp_path / "index.duckdb"
    with create_index(target, META) as index:
        index.append(piece_of(written.events))
        read_evidence(index, written.store)
        index.connection.execute(f"UPDATE standings SET weight = {HUGE} WHERE place = 0")
    return target


@pytest.fixture(params=["file", "memory"])
def index(request: pytest.FixtureRequest, path: Path) -> Iterator[Index]:
    if request.param == "file":
        with open_index(path) as index:
            yield index
    else:
        with Written().start().whole_round(1, GOOD).index() as index:
            yield index


def test_a_query_gives_columns_types_and_rows(index: Index) -> None:
    answer = ask(index, "SELECT round, budget, opened, transaction FROM rounds;")
    assert answer.columns == ("round", "budget", "opened", "transaction")
    assert answer.types == ("INTEGER", "HUGEINT", "TIMESTAMP", "BLOB")
    (row,) = answer.rows
    assert cells(answer, row) == [1, "1000000", "2027-01-15T08:05:00Z", f"0x{6:064x}"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events",
        "UPDATE events SET amount = 0",
        "INSERT INTO baselines VALUES ('a', 'b', 'c', 1)",
        "DROP TABLE events",
        "CREATE TABLE mine (a INTEGER)",
        "DROP VIEW rounds",
        "ALTER TABLE events ADD COLUMN mine INTEGER",
    ],
)
def test_a_statement_that_writes_is_refused(index: Index, statement: str) -> None:
    before = index.query("SELECT count(*) FROM events")
    with pytest.raises(InputError, match="`qfl analyze sql` only reads"):
        list(ask(index, statement).rows)
    assert index.query("SELECT count(*) FROM events") == before


@pytest.mark.parametrize(
    "statement",
    [
        "COPY events TO '{0}/out.csv'",
        "SELECT * FROM read_csv('{0}/in.csv')",
        "SELECT * FROM '{0}/in.csv'",
        "ATTACH '{0}/other.duckdb'",
        "SET enable_external_access = true",
        "EXPORT DATABASE '{0}/out'",
    ],
)
def test_no_other_file_can_be_reached(index: Index, tmp_path: Path, statement: str) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    before = sorted(one.name for one in tmp_path.iterdir())
    with pytest.raises(InputError):
        list(ask(index, statement.format(tmp_path)).rows)
    assert sorted(one.name for one in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT rewad FROM scores", "did you mean 'reward'"),
        ("SELECT reward FROM rewards", "known: amount"),
        ("SELECT one.amont FROM rewards one", "did you mean 'amount'"),
        ("SELECT participent FROM participants", "did you mean 'participant'"),
        ("SELECT * FROM roundz", "did you mean 'rounds'"),
        ("SELECT * FROM qqqqq", "known: baselines, blocks, bonds, claims"),
        ("SELEC 1", "syntax error"),
        ("SELECT 'a' + 1::BLOB", ""),
    ],
)
def test_what_cannot_be_understood_is_said_with_the_nearest_name(index: Index, statement: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        list(ask(index, statement).rows)
    assert said in str(raised.value)


def test_an_error_in_the_middle_of_the_rows_is_one_of_ours(index: Index) -> None:
    with pytest.raises(InputError, match="Could not convert"):
        list(ask(index, "SELECT CAST(name AS INTEGER) FROM events").rows)


@pytest.mark.parametrize(("statement", "count"), [("", 0), ("-- nothing", 0), ("SELECT 1; SELECT 2", 2)])
def test_one_statement_at_a_time(index: Index, statement: str, count: int) -> None:
    with pytest.raises(InputError, match=f"holds {count} statements"):
        ask(index, statement)


DISPUTES = {"bonds", "demands", "holdings", "refutations"}


def test_the_tables_and_views_are_all_listed(index: Index) -> None:
    found = {one.name: dict(one.columns) for one in relations(index)}
    tables = {"baselines", "blocks", "events", "evidence", "meta", "model_metrics", "parties", "standings"}
    views = {"claims", "contradictions", "gas", "gas_by_sender", "participants", "penalties", "reports", "rewards"}
    assert set(found) == tables | views | {"transactions", "rounds", "scores", "stakes", "updates"} | DISPUTES
    amounts = {"amount", "stake", "reward", "cumulative", "total", "paid", "budget", "earned", "fee_wei", "claimed"}
    rounded = {
        (name, column)
        for name, columns in found.items()
        for column, kind in columns.items()
        if column in amounts and kind != "HUGEINT"
    }
    assert rounded == set()


def test_values_json_cannot_hold_become_what_it_can() -> None:
    assert plain(b"\x01") == "0x01"
    assert plain(datetime(2027, 1, 15, 8, 5)) == "2027-01-15T08:05:00Z"
    assert (plain(float("nan")), plain(float("inf")), plain(0.5)) == (None, None, 0.5)
    assert (plain(HUGE, "HUGEINT"), plain(7, "BIGINT"), plain(True, "BOOLEAN")) == (str(HUGE), 7, True)
    assert plain({"a": [b"", None]}) == {"a": ["0x", None]}


@pytest.mark.parametrize("kind", OPTIONS)
def test_every_table_and_view_is_exported(path: Path, tmp_path: Path, kind: str) -> None:
    with open_index(path) as index:
        names = {one.name for one in relations(index)}
        counts = {name: index.query(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}
        written = export(index, tmp_path / "new" / "out", kind)
    assert {one.path.stem: one.rows for one in written} == counts
    assert {one.name for one in (tmp_path / "new" / "out").iterdir()} == {f"{name}.{kind}" for name in names}


def test_the_largest_amounts_survive_in_every_format(path: Path, tmp_path: Path) -> None:
    with open_index(path) as index:
        for kind in OPTIONS:
            export(index, tmp_path, kind)
    parquet = duckdb.sql(f"SELECT weight, stake, typeof(weight) FROM '{tmp_path}/standings.parquet' WHERE place = 0")
    assert [tuple(map(str, row)) for row in parquet.fetchall()] == [(str(HUGE), str(STAKE), "DECIMAL(38,0)")]
    with (tmp_path / "standings.csv").open() as file:
        assert next(csv.DictReader(file))["weight"] == str(HUGE)
    assert json.loads((tmp_path / "standings.json").read_text())[0]["weight"] == str(HUGE)


def test_bytes_are_hexadecimal_text_and_times_utc_in_every_format(path: Path, tmp_path: Path) -> None:
    transaction, time = f"0x{1:064x}", datetime(2027, 1, 15, 8)
    with open_index(path) as index:
        for kind in OPTIONS:
            export(index, tmp_path, kind)
    parquet = f"SELECT transaction, time FROM '{tmp_path}/events.parquet' WHERE name = 'Deployed'"
    assert duckdb.sql(parquet).fetchall() == [(transaction, time)]
    with (tmp_path / "events.csv").open() as file:
        first = next(csv.DictReader(file))
    assert (first["transaction"], first["time"], first["round"]) == (transaction, "2027-01-15T08:00:00Z", "")
    event = json.loads((tmp_path / "events.json").read_text())[2]
    assert (event["time"], event["account"], event["amount"]) == ("2027-01-15T08:02:00Z", ONE, str(STAKE))


def test_an_export_replaces_an_earlier_one(path: Path, tmp_path: Path) -> None:
    with open_index(path) as index:
        for _ in range(2):
            export(index, tmp_path / "out", "csv")


def test_a_directory_that_cannot_be_is_an_error_of_ours(path: Path) -> None:
    with open_index(path) as index:
        with pytest.raises(RunError, match="cannot write to"):
            export(index, path, "csv")
        with pytest.raises(RunError, match="cannot write to"):
            export(index, path / "below", "csv")


def test_a_quote_in_the_directory_s_name_stays_a_quote(path: Path, tmp_path: Path) -> None:
    with open_index(path) as index:
        export(index, tmp_path / "it's", "csv")
    assert (tmp_path / "it's" / "meta.csv").exists()
