"""Terms and committee, as the ``Deployed`` log holds them: ABI-encoded in the index's ``data`` column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.types import Address, Event, Terms

_TERMS = (*("bytes32",) * 3, *("uint32",) * 5, *("uint64",) * 3, "uint16", "address", "address", "uint40")
_TYPES = (f"({','.join(_TERMS)})", "address[]")


def encode_deployed(terms: Sequence[Any], oracles: Sequence[str]) -> bytes:
    """The data of the log with these fields, in the order of :class:`~qfl_chain.types.Terms`.

    Raises:
        ProtocolError: fields of another number or kind.
    """
    try:
        return encode(_TYPES, (tuple(terms), tuple(oracles)))
    except (EncodingError, TypeError, ValueError) as error:
        raise ProtocolError(f"the Deployed log's fields are not this version's terms and committee: {error}") from error


def decode_deployed(data: bytes) -> Terms:
    """The terms in the data of a ``Deployed`` log.

    Raises:
        ProtocolError: bytes of another version's.
    """
    try:
        values, oracles = decode(_TYPES, data)
    except (DecodingError, OverflowError) as error:
        raise ProtocolError(f"the Deployed log's data are not this version's terms and committee: {error}") from error
    args = {
        "terms": tuple(_address(value) if isinstance(value, str) else value for value in values),
        "oracles": tuple(_address(oracle) for oracle in oracles),
    }
    return deployed_terms(Event("Deployed", args, 0, 0, 0, ""))


def _address(text: str) -> Address:
    return unpack_address(bytes.fromhex(text[2:]))
