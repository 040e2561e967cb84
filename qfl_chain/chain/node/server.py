"""HTTP for JSON-RPC, on loopback and nowhere else: the devnet signs for whoever asks."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from qfl_chain.errors import InputError

LOOPBACK = "127.0.0.1"
OWN_NAMES = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 8 * 2**20
"""Of one request; geth's limit is 5 MiB."""
IDLE_SECONDS = 600
"""After which a connection without requests is closed."""

Answer = Callable[[bytes], bytes]


@contextmanager
def listening(answer: Answer, port: int) -> Iterator[int]:
    """Answer requests on loopback until the end; gives the port. Port 0 takes a free one.

    Raises:
        InputError: the port is taken, or not allowed.
    """
    try:
        server = _Server((LOOPBACK, port), _handler(answer))
    except (OSError, OverflowError) as error:
        raise InputError(f"cannot listen on port {port}: {_why(error)}") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="rpc", daemon=True)
    with server:
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in the middle of a request is its own affair."""


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "qfl-devnet"
        disable_nagle_algorithm = True
        timeout = IDLE_SECONDS

        def do_POST(self) -> None:
            refused = _refused(self.headers.get("Host"), self.headers.get("Content-Type"))
            length = self.headers.get("Content-Length", "")
            if refused is None and not (length.isascii() and length.isdigit()):
                refused = 411, "a request needs its Content-Length"
            if refused is None and int(length) > MOST_BYTES:
                refused = 413, f"a request may hold {MOST_BYTES} bytes"
            if refused is not None:
                self.close_connection = True  # its body was not read
                self._reply(refused[0], refused[1].encode() + b"\n", "text/plain")
                return
            self._reply(200, answer(self.rfile.read(int(length))), "application/json")

        def do_GET(self) -> None:
            self.close_connection = True
            self._reply(405, b"send JSON-RPC requests with POST\n", "text/plain")

        def _reply(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if self.close_connection:
                self.send_header("Connection", "close")
            # In one piece: a body sent after its head would wait for the head's acknowledgement.
            self._headers_buffer += [b"\r\n", content]  # type: ignore[attr-defined]
            self.flush_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Handler


def _refused(host: str | None, kind: str | None) -> tuple[int, str] | None:
    """Why a request is not read: a page in a browser must not reach a node that signs for everybody."""
    if urlsplit(f"//{host}").hostname not in OWN_NAMES:
        return 403, "invalid host: the devnet answers to localhost only"
    if (kind or "").partition(";")[0].strip().lower() != "application/json":
        return 415, "the content type must be application/json"
    return None


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "it is taken; choose another --port, or 0 for a free one"
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return "this user may not; choose a --port above 1023"
    return "choose a --port from 0 to 65535"
