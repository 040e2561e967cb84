"""What a node checks of a signed transaction before it mines it, with geth's words for what is wrong.

There is no pool: a transaction is mined at once or refused, so one whose nonce leaves a gap is refused as well.
"""

from __future__ import annotations

from typing import Any

from eth_utils.exceptions import ValidationError

from qfl_chain.chain.node.refusal import Refusal


def checked_chain(transaction: Any, chain_id: int) -> Any:
    """The transaction, if it is signed, and for this chain.

    Raises:
        Refusal: the signature is not one, or it is for another chain or for any.
    """
    try:
        transaction.check_signature_validity()
        transaction.validate()
    except ValidationError as error:
        raise Refusal(f"invalid sender: {error}") from error
    if transaction.chain_id is None:
        raise Refusal("only replay-protected (EIP-155) transactions allowed over RPC")
    if transaction.chain_id != chain_id:
        raise Refusal(f"invalid chain id for signer: have {transaction.chain_id} want {chain_id}")
    return transaction


def check(transaction: Any, state: Any, header: Any) -> None:
    """See that the block of ``header`` can hold the transaction.

    Raises:
        Refusal: what geth's transaction pool would say.
    """
    _check_nonce(transaction, state)
    _check_fees(transaction, header)
    _check_gas(transaction, state, header)
    cost = transaction.value + transaction.gas * transaction.max_fee_per_gas
    balance = state.get_balance(transaction.sender)
    if balance < cost:
        numbers = f"balance {balance}, tx cost {cost}, overshot {cost - balance}"
        raise Refusal(f"insufficient funds for gas * price + value: {numbers}")


def floor_gas(state: Any, transaction: Any) -> int:
    """The least gas a transaction with this much data pays (EIP-7623); none before Prague."""
    return int(state.transaction_executor_class.calc_data_floor_gas(transaction, 0, 0))


def _check_nonce(transaction: Any, state: Any) -> None:
    following = state.get_nonce(transaction.sender)
    if transaction.nonce < following:
        raise Refusal(f"nonce too low: next nonce {following}, tx nonce {transaction.nonce}")
    if transaction.nonce > following:
        raise Refusal(f"nonce too high: next nonce {following}, tx nonce {transaction.nonce}; this node keeps no queue")


def _check_fees(transaction: Any, header: Any) -> None:
    fee, tip = transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas
    if tip > fee:
        detail = f"maxPriorityFeePerGas: {tip}, maxFeePerGas: {fee}"
        raise Refusal(f"max priority fee per gas higher than max fee per gas: {detail}")
    if fee < header.base_fee_per_gas:
        detail = f"maxFeePerGas: {fee}, baseFee: {header.base_fee_per_gas}"
        raise Refusal(f"max fee per gas less than block base fee: {detail}")


def _check_gas(transaction: Any, state: Any, header: Any) -> None:
    if transaction.gas > header.gas_limit:
        raise Refusal(f"exceeds block gas limit: gas {transaction.gas}, limit {header.gas_limit}")
    needed = max(transaction.intrinsic_gas, floor_gas(state, transaction))
    if transaction.gas < needed:
        raise Refusal(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {needed}")
