"""The page's tables of how much is in how few hands: Lorenz curves, and concentration round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import METRICS, Value
from qfl_chain.analysis.metrics.fairness import gini, lorenz
from qfl_chain.analysis.metrics.readings import SUBJECTS, holdings, holdings_by_round
from qfl_chain.analysis.page.columns import Column, table
from qfl_chain.analysis.page.history import History
from qfl_chain.analysis.page.measures import is_concentration

LORENZ_POINTS = 101


def lorenz_table(facts: Facts) -> dict[str, Any]:
    """Lorenz curves of stake and reward: what share the poorest x of the participants hold."""
    count = len(facts.participants)
    points = min(count + 1, LORENZ_POINTS) if count else 0
    cuts = [round(count * point / (points - 1)) for point in range(points)]
    shares = [cut / count for cut in cuts]
    columns = [
        Column("share", "Share of participants", "number", shares),
        Column("equal", "All equal", "number", shares),
    ]
    for subject in ("stake", "reward"):
        held = lorenz(holdings(facts, subject))
        columns.append(Column(subject, subject.capitalize(), "number", [held[cut] if held else None for cut in cuts]))
    note = "The poorest x of the participants hold y of the whole. On the diagonal all have the same."
    return table("Lorenz curves", note, columns)


def concentration_table(history: History, measured: Mapping[str, Value]) -> dict[str, Any]:
    """Measures of concentration of stake, reward and weight, round by round."""
    columns = [Column("round", "Round", "round", history.rounds)]
    for subject in SUBJECTS:
        held = holdings_by_round(history.facts, subject)
        values = [gini(held.get(number, ())) for number in history.rounds]
        columns.append(Column(f"gini_{subject}", f"Gini of {subject}", "number", values))
    for name, value in measured.items():
        if is_concentration(name) and isinstance(value, Mapping):
            values = [value.get(str(number)) for number in history.rounds]
            columns.append(Column(name, METRICS[name].title.removesuffix(" by round"), "number", values))
    note = (
        "Stake is everybody's at the end of a round; reward and weight are the round's own. A Nakamoto coefficient is "
        "the fewest participants who together have more than that share."
    )
    return table("Concentration", note, columns)
