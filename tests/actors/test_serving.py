"""The small server: what it answers, and that no client can keep others from their answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests

from qfl_chain.actors.serving import Answer, Route, round_of, serve
from qfl_chain.errors import InputError


def echo(rest: str) -> Answer:
    return Answer(rest.encode(), "text/plain", 200)


def broken(rest: str) -> Answer:
    raise ZeroDivisionError


ROUTES: dict[str, Route] = {"echo": echo, "sick": lambda rest: Answer(b"{}", status=503), "broken": broken}


@pytest.fixture
def address() -> Iterator[str]:
    with serve("127.0.0.1", 0, ROUTES) as url:
        yield url


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


@pytest.mark.parametrize(
    ("path", "rest"), [("/echo", ""), ("/echo/", ""), ("/echo/7", "7"), ("/echo/a/b", "a/b"), ("/echo/7?x=/8", "7")]
)
def test_a_route_answers_the_rest_of_its_path(address: str, path: str, rest: str) -> None:
    answer = get(address + path)
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (200, rest, "text/plain")


def test_a_route_says_its_status(address: str) -> None:
    assert get(f"{address}/sick").status_code == 503


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/../echo", "/%65cho"])
def test_there_is_nothing_elsewhere(address: str, path: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(f"GET {path or '/'} HTTP/1.0\r\n\r\n".encode())
        assert client.recv(64).startswith(b"HTTP/1.0 404")


def test_nothing_can_be_written(address: str) -> None:
    assert requests.post(f"{address}/echo", data=b"x", timeout=10).status_code == 501


def test_a_client_that_says_nothing_and_a_route_that_fails_hold_nobody_up(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))):
        with pytest.raises(requests.ConnectionError):
            get(f"{address}/broken")
        assert get(f"{address}/echo/1").text == "1"


def test_nothing_answers_after_the_end() -> None:
    with serve("127.0.0.1", 0, ROUTES) as address:
        pass
    with pytest.raises(requests.ConnectionError):
        get(f"{address}/echo")


def test_a_taken_port_is_an_input_error(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port} .*: choose another port"):
        serve("127.0.0.1", port, ROUTES).__enter__()


@pytest.mark.parametrize(
    ("rest", "number"),
    [("1", 1), ("0", 0), ("00007", 7), ("65535", 65_535), ("65536", None), ("000001", None), ("", None)]
    + [(wrong, None) for wrong in ("-1", "1/2", "x", " 1", "1_0", "\u0663", "9" * 5_000)],
)
def test_a_path_names_a_round_or_none(rest: str, number: int | None) -> None:
    assert round_of(rest) == number
