"""What a transaction may cost: EIP-1559 fees, raises that nodes accept, and whether the account can pay."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from web3 import Web3

from qfl_chain.errors import LedgerError

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas: the most that is paid, and what of it goes to the block's proposer."""

    maximum: int
    tip: int


def base_fee(web3: Web3) -> int:
    """The latest block's, in wei per gas; 0 on a chain without EIP-1559."""
    return int(web3.eth.get_block("latest").get("baseFeePerGas", 0))


def first_fees(base: int, tip: int, cap: int) -> Fees:
    """Fees that stay valid while the base fee doubles, which takes six full blocks or more.

    Raises:
        LedgerError: the base fee alone is above the cap.
    """
    if base > cap:
        raise LedgerError(
            f"the network asks {base / GWEI:g} gwei per gas and the limit is {cap / GWEI:g}: wait until it is cheaper"
        )
    maximum = min(2 * base + tip, cap)
    return Fees(maximum, min(tip, maximum))


def raised(fees: Fees, base: int, cap: int) -> Fees | None:
    """Fees for a replacement: an eighth more, where nodes ask for a tenth; None when that is above the cap."""
    tip = _eighth_more(fees.tip)
    maximum = _eighth_more(fees.maximum)
    if maximum > cap:
        return None
    return Fees(max(maximum, min(2 * base + tip, cap)), tip)


def check_funds(account: str, balance: int, value: int, gas_cost: int | None) -> None:
    """Refuse what the account cannot pay. ``gas_cost`` is None where nothing can say what the call takes.

    Raises:
        LedgerError: too little; says how much is missing.
    """
    needed = value + (gas_cost or 0)
    if balance >= needed and gas_cost is not None:
        return
    parts = f"{ether(value)} to send, up to {ether(gas_cost)} for gas" if gas_cost is not None else "and gas"
    raise LedgerError(
        f"{account} holds {ether(balance)} and needs {ether(needed)} ({parts}): {ether(needed - balance)} more; "
        "fund the account first"
    )


def ether(wei: int) -> str:
    """An exact amount, such as ``0.0125 ETH``."""
    number = f"{Decimal(wei).scaleb(-18):f}"
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} ETH"


def _eighth_more(fee: int) -> int:
    return fee + fee // 8 + 1
