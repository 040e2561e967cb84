"""Terms and committees, as the logs of no fixed length hold them: ABI-encoded in the index's ``data`` column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.types import Address, Event, Terms

_NUMBERS = (*("uint32",) * 5, *("uint64",) * 4, "uint16")
_TERMS = (*("bytes32",) * 4, *_NUMBERS, "address", "address", "uint40", "address")
_TYPES = (f"({','.join(_TERMS)})", "address[]")
_SCHEDULED = ("address[]", "uint40")


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


def encode_scheduled(oracles: Sequence[str], effective_at: int) -> bytes:
    """The data of a ``CommitteeScheduled`` log.

    Raises:
        ProtocolError: fields of another kind.
    """
    try:
        return encode(_SCHEDULED, (tuple(oracles), effective_at))
    except (EncodingError, TypeError, ValueError) as error:
        raise ProtocolError(f"a CommitteeScheduled log's fields are not this version's: {error}") from error


def decode_scheduled(data: bytes) -> dict[str, Any]:
    """The fields of a ``CommitteeScheduled`` log, by their Solidity names.

    Raises:
        ProtocolError: bytes of another version's.
    """
    try:
        oracles, effective_at = decode(_SCHEDULED, data)
    except (DecodingError, OverflowError) as error:
        raise ProtocolError(f"a CommitteeScheduled log's data are not this version's: {error}") from error
    return {"oracles": tuple(_address(oracle) for oracle in oracles), "effectiveAt": effective_at}


def _address(text: str) -> Address:
    return unpack_address(bytes.fromhex(text[2:]))
