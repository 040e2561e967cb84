"""Figures: every chart twice, the same bytes every time, nothing of a name taken for anything but text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.page.document import build_document
from qfl_chain.analysis.page.figures import MOST_LINES, draw, render_figures
from qfl_chain.errors import InputError
from tests.analysis.page.histories import history

SVG = "{http://www.w3.org/2000/svg}"
DC = "{http://purl.org/dc/elements/1.1/}"


def document(participants: int = 3, rounds: int = 2) -> dict[str, Any]:
    return build_document(history(participants, rounds), Prices())


def only(made: dict[str, Any], *names: str) -> dict[str, Any]:
    return {**made, "charts": {name: made["charts"][name] for name in names}}


def test_every_chart_is_drawn_twice(tmp_path: Path) -> None:
    made = document()
    assert render_figures(made, tmp_path / "new" / "figures") == [
        tmp_path / "new" / "figures" / f"{name}.{ending}" for name in made["charts"] for ending in ("png", "svg")
    ]


def test_figures_say_in_words_what_they_show(tmp_path: Path) -> None:
    made = only(document(), "rewards")
    png, svg = render_figures(made, tmp_path)
    chart = made["charts"]["rewards"]
    with Image.open(png) as image:
        assert image.info["Description"] == chart["text"]
        assert image.info["Title"] == chart["title"]
    root = ElementTree.parse(svg).getroot()
    assert [one.text for one in root.iter(f"{DC}description")] == [chart["text"]]
    assert list(root.iter(f"{DC}date")) == []


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    made = only(document(), "scatter", "net", "lorenz", "contributions")
    first, second = render_figures(made, tmp_path / "1"), render_figures(made, tmp_path / "2")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_line_goes_through_the_tables_points() -> None:
    axes = draw(document(), "losses").axes[0]
    assert [list(map(float, line.get_ydata())) for line in axes.lines] == [[1.0, 0.5], [0.5, 0.33333]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("round", "loss per sample")


def test_few_participants_have_a_line_each_and_many_a_band() -> None:
    few, many = (draw(document(count), "rewards").axes[0] for count in (MOST_LINES, MOST_LINES + 1))
    assert (len(few.lines), len(few.collections)) == (MOST_LINES, 0)
    assert (len(many.lines), len(many.collections)) == (1, 1)
    legend = many.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["half of 13 participants", "median"]


def test_bars_stand_for_the_tables_rows() -> None:
    made = document()
    axes = draw(made, "net").axes[0]
    columns = {column["id"]: column["values"] for column in made["tables"]["participants"]["columns"]}
    assert [bar.get_height() for bar in axes.patches] == columns["net"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["client-1", "client-2", "client-3"]


@pytest.mark.parametrize("name", ["$x^2$", "_hidden", "<b>&amp;", "名前 \U0001f600", "\x00\x1b\n\ud800", "a" * 300])
def test_any_name_is_text_and_nothing_else(name: str, tmp_path: Path) -> None:
    facts = history(2, 2)
    people = (replace(facts.participants[0], name=name), facts.participants[1])
    made = only(build_document(replace(facts, participants=people), Prices()), "rewards", "net")
    for path in render_figures(made, tmp_path):
        if path.suffix == ".svg":
            root = ElementTree.parse(path).getroot()
            assert {one.tag for one in root.iter()} >= {f"{SVG}g", f"{SVG}path"}
            assert not re.search(r"<(b|script)\b", path.read_text())
    legend = draw(made, "rewards").axes[0].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 2


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made = only(document(), "rewards")
    (tmp_path / "rewards.svg").write_text("mine")
    with pytest.raises(InputError, match=r"svg exists already: choose another directory; no figure was written"):
        render_figures(made, tmp_path)
    assert not (tmp_path / "rewards.png").exists()


def test_a_file_in_the_directorys_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "figures").write_text("")
    with pytest.raises(InputError, match=r"cannot make the directory .*figures"):
        render_figures(document(), tmp_path / "figures")
