"""The JSON-RPC methods a served devnet answers: name, and a function of the node and the request's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from qfl_chain.chain.node import arguments as read
from qfl_chain.chain.node.answers import block_json, effective_gas_price, in_hex, log_json, receipt_json
from qfl_chain.chain.node.answers import transaction_json as transaction_at
from qfl_chain.chain.node.database import LogEntry
from qfl_chain.chain.node.node import BlockId, Node
from qfl_chain.chain.node.refusal import INVALID_PARAMS, Refusal

GWEI = 10**9
MOST_BLOCKS = 1024
"""Blocks one ``eth_feeHistory`` covers, or one ``anvil_mine`` makes."""

Method = Callable[..., Any]


def need_header(node: Node, block: BlockId) -> Any:
    """The header of a block.

    Raises:
        Refusal: there is none.
    """
    header = node.header(block)
    if header is None:
        raise Refusal("header not found")
    return header


def find_logs(node: Node, chosen: read.LogFilter) -> list[LogEntry]:
    """The logs a filter chooses."""
    if chosen.block_hash is not None:
        first = last = int(need_header(node, chosen.block_hash).block_number)
    else:
        first, last = (_number(node, block) for block in (chosen.first, chosen.last))
    if first > last:
        raise Refusal(f"invalid block range: from {first} to {last}", INVALID_PARAMS)
    return node.logs(first, last, chosen.addresses, chosen.topics)


def _number(node: Node, block: BlockId) -> int:
    """The number a filter's bound means; one not mined yet bounds nothing."""
    return block if isinstance(block, int) else int(need_header(node, block).block_number)


# Accounts and state


def get_balance(node: Node, address: Any, block: Any = "latest") -> str:
    state = node.state(need_header(node, read.block_id(block)))
    return hex(state.get_balance(read.address(address)))


def get_code(node: Node, address: Any, block: Any = "latest") -> str:
    state = node.state(need_header(node, read.block_id(block)))
    return in_hex(state.get_code(read.address(address)))


def get_storage(node: Node, address: Any, slot: Any, block: Any = "latest") -> str:
    state = node.state(need_header(node, read.block_id(block)))
    value: int = state.get_storage(read.address(address), read.quantity(slot, "slot"))
    return in_hex(value.to_bytes(32, "big"))


def get_transaction_count(node: Node, address: Any, block: Any = "latest") -> str:
    state = node.state(need_header(node, read.block_id(block)))
    return hex(state.get_nonce(read.address(address)))


def call(node: Node, message: Any, block: Any = "latest") -> str:
    return in_hex(node.call(read.call(message), need_header(node, read.block_id(block))))


def estimate_gas(node: Node, message: Any, block: Any = "latest") -> str:
    chosen = read.block_id(block)
    # The estimate is for the block after: the pending one has the latest as its parent, and is not there yet.
    return hex(node.estimate(read.call(message), need_header(node, "latest" if chosen == "pending" else chosen)))


# Blocks


def get_block(node: Node, block: Any, full: Any = False) -> dict[str, Any] | None:
    chosen = read.block_id(block)
    header = node.header(chosen)
    if header is None:
        return None
    return block_json(node.block(header), full=bool(full), pending=chosen == "pending")


def get_block_receipts(node: Node, block: Any) -> list[dict[str, Any]] | None:
    header = node.header(read.block_id(block))
    if header is None:
        return None
    found = node.block(header)
    receipts, logs = node.receipts(found), node.block_logs(found)
    return [receipt_json(found, receipts, logs, index) for index in range(len(receipts))]


def get_block_transaction_count(node: Node, block: Any) -> str | None:
    header = node.header(read.block_id(block))
    return None if header is None else hex(len(node.block(header).transactions))


# Fees


def gas_price(node: Node) -> str:
    return hex(node.pending().base_fee_per_gas + node.settings.priority_fee_gwei * GWEI)


