"""The page's charts: each names a table's columns, and says in words and figures what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from qfl_chain.analysis.page.columns import columns_of
from qfl_chain.analysis.page.wording import MOST_NAMED, counted, shown

MOST_BARS = 40
"""A bar chart of more would be read by nobody."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. ``kind`` is line, lines-by, bar or scatter; ``by`` the column that tells lines or dots apart."""

    id: str
    title: str
    kind: str
    table: str
    x: str
    y: tuple[str, ...]
    x_title: str
    y_title: str
    by: str = ""


def written(chart: Chart, tables: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """A chart of the document; None where its table has nothing to draw.

    Args:
        names: the participants' names, by their number.
    """
    table = tables.get(chart.table)
    if table is None:
        return None
    columns, titles = columns_of(table), {column["id"]: column["title"] for column in table["columns"]}
    drawn = [name for name in chart.y if any(value is not None for value in columns.get(name, ()))]
    if not drawn or chart.x not in columns or (chart.kind == "bar" and len(columns[chart.x]) > MOST_BARS):
        return None
    if chart.kind == "lines-by" and None in columns[chart.by]:
        return None
    by = {"by": chart.by} if chart.by in columns else {}
    text = _TEXTS[chart.kind](_View(chart, columns, titles, drawn, names))
    return {
        "title": chart.title,
        "kind": chart.kind,
        "table": chart.table,
        "x": chart.x,
        "y": drawn,
        **by,
        "x_title": chart.x_title,
        "y_title": chart.y_title,
        "text": text,
    }


@dataclass(frozen=True, slots=True)
class _View:
    chart: Chart
    columns: Mapping[str, Sequence[Any]]
    titles: Mapping[str, str]
    drawn: Sequence[str]
    names: Sequence[str]

    def name(self, column: str, value: Any) -> str:
        """A category as people read it: a participant's name, or the text itself."""
        if column == "participant":
            return "nobody" if value is None else self.names[value]
        return "unknown" if value is None else str(value)


def _line(view: _View) -> str:
    told = [_course(view.titles[name], view.columns[view.chart.x], view.columns[name]) for name in view.drawn]
    rest = f" And {len(told) - MOST_NAMED} more." if len(told) > MOST_NAMED else ""
    return f"{view.chart.y_title.capitalize()} by {view.chart.x_title}. " + " ".join(told[:MOST_NAMED]) + rest


def _course(title: str, x: Sequence[Any], y: Sequence[Any]) -> str:
    points = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
    (first, start), (last, end) = points[0], points[-1]
    if all(value == start for _, value in points):
        return f"{title}: {shown(start)}{' throughout' if len(points) > 1 else f' at {shown(first)}'}."
    return f"{title}: from {shown(start)} at {shown(first)} to {shown(end)} at {shown(last)}."


def _lines_by(view: _View) -> str:
    """Where the lines end, by participant."""
    name, by = view.drawn[0], view.chart.by
    lines = zip(view.columns[by], view.columns[name], strict=True)
    ends = {who: value for who, value in lines if value is not None}
    last = max(view.columns[view.chart.x])
    x = view.chart.x_title
    subject = f"{view.titles[name]} by {x}, one line a {by}, up to {x} {shown(last)}."
    return f"{subject} At their ends: " + _told([(view.name(by, who), value) for who, value in ends.items()])


def _bar(view: _View) -> str:
    """Every bar's height."""
    x = [view.name(view.chart.x, value) for value in view.columns[view.chart.x]]
    parts = []
    for name in view.drawn:
        bars = [(at, value) for at, value in zip(x, view.columns[name], strict=True) if value is not None]
        parts.append(f"{view.titles[name]}: {_told(bars)}")
    return f"{view.chart.y_title.capitalize()} by {view.chart.x_title}. " + " ".join(parts)


def _scatter(view: _View) -> str:
    """How many dots, and whether more of x goes with more of y."""
    name = view.drawn[0]
    dots = [
        (x, y)
        for x, y in zip(view.columns[view.chart.x], view.columns[name], strict=True)
        if x is not None and y is not None
    ]
    what = f"{view.chart.y_title.capitalize()} against {view.chart.x_title}: {counted(len(dots), 'dot')}"
    if not dots:
        return what + "."
    xs, ys = [x for x, _ in dots], [y for _, y in dots]
    return f"{what}, x from {shown(min(xs))} to {shown(max(xs))}, y from {shown(min(ys))} to {shown(max(ys))}."


def _told(values: Sequence[tuple[str, Any]]) -> str:
    if len(values) <= MOST_NAMED:
        return ", ".join(f"{name} {shown(value)}" for name, value in values) + "."
    ordered = sorted(values, key=lambda one: one[1])
    (least, low), (most, high) = ordered[0], ordered[-1]
    middle = shown(median(value for _, value in values))
    ends = f"{least} has the least with {shown(low)}, {most} the most with {shown(high)}"
    return f"of {len(values)}, {ends}; the median is {middle}."


_TEXTS = {"line": _line, "lines-by": _lines_by, "bar": _bar, "scatter": _scatter}
