"""Contracts that hold stake and misbehave when paid, assembled by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_tester.exceptions import TransactionFailed
from eth_utils import to_canonical_address

from .abi import decode_error
from .chain import GWEI, Chain
from .harness import Deployment
from .references import address

STOP, SUB, ISZERO, CALLER, CALLVALUE = b"\x00", b"\x03", b"\x15", b"\x33", b"\x34"
CALLDATALOAD, CALLDATASIZE, CALLDATACOPY, CODECOPY = b"\x35", b"\x36", b"\x37", b"\x39"
RETURNDATASIZE, RETURNDATACOPY, POP, SSTORE, JUMPI, GAS = b"\x3d", b"\x3e", b"\x50", b"\x55", b"\x57", b"\x5a"
JUMPDEST, CALL, RETURN, REVERT = b"\x5b", b"\xf1", b"\xf3", b"\xfd"


def push(value: int) -> bytes:
    return b"\x61" + value.to_bytes(2, "big")


def _revert_with_reason() -> bytes:
    copy = RETURNDATASIZE + push(0) + push(0) + RETURNDATACOPY
    return JUMPDEST + copy + RETURNDATASIZE + push(0) + REVERT


def _on_ether(payload_at: int, payload: bytes | None) -> bytes:
    """Without a payload: refuse. With one: call the payer back with it, and note whether that was refused."""
    if payload is None:
        return push(0) + push(0) + REVERT
    copy = push(len(payload)) + push(payload_at) + push(0) + CODECOPY
    call = push(0) + push(0) + push(len(payload)) + push(0) + push(0) + CALLER + GAS + CALL
    # Slot 0 becomes 1 where the call back was refused, 2 would mean it was accepted: result + 1.
    return copy + call + push(1) + b"\x01" + push(0) + SSTORE + STOP


def runtime(payload: bytes | None) -> bytes:
    """Calldata is a word with the target's address and the bytes to forward to it, with the value."""

    def build(payload_at: int, forward_at: int, fail_at: int) -> tuple[bytes, int, int]:
        head = CALLDATASIZE + push(forward_at) + JUMPI + _on_ether(payload_at, payload)
        size = push(32) + CALLDATASIZE + SUB
        copy = size + push(32) + push(0) + CALLDATACOPY
        call = push(0) + push(0) + size + push(0) + CALLVALUE + push(0) + CALLDATALOAD + GAS + CALL
        body = JUMPDEST + copy + call + ISZERO + push(fail_at) + JUMPI + STOP
        return head + body + _revert_with_reason(), len(head), len(head) + len(body)

    code, forward_at, fail_at = build(0, 0, 0)
    code, _, _ = build(len(code), forward_at, fail_at)
    return code + (payload or b"")


@dataclass(frozen=True)
class Forwarder:
    """A contract account: ``owner`` sends, the contract calls."""

    chain: Chain
    owner: str
    address: str

    def send(self, federation: Deployment, data: bytes, value: int = 0) -> None:
        target = bytes(12) + to_canonical_address(federation.address)
        receipt = self.chain.transact(address(self.owner), self.address, target + data, value * GWEI)
        assert receipt["status"] == 1

    def refused(self, federation: Deployment, data: bytes) -> tuple[Any, ...]:
        target = bytes(12) + to_canonical_address(federation.address)
        try:
            self.chain.call(address(self.owner), self.address, target + data)
        except TransactionFailed as failure:
            refusal = decode_error(failure)
            return (refusal.error, *refusal.arguments)
        raise AssertionError("the call was accepted")

    @property
    def reentered(self) -> bool:
        """Whether it called back while it was paid, and was refused."""
        return self.chain.peek(self.address, 0) == 1


def forwarder(chain: Chain, owner: str, on_ether: bytes | None) -> Forwarder:
    """Deploys one. ``on_ether`` is what it calls its payer with when it is paid; None: it refuses ether."""
    code = runtime(on_ether)
    prefix_size = len(push(0)) * 5 + 2
    prefix = push(len(code)) + push(prefix_size) + push(0) + CODECOPY + push(len(code)) + push(0) + RETURN
    assert len(prefix) == prefix_size
    receipt = chain.transact(address(owner), "", prefix + code, 0)
    assert receipt["status"] == 1
    return Forwarder(chain, owner, receipt["contract_address"])
