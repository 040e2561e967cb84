"""The index's file: whole pieces or nothing, and a message for everything that is no index."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from importlib import resources
from pathlib import Path

import duckdb
import numpy as np
import pytest

from qfl_chain.analysis.index.database import (
    Meta,
    TransactionRow,
    create_index,
    open_index,
    resume_index,
)
from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.pieces import Blocks, Piece, objects
from qfl_chain.errors import ChecksumError, RunError
from qfl_chain.types import Address

from .written import GOOD, META, ONE, Written

HUGE = 10**38 - 1


def piece(first: int, last: int, amounts: dict[int, int]) -> Piece:
    """Blocks of a minute each, and one Funded log in each that has an amount."""
    numbers = np.array(sorted({*amounts, last}), dtype=np.int64)
    blocks = Blocks(numbers, objects(bytes([int(one)] * 32) for one in numbers), 1_800_000_000 + 60 * numbers)
    funded = {
        "block": np.array(sorted(amounts), dtype=np.int64),
        "log_index": np.zeros(len(amounts), dtype=np.int64),
        "transaction": objects(bytes(32) for _ in amounts),
        "account": objects([ONE] * len(amounts)),
        "amount": np.array([amounts[one] for one in sorted(amounts)], dtype=np.uint64),
        "funded": np.array([amounts[one] for one in sorted(amounts)], dtype=np.uint64),
    }
    return Piece(first, last, blocks, {"Funded": funded} if amounts else {})


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    row = TransactionRow(b"\x01" * 32, 3, ONE, "fund", 50_000, HUGE, True)
    with create_index(path, META) as index:
        index.append(piece(0, 9, {3: 2**64 - 1}), (row,))
    with open_index(path) as index:
        assert (index.meta, index.next_block) == (META, 10)
        rows = index.query("SELECT block, time, amount, round FROM events")
        assert rows == [(3, datetime(2027, 1, 15, 8, 3), 2**64 - 1, None)]
        assert index.query("SELECT fee_wei, succeeded FROM transactions") == [(HUGE, True)]
        assert index.recent_blocks(5) == ((9, b"\x09" * 32), (3, b"\x03" * 32))
        assert index.recent_blocks(1) == ((9, b"\x09" * 32),)


def test_a_piece_that_does_not_follow_is_refused_and_leaves_nothing() -> None:
    with create_index(None, META) as index:
        index.append(piece(0, 9, {}))
        for other in (piece(11, 12, {}), piece(9, 12, {}), piece(10, 9, {})):
            with pytest.raises(ChecksumError, match="do not follow block 9"):
                index.append(other)
        assert index.next_block == 10


def test_a_log_of_an_unlisted_block_leaves_nothing_of_its_piece() -> None:
    broken = piece(0, 9, {3: 5})
    broken.kinds["Funded"]["block"][0] = 4
    with create_index(None, META) as index:
        with pytest.raises(ChecksumError, match="block 4, which its piece does not list"):
            index.append(broken)
        assert (index.next_block, index.recent_blocks(1)) == (0, ())


def test_forgetting_drops_the_blocks_logs_and_transactions_from_there_on() -> None:
    with create_index(None, META) as index:
        rows = [TransactionRow(bytes([at]), at, ONE, "fund", 1, 1, True) for at in (3, 5)]
        index.append(piece(0, 9, {3: 1, 5: 2}), rows)
        index.forget_from(5)
        assert index.next_block == 5
        assert index.query("SELECT block FROM events") == [(3,)]
        assert index.query("SELECT block FROM transactions") == [(3,)]
        assert index.recent_blocks(5) == ((3, b"\x03" * 32),)
        index.append(piece(5, 9, {7: 1}))
        assert index.query("SELECT block FROM events ORDER BY block") == [(3,), (7,)]


def test_forgetting_a_report_forgets_what_was_read_of_its_evidence() -> None:
    written = Written().start().whole_round(1, GOOD)
    reported = written.events[-1].block
    with written.index() as index:
        read_evidence(index, written.store)
        assert index.query("SELECT count(*) FROM standings") == [(3,)]
        index.forget_from(reported)
        for table in ("evidence", "standings"):
            assert index.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_forgetting_before_the_first_block_begins_anew() -> None:
    with create_index(None, Meta(1, ONE, 7, "x")) as index:
        index.append(piece(7, 9, {8: 1}))
        index.forget_from(0)
        assert index.next_block == 7


def test_a_write_that_fails_leaves_nothing_and_the_next_one_works() -> None:
    with create_index(None, META) as index:
        failing = "INSERT INTO baselines VALUES ('a', 'b', 'c', 1); INSERT INTO nowhere VALUES (1)"
        with pytest.raises(RunError, match="cannot be used"), index.writing() as connection:
            connection.execute(failing)
        assert index.query("SELECT * FROM baselines") == []
        index.append(piece(0, 1, {}))


def test_a_killed_writer_leaves_what_it_had_finished(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    killed = (
        "import os, sys; from pathlib import Path; from tests.analysis.index.test_database import *; "
        "index = create_index(Path(sys.argv[1]), META); index.append(piece(0, 9, {3: 1})); "
        "index.connection.execute('BEGIN TRANSACTION'); "
        "index.connection.execute('DELETE FROM events'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    with resume_index(path, META) as index:
        assert (index.next_block, index.query("SELECT block FROM events")) == (10, [(3,)])


def test_an_index_is_resumed_and_takes_the_new_source(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    with resume_index(path, META) as index:
        index.append(piece(0, 9, {}))
    elsewhere = Meta(META.chain_id, META.federation, 5, "https://other.example")
    with resume_index(path, elsewhere) as index:
        assert (index.next_block, index.meta.source, index.meta.from_block) == (10, "https://other.example", 0)


def test_a_database_without_tables_is_one_whose_writer_was_killed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    duckdb.connect(str(path)).close()
    with resume_index(path, META) as index:
        assert index.meta == META


@pytest.mark.parametrize(
    ("meta", "named"),
    [
        (Meta(1, META.federation, 0, "x"), "on chain 31337, not of"),
        (Meta(31337, ONE, 0, "x"), f"not of {ONE} on chain 31337: choose another file"),
    ],
)
def test_another_federation_or_chain_is_refused_and_named(tmp_path: Path, meta: Meta, named: str) -> None:
    path = tmp_path / "index.duckdb"
    create_index(path, META).close()
    with pytest.raises(RunError, match=named):
        resume_index(path, meta)


def test_what_is_no_index_is_said_to_be_none(tmp_path: Path) -> None:
    text, other, folder = tmp_path / "text", tmp_path / "other.duckdb", tmp_path / "folder"
    text.write_text("hello\n" * 1000)
    folder.mkdir()
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    for path, why in (
        (text, "is no index: it is not a DuckDB file"),
        (other, "is a DuckDB file, but no index"),
        (tmp_path / "absent", "is not there"),
        (folder, "is not there"),
    ):
        with pytest.raises(RunError, match=why) as raised:
            open_index(path)
        assert str(path) in str(raised.value)
        assert raised.value.exit_code == 6
    with pytest.raises(RunError, match="is a DuckDB file, but no index"):
        resume_index(other, META)


def test_another_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    with create_index(path, META) as index, index.writing() as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    for act in (open_index, lambda path: resume_index(path, META)):
        with pytest.raises(RunError, match="has format 99, this version reads 1: make it again"):
            act(path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DROP VIEW gas; CREATE VIEW gas AS SELECT content FROM read_text('{secret}')", "view gas"),
        ("DROP TABLE baselines; CREATE VIEW baselines AS SELECT content FROM read_text('{secret}')", "baselines"),
        ("CREATE MACRO lower(x) AS (SELECT content FROM read_text('{secret}'))", "function lower"),
        ("CREATE MACRO duckdb_views() AS TABLE SELECT 1 AS sql", "function duckdb_views"),
        ("CREATE SCHEMA more; CREATE VIEW more.extra AS SELECT 1", "view extra"),
        ("CREATE TYPE price AS ENUM ('a')", "type price"),
        ("CREATE SEQUENCE numbers", "sequence numbers"),
        ("DROP TABLE baselines", "table baselines"),
    ],
)
def test_what_another_hand_defined_in_a_file_is_not_used(tmp_path: Path, change: str, named: str) -> None:
    path, secret = tmp_path / "index.duckdb", tmp_path / "secret"
    secret.write_text("a key")
    create_index(path, META).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute(change.format(secret=secret))
    for act in (open_index, lambda path: resume_index(path, META)):
        with pytest.raises(RunError, match=rf"{named}\): another version wrote it, or somebody changed it; make it"):
            act(path)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM meta WHERE key = 'chain_id'",
        "DELETE FROM meta WHERE key = 'federation'",
        "UPDATE meta SET value = 'soon' WHERE key = 'next_block'",
        "UPDATE meta SET value = '-1' WHERE key = 'from_block'",
    ],
)
def test_a_file_that_does_not_say_what_it_is_of_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "index.duckdb"
    create_index(path, META).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute(change)
    with pytest.raises(RunError, match="does not say what it is the index of"):
        open_index(path)


def test_a_cut_file_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    with create_index(path, META) as index:
        index.append(piece(0, 9, {3: 1}))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError), open_index(path) as index:
        index.query("SELECT * FROM events")


def test_a_new_index_does_not_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    path.write_text("precious")
    with pytest.raises(RunError, match="exists already"):
        create_index(path, META)
    assert path.read_text() == "precious"


def test_a_file_another_process_writes_is_said_to_be_open(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    holder = (
        "import sys; from pathlib import Path; from tests.analysis.index.test_database import *; "
        "index = create_index(Path(sys.argv[1]), META); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        for act in (open_index, lambda path: resume_index(path, META)):
            with pytest.raises(RunError, match="is open for writing elsewhere"):
                act(path)
        process.communicate("")
    open_index(path).close()


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be used"):
        create_index(tmp_path / "absent" / "index.duckdb", META)


def test_an_opened_index_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "index.duckdb"
    create_index(path, META).close()
    with open_index(path) as index, pytest.raises(RunError, match="read-only"):
        index.append(piece(0, 9, {}))


def test_the_tables_are_shipped_with_the_package() -> None:
    files = {file.name for file in resources.files("qfl_chain.analysis.index").iterdir()}
    assert {"schema.sql", "views.sql"} <= files


def test_an_address_is_kept_as_it_was_given() -> None:
    with create_index(None, Meta(1, Address(ONE), 0, 'it\'s "quoted"', "Robert'); DROP TABLE meta;--")) as index:
        assert index.meta.source == 'it\'s "quoted"'
        assert index.meta.name == "Robert'); DROP TABLE meta;--"
