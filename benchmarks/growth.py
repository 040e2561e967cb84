"""Measures at several sizes, and how they grow from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

Measures = dict[str, float]
SIZE = "participants"


def growth(small: Measures, large: Measures) -> Measures:
    """The exponent of every measure: 1 grows as the number of participants does, 2 as its square."""
    steps = log(large[SIZE] / small[SIZE])
    return {
        name: log(large[name] / small[name]) / steps
        for name in small
        if name != SIZE and small[name] > 0 and large[name] > 0
    }


def table(rows: Sequence[Measures]) -> str:
    """One column a size, and the exponents from each to the next."""
    exponents = [growth(small, large) for small, large in pairwise(rows)]
    lines = []
    for name in rows[0]:
        figures = "".join(f"{_figure(row[name]):>13}" for row in rows)
        grown = "".join(f"{each[name]:>8.2f}" if name in each else " " * 8 for each in exponents)
        lines.append(f"{name:<34}{figures}{grown}")
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
