"""What a screen reader and a keyboard find."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import account, document
from tests.analysis.page.reading import chart_of

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / ".services/axe/node_modules/axe-core/axe.min.js"
SMALL = document()


def _violations(page: Page) -> list[str]:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: scripts/install-chromium installs it")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(show: Open, scheme: str, width: int) -> None:
    page = show(SMALL, f"#pick={account(1)}", width, color_scheme=scheme)
    for chart in SMALL["charts"]:
        chart_of(page, chart)
    assert _violations(page) == []


def test_axe_finds_nothing_among_many_with_the_search_open(show: Open) -> None:
    page = show(document(40, 5), f"#pick={account(1)}")
    page.get_by_label("Find a participant").fill("clinic")
    assert _violations(page) == []


def test_axe_finds_nothing_in_an_empty_federation(show: Open) -> None:
    assert _violations(show(document(0, 0))) == []


def test_landmarks_and_headings_are_in_order(show: Open) -> None:
    page = show(SMALL)
    for role, count in (("banner", 1), ("navigation", 1), ("main", 1), ("contentinfo", 1)):
        assert page.get_by_role(role).count() == count, role  # type: ignore[arg-type]
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [section["title"] for section in SMALL["sections"]] == page.locator("h2").all_inner_texts()


def test_every_chart_is_a_picture_with_its_text_and_says_its_keys(show: Open) -> None:
    page = show(SMALL)
    for chart, made in SMALL["charts"].items():
        figure = chart_of(page, chart)
        assert figure.get_by_role("img", name=made["text"], exact=True).count() == 1
        assert made["title"] in (figure.locator(".plot").get_attribute("aria-label") or "")


def test_every_control_has_a_name_and_is_reached_by_tab_with_a_visible_focus(show: Open) -> None:
    page = show(document(2, 2))
    for chart in SMALL["charts"]:
        chart_of(page, chart)
    page.evaluate("scrollTo(0, 0)")
    controls = "button:not(:disabled), input, select, a[href], [tabindex='0']"
    wanted = page.locator(controls).evaluate_all("all => all.filter(one => one.getClientRects().length).length")
    seen = []
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("""() => {
            const one = document.activeElement;
            const name = one.getAttribute('aria-label') || one.innerText || one.labels?.[0]?.innerText;
            one.dataset.reached = 'yes';
            return [one.tagName, name, getComputedStyle(one).outlineStyle];
        }""")
        )
    assert page.locator(":is(button, input, select, a, [tabindex])[data-reached]").count() == wanted
    assert [one for one in seen if one[0] != "BODY" and (not one[1] or one[2] == "none")] == []


def test_tables_have_header_cells_and_say_how_they_are_sorted(show: Open) -> None:
    page = show(SMALL)
    assert page.locator("table").count() == len(SMALL["tables"])
    assert page.locator("thead th:not([scope=col])").count() == 0
    assert page.locator("thead th:not([aria-sort])").count() == 0


def test_reading_a_chart_by_keyboard_is_said(show: Open) -> None:
    page = show(SMALL)
    chart_of(page, "rewards").locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    said = page.locator("#announcements").inner_text()
    assert said.startswith("Round 1")
    assert "Cleveland" in said
