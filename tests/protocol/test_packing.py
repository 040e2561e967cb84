from __future__ import annotations

import pytest
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.protocol.packing import Reader, pack_address, pack_bytes, pack_int, pack_uint, unpack_address
from qfl_chain.types import Address


def test_fields_are_big_endian_and_of_fixed_width() -> None:
    assert pack_uint(258, 32, "x") == b"\x00\x00\x01\x02"
    assert pack_int(-2, 32, "x") == b"\xff\xff\xff\xfe"


@pytest.mark.parametrize("value", [-1, 65536])
def test_unsigned_values_that_do_not_fit_are_named(value: int) -> None:
    with pytest.raises(ProtocolError, match=f"round is {value}, which does not fit uint16"):
        pack_uint(value, 16, "round")


@pytest.mark.parametrize("value", [-129, 128])
def test_signed_values_that_do_not_fit_are_named(value: int) -> None:
    with pytest.raises(ProtocolError, match=f"phi is {value}, which does not fit int8"):
        pack_int(value, 8, "phi")


def test_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(ProtocolError, match="salt has 3 bytes; it needs exactly 16"):
        pack_bytes(b"abc", 16, "salt")


@settings(deadline=None)
@given(st.binary(min_size=20, max_size=20))
def test_addresses_round_trip_in_checksummed_form(data: bytes) -> None:
    address = unpack_address(data)
    assert address == to_checksum_address(data)
    assert pack_address(address) == data


@pytest.mark.parametrize("wrong", ["", "0x12", "0x" + "ab" * 20, "0x" + "zz" * 20])
def test_addresses_without_their_checksum_are_refused(wrong: str) -> None:
    with pytest.raises(ProtocolError, match="EIP-55"):
        pack_address(Address(wrong))


def test_reader_names_block_field_and_offset_when_bytes_run_out() -> None:
    reader = Reader(b"\x00\x01\x02", "update")
    assert reader.uint(16, "round") == 1
    with pytest.raises(MalformedPayload, match="update: count needs 4 bytes at offset 2, 1 are left"):
        reader.uint(32, "count")


def test_reader_refuses_another_constant_and_trailing_bytes() -> None:
    reader = Reader(b"ab", "model")
    with pytest.raises(MalformedPayload, match="model: wrong magic: found 0x61, expected 0x7a"):
        reader.expect(b"z", "magic")
    with pytest.raises(MalformedPayload, match="model: 1 trailing bytes after offset 1"):
        reader.end()
