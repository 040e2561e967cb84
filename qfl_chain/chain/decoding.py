"""The federation's ABI in our own types: calls in, events, receipts and custom errors out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError
from web3.types import LogReceipt, TxReceipt

from qfl_chain.errors import Reverted, WrongContract, WrongPhase
from qfl_chain.types import Event, Opening, Receipt, Report, Terms


class EventDecoder:
    """Logs of one contract as events.

    Args:
        contract: web3's contract object.
    """

    def __init__(self, contract: Any) -> None:
        self._contract = contract

    @cached_property
    def _names(self) -> dict[bytes, str]:
        return {signature_hash(entry): str(entry["name"]) for entry in self._contract.abi if entry["type"] == "event"}

    def __call__(self, log: LogReceipt, timestamp: int) -> Event:
        """A log as an event of a block with this time.

        Raises:
            WrongContract: no event of a federation.
        """
        name = self._names.get(bytes(log["topics"][0])) if log["topics"] else None
        if name is None:
            raise WrongContract(f"{log['address']} logs what no federation of this version logs: check the address")
        decoded = self._contract.events[name]().process_log(log)
        return Event(
            name=name,
            args={key: _plain(value) for key, value in decoded["args"].items()},
            block=int(log["blockNumber"]),
            index=int(log["logIndex"]),
            timestamp=timestamp,
            transaction=log["transactionHash"].to_0x_hex(),
        )


def to_receipt(function: str, receipt: TxReceipt) -> Receipt:
    """What a mined transaction cost."""
    gas_used = int(receipt["gasUsed"])
    return Receipt(
        transaction=receipt["transactionHash"].to_0x_hex(),
        function=function,
        block=int(receipt["blockNumber"]),
        gas_used=gas_used,
        fee_wei=gas_used * int(receipt["effectiveGasPrice"]),
    )


def opened_by(contract: Any, data: HexBytes) -> tuple[Opening, ...]:
    """The openings in a transaction's input; empty for other calls."""
    function, arguments = contract.decode_function_input(data)
    if function.fn_name == "reveal":
        return (Opening(arguments["participant"], arguments["digest"], arguments["salt"]),)
    return tuple(Opening(*_plain(opening)) for opening in arguments.get("openings", ()))


def terms_tuple(terms: Terms) -> tuple[Any, ...]:
    """What the constructor takes, but for the committee."""
    return tuple(getattr(terms, name) for name in Terms.__dataclass_fields__ if name != "oracles")


def report_tuple(report: Report) -> tuple[Any, ...]:
    """What ``report`` takes, but for the signatures."""
    return tuple(getattr(report, name) for name in Report.__dataclass_fields__)


@contextmanager
def readable_reverts(web3: Web3, abi: Sequence[Mapping[str, Any]], function: str) -> Iterator[None]:
    """Name the contract's own error behind a revert.

    Raises:
        Reverted: the call reverts.
    """
    try:
        yield
    except ContractLogicError as error:
        raise _reverted(web3, abi, function, error) from error


def _reverted(web3: Web3, abi: Sequence[Mapping[str, Any]], function: str, error: ContractLogicError) -> Reverted:
    data = HexBytes(cast(HexStr, error.data)) if isinstance(error.data, str | bytes) else HexBytes(b"")
    entry = next((one for one in abi if one["type"] == "error" and signature_hash(one)[:4] == bytes(data[:4])), None)
    if entry is None:
        return Reverted(function, str(error.message or "unknown error"))
    values = web3.codec.decode([item["type"] for item in entry["inputs"]], bytes(data[4:]))
    named = {item["name"]: value for item, value in zip(entry["inputs"], values, strict=True)}
    if entry["name"] == "WrongPhase":
        return WrongPhase(function, int(named["opensAt"]), int(named["closesAt"]))
    return Reverted(function, str(entry["name"]), named)


def signature_hash(entry: Mapping[str, Any]) -> bytes:
    """The keccak256 of an ABI entry's signature: an event's first topic; its first four bytes choose a function."""
    return bytes(Web3.keccak(text=f"{entry['name']}({','.join(_type_of(item) for item in entry['inputs'])})"))


def _type_of(item: Mapping[str, Any]) -> str:
    if not str(item["type"]).startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_type_of(part) for part in item["components"])
    return f"({inner}){str(item['type']).removeprefix('tuple')}"


def _plain(value: Any) -> Any:
    """Decoded ABI values as bytes, ints, strings and tuples, and nothing of web3's own."""
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, Mapping):
        return tuple(_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value
