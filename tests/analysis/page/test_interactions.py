"""Picking, zooming, sorting, filtering: by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import account, document
from tests.analysis.page.reading import (
    all_rows,
    chart_of,
    expected_rows,
    page_rows,
    picture,
    status,
    table_of,
    wait_for_another_picture,
    zoom_of,
)

SMALL = document()


def _chip(page: Page, name: str) -> Locator:
    return page.locator("#picker").get_by_role("button", name=name)


def _picked(page: Page) -> list[str]:
    return page.locator("#picker .chips [aria-pressed=true]").all_inner_texts()


def test_a_pick_marks_filters_redraws_and_stays_in_the_address(show: Open) -> None:
    page = show(SMALL)
    before = {chart: picture(chart_of(page, chart)) for chart in ("rewards", "earned", "all-rewards")}
    _chip(page, "Budapest").click()
    assert page.url.endswith(f"#pick={account(1)}")
    assert table_of(page, "participants").locator("tr.picked").all_inner_texts()[0].startswith("Budapest")
    assert all_rows(table_of(page, "standings")) == [
        row for row in expected_rows(SMALL, "standings") if row[1] == "Budapest"
    ]
    assert status(table_of(page, "standings")).endswith("12 rows (72 without filters)")
    for chart, drawn in before.items():
        wait_for_another_picture(chart_of(page, chart), drawn)
    assert "Budapest picked" in page.locator("#announcements").inner_text()


def test_a_pick_leaves_the_figures_alone(show: Open) -> None:
    page = show(SMALL)
    cards = page.locator(".card").all_inner_texts()
    _chip(page, "Budapest").click()
    assert page.locator(".card").all_inner_texts() == cards


def test_an_address_with_picks_shows_them(show: Open) -> None:
    page = show(SMALL, f"#pick={account(2)},{account(0)}")
    assert sorted(_picked(page)) == ["Cleveland", "Zürich"]
    page.evaluate(f"location.hash = '#pick={account(5)}'")
    expect(_chip(page, "Lyon")).to_have_attribute("aria-pressed", "true")
    assert _picked(page) == ["Lyon"]


@pytest.mark.parametrize("fragment", ["#pick=nobody", "#pick=%", "#pick=,,", "#%00", "#money"])
def test_an_address_with_nonsense_picks_nobody(show: Open, fragment: str) -> None:
    assert _picked(show(SMALL, fragment)) == []


def test_picks_can_be_taken_back_one_by_one_and_all_at_once(show: Open) -> None:
    page = show(SMALL, f"#pick={account(2)},{account(0)},{account(1)}")
    _chip(page, "Zürich").click()
    assert _picked(page) == ["Cleveland", "Budapest"]
    _chip(page, "Clear").click()
    assert _picked(page) == []
    assert "#" not in page.url


def test_a_table_can_show_the_others_beside_the_picked(show: Open) -> None:
    page = show(SMALL, f"#pick={account(1)}")
    view = table_of(page, "standings")
    # By keyboard: charts that are drawn as they come into sight can move what a mouse aims at.
    view.get_by_label("only the picked").press("Space")
    assert status(view) == "1 to 10 of 72 rows"
    assert view.locator("tr.picked").count() == 2


def test_a_click_on_a_row_picks_its_participant(show: Open) -> None:
    page = show(SMALL)
    table_of(page, "participants").locator("tbody tr").nth(3).locator("td").nth(4).click()
    assert _picked(page) == ["Long Beach"]


def test_a_click_on_a_dot_a_bar_or_a_line_picks_its_participant(show: Open) -> None:
    page = show(SMALL)
    for chart, keys in (("all-rewards", 3), ("earned", 4), ("rewards", 2)):
        figure = chart_of(page, chart)
        figure.locator(".plot").focus()
        for _ in range(keys):
            page.keyboard.press("ArrowRight")
        box = figure.locator(".u-over").bounding_box()
        assert box
        place = [box["x"], box["y"], box["width"], box["height"]]
        _click_what_the_tip_says(page, figure, place)
        assert len(_picked(page)) == 1, chart
        _chip(page, "Clear").click()


def _click_what_the_tip_says(page: Page, figure: Locator, box: list[float]) -> None:
    """Sweeps the mouse over the plot until the tip comes up at a place, and clicks there."""
    for across in range(5, 96, 5):
        for down in range(5, 96, 10):
            x, y = box[0] + box[2] * across / 100, box[1] + box[3] * down / 100
            page.mouse.move(x, y)
            if figure.locator(".tip").is_visible():
                page.mouse.click(x, y)
                return
    raise AssertionError("nothing under the mouse anywhere")


def test_enter_picks_what_the_keyboard_reads(show: Open) -> None:
    page = show(SMALL)
    chart_of(page, "earned").locator(".plot").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert _picked(page) == ["Budapest"]


def test_dragging_zooms_and_a_double_click_resets(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "learning")
    assert zoom_of(figure) == (1, 12)
    box = figure.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=4)
    page.mouse.up()
    low, high = zoom_of(figure)
    assert low == pytest.approx(3.75, abs=0.1)
    assert high == pytest.approx(6.5, abs=0.1)
    page.mouse.dblclick(box["x"] + 100, box["y"] + 60)
    assert zoom_of(figure) == (1, 12)


def test_the_keyboard_zooms_moves_and_resets(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "learning")
    figure.locator(".plot").focus()
    page.keyboard.press("+")
    narrow = zoom_of(figure)
    assert 1 < narrow[0] < narrow[1] < 12
    page.keyboard.press("Shift+ArrowRight")
    moved = zoom_of(figure)
    assert moved[0] > narrow[0]
    assert moved[1] - moved[0] == pytest.approx(narrow[1] - narrow[0])
    page.keyboard.press("-")
    assert zoom_of(figure)[1] - zoom_of(figure)[0] > moved[1] - moved[0]
    page.keyboard.press("0")
    assert zoom_of(figure) == (1, 12)


def test_buttons_zoom_move_and_reset(show: Open) -> None:
    figure = chart_of(show(SMALL), "learning")
    reset = figure.get_by_role("button", name="Reset the zoom")
    expect(reset).to_be_disabled()
    for name in ("Zoom in", "Move left", "Move left"):
        figure.get_by_role("button", name=name).click()
    assert zoom_of(figure)[0] == 1
    reset.click()
    assert zoom_of(figure) == (1, 12)


def test_a_zoom_outlives_a_pick(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "rewards")
    figure.get_by_role("button", name="Zoom in").click()
    zoomed = zoom_of(figure)
    _chip(page, "Lyon").click()
    assert zoom_of(figure) == zoomed


def test_a_chart_leads_to_the_rows_that_it_shows(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "learning")
    for _ in range(2):
        figure.get_by_role("button", name="Zoom in").click()
    low, high = zoom_of(figure)
    figure.get_by_role("button", name="Rows behind it").click()
    view = table_of(page, "rounds")
    rounds = [int(row[0]) for row in all_rows(view)]
    assert rounds == [number for number in range(1, 13) if low <= number <= high]
    assert page.evaluate("document.activeElement.id") == "table-rounds"
    view.get_by_role("button", name="show all rows again").click()
    assert status(view) == "1 to 10 of 12 rows"


def test_a_bar_chart_leads_to_the_rows_of_its_bars(show: Open) -> None:
    page = show(SMALL)
    figure = chart_of(page, "gas")
    for _ in range(2):
        figure.get_by_role("button", name="Zoom in").click()
    low, high = zoom_of(figure)
    figure.get_by_role("button", name="Rows behind it").click()
    assert page_rows(table_of(page, "gas")) == [
        row for i, row in enumerate(expected_rows(SMALL, "gas")) if low <= i <= high
    ]


def test_a_figure_leads_to_its_rows(show: Open) -> None:
    page = show(SMALL)
    page.get_by_role("button", name="Cost of a point of accuracy: rows behind it").click()
    assert page.evaluate("document.activeElement.id") == "table-rounds"


def test_transactions_of_the_rows_in_view_are_copied(show: Open) -> None:
    page = show(SMALL)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view = table_of(page, "rounds")
    view.get_by_role("button", name="Copy transactions").click()
    expect(view.get_by_role("button", name="Copy transactions")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == [row[7] for row in expected_rows(SMALL, "rounds") if row[7] != "–"]
    view.locator("tbody tr").nth(1).get_by_role("button", name="Copy 0x").click()
    assert page.evaluate("navigator.clipboard.readText()") == expected_rows(SMALL, "rounds")[1][7]


def test_transactions_behind_a_chart_are_those_of_its_visible_and_picked_points(show: Open) -> None:
    page = show(SMALL, f"#pick={account(1)}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = chart_of(page, "rewards")
    for _ in range(2):
        figure.get_by_role("button", name="Zoom in").click()
    low, high = zoom_of(figure)
    figure.get_by_role("button", name="Copy transactions").click()
    expect(figure.get_by_role("button", name="Copy transactions")).to_have_text("Copied")
    rows = [row for row in expected_rows(SMALL, "standings") if row[1] == "Budapest" and low <= int(row[0]) <= high]
    assert page.evaluate("navigator.clipboard.readText()").splitlines() == [row[5] for row in rows]
    expect(chart_of(page, "gas").get_by_role("button", name="Copy transactions")).to_be_hidden()


def test_the_filter_finds_in_every_column_and_csv_is_what_is_shown(show: Open, tmp_path: Path) -> None:
    page = show(SMALL)
    view = table_of(page, "participants")
    view.get_by_label("Filter the rows").fill("HONEST")
    expect(view.locator(".status")).to_have_text("3 rows (6 without filters)")
    assert [row[0] for row in page_rows(view)] == ["Cleveland", "Budapest", "Zürich"]
    with page.expect_download() as download:
        view.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "shown.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "shown.csv").read_text("utf-8"))))
    assert [row[0] for row in rows] == ["participant", "Cleveland", "Budapest", "Zürich"]
    view.get_by_label("Filter the rows").fill(expected_rows(SMALL, "participants")[4][3])
    expect(view.locator(".status")).to_have_text("1 row (6 without filters)")
    view.get_by_label("Filter the rows").fill("nothing like it")
    expect(view.locator(".status")).to_have_text("No rows (6 without filters)")


def test_a_table_sorts_by_keyboard(show: Open) -> None:
    page = show(SMALL)
    heading = table_of(page, "participants").locator("th[data-column=earned]")
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert page_rows(table_of(page, "participants"))[0][0] == "Budapest"


def test_pages_turn_and_grow(show: Open) -> None:
    view = table_of(show(SMALL), "standings")
    view.get_by_role("button", name="Next page").click()
    assert status(view) == "11 to 20 of 72 rows"
    view.get_by_label("Rows a page").select_option("50")
    assert status(view) == "1 to 50 of 72 rows"
    assert len(page_rows(view)) == 50


def test_the_skip_link_and_section_links_move_focus_and_keep_the_pick(show: Open) -> None:
    page = show(SMALL, f"#pick={account(1)}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("navigation").get_by_role("link", name="Security").click()
    assert page.evaluate("document.activeElement.id") == "security"
    assert _picked(page) == ["Budapest"]
    assert page.url.endswith(f"#pick={account(1)}")


def test_focus_stays_on_a_button_that_was_pressed(show: Open) -> None:
    page = show(SMALL)
    _chip(page, "Basel").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.innerText") == "Basel"
    page.keyboard.press("Enter")
    assert _picked(page) == []
