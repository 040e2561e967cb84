"""What an account signs and derives: the signatures of a committee, the salts of a participant."""

from __future__ import annotations

from eth_account.signers.local import LocalAccount
from eth_keys import keys
from eth_utils.crypto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import pack_address
from qfl_chain.types import Address, Signature


def sign_digest(account: LocalAccount, digest: bytes) -> Signature:
    """Sign a 32-byte EIP-712 digest; the compact form is EIP-2098's ``r | yParityAndS``."""
    signature = keys.PrivateKey(account.key).sign_msg_hash(digest)
    y_parity_and_s = (signature.v << 255) | signature.s
    compact = signature.r.to_bytes(32, "big") + y_parity_and_s.to_bytes(32, "big")
    return Signature(Address(account.address), compact)


def recover_signer(digest: bytes, compact: bytes) -> Address:
    """The address that signed ``digest``.

    Raises:
        ProtocolError: the 64 bytes are no signature over this digest.
    """
    if len(compact) != 64:
        raise ProtocolError(f"a compact signature has 64 bytes, got {len(compact)}")
    r, packed = int.from_bytes(compact[:32], "big"), int.from_bytes(compact[32:], "big")
    try:
        signature = keys.Signature(vrs=(packed >> 255, r, packed & (2**255 - 1)))
        return Address(signature.recover_public_key_from_msg_hash(digest).to_checksum_address())
    except Exception as error:  # eth_keys raises its own validation and backend errors, none of them ours
        raise ProtocolError("the bytes are not a valid signature over this digest") from error


def salt_secret(account: LocalAccount, chain_id: int, federation: Address) -> bytes:
    """The 32 bytes an account's salts in one federation come from; the same every time, so nothing need be stored."""
    return keccak(b"qfl-chain salts" + chain_id.to_bytes(32, "big") + pack_address(federation) + bytes(account.key))
