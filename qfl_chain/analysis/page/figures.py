"""Every chart of a document as PNG and SVG, drawn by matplotlib; the same document gives the same files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from qfl_chain.analysis.page.columns import columns_of
from qfl_chain.errors import InputError

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
"""Okabe and Ito's, which people with any colour vision tell apart."""

STYLES = ("-", "--", "-.", ":")
"""Taken in turn when the colours are used up."""

MOST_LINES = 12
"""Of more participants, the median and the quartiles are drawn."""

LONGEST_LABEL = 32

SIZE, DPI = (7.2, 4.2), 120

SETTINGS: Any = {"svg.hashsalt": "qfl-chain", "svg.fonttype": "path", "text.parse_math": False}
"""No name of a participant is taken for a formula, and the ids in an SVG do not change from run to run."""


def render_figures(document: Mapping[str, Any], directory: Path) -> list[Path]:
    """Write ``<chart>.png`` and ``<chart>.svg`` for every chart.

    Raises:
        InputError: the directory cannot be made, or a file is there already or cannot be written.
    """
    paths = [directory / f"{name}.{ending}" for name in document["charts"] for ending in ("png", "svg")]
    _require_free(directory, paths)
    written = []
    for name, chart in document["charts"].items():
        figure = draw(document, name)
        for ending, canvas in (("png", FigureCanvasAgg), ("svg", FigureCanvasSVG)):
            path = directory / f"{name}.{ending}"
            with rc_context(SETTINGS), _unwarned():
                canvas(figure).print_figure(path, dpi=DPI, metadata=_metadata(ending, chart))
            written.append(path)
    return written


def draw(document: Mapping[str, Any], name: str) -> Figure:
    """One chart of a document."""
    chart = document["charts"][name]
    names = [one["name"] for one in document["participants"]]
    table = document["tables"][chart["table"]]
    titles = {column["id"]: column["title"] for column in table["columns"]}
    kinds = {column["id"]: column["kind"] for column in table["columns"]}
    with rc_context(SETTINGS):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        KINDS[chart["kind"]](axes, _Drawing(chart, columns_of(table), titles, kinds, names))
        _dress(axes, chart)
    return figure


@dataclass(frozen=True, slots=True)
class _Drawing:
    chart: Mapping[str, Any]
    columns: Mapping[str, Sequence[Any]]
    titles: Mapping[str, str]
    kinds: Mapping[str, str]
    names: Sequence[str]

    @property
    def x(self) -> Sequence[Any]:
        return self.columns[self.chart["x"]]

    def called(self, column: str, value: Any) -> str:
        """A category as people read it."""
        if value is None:
            return "unknown"
        return _label(self.names[value] if self.kinds[column] == "participant" else str(value))


def _line(axes: Axes, drawing: _Drawing) -> None:
    for place, name in enumerate(drawing.chart["y"]):
        y = _floats(drawing.columns[name])
        level = {"marker": "", "linestyle": "--"} if len(set(y)) == 1 else {}
        axes.plot(_floats(drawing.x), y, label=_label(drawing.titles[name]), **{**_look(place), **level})


def _lines_by(axes: Axes, drawing: _Drawing) -> None:
    by, name = drawing.chart["by"], drawing.chart["y"][0]
    rows = list(zip(drawing.columns[by], drawing.x, drawing.columns[name], strict=True))
    who = sorted({one for one, _, _ in rows if one is not None})
    if len(who) > MOST_LINES:
        _band(axes, [(x, y) for _, x, y in rows], len(who))
        return
    for place, one in enumerate(who):
        points = [(x, y) for other, x, y in rows if other == one]
        x, y = zip(*points, strict=True)
        axes.plot(_floats(x), _floats(y), label=drawing.called(by, one), **_look(place))


def _band(axes: Axes, points: Sequence[tuple[Any, Any]], count: int) -> None:
    """The median of many lines, between their quartiles."""
    at: dict[float, list[float]] = {}
    for x, y in points:
        if y is not None:
            at.setdefault(float(x), []).append(float(y))
    x = sorted(at)
    low, middle, high = (np.array([np.percentile(at[one], share) for one in x]) for share in (25, 50, 75))
    axes.fill_between(x, low, high, color=COLOURS[0], alpha=0.25, linewidth=0, label=f"half of {count:,} participants")
    axes.plot(x, middle, color=COLOURS[0], label="median")


def _bar(axes: Axes, drawing: _Drawing) -> None:
    names = drawing.chart["y"]
    labels = [drawing.called(drawing.chart["x"], value) for value in drawing.x]
    width, at = 0.8 / len(names), np.arange(len(labels))
    for place, name in enumerate(names):
        heights = _floats(drawing.columns[name])
        offset = (place - (len(names) - 1) / 2) * width
        axes.bar(at + offset, heights, width, label=_label(drawing.titles[name]), color=COLOURS[place % len(COLOURS)])
    slanted = len(labels) > 4 or any(len(label) > 12 for label in labels)
    axes.set_xticks(at, labels, rotation=30 if slanted else 0, ha="right" if slanted else "center")
    axes.axhline(0, color="#666666", linewidth=0.8)


def _scatter(axes: Axes, drawing: _Drawing) -> None:
    y = drawing.columns[drawing.chart["y"][0]]
    by = drawing.chart.get("by")
    groups = drawing.columns[by] if by else [""] * len(y)
    for place, group in enumerate(sorted(set(groups), key=str)):
        chosen = [row for row, one in enumerate(groups) if one == group]
        axes.scatter(
            _floats([drawing.x[row] for row in chosen]),
            _floats([y[row] for row in chosen]),
            label=drawing.called(by, group) if by else "",
            color=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
        )


MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
KINDS: Mapping[str, Callable[[Axes, _Drawing], None]] = {
    "line": _line,
    "lines-by": _lines_by,
    "bar": _bar,
    "scatter": _scatter,
}


def _dress(axes: Axes, chart: Mapping[str, Any]) -> None:
    axes.set_title(chart["title"], loc="left")
    axes.set_xlabel(chart["x_title"])
    axes.set_ylabel(chart["y_title"])
    axes.grid(visible=True, axis="both" if chart["kind"] == "scatter" else "y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if chart["x_title"] == "round":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if chart["y_title"].endswith(("gwei", "gas")):
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    handles, labels = axes.get_legend_handles_labels()
    if len(handles) > 1:
        axes.legend(handles, labels, fontsize="small", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


@contextmanager
def _unwarned() -> Iterator[None]:
    """A name in a script that the font lacks is drawn as boxes, which needs no warning."""
    with catch_warnings():
        filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _look(place: int) -> dict[str, Any]:
    style = STYLES[place // len(COLOURS) % len(STYLES)]
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": style, "marker": "o", "markersize": 3}


def _floats(values: Sequence[Any]) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]


def _plain(text: str) -> str:
    """Text that every file can hold."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _label(text: str) -> str:
    """Text that leaves room for the axes; matplotlib takes a leading underscore for "no label"."""
    shown = _plain(text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…")
    return f" {shown}" if shown.startswith("_") else shown


def _metadata(ending: str, chart: Mapping[str, Any]) -> dict[str, Any]:
    """The alternative text, and nothing that changes from run to run."""
    told = {"Title": _plain(chart["title"]), "Description": _plain(chart["text"])}
    return told | ({"Date": None, "Creator": None} if ending == "svg" else {"Software": None})


def _require_free(directory: Path, paths: Sequence[Path]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the directory {directory} ({error.strerror}): choose another one") from error
    for path in paths:
        if path.exists():
            raise InputError(f"{path} exists already: choose another directory; no figure was written")
