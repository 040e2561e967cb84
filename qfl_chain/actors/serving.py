"""A small HTTP server for what an actor shows of itself: health, metrics, and an oracle's signatures. Read only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from qfl_chain.errors import InputError

PATIENCE = 5.0
"""Seconds a client may take to send its request."""

LARGEST_ROUND = 65_535


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route gives."""

    content: bytes
    kind: str = "application/json"
    status: int = 200


Route = Callable[[str], Answer]
"""Answers the rest of a path, which is empty for ``/health``."""


@contextmanager
def serve(host: str, port: int, routes: Mapping[str, Route]) -> Iterator[str]:
    """Answer ``GET /<route>`` and ``GET /<route>/<rest>`` until the end; gives the server's address.

    Raises:
        InputError: nothing can be bound there.
    """
    with listening(host, port, _handler(routes)) as address:
        yield address


@contextmanager
def listening(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer every request by a handler until the end; gives the server's address.

    Raises:
        InputError: nothing can be bound there.
    """
    try:
        server = _Server((host, port), handler)
    except OSError as error:
        raise InputError(f"--listen: cannot listen on {host}:{port} ({error.strerror}): choose another port") from error
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def round_of(rest: str) -> int | None:
    """The round a path names; None when it names none."""
    return int(rest) if rest.isascii() and rest.isdecimal() and len(rest) <= 5 and int(rest) <= LARGEST_ROUND else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair."""


def _handler(routes: Mapping[str, Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_GET(self) -> None:
            name, _, rest = self.path.partition("?")[0].strip("/").partition("/")
            route = routes.get(name)
            answer = route(rest) if route else Answer(b'{"error": "nothing here"}', status=404)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *args: Any) -> None:
            """Says nothing: the actor keeps the log."""

    return Handler
