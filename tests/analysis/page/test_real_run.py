"""The report of a run that happened, in a real browser: what it shows is what the database holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.page.document import build_document
from tests.analysis.page.conftest import Open
from tests.analysis.page.reading import all_rows, table_of

HASH = "'0x' || lower(hex({}))"


@pytest.fixture
def index(attacked_run: Path) -> Iterator[Index]:
    with index_run(attacked_run) as index:
        yield index


@pytest.fixture
def document(index: Index) -> dict[str, Any]:
    return build_document(load_facts(index), Prices())


def shown(page: Any, document: dict[str, Any], table: str, *columns: str) -> list[list[str]]:
    """Some columns of all rows of a table, as the page shows them."""
    places = [column["id"] for column in document["tables"][table]["columns"]]
    return [[row[places.index(column)] for column in columns] for row in all_rows(table_of(page, table))]


def asked(index: Index, sql: str) -> list[list[str]]:
    """Rows of the database, as people write them."""
    return [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in index.query(sql)]


def test_what_everybody_was_paid_is_the_databases(show: Open, index: Index, document: dict[str, Any]) -> None:
    found = shown(
        show(document), document, "participants", "participant", "behaviour", "earned", "claimed", "penalties"
    )
    held = asked(
        index,
        "SELECT y.name, y.behaviour, p.earned, p.claimed, p.penalties FROM participants p "
        "JOIN parties y ON y.account = p.participant",
    )
    assert sorted(found) == sorted(held)


def test_every_reveal_is_the_databases(show: Open, index: Index, document: dict[str, Any]) -> None:
    found = shown(show(document), document, "standings", "round", "participant", "status", "stake", "reward")
    held = asked(
        index,
        "SELECT s.round, y.name, s.status, s.stake, s.reward FROM scores s JOIN parties y ON y.account = s.participant",
    )
    assert sorted(found) == sorted(held)


def test_every_movement_of_money_leads_to_its_transaction(show: Open, index: Index, document: dict[str, Any]) -> None:
    page = show(document)
    found = shown(page, document, "movements", "kind", "amount")
    kinds = "('Joined', 'Funded', 'Claimed', 'Penalized', 'Exited', 'Withdrawn', 'Reclaimed')"
    held = asked(index, f"SELECT name, amount FROM events WHERE name IN {kinds} ORDER BY block, log_index")
    assert found == held


def test_gas_is_the_databases(show: Open, index: Index, document: dict[str, Any]) -> None:
    found = shown(show(document), document, "functions", "function", "transactions", "gas")
    sql = "SELECT function, count(*), sum(gas_used)::BIGINT FROM transactions GROUP BY function"
    assert sorted(found) == sorted(asked(index, sql))


def test_rounds_are_the_databases(show: Open, index: Index, document: dict[str, Any]) -> None:
    found = shown(show(document), document, "rounds", "round", "status", "commits", "reveals", "paid")
    assert found == asked(index, "SELECT round, status, commits, reveals, paid FROM rounds ORDER BY round")


def test_the_statement_of_money_comes_out_on_the_page(show: Open, document: dict[str, Any]) -> None:
    rows = shown(show(document), document, "money", "side", "amount")
    sums = {side: sum(int(amount.replace(",", "")) for one, amount in rows if one == side) for side, _ in rows}
    assert sums["came in"] == sums["held"] + sums["left"] > 0


def test_every_chart_has_its_words(show: Open, document: dict[str, Any]) -> None:
    page = show(document)
    text = page.content()
    assert all(chart["title"] in text for chart in document["charts"].values())
