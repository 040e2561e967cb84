"""The dashboard's own server and page together, in a real browser: fresh, stale when the node is gone, fresh again."""

from __future__ import annotations

from collections.abc import Iterator
from time import time

import pytest
from playwright.sync_api import Browser, Page, expect

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.page.live import Live
from qfl_chain.analysis.page.serving import show
from qfl_chain.errors import QflError, Unreachable, WrongContract
from tests.analysis.page.histories import history
from tests.analysis.page.reading import all_rows, table_of
from tests.browser import Watched

POLL = 0.1


class Node:
    """Gives whatever it was told to."""

    def __init__(self) -> None:
        self.gives: Facts | QflError = history(2, 2)

    def look(self) -> Facts:
        if isinstance(self.gives, QflError):
            raise self.gives
        return self.gives


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def live(node: Node) -> Live:
    return Live(node.look, Prices(), time, POLL)


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    with show(live, "127.0.0.1", 0) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        watched = Watched(page)
        page.goto(f"{address}/")
        yield page
        page.context.close()
    assert watched.problems == []
    assert watched.outside(f"{address}/") == []


def test_it_shows_what_happens_as_it_happens(page: Page, live: Live, node: Node) -> None:
    expect(page.locator("#live")).to_contain_text("Live, block 1,200")
    assert len(all_rows(table_of(page, "rounds"))) == 2
    node.gives = history(2, 3)
    live.step()
    expect(page.locator("#live")).to_contain_text("Live, block 1,300")
    expect(page.locator(".sentences")).to_contain_text("small opened 3 rounds with 2 participants")
    assert len(all_rows(table_of(page, "rounds"))) == 3


@pytest.mark.parametrize(
    "error", [Unreachable("no answer from http://127.0.0.1:1"), WrongContract("no contract at 0x1")]
)
def test_it_says_that_it_is_stale_and_why_and_recovers(page: Page, live: Live, node: Node, error: QflError) -> None:
    node.gives = error
    live.step()
    expect(page.locator("#live")).to_contain_text(f"Stale: {error}")
    assert len(all_rows(table_of(page, "rounds"))) == 2, "the last document stays"
    node.gives = history(2, 2)
    live.step()
    expect(page.locator("#live")).to_contain_text("Live, block 1,200")
