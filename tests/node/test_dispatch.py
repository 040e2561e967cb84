"""The envelope of JSON-RPC 2.0: what is answered to requests good and bad."""

from __future__ import annotations

import pytest

from .conftest import Bench


def test_a_request_is_answered_with_its_id(bench: Bench) -> None:
    request = {"jsonrpc": "2.0", "id": "seven", "method": "eth_chainId", "params": []}
    assert bench.post(request) == {"jsonrpc": "2.0", "id": "seven", "result": "0x7a69"}


def test_params_may_be_left_out(bench: Bench) -> None:
    assert bench.post({"jsonrpc": "2.0", "id": 1, "method": "net_version"})["result"] == "31337"


def test_a_batch_is_answered_in_order_and_its_faults_one_by_one(bench: Bench) -> None:
    answers = bench.post([{"id": 1, "method": "eth_chainId"}, {"id": 2, "method": "eth_no"}, 7])
    assert [one["id"] for one in answers] == [1, 2, None]
    assert [one.get("error", {}).get("code") for one in answers] == [None, -32601, -32600]


def test_a_notification_is_done_and_not_answered(bench: Bench) -> None:
    assert bench.post({"jsonrpc": "2.0", "method": "evm_mine"}) is None
    assert bench.post([{"jsonrpc": "2.0", "method": "evm_mine"}]) is None
    assert bench.ask("eth_blockNumber") == "0x2"


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (b"{", -32700, "parse error"),
        (b"\xff\xfe", -32700, "parse error"),
        (b"[" * 100_000, -32700, "parse error"),
        (b"7", -32600, "no method"),
        (b"{}", -32600, "no method"),
        (b"[]", -32600, "a batch holds 1 to 1000"),
        (b'{"id": 1, "method": "eth_mineFaster"}', -32601, "the method eth_mineFaster does not exist/is not available"),
        (b'{"id": 1, "method": "eth_chainId", "params": {}}', -32602, "takes a list"),
        (b'{"id": 1, "method": "eth_chainId", "params": [1]}', -32602, "too many positional"),
        (b'{"id": 1, "method": "eth_getBalance", "params": []}', -32602, "missing a required argument: 'address'"),
    ],
)
def test_what_cannot_be_answered_has_the_standard_code(bench: Bench, request_: bytes, code: int, message: str) -> None:
    error = bench.post(request_)["error"]
    assert error["code"] == code
    assert message in error["message"]


def test_a_defect_is_an_internal_error_and_the_node_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("cogs")

    monkeypatch.setattr(bench.node, "head", broken)
    assert bench.error("eth_blockNumber") == {"code": -32603, "message": "internal error: RuntimeError: cogs"}
    monkeypatch.undo()
    assert bench.ask("eth_blockNumber") == "0x0"


@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        ("eth_getBalance", ["0x12"], "invalid address: expected 20 bytes in hex, got '0x12'"),
        ("eth_getBalance", ["0x" + "0" * 40, "newest"], "invalid block: expected a hex quantity, got 'newest'"),
        ("eth_getBalance", ["0x" + "0" * 40, True], "invalid block: expected a hex quantity"),
        ("eth_getBalance", ["0x" + "0" * 40, "0xzz"], "invalid block: expected a hex quantity"),
        ("eth_getBalance", ["0x" + "0" * 40, {"blockHash": "0x1"}], "invalid blockHash: expected 32 bytes"),
        ("eth_call", ["0x"], "invalid call: expected an object"),
        ("eth_call", [{"to": "0x1"}], "invalid to: expected 20 bytes"),
        ("eth_call", [{"data": "0xz0"}], "invalid input: expected bytes in hex"),
        ("eth_call", [{"value": -1}], "invalid value: expected a hex quantity"),
        ("eth_sendRawTransaction", ["f86b" * 100], "invalid transaction: expected bytes in hex, got 'f86bf86b"),
        ("eth_getTransactionReceipt", [None], "invalid hash: expected 32 bytes"),
        ("eth_getLogs", [{"topics": [None] * 5}], "invalid topics: expected a list of at most 4"),
        ("eth_getLogs", [{"topics": [["0x12"]]}], "invalid topic: expected 32 bytes"),
        ("eth_getLogs", [{"blockHash": "0x" + "0" * 64, "toBlock": "latest"}], "blockHash excludes"),
        ("eth_getLogs", [{"fromBlock": "0x5", "toBlock": "0x4"}], "invalid block range: from 5 to 4"),
        ("eth_feeHistory", [4, "latest", [101]], "invalid percentiles: expected a list of numbers from 0 to 100"),
        ("anvil_mine", ["0xffffff"], "invalid count: expected at most 1024 blocks at once"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(
    bench: Bench, method: str, params: list[object], message: str
) -> None:
    error = bench.error(method, *params)
    assert error["code"] == -32602
    assert error["message"].startswith(message) or message in error["message"]
