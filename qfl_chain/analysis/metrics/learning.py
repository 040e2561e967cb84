"""Learning: how good the model got for whom, who moved it, and whether updates agreed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import fsum

from qfl_chain.analysis.facts import Facts, ModelFigure, RoundFacts
from qfl_chain.analysis.metrics.metric import Metric, Number, Prices, Value
from qfl_chain.analysis.metrics.readings import contributions, labels

MEASURES = {"accuracy": "Accuracy", "auc": "Area under the ROC curve"}
Curve = Mapping[int, float | None]


def curves(figures: Sequence[ModelFigure], measure: str) -> dict[str, Curve]:
    """The federation's model after every round, by the rows it was measured on."""
    found: dict[str, dict[int, float | None]] = {}
    for one in figures:
        if one.round is not None and one.metric == measure:
            found.setdefault(one.rows, {})[one.round] = one.value
    return {rows: dict(sorted(curve.items())) for rows, curve in found.items()}


def baselines(figures: Sequence[ModelFigure], measure: str) -> dict[str, dict[str, float | None]]:
    """Other models' figures on the same rows, by model and rows."""
    found: dict[str, dict[str, float | None]] = {}
    for one in figures:
        if one.round is None and one.metric == measure:
            found.setdefault(one.model, {})[one.rows] = one.value
    return found


def improvement(values: Sequence[float | None]) -> float | None:
    """The last known value less the first; None with fewer than two."""
    known = [value for value in values if value is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return fsum(known) / len(known) if known else None


def last(values: Sequence[float | None]) -> float | None:
    """The last known value; None where nothing is."""
    return next((value for value in reversed(values) if value is not None), None)


def shares_moved(moved: Sequence[tuple[str, float]], rounds: int) -> dict[str, float]:
    """Each participant's mean share of the model's step, over ``rounds``; 0 for a round it took no part in."""
    parts: dict[str, list[float]] = {}
    for name, share in moved:
        parts.setdefault(name, []).append(share)
    return {name: fsum(shares) / rounds for name, shares in parts.items()}


def _last_by_rows(measure: str, facts: Facts, _: Prices) -> Value:
    return {rows: last(list(curve.values())) for rows, curve in curves(facts.figures, measure).items()}


def _improvement_by_rows(measure: str, facts: Facts, _: Prices) -> Value:
    return {rows: improvement(list(curve.values())) for rows, curve in curves(facts.figures, measure).items()}


def _by_round(measure: str, facts: Facts, _: Prices) -> Value:
    """On the pooled rows where a run directory tells, else on the public ones."""
    found = curves(facts.figures, measure)
    curve = found.get("pooled") or found.get("validation") or {}
    return {str(number): value for number, value in curve.items()}


def _baselines(measure: str, facts: Facts, _: Prices) -> Value:
    return {model: rows["pooled"] for model, rows in baselines(facts.figures, measure).items() if "pooled" in rows}


def _moved(facts: Facts, _: Prices) -> Value:
    called = labels(facts)
    shares = [
        (called.get(one.participant, one.participant), one.moved)
        for one in facts.standings
        if one.stands and one.moved is not None
    ]
    rounds = len({one.round for one in facts.standings if one.stands and one.moved is not None})
    nobody: dict[str, float | None] = dict.fromkeys(called.values(), 0.0 if rounds else None)
    return {**nobody, **shares_moved(shares, rounds)}


def _contributions(facts: Facts, _: Prices) -> Value:
    contributed = contributions(facts)
    return {name: contributed.get(account) for account, name in labels(facts).items()}


def _rounds(of: Callable[[RoundFacts], Number | None], facts: Facts, _: Prices) -> Value:
    return {str(one.number): of(one) for one in facts.rounds}


def _drift(facts: Facts, _: Prices) -> Value:
    return last([one.drift for one in facts.rounds])


def _agreement(facts: Facts, _: Prices) -> Value:
    return mean([one.agreement for one in facts.rounds])


def _curve_metrics(measure: str, title: str) -> tuple[Metric, ...]:
    lower = title[0].lower() + title[1:]
    return (
        Metric(f"{measure}_by_round", "learning", f"{title} by round", "", 0, 1, partial(_by_round, measure), "round"),
        Metric(measure, "learning", f"{title} of the last model", "", 0, 1, partial(_last_by_rows, measure), "rows"),
        Metric(
            f"{measure}_gain", "learning", f"Gain of {lower}", "", -1, 1, partial(_improvement_by_rows, measure), "rows"
        ),
        Metric(
            f"baseline_{measure}",
            "learning",
            f"{title} of the baselines",
            "",
            0,
            1,
            partial(_baselines, measure),
            "model",
        ),
    )


METRICS = (
    *(metric for measure, title in MEASURES.items() for metric in _curve_metrics(measure, title)),
    Metric(
        "loss_by_round",
        "learning",
        "Validation loss by round",
        "",
        0,
        None,
        partial(_rounds, lambda one: one.loss_after),
        "round",
    ),
    Metric("contribution", "learning", "Contribution", "loss per sample", None, None, _contributions, "participant"),
    Metric("moved", "learning", "Who moved the model", "", None, None, _moved, "participant"),
    Metric("agreement", "learning", "Agreement between updates", "", -1, 1, _agreement),
    Metric(
        "agreement_by_round",
        "learning",
        "Agreement between updates by round",
        "",
        -1,
        1,
        partial(_rounds, lambda one: one.agreement),
        "round",
    ),
    Metric(
        "step_by_round",
        "learning",
        "Step of the model by round",
        "rad",
        0,
        None,
        partial(_rounds, lambda one: one.step),
        "round",
    ),
    Metric("drift", "learning", "Drift of the model", "rad", 0, None, _drift),
    Metric(
        "drift_by_round",
        "learning",
        "Drift of the model by round",
        "rad",
        0,
        None,
        partial(_rounds, lambda one: one.drift),
        "round",
    ),
)
