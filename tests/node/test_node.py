"""What the served chain does: transactions, calls, logs, time, snapshots, and going on from its database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qfl_chain.chain.node.database import ChainDatabase

from .conftest import START, Bench

LOGS = "602a6000526002600360206000a200"
"""Runtime code: a log of 42 with topics 3 and 2."""


def word(number: int) -> str:
    return f"0x{number:064x}"


def test_a_transaction_is_mined_at_once_in_a_block_of_its_own(bench: Bench) -> None:
    digest = bench.pay()
    receipt = bench.ask("eth_getTransactionReceipt", digest)
    block = bench.ask("eth_getBlockByHash", receipt["blockHash"], True)
    assert (receipt["status"], receipt["gasUsed"], receipt["contractAddress"]) == ("0x1", "0x5208", None)
    assert [one["hash"] for one in block["transactions"]] == [digest]
    assert bench.ask("eth_getTransactionByHash", digest) == block["transactions"][0]
    assert bench.ask("eth_getBlockByNumber", "latest", False)["transactions"] == [digest]
    assert bench.ask("eth_getBlockReceipts", "latest") == [receipt]
    assert bench.ask("eth_getTransactionCount", bench.address(0), "pending") == "0x1"


def test_what_is_not_there_is_null(bench: Bench) -> None:
    nothing = word(1)
    assert bench.ask("eth_getTransactionByHash", nothing) is None
    assert bench.ask("eth_getTransactionReceipt", nothing) is None
    assert bench.ask("eth_getBlockByHash", nothing, False) is None
    assert bench.ask("eth_getBlockByNumber", "0x9", False) is None
    assert bench.error("eth_getBalance", bench.address(0), "0x9") == {"code": -32000, "message": "header not found"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nonce": 5}, "nonce too high: next nonce 1, tx nonce 5"),
        ({"nonce": 0, "value": 2}, "nonce too low: next nonce 1, tx nonce 0"),
        ({"value": 10**30}, "insufficient funds for gas * price + value: balance "),
        ({"gas": 20_000}, "intrinsic gas too low: gas 20000, minimum needed 21000"),
        ({"gas": 10**8}, "exceeds block gas limit"),
        ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, "max fee per gas less than block base fee: maxFeePerGas: 1"),
        ({"maxPriorityFeePerGas": 10**12}, "max priority fee per gas higher than max fee per gas"),
        ({"chainId": 5}, "invalid chain id for signer: have 5 want 31337"),
        ({"gas": 22_700, "data": "0x" + "11" * 100}, "intrinsic gas too low: gas 22700, minimum needed 25000"),
    ],
)
def test_a_refused_transaction_has_geths_reason(bench: Bench, changes: dict[str, Any], message: str) -> None:
    bench.pay()
    error = bench.error("eth_sendRawTransaction", bench.signed(**changes))
    assert error["code"] == -32000
    assert error["message"].startswith(message)
    assert bench.ask("eth_blockNumber") == "0x1"


def test_a_mined_transaction_sent_again_is_already_known(bench: Bench) -> None:
    raw = bench.signed()
    bench.ask("eth_sendRawTransaction", raw)
    assert bench.error("eth_sendRawTransaction", raw) == {"code": -32000, "message": "already known"}


@pytest.mark.parametrize("raw", ["0x", "0x02c0", "0xc0", "0xff", "0x03" + "00" * 9, "0x05"])
def test_bytes_that_are_no_transaction_are_refused(bench: Bench, raw: str) -> None:
    error = bench.error("eth_sendRawTransaction", raw)
    assert error["code"] == -32000
    assert "cannot be decoded" in error["message"]


def test_the_devnet_signs_for_its_own_accounts_only(bench: Bench) -> None:
    paid = {"from": bench.address(1), "to": bench.address(2), "value": "0x7"}
    before = int(bench.ask("eth_getBalance", bench.address(2)), 16)
    bench.ask("eth_sendTransaction", paid)
    assert int(bench.ask("eth_getBalance", bench.address(2)), 16) == before + 7
    error = bench.error("eth_sendTransaction", {**paid, "from": "0x" + "11" * 20})
    assert error["message"].startswith("unknown account")


def test_a_revert_carries_its_data_and_code_three(bench: Bench) -> None:
    reverting = bench.deploy("63deadbeef60e01b60005260046000fd")
    for method in ("eth_call", "eth_estimateGas"):
        error = bench.error(method, {"to": reverting})
        assert error == {"code": 3, "message": "execution reverted", "data": "0xdeadbeef"}


def test_a_call_sees_the_block_it_is_asked_about(bench: Bench) -> None:
    clock = bench.deploy("4260005260206000f3")  # returns block.timestamp
    bench.clock.now += 100
    assert bench.ask("eth_call", {"to": clock}, "latest") == word(START)
    assert bench.ask("eth_call", {"to": clock}, "pending") == word(START + 100)
    assert bench.ask("eth_call", {"to": clock}, "earliest") == "0x"


def test_an_estimate_is_what_the_transaction_uses(bench: Bench) -> None:
    message = {"from": bench.address(0), "to": bench.address(1), "data": "0x" + "11" * 100}
    estimate = bench.ask("eth_estimateGas", message)
    receipt = bench.ask("eth_getTransactionReceipt", bench.ask("eth_sendTransaction", message))
    assert estimate == receipt["gasUsed"] == hex(25_000)


def test_logs_are_found_by_address_topics_range_and_block(bench: Bench) -> None:
    first, second = bench.deploy(LOGS), bench.deploy(LOGS)
    receipts = []
    for contract in (first, second, first):
        digest = bench.ask("eth_sendTransaction", {"from": bench.address(0), "to": contract})
        receipts.append(bench.ask("eth_getTransactionReceipt", digest))
        bench.ask("evm_mine")
    logs = [receipt["logs"][0] for receipt in receipts]
    assert logs[0]["topics"] == [word(3), word(2)]
    everything = {"fromBlock": "earliest"}
    assert bench.ask("eth_getLogs", everything) == logs
    assert bench.ask("eth_getLogs", {**everything, "address": second}) == [logs[1]]
    assert bench.ask("eth_getLogs", {**everything, "address": [first, second]}) == logs
    assert bench.ask("eth_getLogs", {**everything, "topics": [None, [word(9), word(2)]]}) == logs
    assert bench.ask("eth_getLogs", {**everything, "topics": [word(2)]}) == []
    assert bench.ask("eth_getLogs", {**everything, "topics": [None, None, None]}) == []
    assert bench.ask("eth_getLogs", {"blockHash": logs[1]["blockHash"]}) == [logs[1]]
    assert bench.ask("eth_getLogs", {"fromBlock": logs[1]["blockNumber"], "toBlock": logs[1]["blockNumber"]}) == [
        logs[1]
    ]


def test_filters_tell_what_is_new(bench: Bench) -> None:
    contract = bench.deploy(LOGS)
    logs, blocks = bench.ask("eth_newFilter", {"address": contract}), bench.ask("eth_newBlockFilter")
    digest = bench.ask("eth_sendTransaction", {"from": bench.address(0), "to": contract})
    block = bench.ask("eth_getTransactionReceipt", digest)["blockHash"]
    assert [one["transactionHash"] for one in bench.ask("eth_getFilterChanges", logs)] == [digest]
    assert bench.ask("eth_getFilterChanges", logs) == []
    assert [one["transactionHash"] for one in bench.ask("eth_getFilterLogs", logs)] == [digest]
    assert bench.ask("eth_getFilterChanges", blocks) == [block]
    assert bench.ask("eth_uninstallFilter", logs) is True
    assert bench.error("eth_getFilterChanges", logs)["message"] == "filter not found"


def test_fees_follow_the_base_fee_and_the_settings(bench: Bench) -> None:
    bench.pay()
    history = bench.ask("eth_feeHistory", "0x2", "latest", [10, 50])
    assert (history["oldestBlock"], len(history["baseFeePerGas"])) == ("0x0", 3)
    assert history["reward"] == [["0x0", "0x0"], [hex(10**9), hex(10**9)]]
    base = int(bench.ask("eth_getBlockByNumber", "pending", False)["baseFeePerGas"], 16)
    assert history["baseFeePerGas"][-1] == hex(base)
    assert int(bench.ask("eth_gasPrice"), 16) == base + 10**9
    assert bench.ask("eth_maxPriorityFeePerGas") == hex(10**9)


def timestamp(bench: Bench) -> int:
    return int(bench.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def test_blocks_follow_the_machines_clock_and_may_share_a_second(bench: Bench) -> None:
    bench.pay()
    bench.pay()
    assert timestamp(bench) == START
    bench.clock.now -= 50
    bench.pay()
    assert timestamp(bench) == START


def test_a_tick_mines_where_time_has_passed(bench: Bench) -> None:
    bench.pay()
    bench.node.tick()
    assert bench.ask("eth_blockNumber") == "0x1"
    bench.clock.now += 1
    bench.node.tick()
    assert (bench.ask("eth_blockNumber"), timestamp(bench)) == ("0x2", START + 1)


def test_time_moves_forward_and_stays_moved(bench: Bench) -> None:
    assert bench.ask("evm_increaseTime", 3600) == 3600
    bench.ask("evm_mine")
    assert timestamp(bench) == START + 3600
    bench.ask("evm_setNextBlockTimestamp", START + 9000)
    bench.clock.now += 5
    bench.pay()
    assert timestamp(bench) == START + 9000
    bench.pay()
    assert timestamp(bench) == START + 9005
    bench.ask("evm_mine", {"timestamp": START + 10_000})
    assert timestamp(bench) == START + 10_000
    bench.ask("anvil_mine", "0x3", "0xa")
    assert timestamp(bench) == START + 10_020
    error = bench.error("evm_setNextBlockTimestamp", START)
    assert error["message"].endswith("time goes forward only")


def test_a_revert_takes_back_blocks_logs_transactions_and_time(bench: Bench) -> None:
    contract = bench.deploy(LOGS)
    before = bench.ask("eth_getBlockByNumber", "latest", True)
    snapshot, later = bench.ask("evm_snapshot"), bench.ask("evm_snapshot")
    bench.ask("evm_increaseTime", 3600)
    gone = bench.ask("eth_sendTransaction", {"from": bench.address(0), "to": contract})
    gone_block = bench.ask("eth_getTransactionReceipt", gone)["blockHash"]
    assert bench.ask("evm_revert", snapshot) is True
    assert bench.ask("eth_getBlockByNumber", "latest", True) == before
    assert bench.ask("eth_getTransactionReceipt", gone) is None
    assert bench.ask("eth_getBlockByHash", gone_block, False) is None
    assert bench.ask("eth_getLogs", {"fromBlock": "earliest"}) == []
    assert (bench.ask("evm_revert", snapshot), bench.ask("evm_revert", later)) == (False, False)
    bench.ask("eth_sendTransaction", {"from": bench.address(0), "to": contract})
    assert timestamp(bench) == START
    assert len(bench.ask("eth_getLogs", {"fromBlock": "earliest"})) == 1


def test_a_database_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    first = Bench(ChainDatabase(tmp_path / "chain.sqlite"))
    first.ask("evm_increaseTime", 500)
    digest, snapshot = first.pay(), first.ask("evm_snapshot")
    first.ask("evm_setNextBlockTimestamp", START + 7000)
    second = Bench(ChainDatabase(tmp_path / "chain.sqlite"))  # the first is not closed: as if it had been killed
    assert second.ask("eth_getTransactionReceipt", digest) == first.ask("eth_getTransactionReceipt", digest)
    second.pay()
    assert timestamp(second) == START + 7000
    assert second.ask("evm_revert", snapshot) is True
    assert second.ask("eth_blockNumber") == "0x1"


def test_what_fails_half_way_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(bench.database, "add_logs", full)
    assert bench.error("eth_sendRawTransaction", bench.signed())["code"] == -32603
    monkeypatch.undo()
    assert bench.ask("eth_blockNumber") == "0x0"
    bench.pay()
    assert bench.ask("eth_blockNumber") == "0x1"
