"""Fixed-width big-endian fields, packed the way Solidity's ``abi.encodePacked`` packs them."""

from __future__ import annotations

from functools import lru_cache

from eth_utils.address import is_checksum_address, to_checksum_address

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.types import Address

ADDRESS_BYTES = 20
DIGEST_BYTES = 32
_REMEMBERED = 1 << 14
"""Accounts whose checksum is not computed again: a history names the same ones in every round."""


def pack_uint(value: int, bits: int, name: str) -> bytes:
    """An unsigned integer of ``bits`` bits.

    Raises:
        ProtocolError: the value does not fit.
    """
    if not 0 <= value < 1 << bits:
        raise ProtocolError(f"{name} is {value}, which does not fit uint{bits}")
    return int(value).to_bytes(bits // 8, "big")


def pack_int(value: int, bits: int, name: str) -> bytes:
    """A signed integer of ``bits`` bits, two's complement.

    Raises:
        ProtocolError: the value does not fit.
    """
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise ProtocolError(f"{name} is {value}, which does not fit int{bits}")
    return int(value).to_bytes(bits // 8, "big", signed=True)


def pack_bytes(value: bytes, size: int, name: str) -> bytes:
    """A byte string of exactly ``size`` bytes.

    Raises:
        ProtocolError: another length.
    """
    if len(value) != size:
        raise ProtocolError(f"{name} has {len(value)} bytes; it needs exactly {size}")
    return bytes(value)


@lru_cache(maxsize=_REMEMBERED)
def pack_address(address: Address) -> bytes:
    """The twenty bytes of a checksummed address.

    Raises:
        ProtocolError: not an EIP-55 address.
    """
    if not is_checksum_address(address):
        raise ProtocolError(f"{address!r} is not an EIP-55 checksummed address; write it with its mixed-case checksum")
    return bytes.fromhex(address[2:])


@lru_cache(maxsize=_REMEMBERED)
def unpack_address(data: bytes) -> Address:
    """The checksummed address of twenty bytes."""
    return Address(str(to_checksum_address(pack_bytes(data, ADDRESS_BYTES, "address"))))


class Reader:
    """Reads the fields of one block from the front; every error names the block and the field."""

    def __init__(self, data: bytes, block: str) -> None:
        self._data = data
        self._at = 0
        self._block = block

    def take(self, size: int, field: str) -> bytes:
        """The next ``size`` bytes.

        Raises:
            MalformedPayload: the block ends before.
        """
        left = len(self._data) - self._at
        if size > left:
            raise self.malformed(f"{field} needs {size} bytes at offset {self._at}, {left} are left")
        self._at += size
        return self._data[self._at - size : self._at]

    def uint(self, bits: int, field: str) -> int:
        """The next unsigned integer."""
        return int.from_bytes(self.take(bits // 8, field), "big")

    def int(self, bits: int, field: str) -> int:
        """The next signed integer."""
        return int.from_bytes(self.take(bits // 8, field), "big", signed=True)

    def expect(self, value: bytes, field: str) -> None:
        """Pass over a constant.

        Raises:
            MalformedPayload: something else stands there.
        """
        found = self.take(len(value), field)
        if found != value:
            raise self.malformed(f"wrong {field}: found 0x{found.hex()}, expected 0x{value.hex()}")

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self._data) - self._at, "rest")

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            MalformedPayload: trailing bytes.
        """
        left = len(self._data) - self._at
        if left:
            raise self.malformed(f"{left} trailing bytes after offset {self._at}")

    def malformed(self, reason: str) -> MalformedPayload:
        """The error for this block, ready to be raised."""
        return MalformedPayload(f"{self._block}: {reason}")
