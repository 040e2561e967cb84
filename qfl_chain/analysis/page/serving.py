"""The live view's server: the page, its document and its state, to be read and nothing else.

A page of another site must not read it through a name that it makes point here (DNS rebinding), so a request must name
the server by an IP address, as ``localhost`` or by the name that it was told to listen on.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

from qfl_chain.actors.serving import PATIENCE, listening
from qfl_chain.analysis.page.live import Live

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Of every answer. The page itself says what it may load."""

JSON = "application/json"
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def show(live: Live, host: str, port: int) -> Iterator[str]:
    """Serve ``/``, ``/document`` and ``/state`` until the end; gives the server's address.

    Raises:
        InputError: nothing can be bound there.
    """
    with listening(host, port, _handler(live, host)) as address:
        yield address


def is_named_safely(header: str | None, host: str) -> bool:
    """Whether a Host header names the server by an address, as localhost, or as it was told to listen."""
    name = (header or "").strip().lower()
    bare = name[: name.rfind("]") + 1] if name.startswith("[") else name.partition(":")[0]
    if bare in ("localhost", host.lower()):
        return True
    try:
        ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        return False
    return True


def _handler(live: Live, host: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_GET(self) -> None:
            answer = _answer(live, host, self.path, self.headers)
            self.send_response(answer.status)
            for name, value in {**HEADERS, **answer.headers}.items():
                self.send_header(name, value)
            if answer.status != NOT_MODIFIED:
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def version_string(self) -> str:
            return "qfl"

        def log_message(self, *args: Any) -> None:
            """Says nothing: who looks is nobody's affair."""

    return Handler


def _answer(live: Live, host: str, path: str, headers: Message) -> _Answer:
    if not is_named_safely(headers.get("Host"), host):
        return _error(421, "name this server by its IP address, or as localhost")
    match path.partition("?")[0]:
        case "/":
            return _Answer(200, live.shown.page, "text/html; charset=utf-8")
        case "/state":
            return _Answer(200, json.dumps(live.state()).encode())
        case "/document":
            return _document(live, headers.get("If-None-Match"))
        case _:
            return _error(404, "nothing here")


def _document(live: Live, known: str | None) -> _Answer:
    shown = live.shown
    tag = f'"{shown.version}"'
    if known is not None and tag in known:
        return _Answer(NOT_MODIFIED, headers={"ETag": tag})
    return _Answer(200, shown.document, headers={"ETag": tag, "Content-Encoding": "gzip"})


def _error(status: int, text: str) -> _Answer:
    return _Answer(status, json.dumps({"error": text}).encode())
