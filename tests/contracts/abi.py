"""The contract's ABI, read from the committed artifact: calls encoded, answers, logs and errors decoded."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import eth_abi
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from qfl_chain.chain.artifacts import load_artifact

from .references import Terms


@dataclass(frozen=True)
class Log:
    name: str
    args: Mapping[str, Any]


class RefusedError(Exception):
    """A call the contract reverted: its custom error and arguments."""

    def __init__(self, error: str, args: tuple[Any, ...]) -> None:
        super().__init__(error, args)
        self.error = error
        self.arguments = args


class Member(NamedTuple):
    stake: int
    claimed: int
    round: int
    commitment: int
    exiting: int
    withdrawable_at: int


class Live(NamedTuple):
    number: int
    start: int
    admission: int
    revealed: int
    accumulator: int


class Standing(NamedTuple):
    round: int
    active_at: int
    total: int
    rewards: bytes


def _types(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [collapse_if_tuple(item) for item in inputs]


def _signature(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({','.join(_types(item['inputs']))})"


@cache
def _abi(kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {item["name"]: item for item in load_artifact().abi if item["type"] == kind}


@cache
def _by_hash(kind: str) -> Mapping[bytes, Mapping[str, Any]]:
    size = 4 if kind == "error" else 32
    return {keccak(text=_signature(item))[:size]: item for item in _abi(kind).values()}


def error_names() -> set[str]:
    return set(_abi("error"))


def event_names() -> set[str]:
    return set(_abi("event"))


@cache
def _encoding(function: str) -> tuple[bytes, list[str]]:
    item = _abi("function")[function]
    return keccak(text=_signature(item))[:4], _types(item["inputs"])


def encode(function: str, args: Sequence[Any]) -> bytes:
    selector, types = _encoding(function)
    return selector + eth_abi.encode(types, args)


def decode_error(failure: TransactionFailed) -> RefusedError:
    # eth-tester gives the revert data as the text of a bytes literal.
    data = ast.literal_eval(failure.args[0])
    item = _by_hash("error").get(bytes(data[:4]))
    if item is None:
        return RefusedError("unknown", (data.hex(),))
    return RefusedError(item["name"], tuple(_nice(value) for value in eth_abi.decode(_types(item["inputs"]), data[4:])))


def decode_log(raw: Mapping[str, Any]) -> Log:
    topics = [bytes.fromhex(topic[2:]) for topic in raw["topics"]]
    item = _by_hash("event")[topics[0]]
    indexed = [field for field in item["inputs"] if field["indexed"]]
    plain = [field for field in item["inputs"] if not field["indexed"]]
    values = [eth_abi.decode(_types([field]), topic)[0] for field, topic in zip(indexed, topics[1:], strict=True)]
    values += eth_abi.decode(_types(plain), bytes.fromhex(raw["data"][2:]))
    names = [field["name"] for field in indexed + plain]
    return Log(item["name"], {name: _nice(value) for name, value in zip(names, values, strict=True)})


def _nice(value: Any) -> Any:
    """Addresses as checksummed text, as everywhere in the tests."""
    if isinstance(value, str) and value.startswith("0x"):
        return to_checksum_address(value)
    return tuple(_nice(item) for item in value) if isinstance(value, (list, tuple)) else value


def decode_answer(function: str, answer: bytes) -> Any:
    """What a view returns; one value alone, several as a tuple."""
    values = eth_abi.decode(_types(_abi("function")[function]["outputs"]), answer)
    return _nice(values[0]) if len(values) == 1 else tuple(_nice(value) for value in values)


def creation_code(terms: Terms, oracles: Sequence[str]) -> bytes:
    """The data of a deployment."""
    types = _types(next(item for item in load_artifact().abi if item["type"] == "constructor")["inputs"])
    return load_artifact().bytecode + eth_abi.encode(types, [terms, oracles])
