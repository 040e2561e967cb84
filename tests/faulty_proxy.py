"""A proxy on loopback that does to requests what bad networks and busy nodes do: every fault at its own rate.

It forwards any HTTP request, so it stands before JSON-RPC endpoints and Kubo alike. The faults follow from the seed
and the order in which requests arrive; a test that needs one at once puts it into ``script``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

FAULTS = ("drop", "drop_answer", "delay", "duplicate", "error", "rate_limit", "truncate", "html")
"""What can happen to a request, see :class:`FaultyProxy`."""


@dataclass(frozen=True)
class Answer:
    """What goes back to a client."""

    status: int
    content: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] | None = None
    promised: int | None = None


class FaultyProxy:
    """Serves ``url`` while it is entered.

    Args:
        upstream: where requests go, scheme, host and port.
        seed: of the faults.
        rates: the probability of each fault in :data:`FAULTS`, by name. ``drop`` closes the connection and forwards
            nothing; ``drop_answer`` forwards first; ``delay`` waits ``delay_seconds`` and forwards; ``duplicate``
            forwards twice; ``error`` is status 500, ``rate_limit`` status 429; ``truncate`` ends an answer in the
            middle; ``html`` is what captive portals say.
        delay_seconds: how long ``delay`` waits.
        retry_after: seconds that ``rate_limit`` asks for.
    """

    def __init__(
        self,
        upstream: str,
        seed: int = 0,
        rates: Mapping[str, float] | None = None,
        *,
        script: Iterable[str] = (),
        delay_seconds: float = 0.5,
        retry_after: int = 1,
    ) -> None:
        unknown = set(rates or {}) - set(FAULTS)
        assert not unknown, f"no such faults: {unknown}"
        self.upstream = upstream
        self.rates = dict(rates or {})
        self.script = deque(script)
        """Faults of the next requests, before any by chance; ``""`` is none."""
        self.counts: Counter[str] = Counter()
        """How often each happened; ``""`` counts the requests that were left alone."""
        self.down = False
        """While true, every connection is closed at once."""
        self._delay = delay_seconds
        self._retry_after = retry_after
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._open = build_opener(ProxyHandler({})).open
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: Request) -> Answer | None:
        """What the client gets; None closes the connection."""
        fault = "drop" if self.down else self._next_fault()
        if fault == "drop":
            return None
        if fault == "error":
            return Answer(500, b"internal error", "text/plain")
        if fault == "rate_limit":
            return Answer(429, b"slow down", "text/plain", {"Retry-After": str(self._retry_after)})
        if fault == "html":
            return Answer(200, b"<html><body>Welcome to the hotel</body></html>", "text/html")
        if fault == "delay":
            time.sleep(self._delay)
        if fault == "duplicate":
            self._forward(request)
        answer = self._forward(request)
        if fault == "drop_answer" or answer is None:
            return None
        if fault == "truncate":
            half = answer.content[: len(answer.content) // 2]
            return Answer(answer.status, half, answer.kind, promised=len(answer.content))
        return answer

    def _next_fault(self) -> str:
        with self._lock:
            fault = self.script.popleft() if self.script else self._by_chance()
            self.counts[fault] += 1
            return fault

    def _by_chance(self) -> str:
        drawn = self._random.random()
        for fault in FAULTS:
            drawn -= self.rates.get(fault, 0.0)
            if drawn < 0:
                return fault
        return ""

    def _forward(self, request: Request) -> Answer | None:
        try:
            with self._open(request, timeout=60) as response:
                return Answer(response.status, response.read(), response.headers.get("Content-Type", ""))
        except HTTPError as error:
            return Answer(error.code, error.read(), error.headers.get("Content-Type", ""))
        except (OSError, HTTPException):
            return None


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            passed = {name: self.headers[name] for name in ("Content-Type", "Accept") if self.headers[name]}
            answer = proxy.answer(Request(proxy.upstream + self.path, body, passed, method=self.command))
            self.close_connection = answer is None or answer.promised is not None
            if answer is None:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(answer.promised or len(answer.content)))
            for name, value in (answer.headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST  # noqa: N815  # the names http.server calls

        def _body(self) -> bytes | None:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError):
                """The client went away."""

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    return Handler
