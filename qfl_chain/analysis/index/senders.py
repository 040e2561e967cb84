"""The transactions behind logs: who sent them, what they called and what they cost.

Two questions a transaction, its receipt and itself, a hundred to a request. A block's receipts would be fewer
questions where one block holds many of our transactions, but on a shared chain they are everybody's, megabytes for a
line. What failed left no log, so it is not seen this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.bulk import Forked, RawLog
from qfl_chain.chain.decoding import signature_hash
from qfl_chain.chain.raw import FEE_BITS, NUMBER_BITS, RawNode, making_sense, quantity
from qfl_chain.chain.transactions import CREATION
from qfl_chain.types import Address

if TYPE_CHECKING:
    from qfl_chain.analysis.index.database import TransactionRow

INDIRECT = "other contract"
"""The function of a transaction that reached the federation through another contract."""
UNKNOWN = "unknown"
GAS_BITS = 48
"""Far more than a block has."""


def transactions_of(node: RawNode, federation: Address, logs: Sequence[RawLog]) -> list[TransactionRow]:
    """Every transaction that left one of these logs, in chain order.

    Raises:
        Forked: a transaction is no longer in the block that the logs name.
        LedgerError: the node refuses.
    """
    blocks = {log["transactionHash"]: log["blockHash"] for log in logs}
    asked = [(one,) for one in blocks]
    receipts = node.ask_all("eth_getTransactionReceipt", asked)
    sent = node.ask_all("eth_getTransactionByHash", asked)
    with making_sense("transactions"):
        for block, *answers in zip(blocks.values(), receipts, sent, strict=True):
            if any(answer is None or answer["blockHash"] != block for answer in answers):
                raise Forked
        return [
            _row(federation.lower(), bytes.fromhex(one[2:]), *answers)
            for one, *answers in zip(blocks, sent, receipts, strict=True)
        ]


def _row(federation: str, digest: bytes, sent: Mapping[str, Any], receipt: Mapping[str, Any]) -> TransactionRow:
    from qfl_chain.analysis.index.database import TransactionRow

    gas_used = quantity(receipt["gasUsed"], GAS_BITS)
    return TransactionRow(
        hash=digest,
        block=quantity(receipt["blockNumber"], NUMBER_BITS),
        sender=_checksummed(receipt["from"]),
        function=_function(federation, sent, receipt),
        gas_used=gas_used,
        fee_wei=gas_used * quantity(receipt["effectiveGasPrice"], FEE_BITS - GAS_BITS),
        succeeded=int(receipt.get("status", "0x1"), 16) == 1,
    )


def _function(federation: str, sent: Mapping[str, Any], receipt: Mapping[str, Any]) -> str:
    if sent.get("to") is None:
        return CREATION if str(receipt.get("contractAddress")).lower() == federation else INDIRECT
    if sent["to"].lower() != federation:
        return INDIRECT
    return _functions().get(sent["input"][:10].lower(), UNKNOWN)


@cache
def _functions() -> Mapping[str, str]:
    """Names by the four bytes that an input begins with."""
    functions = [entry for entry in load_artifact().abi if entry["type"] == "function"]
    return {"0x" + signature_hash(entry).hex()[:8]: str(entry["name"]) for entry in functions}


@cache
def _checksummed(address: str) -> str:
    return str(to_checksum_address(address))
