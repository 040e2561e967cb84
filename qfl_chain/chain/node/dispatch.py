"""JSON-RPC 2.0: a request's bytes to a response's, one request at a time."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from threading import Lock
from typing import Any

from qfl_chain.chain.node.filters import Filters
from qfl_chain.chain.node.methods import METHODS
from qfl_chain.chain.node.node import Node
from qfl_chain.chain.node.refusal import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    Refusal,
)

MOST_IN_A_BATCH = 1000
MOST_BRACKETS = 10_000
"""In a request. py-evm lifts Python's limit of recursion, so hostile nesting would overflow the stack."""


class Dispatcher:
    """Answers requests for one node. ``lock`` is held during each, so that threads may share it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._methods: dict[str, Callable[..., Any]] = {**METHODS, **Filters().methods()}
        self.lock = Lock()

    def answer(self, body: bytes) -> bytes:
        """The response to a request or a batch; empty where only notifications came."""
        if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
            return _encode(_error(None, Refusal("parse error: the request has too many parts", PARSE_ERROR)))
        try:
            request = json.loads(body)
        except ValueError:
            return _encode(_error(None, Refusal("parse error: the request is not JSON", PARSE_ERROR)))
        if not isinstance(request, list):
            response = self._one(request)
            return b"" if response is None else _encode(response)
        if not 0 < len(request) <= MOST_IN_A_BATCH:
            message = f"invalid request: a batch holds 1 to {MOST_IN_A_BATCH} requests"
            return _encode(_error(None, Refusal(message, INVALID_REQUEST)))
        responses = [response for response in map(self._one, request) if response is not None]
        return _encode(responses) if responses else b""

    def _one(self, request: Any) -> dict[str, Any] | None:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, Refusal("invalid request: no method", INVALID_REQUEST))
        number = request.get("id")
        try:
            response = {"jsonrpc": "2.0", "id": number, "result": self._result(request)}
        except Refusal as refusal:
            response = _error(number, refusal)
        except Exception as error:  # a defect here must not take the chain down with it
            response = _error(number, Refusal(f"internal error: {type(error).__name__}: {error}", INTERNAL_ERROR))
        return response if "id" in request else None

    def _result(self, request: dict[str, Any]) -> Any:
        name, given = request["method"], request.get("params", [])
        method = self._methods.get(name)
        if method is None:
            raise Refusal(f"the method {name[:80]} does not exist/is not available", METHOD_NOT_FOUND)
        if not isinstance(given, list):
            raise Refusal(f"invalid params: {name} takes a list", INVALID_PARAMS)
        try:
            inspect.signature(method).bind(self._node, *given)
        except TypeError as error:
            raise Refusal(f"invalid params: {name}: {error}", INVALID_PARAMS) from error
        with self.lock:
            return method(self._node, *given)


def _error(number: Any, refusal: Refusal) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": refusal.to_json()}


def _encode(response: Any) -> bytes:
    return json.dumps(response, separators=(",", ":")).encode()
