"""``qfl analyze check``: a federation on a real endpoint beside what its logs say."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from .conftest import Bench, qfl


@pytest.fixture
def indexed(bench: Bench, tmp_path: Path) -> tuple[Bench, Path]:
    """A federation of two, and its index."""
    path = tmp_path / "history.duckdb"
    said = bench.qfl("analyze", "index", "-o", path)
    assert said.code == 0, said.err
    return bench, path


def test_an_index_and_a_deployment_file_are_equal_to_the_contract(indexed: tuple[Bench, Path]) -> None:
    bench, path = indexed
    for history in (path, bench.folder / "deployment.json"):
        said = bench.qfl("analyze", "check", history, "--json").json
        assert (said["equal"], said["members"], said["fields"], said["first"]) == (True, 2, 43, "")
    assert "equal to the contract" in bench.qfl("analyze", "check", path).out


def test_a_difference_ends_with_7_and_names_the_first_event(indexed: tuple[Bench, Path]) -> None:
    bench, path = indexed
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE events SET amount = amount - 1 WHERE name = 'Joined'")
    said = bench.qfl("analyze", "check", path)
    assert said.code == 7
    assert "the logs contradict themselves: Joined in block" in said.out
    row = next(line.split() for line in said.out.splitlines() if " 0x" in line)
    assert row[1:] == ["stake", "1,999,999,999", "2,000,000,000"]
    assert "the first divergent event: Joined in block" in said.err
    assert "amount is 1999999999 in the index, 2000000000 on the chain" in said.err
    assert bench.qfl("analyze", "check", path, "--json").code == 7


def test_a_run_directory_has_no_chain(bench: Bench, small_run: Path) -> None:
    said = bench.qfl("analyze", "check", small_run)
    assert (said.code, "whose chain is gone" in said.err) == (6, True), said.err


def test_an_endpoint_is_needed_and_must_answer(indexed: tuple[Bench, Path]) -> None:
    _, path = indexed
    assert qfl("analyze", "check", path).code == 2
    said = qfl("analyze", "check", path, "--rpc-url", "http://127.0.0.1:1/secret-key")
    assert (said.code, "no answer from http://127.0.0.1:1" in said.err) == (4, True), said.err
    assert "secret-key" not in said.err
