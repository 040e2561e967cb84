"""Money for accounts of a trial, from an account that a development node signs for itself."""

from __future__ import annotations

from web3 import Web3

from qfl_chain.errors import LedgerError
from qfl_chain.types import Address, Gwei


def fund(web3: Web3, address: Address, amount: Gwei) -> str:
    """Send money from the node's first unlocked account; waits for the receipt and gives the transaction's hash.

    Raises:
        LedgerError: a node without unlocked accounts, as all real networks' are, or a transfer that failed.
    """
    unlocked = web3.eth.accounts
    if not unlocked:
        raise LedgerError("the node signs for no account: it is no development node; send from your own account")
    sent = web3.eth.send_transaction(
        {"from": unlocked[0], "to": Web3.to_checksum_address(address), "value": Web3.to_wei(amount, "gwei")}
    )
    receipt = web3.eth.wait_for_transaction_receipt(sent)
    if receipt["status"] != 1:
        raise LedgerError(f"the transfer to {address} failed: it is a contract that takes none")
    return "0x" + bytes(sent).hex()
