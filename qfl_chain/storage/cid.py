"""The one kind of CID we use: version 1, raw codec, sha2-256, written in lower-case base32 (``bafkrei...``).

Multiformats CID specification; RFC 4648 base32 without padding. The digest is all the chain stores
(rule P18).
"""

from __future__ import annotations

from base64 import b32decode, b32encode

from qfl_chain.errors import ContentError
from qfl_chain.types import Digest

_BASE32 = "b"
_VERSION_1_RAW_SHA256 = bytes((0x01, 0x55, 0x12, 0x20))
_DIGEST_BYTES = 32
_CID_CHARACTERS = 59


def cid_of(digest: Digest) -> str:
    """The CID of the block with this digest.

    Raises:
        ContentError: not thirty-two bytes.
    """
    if len(digest) != _DIGEST_BYTES:
        raise ContentError(f"a digest of {len(digest)} bytes has no CID; give the 32 bytes of a sha2-256")
    return _BASE32 + b32encode(_VERSION_1_RAW_SHA256 + digest).decode().rstrip("=").lower()


def digest_of(cid: str) -> Digest:
    """The digest inside a CID.

    Raises:
        ContentError: any other kind of CID, or none.
    """
    try:
        data = b32decode(cid[1:].upper() + "=" * (-(len(cid) - 1) % 8))
    except ValueError:
        data = b""
    digest = Digest(data[len(_VERSION_1_RAW_SHA256) :])
    if len(digest) != _DIGEST_BYTES or cid_of(digest) != cid:
        raise ContentError(
            f"{cid!r} is not a CIDv1 of a raw sha2-256 block in base32 (bafkrei..., {_CID_CHARACTERS} long)"
        )
    return digest