def fee_history(node: Node, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
    """Base fees, how full blocks were, and tips by percentile of gas; of the block after the newest, the base fee."""
    header = need_header(node, "latest" if newest == "pending" else read.block_id(newest))
    wanted = min(read.quantity(count, "blockCount"), MOST_BLOCKS, header.block_number + 1)
    oldest = int(header.block_number) - wanted + 1
    headers = [node.header(number) for number in range(oldest, oldest + wanted)]
    following = node.header(oldest + wanted) or node.pending()
    answer: dict[str, Any] = {
        "oldestBlock": hex(oldest),
        "baseFeePerGas": [hex(one.base_fee_per_gas) for one in (*headers, following)],
        "gasUsedRatio": [one.gas_used / one.gas_limit for one in headers],
        "baseFeePerBlobGas": ["0x1"] * (wanted + 1),
        "blobGasUsedRatio": [0.0] * wanted,
    }
    if percentiles:
        answer["reward"] = [[hex(tip) for tip in _tips(node, one, _percentiles(percentiles))] for one in headers]
    return answer


def _percentiles(value: Any) -> list[float]:
    if not isinstance(value, list) or not all(isinstance(one, int | float) and 0 <= one <= 100 for one in value):
        raise read.bad("percentiles", "a list of numbers from 0 to 100", value)
    return value


def _tips(node: Node, header: Any, percentiles: list[float]) -> list[int]:
    """The tip per gas at each percentile of a block's gas; 0 for an empty block."""
    block = node.block(header)
    used, spent = 0, []
    for transaction, receipt in zip(block.transactions, node.receipts(block), strict=True):
        tip = effective_gas_price(transaction, header.base_fee_per_gas) - header.base_fee_per_gas
        spent.append((tip, receipt.gas_used - used))
        used = receipt.gas_used
    spent.sort()
    return [_at_percentile(spent, used * one / 100) for one in percentiles]


def _at_percentile(spent: list[tuple[int, int]], threshold: float) -> int:
    passed = 0
    for tip, gas in spent:
        passed += gas
        if passed >= threshold:
            return tip
    return 0


# Transactions


def get_transaction(node: Node, digest: Any) -> dict[str, Any] | None:
    found = node.find_transaction(read.digest(digest))
    return None if found is None else transaction_at(*found)


def get_receipt(node: Node, digest: Any) -> dict[str, Any] | None:
    found = node.find_transaction(read.digest(digest))
    if found is None:
        return None
    block, index = found
    return receipt_json(block, node.receipts(block), node.block_logs(block), index)


def send_raw(node: Node, raw: Any) -> str:
    return in_hex(node.send(read.data(raw, "transaction")))


def send(node: Node, transaction: Any) -> str:
    """Sign for one of the devnet's own accounts, and mine."""
    given = read.fields(transaction, "transaction")
    message = read.call(given)
    account = next((one for one in node.accounts if bytes.fromhex(one.address[2:]) == message.sender), None)
    if account is None:
        raise Refusal("unknown account: eth_accounts lists those the devnet signs for")
    nonce = node.state(node.head()).get_nonce(message.sender)
    filled = {
        "chainId": node.settings.chain_id,
        "nonce": read.quantity(given["nonce"], "nonce") if "nonce" in given else nonce,
        "gas": message.gas or node.estimate(message, node.head()),
        "value": message.value,
        "data": message.data,
        **({"to": message.to} if message.to else {}),
        **_fees(node, given),
    }
    return in_hex(node.send(bytes(account.sign_transaction(filled).raw_transaction)))


def _fees(node: Node, given: Mapping[str, Any]) -> dict[str, int]:
    if "gasPrice" in given:
        return {"gasPrice": read.quantity(given["gasPrice"], "gasPrice")}
    tip = read.quantity(given.get("maxPriorityFeePerGas", node.settings.priority_fee_gwei * GWEI), "tip")
    fee = read.quantity(given.get("maxFeePerGas", tip + 2 * node.pending().base_fee_per_gas), "maxFeePerGas")
    return {"maxFeePerGas": fee, "maxPriorityFeePerGas": tip}


def get_logs(node: Node, chosen: Any) -> list[dict[str, Any]]:
    return [log_json(one) for one in find_logs(node, read.log_filter(chosen))]


# Time and snapshots, for tests


def increase_time(node: Node, seconds: Any) -> int:
    return node.increase_time(read.quantity(seconds, "seconds"))


def set_next_timestamp(node: Node, timestamp: Any) -> None:
    node.set_next_timestamp(read.quantity(timestamp, "timestamp"))


def mine_one(node: Node, timestamp: Any = None) -> str:
    """Mine a block, at a time if one is given, as a number or as ``{"timestamp": number}``."""
    chosen = read.fields(timestamp, "options").get("timestamp") if isinstance(timestamp, dict) else timestamp
    if chosen is not None:
        node.set_next_timestamp(read.quantity(chosen, "timestamp"))
    node.mine()
    return "0x0"


def mine_many(node: Node, count: Any = 1, interval: Any = 0) -> None:
    wanted = read.quantity(count, "count")
    if wanted > MOST_BLOCKS:
        raise read.bad("count", f"at most {MOST_BLOCKS} blocks at once", wanted)
    node.mine(wanted, read.quantity(interval, "interval"))


def snapshot(node: Node) -> str:
    return hex(node.take_snapshot())


def revert(node: Node, number: Any) -> bool:
    return node.revert(min(read.quantity(number, "snapshot"), 2**63 - 1))


METHODS: dict[str, Method] = {
    "web3_clientVersion": lambda node: f"qfl-devnet/{version('qfl-chain')}/eth-tester",
    "net_version": lambda node: str(node.settings.chain_id),
    "net_listening": lambda node: True,
    "net_peerCount": lambda node: "0x0",
    "eth_chainId": lambda node: hex(node.settings.chain_id),
    "eth_syncing": lambda node: False,
    "eth_mining": lambda node: True,
    "eth_accounts": lambda node: [one.address.lower() for one in node.accounts],
    "eth_blockNumber": lambda node: hex(node.head().block_number),
    "eth_getBalance": get_balance,
    "eth_getCode": get_code,
    "eth_getStorageAt": get_storage,
    "eth_getTransactionCount": get_transaction_count,
    "eth_call": call,
    "eth_estimateGas": estimate_gas,
    "eth_gasPrice": gas_price,
    "eth_maxPriorityFeePerGas": lambda node: hex(node.settings.priority_fee_gwei * GWEI),
    "eth_blobBaseFee": lambda node: "0x1",
    "eth_feeHistory": fee_history,
    "eth_getBlockByNumber": get_block,
    "eth_getBlockByHash": get_block,
    "eth_getBlockReceipts": get_block_receipts,
    "eth_getBlockTransactionCountByNumber": get_block_transaction_count,
    "eth_getBlockTransactionCountByHash": get_block_transaction_count,
    "eth_getTransactionByHash": get_transaction,
    "eth_getTransactionReceipt": get_receipt,
    "eth_sendRawTransaction": send_raw,
    "eth_sendTransaction": send,
    "eth_getLogs": get_logs,
    "evm_increaseTime": increase_time,
    "evm_setNextBlockTimestamp": set_next_timestamp,
    "evm_mine": mine_one,
    "evm_snapshot": snapshot,
    "evm_revert": revert,
    "anvil_increaseTime": increase_time,
    "anvil_setNextBlockTimestamp": set_next_timestamp,
    "anvil_mine": mine_many,
    "anvil_snapshot": snapshot,
    "anvil_revert": revert,
}
"""By name. Those named ``evm_`` and ``anvil_`` move time and go back in it; no public node has them."""
