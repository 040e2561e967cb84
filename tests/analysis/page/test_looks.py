"""Light, dark, paper, telephone: nothing overflows, and charts take the colours of their ground."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from qfl_chain.analysis.page.render import render_page
from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import account, document
from tests.analysis.page.reading import chart_of, page_rows, picture, status, table_of, wait_for_another_picture

SMALL = document()
OVERFLOW = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
TOO_WIDE = """() => {
    const parts = 'h1, h2, h3, p, .card, .chart, .chip, .notice, .tablehead, .tablefoot, canvas';
    const shown = [...document.querySelectorAll(parts)].filter(one => one.getClientRects().length);
    const wide = shown.filter(one => one.getBoundingClientRect().right > innerWidth + 1);
    return wide.filter(one => !one.closest('.scroller, .unseen')).map(one => one.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
@pytest.mark.parametrize("people", [0, 1, 6, 12, 13, 40])
def test_nothing_is_wider_than_the_screen(show: Open, width: int, people: int) -> None:
    page = show(document(people, 3 if people else 0), f"#pick={account(0)},{account(5)}", width)
    wide, screen = page.evaluate(OVERFLOW)
    assert wide <= screen
    assert page.evaluate(TOO_WIDE) == []


def test_charts_take_the_theme_and_follow_its_change(show: Open) -> None:
    page = show(SMALL, color_scheme="light")
    figure = chart_of(page, "rewards")
    light, ground = picture(figure), _ground(page)
    page.emulate_media(color_scheme="dark")
    wait_for_another_picture(figure, light)
    assert _ground(page) != ground
    dark = picture(figure)
    page.emulate_media(color_scheme="light")
    wait_for_another_picture(figure, dark)
    assert picture(figure) == light


def _ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_paper_is_light_and_has_every_chart_and_the_first_rows_of_every_table(show: Open) -> None:
    page = show(document(6, 40), width=720, color_scheme="dark")
    _print(page)
    assert page.locator("figure canvas").count() == len(SMALL["charts"])
    assert all(
        page.locator("figure canvas").evaluate_all(
            "all => all.map(canvas => canvas.clientWidth > 0 && canvas.clientWidth <= 700)"
        )
    )
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()") == "#1b1f23"
    view = table_of(page, "standings")
    assert len(page_rows(view)) == 40
    assert status(view) == "Only 1 to 40 of 240 rows; the page on screen has everything"
    assert page.evaluate(f"() => {{ const [wide, paper] = {OVERFLOW}; return wide <= paper; }}")
    assert status(table_of(page, "shares")).endswith(
        "40 rows without 8 more columns; the page on screen has everything"
    )
    assert table_of(page, "shares").locator("th:visible").count() == 9
    for hidden in (".bar", ".controls", ".behind", ".skip"):
        assert page.locator(f"{hidden}:visible").count() == 0


def test_after_printing_the_page_is_as_before(show: Open) -> None:
    page = show(document(6, 40), color_scheme="dark")
    table_of(page, "standings").get_by_role("button", name="Next page").click()
    figure = chart_of(page, "rewards")
    before = picture(figure)
    _print(page)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    wait_for_another_picture(figure, "")
    assert picture(figure) == before
    assert status(table_of(page, "standings")) == "11 to 20 of 240 rows"


def _print(page: Page) -> None:
    """What printing does to a page, without a printer."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")


def test_a_pdf_comes_out(show: Open) -> None:
    assert show(SMALL).pdf().startswith(b"%PDF")


def test_without_scripts_the_page_says_so(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_page(SMALL), "utf-8")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert "JavaScript, which is off here" in page.locator("body").inner_text()
    page.context.close()


def test_a_damaged_document_is_said_not_left_blank(browser: Browser, tmp_path: Path) -> None:
    html = render_page(SMALL)
    start = html.index('id="document">') + len('id="document">')
    (tmp_path / "report.html").write_text(html[:start] + "H4sI" + html[start + 40 :], "utf-8")
    page = browser.new_context().new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert page.get_by_role("alert").inner_text().startswith("This page cannot be shown: ")
    page.context.close()
