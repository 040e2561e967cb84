"""Requests over HTTP that are lost, delayed, mixed up or refused, and asked again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from qfl_chain.chain.devnet import Devnet, load_settings
from qfl_chain.chain.transport import RetryingProvider, RetryPolicy, answering, asks_for_fewer_logs, open_web3
from qfl_chain.errors import LedgerError, Unreachable
from tests.faulty_proxy import FaultyProxy
from tests.ports import free_port
from tests.rpc import listen, serve

POLICY = RetryPolicy(attempts=4, first_wait=1.0, longest_wait=5.0, total=60.0, timeout=5.0)


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with serve(Devnet(replace(load_settings(), accounts=2))) as url:
        yield url


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def connected(url: str, time: FakeTime, policy: RetryPolicy = POLICY) -> Web3:
    return Web3(RetryingProvider(url, policy, clock=time.clock, sleep=time.sleep))


@pytest.mark.parametrize("fault", ["drop", "drop_answer", "error", "truncate", "html", "duplicate", "rate_limit"])
def test_a_request_that_fails_is_asked_again(node: str, time: FakeTime, fault: str) -> None:
    with FaultyProxy(node, script=[fault, fault]) as proxy:
        assert connected(proxy.url, time).eth.chain_id == 31337
    assert proxy.counts[fault] == 2 if fault != "duplicate" else 1


def test_a_late_answer_is_asked_for_again(node: str, time: FakeTime) -> None:
    with FaultyProxy(node, script=["delay"], delay_seconds=1.0) as proxy:
        assert connected(proxy.url, time, replace(POLICY, timeout=0.3)).eth.chain_id == 31337
    assert time.slept == [1.0]


def test_the_waits_double_and_end(time: FakeTime) -> None:
    port = free_port()
    web3 = connected(f"http://me:secret@127.0.0.1:{port}/key", time)
    with pytest.raises(Unreachable, match=f"^no answer from http://127.0.0.1:{port}: check the address") as caught:
        _ = web3.eth.chain_id
    assert time.slept == [1.0, 2.0, 4.0]
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


def test_nothing_is_begun_after_the_total_time(time: FakeTime) -> None:
    web3 = connected(f"http://127.0.0.1:{free_port()}", time, replace(POLICY, total=3.5))
    with pytest.raises(Unreachable):
        _ = web3.eth.chain_id
    assert time.slept == [1.0, 2.0]


@pytest.mark.parametrize(("asked", "slept"), [(3, [3.0]), (3600, [5.0])])
def test_retry_after_is_honoured_up_to_a_cap(node: str, time: FakeTime, asked: int, slept: list[float]) -> None:
    with FaultyProxy(node, script=["rate_limit"], retry_after=asked) as proxy:
        assert connected(proxy.url, time).eth.chain_id == 31337
    assert time.slept == slept


def test_a_node_that_keeps_limiting_is_said_so(node: str, time: FakeTime) -> None:
    with FaultyProxy(node, rates={"rate_limit": 1.0}) as proxy, pytest.raises(Unreachable, match="429: it is busy"):
        _ = connected(proxy.url, time).eth.chain_id


def answers(*contents: object) -> Callable[[bytes], tuple[int, bytes]]:
    """One after the other, each with the request's number unless it has one."""
    left = list(contents)

    def reply(body: bytes) -> tuple[int, bytes]:
        content = left.pop(0) if len(left) > 1 else left[0]
        assert isinstance(content, dict)
        return 200, json.dumps({"jsonrpc": "2.0", "id": json.loads(body)["id"], **content}).encode()

    return reply


@pytest.mark.parametrize(
    "first",
    [
        {"id": 77, "result": "0x5"},
        {"jsonrpc": "1.0", "result": "0x5"},
        {"result": "0x5", "error": {"code": 1, "message": "both"}},
        {"error": {"code": -32005, "message": "daily request count exceeded, request rate limited"}},
        {"error": {"code": 429, "message": "exceeded its compute units per second"}},
        {"error": {"code": -32000, "message": "Too Many Requests"}},
    ],
)
def test_an_answer_that_is_none_is_asked_for_again(time: FakeTime, first: object) -> None:
    with listen(answers(first, {"result": "0x7"})) as url:
        assert connected(url, time).eth.chain_id == 7
    assert time.slept == [1.0]


def test_a_limit_of_requests_that_stays_is_said_in_the_nodes_words(time: FakeTime) -> None:
    limited = {"error": {"code": -32005, "message": "project rate limit"}}
    with listen(answers(limited)) as url, pytest.raises(Unreachable, match="limits requests: project rate limit"):
        _ = connected(url, time).eth.chain_id


