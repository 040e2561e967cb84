"""What other oracles may answer, and what comes of it: a reason in the log, never a crash and never a long wait."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.actors.peers import MAX_ANSWER, HttpPeers, encode_answer
from qfl_chain.actors.serving import Answer, serve
from qfl_chain.actors.signatures import SignedReport, check_signed, decode_signed, encode_signed, read_signature
from qfl_chain.errors import InputError, ProtocolError
from tests.cli.test_signatures import CHAIN, COMMITTEE, FEDERATION, signed_by

GOOD = encode_signed(signed_by(0))
integers = st.integers(-(2**70), 2**70) | st.sampled_from([2**16, 2**64, 2**256, -1])
texts = st.text(max_size=80) | st.binary(max_size=80).map(lambda data: "0x" + data.hex())
values = st.none() | st.booleans() | st.floats() | integers | texts | st.lists(st.integers(), max_size=2)


def checked(table: dict[str, Any]) -> SignedReport:
    signed = decode_signed(table, "peer")
    check_signed(signed, "peer", CHAIN, FEDERATION, COMMITTEE)
    return signed


@settings(deadline=None, max_examples=400)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), values, min_size=1, max_size=3))
def test_an_object_that_is_almost_a_signed_report_is_refused_as_input(changes: dict[str, Any]) -> None:
    with suppress(InputError, ProtocolError):
        checked(GOOD | changes)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.text(max_size=12), values, max_size=5))
def test_any_object_is_refused_as_input(table: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        decode_signed(json.loads(json.dumps(table)), "peer")


@contextmanager
def dripping(first: bytes) -> Iterator[socket.socket]:
    """A peer that takes one connection, sends this, and then a byte now and then, for ever."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            client, _ = listening.accept()
            with client:
                client.sendall(first)
                with suppress(OSError):
                    while not stop.wait(0.05):
                        client.sendall(b"x")

        thread = Thread(target=drip)
        thread.start()
        try:
            yield listening
        finally:
            stop.set()
            thread.join()


def url_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_peer_that_drips_holds_nobody_up_and_is_not_asked_again_meanwhile() -> None:
    good = Answer(encode_answer([signed_by(0)]))
    headers = b"HTTP/1.1 200 OK\r\nX: "
    with dripping(headers) as slow, serve("127.0.0.1", 0, {"signatures": lambda rest: good}) as honest:
        peers = HttpPeers([url_of(slow), honest], timeout=1.0)
        for _ in range(2):
            assert peers.collect(4) == ([(honest, signed_by(0))], [f"{url_of(slow)}: does not answer in time"])
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.accept()


def test_a_peer_that_sends_an_oracle_elsewhere_is_not_followed() -> None:
    good = Answer(encode_answer([signed_by(0)]))
    with serve("127.0.0.1", 0, {"signatures": lambda rest: good}) as elsewhere:
        headers = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/signatures/4\r\nContent-Length: 0\r\n\r\n"
        with dripping(headers.encode()) as liar:
            expected = f"{url_of(liar)}: answers with HTTP status 302"
            assert HttpPeers([url_of(liar)], timeout=10.0).collect(4) == ([], [expected])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"{"), "does not answer with JSON"),
        (Answer(b"[" * 100_000), "does not answer with JSON"),
        (Answer(b"\xff{}"), "does not answer with JSON"),
        (Answer(b"[]"), "does not answer with a list of signatures"),
        (Answer(b'{"signatures": {}}'), "does not answer with a list of signatures"),
        (Answer(b'{"signatures": [1]}'), "a signature is no object"),
        (Answer(b" " * (MAX_ANSWER + 1)), f"answers with more than {MAX_ANSWER} bytes"),
        (Answer(b"", status=302), "answers with HTTP status 302"),
        (Answer(b"", status=500), "answers with HTTP status 500"),
    ],
)
def test_a_lying_peer_costs_a_line_and_the_others_still_count(answer: Answer, reason: str) -> None:
    good = Answer(encode_answer([signed_by(0)]))
    with (
        serve("127.0.0.1", 0, {"signatures": lambda rest: answer}) as liar,
        serve("127.0.0.1", 0, {"signatures": lambda rest: good}) as honest,
    ):
        found, refused = HttpPeers([liar, honest], timeout=10.0).collect(4)
    assert found == [(honest, signed_by(0))]
    assert refused == [f"{liar}: {reason}"]


def test_a_deeply_nested_file_is_no_signed_report(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="is not a signed report"):
        read_signature(path)
