"""What the committee signs (EIP-712) and how its signatures travel (EIP-2098 compact, in committee order).

Signing and recovering need keys and live in ``chain``; this module only says over which bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.packing import DIGEST_BYTES, pack_address, pack_bytes, pack_uint
from qfl_chain.types import Address, Report, Signature

DOMAIN_NAME = "qfl-chain"
DOMAIN_VERSION = "1"
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
REPORT_TYPE = (
    "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,"
    "bytes32 evidence,bytes32 evidenceRoot,uint64 total)"
)
SIGNATURE_BYTES = 64
MAX_COMMITTEE = 256


@dataclass(frozen=True, slots=True)
class PackedSignatures:
    """Arguments of ``report``: the mask of who signed, the whole committee's addresses, the signatures."""

    signed: int
    signers: bytes
    signatures: bytes


def domain_separator(chain_id: int, federation: Address) -> bytes:
    """The EIP-712 domain separator of one federation on one chain."""
    return keccak(
        keccak(DOMAIN_TYPE.encode())
        + keccak(DOMAIN_NAME.encode())
        + keccak(DOMAIN_VERSION.encode())
        + pack_uint(chain_id, 256, "chain id")
        + bytes(12)
        + pack_address(federation)
    )


def struct_hash(report: Report) -> bytes:
    """``hashStruct(report)`` of EIP-712.

    Raises:
        ProtocolError: a field that does not fit its type.
    """
    for value, bits, name in (
        (report.round, 16, "round"),
        (report.inputs, 184, "inputs"),
        (report.total, 64, "total"),
    ):
        pack_uint(value, bits, f"report: {name}")
    return keccak(
        keccak(REPORT_TYPE.encode())
        + pack_uint(report.round, 256, "round")
        + pack_uint(report.inputs, 256, "inputs")
        + pack_bytes(report.rewards, DIGEST_BYTES, "report: rewards root")
        + pack_bytes(report.model, DIGEST_BYTES, "report: model digest")
        + pack_bytes(report.evidence, DIGEST_BYTES, "report: evidence digest")
        + pack_bytes(report.evidence_root, DIGEST_BYTES, "report: evidence root")
        + pack_uint(report.total, 256, "total")
    )


def report_digest(report: Report, chain_id: int, federation: Address) -> bytes:
    """The 32 bytes an oracle signs: ``keccak(0x1901 | domain separator | struct hash)``."""
    return keccak(b"\x19\x01" + domain_separator(chain_id, federation) + struct_hash(report))


def committee_bytes(oracles: Iterable[Address]) -> bytes:
    """The committee as the contract hashes it: packed addresses, ascending.

    Raises:
        ProtocolError: no oracle, more than 256, or one twice.
    """
    packed = sorted(pack_address(oracle) for oracle in oracles)
    if not 1 <= len(packed) <= MAX_COMMITTEE or len(set(packed)) != len(packed):
        raise ProtocolError(f"a committee needs 1 to {MAX_COMMITTEE} distinct oracles; these are {len(packed)}")
    return b"".join(packed)


def quorum(oracles: int) -> int:
    """Signatures a report needs: any two quorums of ``oracles`` share an honest one while n > 3f.

    Castro and Liskov 1999; 2f + 1 when n = 3f + 1.
    """
    return (oracles + (oracles - 1) // 3) // 2 + 1


def pack_signatures(oracles: Sequence[Address], signatures: Iterable[Signature]) -> PackedSignatures:
    """Put signatures in committee order: bit ``i`` of ``signed`` is the ``i``-th ascending address.

    Raises:
        ProtocolError: a signer outside the committee, one that signed twice, or a signature of the wrong length.
    """
    signers = committee_bytes(oracles)
    position = {address: index for index, address in enumerate(sorted(oracles, key=pack_address))}
    compact: dict[int, bytes] = {}
    for signature in signatures:
        index = position.get(signature.oracle)
        if index is None or index in compact:
            raise ProtocolError(f"{signature.oracle} signed twice or is not in the committee; leave its signature out")
        compact[index] = pack_bytes(signature.compact, SIGNATURE_BYTES, f"signature of {signature.oracle}")
    ordered = sorted(compact)
    return PackedSignatures(sum(1 << index for index in ordered), signers, b"".join(compact[i] for i in ordered))
