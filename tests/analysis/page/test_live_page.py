"""The live page against a server that answers, changes, fails, goes away and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qfl_chain.analysis.page.render import compress, render_page
from tests.analysis.page.documents import account, document
from tests.analysis.page.reading import chart_of, page_rows, status, table_of, zoom_of
from tests.browser import Watched

SECONDS = 0.1
NOW = datetime(2026, 11, 25, 17, 47, tzinfo=UTC)


class Server:
    """A dashboard's server on loopback, whose document, state and faults a test sets."""

    def __init__(self) -> None:
        self.document = document()
        self.age, self.error, self.refusal = 1, "", 0
        self.asked: list[str] = []
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listens, after the first time on the same port."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        """Goes away, as a killed server does."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        self.asked.append(handler.path)
        etag = f'"{self.document["version"]}"'
        if self.refusal and handler.path != "/":
            handler.send_error(self.refusal)
        elif handler.path == "/":
            self._send(handler, render_page(self.document, live=SECONDS).encode(), "text/html; charset=utf-8")
        elif handler.path == "/state":
            self._send(handler, json.dumps(self.state()).encode(), "application/json")
        elif handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.end_headers()
        else:
            self._send(handler, compress(self.document), "application/json", {"Content-Encoding": "gzip", "ETag": etag})

    def state(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "version": self.document["version"],
            "block": self.document["block"],
            "time": self.document["time"],
            "heard": (NOW - timedelta(seconds=self.age)).isoformat().replace("+00:00", "Z"),
            "now": NOW.isoformat().replace("+00:00", "Z"),
            "error": self.error,
        }

    def _send(
        self, handler: BaseHTTPRequestHandler, body: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        handler.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def live(browser: Browser, server: Server) -> Iterator[Page]:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    watched = Watched(page)
    page.goto(f"http://127.0.0.1:{server.port}/")
    expect(page.locator("#live")).to_have_class("fresh")
    yield page
    page.context.close()
    # That a request failed is what Chromium itself writes to the console while the server is away.
    assert [problem for problem in watched.problems if "Failed to load resource" not in problem] == []
    assert watched.outside(f"http://127.0.0.1:{server.port}/") == []


def _later(rounds: int = 14, people: int = 6) -> dict[str, Any]:
    return {**document(people, rounds), "block": 1234}


def test_the_live_page_says_its_block_and_how_long_ago(live: Page) -> None:
    expect(live.locator("#live")).to_contain_text("Live, block 52, 1 s ago")


def test_the_block_moves_on_while_the_document_stays(live: Page, server: Server) -> None:
    server.document = {**server.document, "block": 60, "time": "2026-11-25T18:00:00Z"}
    expect(live.locator("#origin")).to_contain_text("block 60")
    expect(live.locator("#origin")).to_contain_text("2026-11-25 18:00:00 UTC")
    assert "/document" not in server.asked


def test_a_new_document_arrives_in_place_and_keeps_pick_sort_zoom_and_filter(live: Page, server: Server) -> None:
    live.locator("#picker").get_by_role("button", name="Budapest").click()
    figure = chart_of(live, "learning")
    figure.get_by_role("button", name="Zoom in").click()
    zoomed = zoom_of(figure)
    view = table_of(live, "rounds")
    view.locator("th[data-column=round] button").dblclick()
    view.get_by_label("Filter the rows").fill("reported")
    expect(view.locator(".status")).to_have_text("1 to 10 of 11 rows (12 without filters)")
    view.get_by_label("Filter the rows").focus()
    server.document = _later()
    expect(live.locator("#live")).to_contain_text("block 1,234")
    expect(view.locator(".status")).to_have_text("1 to 10 of 13 rows (14 without filters)")
    assert page_rows(view)[0][0] == "14"
    assert zoom_of(figure) == zoomed
    assert status(table_of(live, "standings")) == "1 to 10 of 14 rows (84 without filters)"
    assert live.url.endswith(f"#pick={account(1)}")
    assert live.evaluate("document.activeElement.getAttribute('aria-label')") == "Filter the rows"
    assert live.locator("#origin").inner_text().find("block 1,234") > 0


def test_a_federation_that_grows_from_nothing_is_drawn(browser: Browser, server: Server) -> None:
    server.document = document(0, 0)
    page = browser.new_context().new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.locator("#chart-rewards .empty").wait_for()
    server.document = _later(people=14)
    page.locator("#chart-rewards canvas").wait_for()
    expect(page.get_by_label("Find a participant")).to_be_visible()
    assert status(table_of(page, "participants")) == "1 to 10 of 14 rows"
    page.context.close()


def test_sections_charts_and_columns_may_come_and_go(live: Page, server: Server) -> None:
    later = _later()
    later["sections"] = [section for section in later["sections"] if section["id"] != "security"]
    later["tables"]["rounds"]["columns"].pop()
    for chart in ("profits", "all-rewards"):
        del later["charts"][chart]
    del later["tables"]["behaviours"]
    table_of(live, "rounds").locator("th[data-column=transaction] button").click()
    server.document = later
    expect(live.locator("#live")).to_contain_text("block 1,234")
    expect(live.locator("h2")).to_have_text(["Money", "Fairness", "Learning", "Cost"])
    expect(table_of(live, "rounds").locator("th")).to_have_count(7)


def test_the_document_is_asked_for_only_when_it_changed(live: Page, server: Server) -> None:
    seen = server.asked.count("/state")
    while server.asked.count("/state") < seen + 5:
        live.wait_for_timeout(20)
    assert "/document" not in server.asked
    server.document = _later()
    expect(live.locator("#live")).to_contain_text("block 1,234")
    seen = server.asked.count("/state")
    while server.asked.count("/state") < seen + 3:
        live.wait_for_timeout(20)
    assert server.asked.count("/document") == 1


def test_a_server_that_goes_away_is_stale_and_one_that_comes_back_is_live(live: Page, server: Server) -> None:
    live.locator("#picker").get_by_role("button", name="Budapest").click()
    server.stop()
    expect(live.locator("#live")).to_have_class("stale")
    expect(live.locator("#live")).to_contain_text("Stale: the dashboard's server does not answer. Last heard ")
    expect(live.locator("#announcements")).to_contain_text("Stale: ")
    server.document = _later()
    server.start()
    expect(live.locator("#live")).to_have_class("fresh")
    expect(live.locator("#live")).to_contain_text("block 1,234")
    assert status(table_of(live, "standings")) == "1 to 10 of 14 rows (84 without filters)"


def test_a_node_that_is_silent_is_stale(live: Page, server: Server) -> None:
    server.age = 500
    expect(live.locator("#live")).to_contain_text("Stale: the node has not been heard. Last heard 8 min ago, block 52.")
    server.age = 2
    expect(live.locator("#live")).to_contain_text("Live, block 52, ")


def test_the_servers_own_complaint_is_shown_as_text(live: Page, server: Server) -> None:
    server.error = "the node http://127.0.0.1:8545 <b>refuses</b>"
    expect(live.locator("#live")).to_contain_text("Stale: the node http://127.0.0.1:8545 <b>refuses</b>. Last heard ")
    assert live.locator("#live b").count() == 0


def test_a_server_that_answers_with_an_error_is_stale(live: Page, server: Server) -> None:
    server.refusal = 503
    expect(live.locator("#live")).to_contain_text("Stale: the dashboard's server answers 503.")
    server.refusal = 0
    expect(live.locator("#live")).to_have_class("fresh")
