"""What was sent to a federation, read back from the blocks: who called what, and what it cost. Failures included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from web3 import Web3

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.decoding import to_receipt
from qfl_chain.chain.transport import answering
from qfl_chain.types import Address, Receipt

CREATION = "deploy"


@dataclass(frozen=True, slots=True)
class Sent:
    """One mined transaction to a federation, or the one that created it."""

    sender: Address
    receipt: Receipt
    succeeded: bool


def transactions(web3: Web3, federation: Address, from_block: int) -> Iterator[Sent]:
    """Every transaction to a federation from a block on, in chain order.

    Raises:
        LedgerError: the node does not answer.
    """
    contract = web3.eth.contract(address=Web3.to_checksum_address(federation), abi=load_artifact().abi)
    with answering(web3):
        for number in range(from_block, web3.eth.block_number + 1):
            for sent in web3.eth.get_block(number, full_transactions=True)["transactions"]:
                assert not isinstance(sent, bytes)  # full transactions were asked for
                target = sent.get("to")
                if target and str(target).lower() != federation.lower():
                    continue
                receipt = web3.eth.get_transaction_receipt(sent["hash"])
                if not target and str(receipt.get("contractAddress")).lower() != federation.lower():
                    continue
                name = contract.decode_function_input(sent["input"])[0].fn_name if target else CREATION
                yield Sent(Address(str(sent["from"])), to_receipt(name, receipt), receipt["status"] == 1)
