"""A node that is away, slow, old, no Kubo at all, or lying: each has its message."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qfl_chain.errors import ContentError, ContentMissing, ContentUnreachable, DigestMismatch, InputError, QflError
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.storage.blocks import MAX_BLOCK_BYTES
from qfl_chain.storage.cid import cid_of
from qfl_chain.storage.endpoint import parse_endpoint
from qfl_chain.storage.kubo import KuboStore

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler], None]

DIGEST = digest_of_bytes(b"update")
CID = cid_of(DIGEST)


def say(body: bytes, status: int = 200) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def say_json(status: int = 200, **facts: object) -> Behaviour:
    return say(json.dumps(facts).encode(), status)


def hang_up(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def break_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"upd")


VERSION = say_json(Version="0.34.1")


@contextmanager
def node(version: Behaviour = VERSION, **commands: Behaviour) -> Iterator[str]:
    """A server that answers ``block_get`` and ``block_put`` as told."""
    released = threading.Event()

    class Node(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            command = self.path.removeprefix("/api/v0/").split("?")[0].replace("/", "_")
            {"version": version, **commands}.get(command, lambda _: released.wait())(self)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            released.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("version", "kind", "message"),
    [
        (say_json(Version="0.12.2"), ContentUnreachable, r"runs Kubo 0\.12\.2, and 0\.13 is needed: update it"),
        (say_json(Version="new"), ContentUnreachable, "does not answer as Kubo: give the address of its RPC"),
        (say_json(Name="other"), ContentUnreachable, "does not answer as Kubo: give the address of its RPC"),
        (say(b"<html>"), ContentUnreachable, "does not answer as Kubo: give the address of its RPC"),
        (say(b"no", 404), ContentUnreachable, r"does not answer as Kubo \(HTTP 404\): give the address of its RPC"),
        (say(b"no", 403), ContentUnreachable, r"refuses access \(HTTP 403\): check user and password"),
        (hang_up, ContentUnreachable, "no answer from http://127.0.0.1:[0-9]+: check the address, and that Kubo runs"),
    ],
    ids=["old", "no-number", "other-json", "html", "gateway", "no-access", "hangs-up"],
)
def test_what_is_no_kubo_or_too_old_is_said(version: Behaviour, kind: type[QflError], message: str) -> None:
    with node(version) as url, pytest.raises(kind, match=message):
        KuboStore(url).get(DIGEST)


def test_a_node_that_says_nothing_at_all_is_unreachable() -> None:
    message = r"did not tell its version within 0\.1 s: see whether it runs"
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ContentUnreachable, match=message):
        KuboStore(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1).get(DIGEST)


def test_no_node_at_all_is_unreachable() -> None:
    with node() as url:
        pass
    with pytest.raises(ContentUnreachable, match=f"no answer from {url}"):
        KuboStore(url).put(b"update")


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (say(b"other"), DigestMismatch, f"gives other bytes for {CID}: do not use this node; name another"),
        (say(bytes(MAX_BLOCK_BYTES + 1)), ContentError, f"gives more than 1048576 bytes for {CID}"),
        (break_off, ContentUnreachable, "no answer from"),
        (say_json(500, Message="ipld: could not find it, not found", Code=0), ContentMissing, f"no block {CID}"),
        (say_json(500, Message="disk on fire", Code=0), ContentError, f"refuses to fetch block {CID}: disk on fire"),
    ],
    ids=["lies", "oversized", "breaks-off", "offline", "error"],
)
def test_a_block_that_is_not_given_as_it_is_named_is_said(
    answer: Behaviour, kind: type[QflError], message: str
) -> None:
    with node(block_get=answer) as url, pytest.raises(kind, match=message) as raised:
        KuboStore(url).get(DIGEST)
    assert type(raised.value) is kind


def test_a_node_that_finds_nothing_in_time_has_no_block() -> None:
    with node() as url, pytest.raises(ContentMissing, match=rf"nobody gave block {CID} to {url} within 0\.2 s"):
        KuboStore(url, timeout=0.2).get(DIGEST)


def test_a_node_that_trickles_is_not_waited_for_longer() -> None:
    clock = iter((0.0, 31.0))
    with node(block_get=say(b"update")) as url, pytest.raises(ContentMissing, match="within 30 s"):
        KuboStore(url, clock=lambda: next(clock)).get(DIGEST)


def test_a_node_that_names_a_block_otherwise_is_not_used() -> None:
    message = f"keeps block {CID} as QmOther: do not use this node"
    with node(block_put=say_json(Key="QmOther", Size=6)) as url, pytest.raises(DigestMismatch, match=message):
        KuboStore(url).put(b"update")


def test_an_oversized_payload_is_refused_before_the_node_is_asked() -> None:
    with pytest.raises(ContentError, match="a block of 1048577 bytes is too large; the limit is 1048576"):
        KuboStore("http://127.0.0.1:1").put(bytes(MAX_BLOCK_BYTES + 1))


@pytest.mark.parametrize(
    ("url", "name", "address", "base"),
    [
        ("http://127.0.0.1:5001", "http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001/http", "/api/v0"),
        (
            "https://u:p%40@ipfs.example/key/",
            "https://ipfs.example:443",
            "/dns/ipfs.example/tcp/443/https",
            "/key/api/v0",
        ),
        ("http://[::1]:5001/", "http://[::1]:5001", "/ip6/::1/tcp/5001/http", "/api/v0"),
    ],
)
def test_an_address_becomes_what_the_client_wants(url: str, name: str, address: str, base: str) -> None:
    endpoint = parse_endpoint(url)
    assert (endpoint.name, endpoint.address, endpoint.base) == (name, address, base)
    assert endpoint.credentials == (("u", "p@") if "@" in url else None)
    assert "p@" not in repr(endpoint)
    assert "key" not in repr(endpoint)


@pytest.mark.parametrize("url", ["ftp://a", "http://", "http://a:b", "http://a?key=s3cret", "http://a_b"])
def test_an_address_that_cannot_be_one_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(InputError, match=r"write for example http://127|use its IP address") as raised:
        KuboStore(url)
    assert "s3cret" not in str(raised.value)


def test_a_password_is_sent_and_never_shown() -> None:
    seen = []

    def refuse(handler: Handler) -> None:
        seen.append(handler.headers["Authorization"])
        say(b"no", 401)(handler)

    with node(refuse) as url, pytest.raises(ContentUnreachable) as raised:
        KuboStore(url.replace("://", "://anna:s3cret@")).get(DIGEST)
    assert seen == ["Basic YW5uYTpzM2NyZXQ="]
    assert "s3cret" not in str(raised.value)
    assert "anna" not in str(raised.value)
