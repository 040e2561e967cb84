"""Every metric by its name: what ``docs/metrics.md`` defines, computed from a history's facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics import cost, decentralisation, fairness, learning, money, security
from qfl_chain.analysis.metrics.metric import GROUPS, Metric, Number, Prices, Value
from qfl_chain.errors import InputError

__all__ = ["GROUPS", "METRICS", "Metric", "Number", "Prices", "Value", "measure", "select"]

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for group in (money, fairness, decentralisation, security, learning, cost)
    for metric in group.METRICS
}
"""In the order of their groups and of the document."""


def measure(facts: Facts, prices: Prices, names: Sequence[str] = ()) -> dict[str, Value]:
    """The values of the metrics named, or of all of them.

    Raises:
        InputError: an unknown name.
    """
    return {metric.name: metric.compute(facts, prices) for metric in select(names)}


def select(names: Sequence[str] = ()) -> tuple[Metric, ...]:
    """The metrics named, or all of them.

    Raises:
        InputError: an unknown name.
    """
    for name in names:
        if name not in METRICS:
            raise InputError(f"no metric {name!r}{_nearest(name)}")
    return tuple(METRICS[name] for name in names or METRICS)


def _nearest(name: str) -> str:
    """The nearest name, from a looser look than for keys: names are long, and people type a part of one."""
    matches = get_close_matches(name, list(METRICS), n=1, cutoff=0.4)
    if matches:
        return f"; did you mean {matches[0]!r}?"
    return "; docs/metrics.md defines them all, and `qfl analyze metrics` without --metric shows every name"
