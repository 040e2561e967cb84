"""What a node says of a raw transaction: when it is given one, and when it is asked about one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from eth_typing import HexStr
from eth_utils.exceptions import ValidationError
from web3 import Web3
from web3.exceptions import TransactionNotFound, Web3RPCError
from web3.types import TxReceipt

from qfl_chain.chain.outbox import InFlight
from qfl_chain.chain.transport import reason


class Verdict(Enum):
    """What a node made of a raw transaction."""

    TAKEN = "taken"
    NONCE_USED = "nonce used"
    UNDERPRICED = "underpriced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reply:
    """A verdict and the node's own words."""

    verdict: Verdict
    words: str = ""


REPLIES: tuple[tuple[Verdict, re.Pattern[str]], ...] = (
    (Verdict.TAKEN, re.compile(r"already ?known|already imported|known transaction|already exists", re.I)),
    (Verdict.UNDERPRICED, re.compile(r"underpriced|base fee|could not replace|ReplacementNotAllowed", re.I)),
    (Verdict.NONCE_USED, re.compile(r"nonce too low|invalid transaction nonce|OldNonce|nonce.*already", re.I)),
)
"""How geth, anvil, Erigon, Nethermind, Besu and eth-tester say it."""


def broadcast(web3: Web3, raw: str) -> Reply:
    """Give a node a signed transaction. What it had already counts as taken."""
    try:
        web3.eth.send_raw_transaction(HexStr(raw))
    except (Web3RPCError, ValidationError) as error:  # eth-tester in this process raises the latter
        words = reason(error)
        verdict = next((one for one, pattern in REPLIES if pattern.search(words)), Verdict.REFUSED)
        return Reply(verdict, words)
    return Reply(Verdict.TAKEN)


def hashes(transaction: InFlight) -> Iterable[HexStr]:
    """The hash of every version, the latest first."""
    return [HexStr(Web3.keccak(hexstr=HexStr(raw)).to_0x_hex()) for raw in reversed(transaction.versions)]


def find_receipt(web3: Web3, transaction: InFlight) -> TxReceipt | None:
    """The receipt of whichever version was mined."""
    for one in hashes(transaction):
        try:
            return web3.eth.get_transaction_receipt(one)
        except TransactionNotFound:
            continue
    return None


def is_known(web3: Web3, transaction: InFlight) -> bool:
    """Whether the node holds any version, mined or waiting."""
    for one in hashes(transaction):
        try:
            web3.eth.get_transaction(one)
        except TransactionNotFound:
            continue
        return True
    return False
