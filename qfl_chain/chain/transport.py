"""JSON-RPC over HTTP that survives what networks and busy nodes do: a lost request is asked again, a bounded time.

Everything the protocol sends may be repeated. Reading changes nothing, and a raw transaction sent twice is one
transaction: the node answers "already known", which :mod:`qfl_chain.chain.sending` understands.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import requests
from web3 import HTTPProvider, Web3
from web3.exceptions import BadFunctionCallOutput, BadResponseFormat, ContractLogicError, Web3Exception, Web3RPCError
from web3.types import RPCEndpoint, RPCResponse

from qfl_chain.chain.endpoint import public_name
from qfl_chain.errors import LedgerError, Unreachable
from qfl_chain.schema import shallow

Answer = TypeVar("Answer")

BUSY_STATUS = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP answers that a moment later may be another."""

TOO_MANY_REQUESTS = 429
LIMIT_EXCEEDED = -32005
RATE_LIMIT = re.compile(r"rate.?limit|too many requests|request rate|requests per|compute units|capacity", re.I)
LOG_LIMIT = re.compile(r"query returned more|block range|range (is )?too|results|response size|too large|exceed", re.I)
"""What nodes say when a question about logs has too long an answer; that is no reason to ask it again."""

NOT_REPEATABLE = ("evm_", "anvil_", "eth_sendTransaction")
"""Requests to development chains that would happen twice."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to insist. Times in seconds.

    Attributes:
        attempts: requests sent for one question, at the most.
        first_wait: before the second attempt; it doubles from there.
        longest_wait: between two attempts, also where the node asks for more.
        total: after which no new attempt begins.
        timeout: for one answer.
    """

    attempts: int = 5
    first_wait: float = 0.2
    longest_wait: float = 10.0
    total: float = 60.0
    timeout: float = 10.0


class _Failure(Exception):
    """One attempt that failed: what to tell the user, and whether and when to try again."""

    def __init__(self, message: str, *, again: bool = True, wait: float = 0.0) -> None:
        super().__init__(message)
        self.again = again
        self.wait = wait


