"""The live view: what it keeps when the chain goes away, and what its server answers to whom."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.page.live import Live
from qfl_chain.analysis.page.serving import is_named_safely, show
from qfl_chain.errors import LedgerError, QflError, Unreachable, WrongContract
from tests.analysis.page.histories import history

NOW = 1_800_000_000.0


class FakeNode:
    """Gives whatever it was told to, and lets time pass."""

    def __init__(self, facts: Facts) -> None:
        self.gives: Facts | QflError = facts
        self.now = NOW

    def look(self) -> Facts:
        if isinstance(self.gives, QflError):
            raise self.gives
        return self.gives

    def clock(self) -> float:
        return self.now


@pytest.fixture
def node() -> FakeNode:
    return FakeNode(history(2, 2))


@pytest.fixture
def live(node: FakeNode) -> Live:
    return Live(node.look, Prices(), node.clock, poll=2.0)


def test_the_first_look_must_succeed() -> None:
    node = FakeNode(history())
    node.gives = WrongContract("nobody is there")
    with pytest.raises(WrongContract, match="nobody is there"):
        Live(node.look, Prices(), node.clock, poll=2.0)


def test_the_state_says_block_version_and_times(live: Live, node: FakeNode) -> None:
    node.now += 3
    assert live.state() == {
        "version": live.shown.version,
        "block": 1_200,
        "time": "2026-01-01T03:00:00Z",
        "heard": "2027-01-15T08:00:00.000Z",
        "now": "2027-01-15T08:00:03.000Z",
        "error": "",
    }


def test_a_new_block_in_which_nothing_happened_keeps_the_document(live: Live, node: FakeNode) -> None:
    before, facts = live.shown, history(2, 2)
    node.gives = replace(facts, block=facts.block + 1, time=facts.time + timedelta(seconds=12))
    node.now += 1
    live.step()
    assert live.shown.document is before.document
    assert (live.state()["block"], live.state()["heard"]) == (1_201, "2027-01-15T08:00:01.000Z")


def test_what_happened_gives_a_new_document(live: Live, node: FakeNode) -> None:
    before = live.shown.version
    node.gives = history(2, 3)
    live.step()
    assert live.state()["version"] != before
    assert json.loads(gzip.decompress(live.shown.document))["block"] == 1_300
    assert '<meta name="qfl-live" content="2">' in live.shown.page.decode()


def test_a_silent_node_ages_the_last_document_and_says_so(live: Live, node: FakeNode) -> None:
    before = live.shown
    node.gives, node.now = Unreachable("no answer from http://127.0.0.1:1"), NOW + 60
    live.step()
    state = live.state()
    assert state["error"] == "no answer from http://127.0.0.1:1"
    assert (state["heard"], state["now"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:01:00.000Z")
    assert (live.shown.document, live.shown.page) == (before.document, before.page)


@pytest.mark.parametrize("error", [WrongContract("no contract at 0x1"), LedgerError("the node is at block 1")])
def test_a_node_that_answers_nonsense_was_heard(live: Live, node: FakeNode, error: QflError) -> None:
    node.gives, node.now = error, NOW + 60
    live.step()
    assert (live.state()["error"], live.state()["heard"]) == (str(error), "2027-01-15T08:01:00.000Z")


def test_it_recovers_by_itself(live: Live, node: FakeNode) -> None:
    node.gives = Unreachable("gone")
    live.step()
    node.gives = history(2, 2)
    live.step()
    assert live.state()["error"] == ""


@pytest.fixture
def address(live: Live) -> Iterator[str]:
    with show(live, "127.0.0.1", 0) as url:
        yield url


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=10)


def test_the_server_gives_page_document_and_state(address: str, live: Live) -> None:
    assert get(f"{address}/").content == live.shown.page
    assert get(f"{address}/state").json()["version"] == live.shown.version
    assert get(f"{address}/document").json()["version"] == live.shown.version
    assert get(f"{address}/?x=1").status_code == 200


def test_a_document_that_is_known_is_not_sent_again(address: str, live: Live, node: FakeNode) -> None:
    tag = get(f"{address}/document").headers["ETag"]
    again = get(f"{address}/document", **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    node.gives = history(2, 3)
    live.step()
    assert get(f"{address}/document", **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["/x", "/document/", "/state/1", "/favicon.ico"])
def test_there_is_nothing_elsewhere(address: str, path: str) -> None:
    assert get(f"{address}{path}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_done_but_read(address: str, method: str) -> None:
    assert requests.request(method, f"{address}/state", timeout=10).status_code == 501


def test_every_answer_forbids_sniffing_framing_and_other_sites(address: str) -> None:
    for path in ("/", "/state", "/document", "/nothing"):
        headers = get(address + path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-cache"
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Server"] == "qfl"


@pytest.mark.parametrize("name", ["evil.example", "evil.example:8700", "localhost.evil.example", ""])
def test_a_name_that_points_here_is_no_way_in(address: str, name: str) -> None:
    for path in ("/", "/state", "/document"):
        answer = get(address + path, Host=name)
        assert (answer.status_code, answer.json()) == (
            421,
            {"error": "name this server by its IP address, or as localhost"},
        )


@pytest.mark.parametrize(
    ("header", "host", "safe"),
    [
        ("127.0.0.1:8700", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("LocalHost:1", "127.0.0.1", True),
        ("[::1]:8700", "127.0.0.1", True),
        ("10.0.0.4:8700", "0.0.0.0", True),
        ("board.example:8700", "board.example", True),
        ("board.example", "0.0.0.0", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("[evil]:80", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_names_by_which_the_server_answers(header: str | None, host: str, safe: bool) -> None:
    assert is_named_safely(header, host) is safe
