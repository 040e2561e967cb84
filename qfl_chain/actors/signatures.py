"""Signed reports as they travel between oracles: one JSON object for a report and one oracle's signature over it.

Oracles that run serve them to one another; people put them into a directory that the committee shares. Nobody is
believed: a signature counts only if it is the signer's over the report beside it and the signer is in the committee.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qfl_chain.chain.accounts import recover_signer
from qfl_chain.errors import ContentError, InputError, ProtocolError
from qfl_chain.protocol.eip712 import quorum, report_digest
from qfl_chain.schema import parse_json, read_table
from qfl_chain.types import Address, Digest, Gwei, Report, Signature

FORMAT = 1


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report of one federation and one oracle's signature over it."""

    chain_id: int
    federation: Address
    report: Report
    signature: Signature


@dataclass(frozen=True, slots=True)
class _File:
    """What a file holds: integers and ``0x`` hex. ``inputs`` is hex, for JSON readers that know 53 bits."""

    format: int
    chain_id: int
    federation: str
    round: int
    inputs: str
    rewards: str
    model: str
    evidence: str
    evidence_root: str
    total: int
    oracle: str
    signature: str

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}, this version reads {FORMAT}")
        for name in ("inputs", "rewards", "model", "evidence", "evidence_root", "signature"):
            _bytes(getattr(self, name), name)


def write_signature(signed: SignedReport, folder: Path) -> Path:
    """Write the oracle's file of this round; the same again does nothing.

    Raises:
        InputError: it holds a signature over another report, which two together would prove as a fault.
        ContentError: the folder cannot be written.
    """
    path = folder / f"round-{signed.report.round:05d}-{signed.signature.oracle}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and read_signature(path) != signed:
            raise InputError(
                f"{path} holds another report of round {signed.report.round} signed by this oracle: two different "
                "signed reports of one round are a provable fault; find out which is right before you remove it"
            )
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(encode_signed(signed), indent=2) + "\n")
        temporary.replace(path)
    except OSError as error:
        raise ContentError(f"cannot write {path}: {error.strerror}") from error
    return path


def read_signature(path: Path) -> SignedReport:
    """Read one file; whether the signature is good is for :func:`gather` to say.

    Raises:
        InputError: not such a file.
    """
    try:
        table = parse_json(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a signed report: {error}") from error
    if not isinstance(table, dict):
        raise InputError(f"{path} is not a signed report: it holds no object")
    return decode_signed(table, str(path))


def encode_signed(signed: SignedReport) -> dict[str, Any]:
    """A signed report as the JSON object that travels."""
    return asdict(_to_file(signed))


def decode_signed(table: Mapping[str, Any], origin: str) -> SignedReport:
    """Read what :func:`encode_signed` made; whether the signature is good is for :func:`check_signed` to say.

    Raises:
        InputError: not such an object; ``origin`` is named.
    """
    return _from_file(read_table(_File, table, origin, InputError))


def gather(
    folder: Path, chain_id: int, federation: Address, committee: Sequence[Address], number: int
) -> tuple[dict[Report, list[Signature]], list[str]]:
    """The valid signatures over each report of one round in a directory, and why other files do not count.

    Raises:
        ContentError: no such directory.
    """
    if not folder.is_dir():
        raise ContentError(f"{folder} is not a directory of signed reports: `qfl oracle report --sign` makes one")
    found, refused = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append((str(path), read_signature(path)))
        except InputError as error:
            refused.append(str(error))
    counted, left_out = count(found, chain_id, federation, committee, number)
    return counted, [*refused, *left_out]


def count(
    found: Iterable[tuple[str, SignedReport]],
    chain_id: int,
    federation: Address,
    committee: Sequence[Address],
    number: int,
) -> tuple[dict[Report, list[Signature]], list[str]]:
    """The valid signatures over each report of one round, each found at an origin, and why others do not count."""
    counted: dict[Report, dict[Address, Signature]] = defaultdict(dict)
    refused = []
    for origin, signed in found:
        try:
            check_signed(signed, origin, chain_id, federation, committee)
        except ProtocolError as error:
            refused.append(str(error))
            continue
        if signed.report.round == number:
            counted[signed.report][signed.signature.oracle] = signed.signature
    return {report: list(by_oracle.values()) for report, by_oracle in counted.items()}, refused


def require_quorum(
    gathered: Mapping[Report, list[Signature]], oracles: int, number: int
) -> tuple[Report, list[Signature]]:
    """The report of a round that a quorum signed; two cannot be, while fewer than a third of the oracles lie.

    Raises:
        ProtocolError: no report has enough signatures yet.
    """
    best = max(gathered, key=lambda report: len(gathered[report]), default=None)
    if best is None or len(gathered[best]) < quorum(oracles):
        count = len(gathered[best]) if best else 0
        raise ProtocolError(
            f"round {number} has {count} valid signatures over one report, the quorum is {quorum(oracles)}: "
            "wait for more oracles"
        )
    return best, gathered[best]


def check_signed(
    signed: SignedReport, origin: str, chain_id: int, federation: Address, committee: Sequence[Address]
) -> None:
    """Whether a signature counts.

    Raises:
        ProtocolError: it is for another federation, of nobody in the committee, or not the signer's over the report.
    """
    if (signed.chain_id, signed.federation) != (chain_id, federation):
        raise ProtocolError(f"{origin}: signed for {signed.federation} on chain {signed.chain_id}; not this federation")
    if signed.signature.oracle not in committee:
        raise ProtocolError(f"{origin}: {signed.signature.oracle} is not in the committee")
    digest = report_digest(signed.report, chain_id, federation)
    if recover_signer(digest, signed.signature.compact) != signed.signature.oracle:
        raise ProtocolError(f"{origin}: the signature is not {signed.signature.oracle}'s over this report")


def _to_file(signed: SignedReport) -> _File:
    report = signed.report
    return _File(
        format=FORMAT,
        chain_id=signed.chain_id,
        federation=signed.federation,
        round=report.round,
        inputs="0x" + report.inputs.to_bytes(23, "big").hex(),
        rewards="0x" + report.rewards.hex(),
        model="0x" + report.model.hex(),
        evidence="0x" + report.evidence.hex(),
        evidence_root="0x" + report.evidence_root.hex(),
        total=report.total,
        oracle=signed.signature.oracle,
        signature="0x" + signed.signature.compact.hex(),
    )


def _from_file(file: _File) -> SignedReport:
    report = Report(
        round=file.round,
        inputs=int.from_bytes(_bytes(file.inputs, "inputs"), "big"),
        rewards=_bytes(file.rewards, "rewards"),
        model=Digest(_bytes(file.model, "model")),
        evidence=Digest(_bytes(file.evidence, "evidence")),
        evidence_root=_bytes(file.evidence_root, "evidence_root"),
        total=Gwei(file.total),
    )
    signature = Signature(Address(file.oracle), _bytes(file.signature, "signature"))
    return SignedReport(file.chain_id, Address(file.federation), report, signature)


def _bytes(text: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise ValueError(f"{name} is not hex: {text!r}") from None