class RetryingProvider(HTTPProvider):
    """web3's HTTP provider, asking again by a :class:`RetryPolicy`.

    Raises:
        Unreachable: no usable answer after all attempts. A request that timed out has ``requests.Timeout`` as cause.
    """

    def __init__(
        self,
        url: str,
        policy: RetryPolicy,
        *,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(
            url, request_kwargs={"timeout": policy.timeout}, session=session, exception_retry_configuration=None
        )
        self.public_name = public_name(url)
        self._policy = policy
        self._clock = clock
        self._sleep = sleep

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        request = self.encode_rpc_request(method, params)
        attempts = 1 if method.startswith(NOT_REPEATABLE) else self._policy.attempts
        number = json.loads(request)["id"]
        return self._insist(attempts, lambda: self._checked(self._ask(request), number))

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        """Several answers to one request, in the order of the questions; one alone where the node refuses the batch.

        What may not be asked twice does not belong into a batch.
        """
        requests = [self.encode_rpc_request(method, params) for method, params in batch_requests]
        body = b"[" + b",".join(requests) + b"]"
        numbers = [json.loads(request)["id"] for request in requests]
        return self._insist(self._policy.attempts, lambda: self._all_checked(self._ask(body), numbers))

    def _insist(self, attempts: int, ask: Callable[[], Answer]) -> Answer:
        end = self._clock() + self._policy.total
        for wait in self._waits(attempts):
            try:
                return ask()
            except _Failure as failure:
                pause = min(max(wait, failure.wait), self._policy.longest_wait)
                if not failure.again or wait < 0 or self._clock() + pause > end:
                    raise Unreachable(str(failure)) from failure.__cause__
                self._sleep(pause)
        raise AssertionError("a policy has at least one attempt")

    def _waits(self, attempts: int) -> Iterator[float]:
        """The pause after each attempt; negative after the last."""
        for attempt in range(attempts - 1):
            yield min(self._policy.first_wait * 2**attempt, self._policy.longest_wait)
        yield -1.0

    def _ask(self, request: bytes) -> Any:
        try:
            answer = self._make_request(RPCEndpoint(""), request)
            with shallow():
                return self.decode_rpc_response(answer)
        except requests.HTTPError as error:
            raise self._refused(error.response) from error
        except (requests.RequestException, OSError) as error:
            raise _Failure(f"no answer from {self.public_name}: check the address, and that the node runs") from error
        except ValueError as error:
            raise self._no_node() from error

    def _refused(self, response: Any) -> _Failure:
        again = response.status_code in BUSY_STATUS
        advice = "it is busy or limits requests, try later" if again else "check address and access"
        message = f"{self.public_name} answers with HTTP status {response.status_code}: {advice}"
        return _Failure(message, again=again, wait=_seconds(response.headers.get("Retry-After")))

    def _all_checked(self, answers: Any, numbers: list[int]) -> list[RPCResponse] | RPCResponse:
        if isinstance(answers, Mapping) and answers.get("error") is not None:
            return self._checked(answers, numbers[0], any_number=True)
        if not isinstance(answers, list) or len(answers) != len(numbers):
            raise self._no_node()
        by_number = {str(answer.get("id")): answer for answer in answers if isinstance(answer, Mapping)}
        return [self._checked(by_number.get(str(number)), number) for number in numbers]

    def _checked(self, answer: Any, number: int, *, any_number: bool = False) -> RPCResponse:
        """The answer, when it is one and to this request.

        An answer to another request comes from a proxy that mixed them up: asking again may set it right.
        """
        if (
            not isinstance(answer, dict)
            or answer.get("jsonrpc") != "2.0"
            or ("result" in answer) == ("error" in answer)
        ):
            raise self._no_node()
        said: Any = answer.get("error")
        if str(answer.get("id")) != str(number) and not (said and (any_number or answer.get("id") is None)):
            raise self._no_node()
        if isinstance(said, Mapping) and _is_rate_limit(said):
            raise _Failure(f"{self.public_name} limits requests: {said.get('message')}; ask less often, or try later")
        return cast(RPCResponse, answer)

    def _no_node(self) -> _Failure:
        return _Failure(f"{self.public_name} does not answer as an Ethereum node: check the address")


def open_web3(url: str, policy: RetryPolicy | None = None, *, session: requests.Session | None = None) -> Web3:
    """A connection that insists.

    Raises:
        InputError: not an http or https address.
    """
    return Web3(RetryingProvider(url, policy or RetryPolicy(), session=session))


@contextmanager
def answering(web3: Web3) -> Iterator[None]:
    """Turn a connection's failures and a node's refusals into our errors; contract reverts pass.

    Raises:
        Unreachable: no answer.
        LedgerError: the node refuses, or its answer makes no sense.
    """
    name = getattr(web3.provider, "public_name", "the RPC endpoint")
    try:
        yield
    except ContractLogicError:
        raise
    except (requests.ConnectionError, requests.Timeout, ConnectionError) as error:
        raise Unreachable(f"no answer from {name}: {type(error).__name__}; is the node running?") from error
    except BadResponseFormat as error:
        raise Unreachable(f"{name} does not answer as an Ethereum node: check the address") from error
    except BadFunctionCallOutput as error:
        raise LedgerError(f"{name} knows nothing at the contract's address any more: is the node synced?") from error
    except Web3Exception as error:
        raise LedgerError(f"{name} refuses: {reason(error)}") from error


def reason(error: Exception) -> str:
    """The node's own words, where web3 kept them."""
    answer: Any = getattr(error, "rpc_response", None) or {}
    said = answer.get("error") or {}
    return str((said.get("message") if isinstance(said, Mapping) else said) or error)


def timed_out(error: Unreachable) -> bool:
    """Whether the node was reached and took too long."""
    return isinstance(error.__cause__, requests.ReadTimeout)


def asks_for_fewer_logs(error: Web3RPCError) -> bool:
    """Whether a node refused a question about logs because its answer would be too long."""
    answer: Any = error.rpc_response or {}
    said = answer.get("error")
    code = said.get("code") if isinstance(said, Mapping) else None
    return code in (LIMIT_EXCEEDED, -32602) or LOG_LIMIT.search(reason(error)) is not None


def _is_rate_limit(error: Mapping[str, Any]) -> bool:
    message = str(error.get("message"))
    if error.get("code") == LIMIT_EXCEEDED:
        return LOG_LIMIT.search(message) is None or RATE_LIMIT.search(message) is not None
    return error.get("code") == TOO_MANY_REQUESTS or RATE_LIMIT.search(message) is not None


def _seconds(retry_after: str | None) -> float:
    """A Retry-After header in seconds; a date or nonsense counts as none."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
