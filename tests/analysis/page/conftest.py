"""One browser for the page's tests, and pages that fail the test if they complain or look outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from qfl_chain.analysis.page.render import render_page
from tests.browser import Watched, chromium

Open = Callable[..., Page]

# Charts are drawn as they come into sight, and what is below moves then: not under a click that is on its way.
SETTLE = """async () => {
  for (const chart of document.querySelectorAll(".chart")) {
    chart.scrollIntoView({ behavior: "instant" });
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  }
  scrollTo({ top: 0, behavior: "instant" });
  await new Promise(requestAnimationFrame);
}"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this package only: Playwright's event loop would be in the way of other tests'."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a document as a file, ready, in a fresh context: ``show(document, fragment="", width=1280, **context)``."""
    watched: list[Watched] = []

    def show(document: dict[str, Any], fragment: str = "", width: int = 1280, **context: Any) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render_page(document), "utf-8")
        page = browser.new_context(
            viewport={"width": width, "height": 800},
            accept_downloads=True,
            **{"reduced_motion": "reduce", **context},
        ).new_page()
        watched.append(Watched(page))
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector("html[data-ready]")
        page.evaluate(SETTLE)
        return page

    yield show
    for context in browser.contexts:
        context.close()
    assert [problem for one in watched for problem in one.problems] == []
    assert [url for one in watched for url in one.outside()] == []
