"""The page's document: everything the report and the live view show, as one JSON value. Its format is in ADR 0024."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import Prices, Value, measure
from qfl_chain.analysis.page import concentration, curves, measures, tables
from qfl_chain.analysis.page.charts import written
from qfl_chain.analysis.page.history import History
from qfl_chain.analysis.page.plan import CHARTS, SECTIONS, Section
from qfl_chain.analysis.page.words import notices, sentences

FORMAT = 1

Table = Mapping[str, Any]


def build_document(facts: Facts, prices: Prices) -> dict[str, Any]:
    """The document of a history: the same facts and prices make the same document.

    ``version`` is a digest of it all but ``block`` and ``time``: it stays while the chain grows and nothing happens.
    """
    measured = measure(facts, prices)
    made = _tables(History(facts), measured)
    names = [one.name for one in facts.participants]
    charts = (*CHARTS, curves.model_chart(made.get("model")))
    drawn = {chart.id: one for chart in charts if (one := written(chart, made, names)) is not None}
    body = {
        "title": facts.name or _short(facts.federation),
        "federation": facts.federation,
        "chain_id": facts.chain_id,
        "source": facts.source,
        "sentences": sentences(facts),
        "notices": notices(facts),
        "participants": [
            {"name": one.name, "account": one.account, "behaviour": one.behaviour} for one in facts.participants
        ],
        "sections": [_section(section, measured, made, drawn) for section in SECTIONS],
        "tables": made,
        "charts": drawn,
    }
    return {"format": FORMAT, "version": _digest(body), "block": facts.block, "time": tables.utc(facts.time), **body}


def _tables(history: History, measured: Mapping[str, Value]) -> dict[str, Table]:
    """Every table that has something to say, by its name."""
    facts = history.facts
    made = {
        "participants": tables.participants_table(history),
        "money": tables.money_table(facts),
        "movements": tables.movements_table(history),
        "progress": curves.progress_table(history),
        "rounds": tables.rounds_table(facts),
        "standings": tables.standings_table(history),
        "lorenz": concentration.lorenz_table(facts),
        "concentration": concentration.concentration_table(history, measured),
        "behaviours": tables.behaviours_table(history),
        "model": curves.model_table(facts),
        "clients": curves.clients_table(history),
        "baselines": curves.baselines_table(facts),
        "functions": tables.gas_table(facts.transactions, "function", "Gas by function"),
        "roles": tables.gas_table(facts.transactions, "role", "Gas by role"),
        **measures.spread_tables(measured),
        **{f"measures-{one.id}": measures.single_table(measured, one.groups) for one in SECTIONS},
    }
    present = {name: table for name, table in made.items() if table is not None}
    return measures.extended(present, measured, facts)


def _section(
    section: Section, measured: Mapping[str, Value], made: Mapping[str, Table], drawn: Iterable[str]
) -> dict[str, Any]:
    spread = [name for name in made if name.partition("-")[0] in section.groups]
    return {
        "id": section.id,
        "title": section.title,
        "text": section.text,
        "figures": measures.figures(measured, section, made),
        "charts": [name for name in section.charts if name in drawn],
        "tables": [name for name in (*section.tables, *spread, f"measures-{section.id}") if name in made],
    }


def _short(address: str) -> str:
    return f"{address[:6]}…{address[-4:]}"


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
