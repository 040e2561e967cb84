"""The page's tables over time: every participant's stake and reward, and the model's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.page.charts import Chart
from qfl_chain.analysis.page.columns import MANY_ROWS, Column, table
from qfl_chain.analysis.page.history import History

MODEL_METRICS = ("accuracy", "auc", "loss")


def progress_table(history: History) -> dict[str, Any]:
    """Every participant's stake and reward so far, round by round; with very many, not every round."""
    count = len(history.index)
    rounds = _thinned(history.rounds, MANY_ROWS // max(count, 1))
    columns = [
        Column("round", "Round", "round", [number for number in rounds for _ in range(count)]),
        Column("participant", "Participant", "participant", list(range(count)) * len(rounds)),
        Column("stake", "Stake", "gwei", [stake for number in rounds for stake in history.stakes[number]]),
        Column("reward", "Reward so far", "gwei", [one for number in rounds for one in history.rewards[number]]),
    ]
    note = "Stake when the next round opened, and rewards of all standing reports so far."
    return table("Stake and reward over time", note + _left_out(history.rounds, rounds), columns)


def model_table(facts: Facts) -> dict[str, Any] | None:
    """The model's figures on everybody's rows together, beside constant columns of the baselines."""
    rows = common_rows(facts)
    if rows is None:
        return None
    columns = [Column("round", "Round", "round", _rounds_of(facts, rows))]
    for metric in MODEL_METRICS:
        curve = _curve(facts, rows, metric)
        if curve:
            columns.append(Column(metric, metric_title(metric), "number", [curve.get(x) for x in columns[0].values]))
    for number, (model, value) in enumerate(_baselines(facts, rows).items()):
        columns.append(Column(f"baseline{number}", model, "number", [value] * len(columns[0].values)))
    note = f"Figures of the global model on the {rows} rows; round 0 is the initial model."
    if any(column.id.startswith("baseline") for column in columns):
        note += " Baselines: accuracy of models trained otherwise, on the same rows."
    return table("Model", note, columns)


def model_chart(model: Mapping[str, Any] | None) -> Chart:
    """The model's accuracy beside the baselines."""
    ids = [column["id"] for column in model["columns"]] if model else []
    drawn = ("accuracy", *(name for name in ids if name.startswith("baseline")))
    title = "Accuracy of the model, beside the baselines" if len(drawn) > 1 else "Accuracy of the model"
    return Chart("model", title, "line", "model", "round", drawn, "round", "accuracy")


def clients_table(history: History) -> dict[str, Any] | None:
    """The model's figures on every client's own held-out rows."""
    facts = history.facts
    by_name = {one.name: number for number, one in enumerate(facts.participants)}
    found: dict[tuple[int, str], dict[str, float | None]] = {}
    for one in facts.figures:
        if one.round is not None and one.rows not in COMMON:
            found.setdefault((one.round, one.rows), {})[one.metric] = one.value
    if not found:
        return None
    every = sorted({number for number, _ in found})
    rounds = _thinned(every, MANY_ROWS // len({rows for _, rows in found}))
    keys = sorted(key for key in found if key[0] in set(rounds))
    columns = [
        Column("round", "Round", "round", [number for number, _ in keys]),
        Column("rows", "Rows", "text", [rows for _, rows in keys]),
        Column("participant", "Participant", "participant", [by_name.get(rows) for _, rows in keys]),
    ]
    columns += [
        Column(metric, metric_title(metric), "number", [found[key].get(metric) for key in keys])
        for metric in MODEL_METRICS
        if any(metric in figures for figures in found.values())
    ]
    note = "Figures of the global model on held-out rows of each client."
    return table("Model on each client's rows", note + _left_out(every, rounds), columns)


def baselines_table(facts: Facts) -> dict[str, Any] | None:
    """Models trained otherwise, on the same rows."""
    found: dict[tuple[str, str], dict[str, float | None]] = {}
    for one in facts.figures:
        if one.round is None:
            found.setdefault((one.model, one.rows), {})[one.metric] = one.value
    if not found:
        return None
    columns = [
        Column("model", "Model", "text", [model for model, _ in found]),
        Column("rows", "Rows", "text", [rows for _, rows in found]),
    ]
    columns += [
        Column(metric, metric_title(metric), "number", [figures.get(metric) for figures in found.values()])
        for metric in MODEL_METRICS
        if any(metric in figures for figures in found.values())
    ]
    return table("Baselines", "Models trained otherwise, on the same held-out rows.", columns)


COMMON = ("pooled", "validation")
"""Rows that are nobody's alone: held-out rows of all clients together, else the public rows that score updates."""


def common_rows(facts: Facts) -> str | None:
    """Which of :data:`COMMON` the model's figures are given on, the first that is."""
    given = {one.rows for one in facts.figures if one.round is not None}
    return next((rows for rows in COMMON if rows in given), None)


def metric_title(metric: str) -> str:
    """A metric's name as people write it."""
    return {"auc": "AUC"}.get(metric, metric.capitalize())


def model_curve(facts: Facts, metric: str) -> Sequence[tuple[int, float]]:
    """A metric of the model on the common rows by round, where it is known."""
    rows = common_rows(facts)
    curve = _curve(facts, rows, metric) if rows else {}
    return [(number, value) for number, value in sorted(curve.items()) if value is not None]


def _curve(facts: Facts, rows: str, metric: str) -> Mapping[int, float | None]:
    return {
        one.round: one.value
        for one in facts.figures
        if one.round is not None and (one.rows, one.metric) == (rows, metric)
    }


def _baselines(facts: Facts, rows: str) -> Mapping[str, float | None]:
    return {
        one.model: one.value
        for one in facts.figures
        if one.round is None and (one.rows, one.metric) == (rows, "accuracy")
    }


def _rounds_of(facts: Facts, rows: str) -> list[int]:
    return sorted({one.round for one in facts.figures if one.round is not None and one.rows == rows})


def _left_out(every: Sequence[int], shown: Sequence[int]) -> str:
    if len(every) == len(shown):
        return ""
    return f" Of {len(every)} rounds, {len(shown)} are shown, to keep the page small."


def _thinned(rounds: Sequence[int], most: int) -> Sequence[int]:
    """At most so many rounds, evenly spaced, always the last one."""
    every = -(-len(rounds) // max(most, 1))
    return [number for place, number in enumerate(rounds) if (len(rounds) - 1 - place) % max(every, 1) == 0]
