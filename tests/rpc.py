"""The in-process devnet behind JSON-RPC on the loopback interface, as a node would answer: hex, and nothing native."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from web3.datastructures import NamedElementOnion

from qfl_chain.chain.devnet import Devnet

INTERNAL_ERROR = -32603


@contextmanager
def serve(devnet: Devnet) -> Iterator[str]:
    """Serve the devnet; gives the endpoint's address. One request at a time."""
    provider = devnet.web3.provider
    ask = provider.request_func(devnet.web3, NamedElementOnion([]))  # type: ignore[arg-type]

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = ask(request["method"], request["params"])
        except Exception as error:  # whatever eth-tester raises, a node answers
            response = {"error": {"code": INTERNAL_ERROR, "message": str(error)}}
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if response.get("error"):
            return {**head, "error": response["error"]}
        return {**head, "result": to_json(response["result"])}

    def reply(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        said = [answer(one) for one in asked] if isinstance(asked, list) else answer(asked)
        return 200, json.dumps(said).encode()

    with listen(reply) as url:
        yield url


@contextmanager
def listen(reply: Any) -> Iterator[str]:
    """A server on a free port that answers every POST with the status and bytes of ``reply(body)``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def to_json(value: Any) -> Any:
    """Quantities and bytes as the Ethereum JSON-RPC specification writes them."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {name: to_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON-RPC form")
