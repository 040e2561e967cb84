"""What the page shows is what the document says."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import document
from tests.analysis.page.reading import all_rows, chart_of, column_values, expected_rows, table_of

SMALL = document()
INKED = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    .data.some((value, i) => i % 4 === 3 && value > 0)"""


@pytest.mark.parametrize("table", sorted(SMALL["tables"]))
def test_every_cell_of_every_page_is_the_documents(show: Open, table: str) -> None:
    assert all_rows(table_of(show(SMALL), table)) == expected_rows(SMALL, table)


@pytest.mark.parametrize("table", ["participants", "standings", "rounds"])
def test_every_cell_stays_right_when_sorted_by_any_column(show: Open, table: str) -> None:
    view = table_of(show(SMALL), table)
    for column in SMALL["tables"][table]["columns"]:
        heading = view.locator(f"th[data-column={column['id']}]")
        for direction in ("ascending", "descending"):
            heading.get_by_role("button").click()
            assert heading.get_attribute("aria-sort") == direction
            assert all_rows(view) == _sorted(table, column, is_down=direction == "descending")
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "none"


def _sorted(table: str, column: dict[str, Any], *, is_down: bool) -> list[list[str]]:
    values, rows = column_values(SMALL, table, column["id"]), expected_rows(SMALL, table)
    keys = [_key(value, column["kind"]) for value in values]
    known = sorted(
        (i for i, key in enumerate(keys) if key is not None),
        key=lambda i: (keys[i], -i if is_down else i),
        reverse=is_down,
    )
    return [rows[i] for i in [*known, *(i for i, key in enumerate(keys) if key is None)]]


def _key(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "participant":
        return str(SMALL["participants"][value]["name"]).replace("ü", "u").lower()
    if kind == "position":
        return tuple(map(int, value.split(":")))
    if kind == "transaction":
        return value
    return {True: "yes", False: "no"}[value] if kind == "boolean" else int(value) if kind == "wei" else value


def test_sentences_notices_and_origin_are_shown(show: Open) -> None:
    page = show(SMALL)
    assert page.title() == page.locator("h1").inner_text() == "made-up"
    assert page.locator(".sentences").inner_text() == " ".join(SMALL["sentences"])
    levels = {"gap": "Gap", "warning": "Warning", "info": "Note"}
    expected = [f"{levels[notice['level']]} {notice['text']}" for notice in SMALL["notices"]]
    assert page.locator(".notices li").all_inner_texts() == expected
    assert page.locator("#origin").inner_text().split("\n") != []
    for text in (SMALL["federation"], "chain 31337", "block 52", "2026-11-25 17:47:00 UTC", "runs/made-up"):
        assert text in page.locator("#origin").inner_text()


def test_every_section_has_its_figures_charts_and_tables(show: Open) -> None:
    page = show(SMALL)
    for section in SMALL["sections"]:
        part = page.locator(f"section[aria-labelledby={section['id']}]")
        assert part.locator("h2").inner_text() == section["title"]
        for figure in section["figures"]:
            card = part.locator(f".card[data-metric={figure['metric']}]")
            assert card.locator("dt").inner_text() == figure["label"]
            assert card.locator(".value").inner_text() == f"{figure['value']} {figure['unit']}".strip()
            assert figure["note"] in card.locator(".note").inner_text()
        for chart in section["charts"]:
            assert (
                chart_of(page, chart).get_by_role("img").get_attribute("aria-label") == SMALL["charts"][chart]["text"]
            )
        assert part.locator(".table h3").all_inner_texts()[: len(section["tables"])] == [
            SMALL["tables"][table]["title"] for table in section["tables"]
        ]


def test_a_table_that_only_a_chart_names_is_shown_once(show: Open) -> None:
    page = show(SMALL)
    assert page.locator("#table-gas").count() == 1
    assert page.locator(".table").count() == len(SMALL["tables"])


def test_every_chart_is_drawn(show: Open) -> None:
    page = show(SMALL)
    for chart in SMALL["charts"]:
        assert chart_of(page, chart).locator("canvas").evaluate(INKED), chart


def test_a_charts_points_read_by_keyboard_are_its_tables_values(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "learning")
    figure.locator(".plot").focus()
    seen = []
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        seen.append(figure.locator(".tip b").all_inner_texts())
    columns = ("round", "accuracy", "baseline")
    kinds = ("round", "number", "number")
    rows = zip(*(column_values(SMALL, "rounds", column) for column in columns), strict=True)
    assert seen == [
        [f"{value:.6g}" if kind == "number" else str(value) for value, kind in zip(row, kinds, strict=True)]
        for row in rows
    ]


def test_the_csv_holds_every_value_in_full(show: Open, tmp_path: Path) -> None:
    page = show(SMALL)
    view = table_of(page, "rounds")
    with page.expect_download() as download:
        view.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "rounds.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "rounds.csv").read_text("utf-8"))))
    for column in SMALL["tables"]["rounds"]["columns"]:
        values = column_values(SMALL, "rounds", column["id"])
        if column["kind"] == "number":
            assert [float(row[column["id"]]) for row in rows] == values
        else:
            assert [row[column["id"]] for row in rows] == ["" if value is None else str(value) for value in values]
    assert download.value.suggested_filename == "rounds.csv"
