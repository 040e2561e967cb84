"""Calls of ``contracts/libraries/Circuit.sol`` through a contract that only passes them on, compiled when needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import eth_abi
import numpy as np
from eth_utils import keccak

from qfl_chain.chain.compile import CHECKOUT, SETTINGS, find_compiler
from qfl_chain.types import IntArray

HARNESS = "tests/contracts/solidity/CircuitHarness.sol"

# The same as the referee's.
RUNS = 200


class Code(NamedTuple):
    """A contract's bytecode before and after deployment."""

    creation: bytes
    runtime: bytes


@cache
def compile_harness() -> Code:
    """The harness, compiled like the contracts.

    Raises:
        Unavailable: no compiler here.
    """
    import solcx

    names = (HARNESS, "contracts/interfaces/IReferee.sol", "contracts/interfaces/IFederation.sol")
    libraries = ("contracts/libraries/Circuit.sol", "contracts/libraries/Amplitudes.sol")
    request = {
        "language": "Solidity",
        "sources": {name: {"content": (CHECKOUT / name).read_text()} for name in (*names, *libraries)},
        "settings": {
            **SETTINGS,
            "optimizer": {"enabled": True, "runs": RUNS},
            "outputSelection": {"*": {"*": ["evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    answer = solcx.compile_standard(request, solc_binary=find_compiler())
    evm = answer["contracts"][HARNESS]["CircuitHarness"]["evm"]
    return Code(*(bytes.fromhex(evm[part]["object"]) for part in ("bytecode", "deployedBytecode")))


Call = Callable[[bytes], bytes]
"""Sends calldata to the harness and returns its answer."""


def expectations_data(circuit: bytes, parameters: IntArray, features: IntArray) -> bytes:
    """Calldata of ``expectations``."""
    return _encode("expectations", circuit, _parameter_bytes(parameters), _feature_bytes(features))


def loss_data(circuit: bytes, parameters: IntArray, features: IntArray, label: int, classes: int) -> bytes:
    """Calldata of ``loss``."""
    return _encode("loss", circuit, _parameter_bytes(parameters), _feature_bytes(features), label, classes)


def sine_cosine_data(phase: int) -> bytes:
    """Calldata of ``sineCosine``."""
    return _encode("sineCosine", phase)


def parameters_data(circuit: bytes) -> bytes:
    """Calldata of ``parameters``."""
    return _encode("parameters", circuit)


def integers(answer: bytes) -> list[int]:
    """The signed integers of an ABI-encoded ``int256[]``."""
    return list(eth_abi.decode(["int256[]"], answer)[0])


def _encode(name: str, *values: Any) -> bytes:
    types = ",".join("bytes" if isinstance(value, bytes) else "uint256" for value in values)
    return keccak(text=f"{name}({types})")[:4] + eth_abi.encode(types.split(","), values)


def _parameter_bytes(parameters: IntArray) -> bytes:
    return np.asarray(parameters).astype(">i8").tobytes()


def _feature_bytes(features: IntArray) -> bytes:
    return np.asarray(features).astype(">i4").tobytes()
