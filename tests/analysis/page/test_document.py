"""The document says what the facts say, whatever they are, and stays small."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.index.database import Meta, create_index
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.analysis.metrics.catalogue import METRICS, Prices, measure
from qfl_chain.analysis.page.columns import INTEGERS, TEXTS, columns_of
from qfl_chain.analysis.page.document import build_document
from qfl_chain.analysis.page.measures import ELSEWHERE
from qfl_chain.analysis.page.render import render_page
from qfl_chain.types import Gwei
from tests.analysis.page.histories import BUDGET, FEDERATION, STAKE, START, account, digest, history, without_report

KINDS = INTEGERS | TEXTS | {"number", "boolean"}


def built(facts: Facts) -> dict[str, Any]:
    """The document as a reader gets it."""
    document: dict[str, Any] = json.loads(json.dumps(build_document(facts, Prices()), allow_nan=False))
    return document


def table(document: dict[str, Any], name: str) -> dict[str, list[Any]]:
    return columns_of(document["tables"][name])


SHAPES = [(0, 0), (1, 0), (1, 1), (2, 1), (3, 2), (13, 3)]


@pytest.mark.parametrize(("participants", "rounds"), SHAPES)
def test_what_the_document_names_is_in_it(participants: int, rounds: int) -> None:
    document = built(history(participants, rounds))
    for section in document["sections"]:
        assert set(section["charts"]) <= set(document["charts"])
        assert set(section["tables"]) <= set(document["tables"])
        assert {one["table"] for one in section["figures"] if "table" in one} <= set(document["tables"])
    for chart in document["charts"].values():
        columns = {column["id"] for column in document["tables"][chart["table"]]["columns"]}
        assert {chart["x"], *chart["y"], chart.get("by", chart["x"])} <= columns
        assert chart["text"]


@pytest.mark.parametrize(("participants", "rounds"), SHAPES)
def test_every_table_is_a_rectangle_of_known_kinds(participants: int, rounds: int) -> None:
    document = built(history(participants, rounds))
    for made in document["tables"].values():
        assert len({len(values) for values in columns_of(made).values()}) == 1
        assert {column["kind"] for column in made["columns"]} <= KINDS
        assert len({column["id"] for column in made["columns"]}) == len(made["columns"])


def test_every_table_and_chart_is_in_a_section() -> None:
    document = built(history())
    shown = {name for section in document["sections"] for name in section["charts"] + section["tables"]}
    assert set(document["tables"]) | set(document["charts"]) <= shown


def test_every_metric_with_a_value_is_in_a_table() -> None:
    facts = history()
    document, measured = built(facts), measure(facts, Prices())
    measures = [name for name in document["tables"] if name.startswith("measures")]
    single = {metric for name in measures for metric in table(document, name)["metric"]}
    columns = {column["id"] for made in document["tables"].values() for column in made["columns"]}
    known = {name for name, value in measured.items() if isinstance(value, Mapping) and any(value.values())}
    assert {name for name, metric in METRICS.items() if not metric.per} == single
    assert known - columns - ELSEWHERE == set()
    assert set(METRICS) >= ELSEWHERE


def test_the_five_sections_come_in_their_order() -> None:
    assert [one["id"] for one in built(history())["sections"]] == ["money", "fairness", "security", "learning", "cost"]


def test_the_same_facts_make_the_same_document() -> None:
    assert build_document(history(), Prices()) == build_document(history(), Prices())


def test_the_version_changes_with_the_content_and_not_with_the_block() -> None:
    facts = history()
    version = built(facts)["version"]
    later = built(replace(facts, block=facts.block + 1, time=facts.time + timedelta(seconds=12)))
    assert (later["version"], later["block"]) == (version, facts.block + 1)
    assert built(replace(facts, gaps=("something",)))["version"] != version
    assert built(history(3, 3))["version"] != version


def test_participants_are_numbered_as_they_joined() -> None:
    document = built(history(3, 2))
    assert [one["name"] for one in document["participants"]] == ["client-1", "client-2", "client-3"]
    assert [one["account"] for one in document["participants"]] == [account(0), account(1), account(2)]
    assert table(document, "standings")["participant"] == [0, 1, 2, 0, 1, 2]


def test_reveals_are_as_the_facts_say_to_the_gwei() -> None:
    facts = history(3, 2)
    rows = table(built(facts), "standings")
    assert rows["reward"] == [one.reward for one in facts.standings]
    assert rows["transaction"] == [one.transaction for one in facts.standings]
    assert sum(rows["share"][:3]) == pytest.approx(1, abs=1e-4)
    assert table(built(facts), "participants")["earned"] == [one.earned for one in facts.participants]


def test_rewards_so_far_end_at_what_was_earned() -> None:
    facts = history(3, 2)
    rows = table(built(facts), "progress")
    assert rows["round"] == [1, 1, 1, 2, 2, 2]
    assert rows["reward"][3:] == [one.earned for one in facts.participants]
    assert rows["stake"] == [STAKE] * 6


def test_amounts_among_the_figures_are_in_ether_and_exact() -> None:
    sections = {one["id"]: one for one in built(history(3, 2))["sections"]}
    shown = {one["label"]: (one["value"], one["unit"]) for one in sections["money"]["figures"]}
    assert shown["Unaccounted"] == ("0", "gwei")
    assert shown["Rewards not collected yet"] == ("0.2", "eth")
    assert shown["Break-even budget per round"] == ("0.00033", "eth")


def test_clients_that_no_participant_is_called_by_have_a_table_and_no_lines() -> None:
    facts = history(2, 2)
    renamed = tuple(replace(one, name=f"somebody {number}") for number, one in enumerate(facts.participants))
    document = built(replace(facts, participants=renamed))
    assert table(document, "clients")["rows"][:2] == ["client-1", "client-2"]
    assert "clients" not in document["charts"]


def test_a_title_is_the_scenarios_name_or_the_address_shortened() -> None:
    assert built(history())["title"] == "small"
    assert built(replace(history(), name=""))["title"] == "0xfefe…fefe"


def test_an_amount_beyond_what_javascript_counts_stays_exact() -> None:
    facts = history(1, 1)
    rich = replace(facts.participants[0], deposited=Gwei(2**63 + 1))
    assert table(built(replace(facts, participants=(rich,))), "participants")["deposited"] == [2**63 + 1]


def test_a_thousand_participants_in_a_hundred_rounds_fit_into_two_megabytes() -> None:
    document = build_document(history(1_000, 100), Prices())
    assert len(render_page(document)) < 2_000_000
    rows = table(document, "standings")
    assert len(rows["round"]) == 100_000
    assert "transaction" not in rows
    assert rows["position"][:2] == ["1050:0", "1050:1"]
    assert "Transactions are given as block:log" in document["tables"]["standings"]["note"]
    assert "Of 100 rounds, 20 are shown" in document["tables"]["progress"]["note"]
    assert "Of 101 rounds, 17 are shown" in document["tables"]["clients"]["note"]
    assert "net" not in document["charts"], "a thousand bars"


def test_too_many_movements_are_cut_and_the_table_says_so() -> None:
    facts = history(1, 1)
    many = replace(facts, movements=facts.movements * 20_001)
    made = built(many)["tables"]["movements"]
    assert len(columns_of(made)["time"]) == 20_000
    assert "The first 1 of 20,001 are left out" in made["note"]


def test_unknown_rewards_are_called_so() -> None:
    facts = history(2, 2)
    rounds = (replace(facts.rounds[0], evidence="missing", accepted=None), facts.rounds[1])
    known = tuple(one for one in facts.standings if one.round == 2)
    document = built(replace(facts, rounds=rounds, standings=known))
    titles = {column["id"]: column["title"] for column in document["tables"]["participants"]["columns"]}
    assert titles["earned"] == "Earned at least"
    assert table(document, "participants")["net"] == [None, None]
    assert "not all rewards are known" in document["tables"]["participants"]["note"]


def test_an_index_without_a_log_makes_a_page_that_says_so() -> None:
    with create_index(None, Meta(1, FEDERATION, 0, "here")) as index:
        document = built(load_facts(index))
    assert document["sentences"][0].endswith("has no participant yet, and no round was opened.")
    assert any("no log of the federation" in one["text"].lower() for one in document["notices"])
    assert render_page(document)


def test_a_round_that_expired_keeps_its_row() -> None:
    document = built(without_report(history(2, 3), 2))
    assert table(document, "rounds")["status"] == ["reported", "expired", "reported"]
    assert table(document, "rounds")["loss_after"][1] is None


def test_a_runs_document_holds_what_its_database_holds(small_run: Path) -> None:
    with index_run(small_run) as index:
        document = built(load_facts(index))
        rewards = index.query("SELECT reward FROM scores ORDER BY round, place")
        gas = dict(index.query("SELECT function, sum(gas_used)::BIGINT FROM transactions GROUP BY function"))
    assert sorted(table(document, "standings")["reward"]) == sorted(int(one) for (one,) in rewards)
    functions = table(document, "functions")
    assert dict(zip(functions["function"], functions["gas"], strict=True)) == gas
    assert {"model", "clients"} <= set(document["charts"])


def test_times_are_utc() -> None:
    facts = replace(history(), time=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert built(facts)["time"] == "2026-03-04T05:06:07Z"
    assert table(built(facts), "movements")["time"][0] == "2026-01-01T00:00:00Z"
    assert START.tzinfo is UTC


def test_the_report_of_a_round_leads_to_its_transaction() -> None:
    assert table(built(history(2, 2)), "rounds")["transaction"] == [digest(1), digest(2)]
    assert table(built(history(2, 2)), "rounds")["paid"] == [BUDGET, BUDGET]
