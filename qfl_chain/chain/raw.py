"""JSON-RPC as the node writes it: no middleware of web3 looks at an answer, which is most of the time of reading logs.

The provider below is the connection's own, so its patience with networks and nodes holds here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint, RPCResponse

from qfl_chain.errors import LedgerError

BATCH = 100
"""Questions in one request; hosted nodes take that many."""
LONGEST_QUOTE = 200
"""Characters of an answer in a message."""
NUMBER_BITS, TIME_BITS, FEE_BITS = 63, 37, 120
"""What an index can hold: numbers, times in seconds (37 bits last until the year 6325) and amounts of wei."""


class RawNode:
    """A node asked through a connection's provider, one question or many at a time.

    Args:
        web3: a connection over HTTP.
    """

    def __init__(self, web3: Web3) -> None:
        self._provider: Any = web3.provider
        self._batches = hasattr(self._provider, "make_batch_request")

    def ask(self, method: str, *params: Any) -> Any:
        """One answer.

        Raises:
            Web3RPCError: the node refuses.
            Unreachable: no answer.
        """
        return _result(self._provider.make_request(RPCEndpoint(method), list(params)))

    def ask_all(self, method: str, calls: Iterable[Sequence[Any]]) -> list[Any]:
        """The answers to many questions, in their order; one by one where the node takes no batches.

        Raises:
            Web3RPCError: the node refuses one of them.
            Unreachable: no answer.
        """
        asked = [(RPCEndpoint(method), list(call)) for call in calls]
        pieces = (asked[at : at + BATCH] for at in range(0, len(asked), BATCH))
        return [_result(answer) for piece in pieces for answer in self._answers(piece)]

    def _answers(self, asked: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        if self._batches and len(asked) > 1:
            answers = self._provider.make_batch_request(list(asked))
            if isinstance(answers, list):
                return answers
            self._batches = False
        return [self._provider.make_request(method, params) for method, params in asked]


@contextmanager
def making_sense(what: str) -> Iterator[None]:
    """Turn an answer that lacks what it must have into an error of ours.

    Raises:
        LedgerError: something is missing in it, or of another kind.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise LedgerError(
            f"the endpoint's answer about {what} makes no sense ({type(error).__name__}: {_first(str(error))}): "
            "use another endpoint"
        ) from error


def quantity(text: str, bits: int) -> int:
    """A number as JSON-RPC writes it.

    Raises:
        ValueError: no such number, or one that does not fit.
    """
    value = int(text, 16)
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{_first(text)} is no number of {bits} bits")
    return value


def _first(text: str) -> str:
    """As much of a stranger's text as a message can hold."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _result(answer: RPCResponse) -> Any:
    error: Any = answer.get("error")
    if error is not None:
        message = error.get("message") if isinstance(error, dict) else error
        raise Web3RPCError(str(message), rpc_response=answer)
    return answer["result"]
