"""Blocks, transactions, receipts and logs as the Ethereum JSON-RPC specification writes them."""

from __future__ import annotations

from typing import Any

import rlp
from eth.vm.forks.berlin.transactions import TypedTransaction
from eth_tester.utils.address import generate_contract_address
from eth_utils.address import to_checksum_address

from qfl_chain.chain.node.database import LogEntry

DYNAMIC_FEE, BLOB, SET_CODE = 2, 3, 4
"""Types of transactions (EIP-1559, EIP-4844, EIP-7702); 1 carries an access list, 0 is the first kind."""


def in_hex(content: bytes) -> str:
    return "0x" + content.hex()


def block_json(block: Any, *, full: bool, pending: bool) -> dict[str, Any]:
    """A block with its transactions' hashes, or with the transactions. A pending block has no hash."""
    header = block.header
    transactions = [
        transaction_json(block, index) if full else in_hex(one.hash) for index, one in enumerate(block.transactions)
    ]
    answer = {
        "number": hex(header.block_number),
        "hash": None if pending else in_hex(header.hash),
        "parentHash": in_hex(header.parent_hash),
        "nonce": in_hex(header.nonce),
        "sha3Uncles": in_hex(header.uncles_hash),
        "logsBloom": in_hex(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": in_hex(header.transaction_root),
        "stateRoot": in_hex(header.state_root),
        "receiptsRoot": in_hex(header.receipt_root),
        "miner": in_hex(header.coinbase),
        "difficulty": hex(header.difficulty),
        "totalDifficulty": hex(header.difficulty),
        "mixHash": in_hex(header.mix_hash),
        "extraData": in_hex(header.extra_data),
        "size": hex(len(rlp.encode(block))),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "timestamp": hex(header.timestamp),
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [],
        "withdrawalsRoot": in_hex(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": in_hex(header.parent_beacon_block_root),
    }
    if hasattr(header, "requests_hash"):  # since Prague
        answer["requestsHash"] = in_hex(header.requests_hash)
    return answer


def transaction_json(block: Any, index: int) -> dict[str, Any]:
    """A mined transaction, with the fields its type has."""
    transaction = block.transactions[index]
    kind = kind_of(transaction)
    parity = transaction.y_parity if kind else transaction.v
    answer: dict[str, Any] = {
        "type": hex(kind),
        "hash": in_hex(transaction.hash),
        "nonce": hex(transaction.nonce),
        "blockHash": in_hex(block.hash),
        "blockNumber": hex(block.number),
        "transactionIndex": hex(index),
        "from": in_hex(transaction.sender),
        "to": in_hex(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "gasPrice": hex(effective_gas_price(transaction, block.header.base_fee_per_gas)),
        "input": in_hex(transaction.data),
        "chainId": hex(transaction.chain_id),
        "v": hex(parity),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
    }
    if kind:
        answer["yParity"] = hex(parity)
        answer["accessList"] = [
            {"address": in_hex(account), "storageKeys": [in_hex(slot.to_bytes(32, "big")) for slot in slots]}
            for account, slots in transaction.access_list
        ]
    if kind >= DYNAMIC_FEE:
        answer["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if kind == SET_CODE:
        answer["authorizationList"] = [_authorization_json(one) for one in transaction.authorization_list]
    return answer


def receipt_json(block: Any, receipts: tuple[Any, ...], logs: list[LogEntry], index: int) -> dict[str, Any]:
    """The receipt of a mined transaction, from its block's receipts and logs."""
    transaction, receipt = block.transactions[index], receipts[index]
    before = receipts[index - 1].gas_used if index else 0
    created = None if transaction.to else generate_contract_address(transaction.sender, transaction.nonce)
    return {
        "type": hex(kind_of(transaction)),
        "status": hex(int.from_bytes(receipt.state_root, "big")),
        "transactionHash": in_hex(transaction.hash),
        "transactionIndex": hex(index),
        "blockHash": in_hex(block.hash),
        "blockNumber": hex(block.number),
        "from": in_hex(transaction.sender),
        "to": in_hex(transaction.to) if transaction.to else None,
        "contractAddress": None if created is None else to_checksum_address(created).lower(),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "gasUsed": hex(receipt.gas_used - before),
        "effectiveGasPrice": hex(effective_gas_price(transaction, block.header.base_fee_per_gas)),
        "logsBloom": in_hex(receipt.bloom.to_bytes(256, "big")),
        "logs": [log_json(one) for one in logs if one.transaction_index == index],
    }


def log_json(log: LogEntry) -> dict[str, Any]:
    return {
        "address": in_hex(log.address),
        "topics": [in_hex(topic) for topic in log.topics],
        "data": in_hex(log.data),
        "blockNumber": hex(log.block),
        "blockHash": in_hex(log.block_hash),
        "blockTimestamp": hex(log.timestamp),
        "transactionHash": in_hex(log.transaction_hash),
        "transactionIndex": hex(log.transaction_index),
        "logIndex": hex(log.position),
        "removed": False,
    }


def kind_of(transaction: Any) -> int:
    """The transaction's type (EIP-2718)."""
    return int(transaction.type_id or 0) if isinstance(transaction, TypedTransaction) else 0


def effective_gas_price(transaction: Any, base_fee: int) -> int:
    """Wei per gas that the sender paid in a block with this base fee."""
    return int(min(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas + base_fee))


def _authorization_json(one: Any) -> dict[str, Any]:
    return {
        "chainId": hex(one.chain_id),
        "address": in_hex(one.address),
        "nonce": hex(one.nonce),
        "yParity": hex(one.y_parity),
        "r": hex(one.r),
        "s": hex(one.s),
    }
