"""Parameters of JSON-RPC requests: what a caller wrote, read strictly, or refused with the standard code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qfl_chain.chain.node.node import BlockId, Call
from qfl_chain.chain.node.refusal import INVALID_PARAMS, Refusal

TAGS = ("latest", "pending", "safe", "finalized", "earliest")
NOBODY = bytes(20)
MOST_TOPICS = 4


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What ``eth_getLogs`` takes. ``block_hash`` stands for a range of one block."""

    first: BlockId
    last: BlockId
    block_hash: bytes | None
    addresses: tuple[bytes, ...]
    topics: tuple[tuple[bytes, ...], ...]


def bad(name: str, expected: str, value: Any) -> Refusal:
    """The refusal of one parameter, which is not shown at length."""
    shown = repr(value)
    return Refusal(
        f"invalid {name}: expected {expected}, got {shown[:80] + '...' if len(shown) > 80 else shown}", INVALID_PARAMS
    )


def quantity(value: Any, name: str) -> int:
    """A whole number of at most 256 bits: hex as the specification writes it, or a JSON number."""
    try:
        number = int(value, 16) if isinstance(value, str) and value.startswith("0x") else value
    except ValueError:
        raise bad(name, "a hex quantity", value) from None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**256:
        raise bad(name, "a hex quantity", value)
    return number


def data(value: Any, name: str, length: int | None = None) -> bytes:
    """Bytes in hex, of one length if given."""
    expected = "bytes in hex" if length is None else f"{length} bytes in hex"
    if not isinstance(value, str) or not value.startswith("0x"):
        raise bad(name, expected, value)
    try:
        content = bytes.fromhex(value[2:])
    except ValueError:
        raise bad(name, expected, value) from None
    if length is not None and len(content) != length:
        raise bad(name, expected, value)
    return content


def address(value: Any, name: str = "address") -> bytes:
    return data(value, name, 20)


def digest(value: Any, name: str = "hash") -> bytes:
    return data(value, name, 32)


def block_id(value: Any, name: str = "block") -> BlockId:
    """A tag, a number, a hash in hex, or the object of EIP-1898."""
    if isinstance(value, Mapping):
        if "blockHash" in value:
            return digest(value["blockHash"], "blockHash")
        return block_id(value.get("blockNumber"), "blockNumber")
    if isinstance(value, str) and value in TAGS:
        return value
    if isinstance(value, str) and len(value) == 66:
        return digest(value, name)
    return quantity(value, name)


def fields(value: Any, name: str) -> Mapping[str, Any]:
    """An object's members; those that are null count as absent."""
    if not isinstance(value, Mapping):
        raise bad(name, "an object", value)
    return {key: member for key, member in value.items() if member is not None}


def call(value: Any) -> Call:
    """The message of ``eth_call`` and ``eth_estimateGas``."""
    given = fields(value, "call")
    return Call(
        sender=address(given.get("from", "0x" + NOBODY.hex()), "from"),
        to=address(given["to"], "to") if given.get("to", "0x") != "0x" else b"",
        data=data(given.get("input", given.get("data", "0x")), "input"),
        value=quantity(given.get("value", 0), "value"),
        gas=quantity(given["gas"], "gas") if "gas" in given else None,
    )


def log_filter(value: Any) -> LogFilter:
    """The filter of ``eth_getLogs``: addresses and topics may be one, several, or left out."""
    given = fields(value, "filter")
    block_hash = digest(given["blockHash"], "blockHash") if "blockHash" in given else None
    if block_hash is not None and ("fromBlock" in given or "toBlock" in given):
        raise Refusal("invalid filter: blockHash excludes fromBlock and toBlock", INVALID_PARAMS)
    topics = given.get("topics", [])
    if not isinstance(topics, list) or len(topics) > MOST_TOPICS:
        raise bad("topics", f"a list of at most {MOST_TOPICS}", topics)
    return LogFilter(
        first=block_id(given.get("fromBlock", "latest"), "fromBlock"),
        last=block_id(given.get("toBlock", "latest"), "toBlock"),
        block_hash=block_hash,
        addresses=tuple(address(one) for one in _several(given.get("address"))),
        topics=tuple(_topic(one) for one in topics),
    )


def _topic(value: Any) -> tuple[bytes, ...]:
    """The topics allowed at one position; none given, or a null among them, allows every one."""
    choices = _several(value)
    return () if None in choices else tuple(digest(one, "topic") for one in choices)


def _several(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
