"""One participant, none, and a thousand over a hundred rounds."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import expect

from qfl_chain.analysis.page.render import render_page
from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import account, document
from tests.analysis.page.reading import (
    chart_of,
    column_values,
    page_rows,
    picture,
    status,
    table_of,
    wait_for_another_picture,
)

LARGE = document(1000, 100)


def test_an_empty_federation_says_so_everywhere(show: Open) -> None:
    page = show(document(0, 0))
    figure = page.locator("#chart-rewards")
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".empty")).to_have_text("Nothing to draw yet.")
    assert figure.locator("canvas").count() == 0
    view = table_of(page, "participants")
    assert status(view) == "No rows"
    expect(view.get_by_role("button", name="CSV")).to_be_hidden()


def test_one_participant_in_one_round_has_charts(show: Open) -> None:
    page = show(document(1, 1))
    for chart in ("rewards", "earned", "fairness", "learning", "paid", "all-rewards"):
        chart_of(page, chart)
    assert status(table_of(page, "standings")) == "1 row"


def test_a_thousand_participants_over_a_hundred_rounds_stay_below_two_megabytes() -> None:
    assert len(render_page(LARGE).encode()) < 2_000_000


def test_of_many_the_median_the_middle_half_and_the_picked_are_drawn(show: Open) -> None:
    page = show(LARGE)
    figure = chart_of(page, "rewards")
    assert figure.locator(".legend").inner_text().split("\n") == ["median", "middle half of participants"]
    before = picture(figure)
    page.get_by_label("Find a participant").fill("clinic-77")
    assert page.locator(".matches button").count() == 11
    page.locator(".matches").get_by_role("button", name="clinic-777").click()
    assert figure.locator(".legend").inner_text().split("\n") == ["median", "clinic-777", "middle half of participants"]
    wait_for_another_picture(figure, before)
    assert status(table_of(page, "standings")) == "1 to 10 of 100 rows (100,000 without filters)"
    assert [row[0] for row in page_rows(table_of(page, "participants"))] == ["clinic-777"]


def test_of_many_the_search_finds_names_and_accounts_by_keyboard(show: Open) -> None:
    page = show(LARGE)
    field = page.get_by_label("Find a participant")
    field.fill(account(499)[:12])
    page.keyboard.press("Enter")
    assert page.locator("#picker .chips").inner_text() == "clinic-500"
    field.fill("nobody at all")
    assert page.locator(".matches").inner_text() == "Nobody of that name."
    page.keyboard.press("Escape")
    expect(page.locator(".matches")).to_be_hidden()
    field.fill("clinic-1")
    page.locator(".sentences").click()
    expect(page.locator(".matches")).to_be_hidden()
    field.fill("clinic")
    assert page.locator(".matches").inner_text().endswith("and 976 more")


@pytest.mark.parametrize("column", ["round", "participant", "stake", "reward", "accepted", "where"])
def test_a_hundred_thousand_rows_sort(show: Open, column: str) -> None:
    page = show(LARGE)
    view = table_of(page, "standings")
    heading = view.locator(f"th[data-column={column}]")
    heading.get_by_role("button").click()
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert len(page_rows(view)) == 10


def test_the_median_is_the_median(show: Open) -> None:
    page = show(LARGE)
    figure = chart_of(page, "stakes")
    figure.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    middle = median(column_values(LARGE, "standings", "stake")[:1000])
    assert figure.locator(".tip .near b").inner_text() == f"{round(middle):,}"