def test_a_nodes_refusal_is_not_asked_again(time: FakeTime) -> None:
    refusal = {"error": {"code": -32000, "message": "sleepy"}}
    with listen(answers(refusal)) as url:
        web3 = connected(url, time)
        with pytest.raises(LedgerError, match=f"^{url} refuses: sleepy"), answering(web3):
            _ = web3.eth.chain_id
    assert time.slept == []


def test_a_refused_key_is_not_asked_again(time: FakeTime) -> None:
    with listen(lambda body: (401, b"who?")) as url, pytest.raises(Unreachable, match="401: check address and access"):
        _ = connected(url, time).eth.chain_id
    assert time.slept == []


def test_what_would_happen_twice_is_asked_once(node: str, time: FakeTime) -> None:
    with FaultyProxy(node, script=["drop_answer"]) as proxy, pytest.raises(Unreachable):
        connected(proxy.url, time).provider.make_request(RPCEndpoint("evm_mine"), [])
    assert time.slept == []


def test_half_of_all_requests_failing_is_survived(node: str, time: FakeTime) -> None:
    rates = {"drop": 0.1, "drop_answer": 0.1, "error": 0.1, "truncate": 0.1, "html": 0.1}
    with FaultyProxy(node, seed=5, rates=rates) as proxy:
        web3 = connected(proxy.url, time, replace(POLICY, attempts=12, total=1e6))
        assert {web3.eth.chain_id for _ in range(60)} == {31337}
    assert sum(proxy.counts[fault] for fault in rates) > 30


def test_a_connection_asks_again_by_default(node: str) -> None:
    with FaultyProxy(node, script=["drop"]) as proxy:
        assert open_web3(proxy.url, RetryPolicy(first_wait=0.0)).eth.chain_id == 31337


ASKED = [(RPCEndpoint("eth_chainId"), []), (RPCEndpoint("eth_blockNumber"), []), (RPCEndpoint("net_version"), [])]


def batched(*contents: object) -> Callable[[bytes], tuple[int, bytes]]:
    """One after the other; a list answers the questions of a batch one by one, the last question first."""
    left = list(contents)

    def reply(body: bytes) -> tuple[int, bytes]:
        content, asked = left.pop(0) if len(left) > 1 else left[0], json.loads(body)
        if isinstance(content, list):
            pairs = zip(asked, content, strict=False)
            content = [{"jsonrpc": "2.0", "id": one["id"], **said} for one, said in pairs][::-1]
        return 200, json.dumps(content).encode()

    return reply


SOUND = [{"result": "0x7"}, {"result": "0x8"}, {"error": {"code": -32000, "message": "no"}}]


def test_answers_to_a_batch_come_in_the_order_of_the_questions(time: FakeTime) -> None:
    with listen(batched(SOUND)) as url:
        answers = connected(url, time).provider.make_batch_request(ASKED)  # type: ignore[attr-defined]
    assert [one.get("result", one.get("error")) for one in answers] == ["0x7", "0x8", SOUND[2]["error"]]
    assert time.slept == []


@pytest.mark.parametrize(
    "first",
    [
        SOUND[:2],
        [*SOUND[:2], {"id": 10**6, "result": "0x1"}],
        [*SOUND[:2], {"error": {"code": 429, "message": "exceeded its compute units per second"}}],
        "no node",
        [*SOUND[:2], {"result": "0x1", "error": {"code": 1, "message": "both"}}],
    ],
)
def test_a_batch_whose_answer_is_none_is_asked_again(time: FakeTime, first: object) -> None:
    with listen(batched(first, SOUND)) as url:
        answers = connected(url, time).provider.make_batch_request(ASKED)  # type: ignore[attr-defined]
    assert [one.get("result") for one in answers] == ["0x7", "0x8", None]
    assert time.slept == [1.0]


def test_a_node_that_takes_no_batches_is_heard(time: FakeTime) -> None:
    refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batches are off"}}
    with listen(batched(refusal)) as url:
        answer = connected(url, time).provider.make_batch_request(ASKED)  # type: ignore[attr-defined]
    assert answer["error"]["message"] == "batches are off"
    assert time.slept == []


def test_a_refusal_in_plain_text_asks_for_fewer_logs_where_it_says_so() -> None:
    for said, fewer in (("block range too large", True), ("no", False)):
        error = Web3RPCError(said, rpc_response={"jsonrpc": "2.0", "id": 1, "error": said})  # type: ignore[typeddict-item]
        assert asks_for_fewer_logs(error) is fewer


def test_an_answer_that_is_nested_too_deep_does_not_end_the_process() -> None:
    limit = sys.getrecursionlimit()
    with listen(lambda body: (200, b"[" * 200_000)) as url:
        web3 = open_web3(url, replace(POLICY, attempts=1))
        with pytest.raises(Unreachable, match="does not answer as an Ethereum node"), answering(web3):
            web3.eth.get_block_number()
    assert sys.getrecursionlimit() == limit
