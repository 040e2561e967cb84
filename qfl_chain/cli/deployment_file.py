"""The deployment file: which federation on which chain the commands act on, small enough to send around.

It is a convenience and nothing is believed of it: ``deployment_checks.py`` compares everything it says with the chain
at every use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qfl_chain.errors import ContentError, InputError
from qfl_chain.schema import parse_json, read_table
from qfl_chain.storage.cid import cid_of, digest_of
from qfl_chain.types import Address, Gwei, Terms

FORMAT = 3
CONTENT = ("circuit", "model", "validation")
AMOUNTS = ("min_stake", "reward_per_round", "oracle_bond")


@dataclass(frozen=True, slots=True)
class DeployedTerms:
    """The terms as a file writes them.

    Content is given by CID, the root in hexadecimal digits, windows in seconds, amounts in gwei, ``max_norm`` in units.
    """

    circuit: str
    model: str
    validation: str
    validation_root: str
    commit_window: int
    reveal_window: int
    report_window: int
    challenge_window: int
    unbonding_window: int
    min_stake: int
    reward_per_round: int
    max_norm: int
    oracle_bond: int
    min_reveals: int
    sponsor: str
    guardian: str
    guardian_expiry: int
    referee: str
    oracles: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in CONTENT:
            _require_cid(name, getattr(self, name))
        if not re.fullmatch("0x[0-9a-f]{64}", self.validation_root):
            raise ValueError(f"validation_root: {self.validation_root!r} is not 0x and 64 hexadecimal digits")
        for address in (self.sponsor, self.guardian, self.referee, *self.oracles):
            _require_address("terms", address)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One federation.

    ``block`` and ``transaction`` are its creation's, ``code_hash`` is the keccak256 of its code. ``scenario`` is the
    sponsor's name for it, which the chain does not know: empty in a file that was made from the chain alone.
    """

    format: int
    chain_id: int
    federation: str
    block: int
    transaction: str
    code_hash: str
    scenario: str
    terms: DeployedTerms

    def __post_init__(self) -> None:
        _require_address("federation", self.federation)


def describe(
    *, chain_id: int, federation: Address, block: int, transaction: str, scenario: str, terms: Terms
) -> Deployment:
    """The deployment of a federation with these terms."""
    from qfl_chain.chain.deployment_code import code_hash, runtime_code

    return Deployment(
        format=FORMAT,
        chain_id=chain_id,
        federation=federation,
        block=block,
        transaction=transaction,
        code_hash=code_hash(runtime_code(terms, chain_id, federation)),
        scenario=scenario,
        terms=write_terms(terms),
    )


def write_terms(terms: Terms) -> DeployedTerms:
    """Terms as a deployment file writes them; the committee in ascending order, as the chain keeps it."""
    fields = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    fields |= {name: cid_of(fields[name]) for name in CONTENT}
    fields["validation_root"] = "0x" + terms.validation_root.hex()
    return DeployedTerms(**{**fields, "oracles": tuple(sorted(terms.oracles, key=str.lower))})


def read_terms(written: DeployedTerms) -> Terms:
    """The terms a deployment file writes."""
    fields: dict[str, Any] = {name: getattr(written, name) for name in Terms.__dataclass_fields__}
    fields |= {name: digest_of(fields[name]) for name in CONTENT}
    fields |= {name: Gwei(fields[name]) for name in AMOUNTS}
    fields["validation_root"] = bytes.fromhex(written.validation_root[2:])
    return Terms(**{**fields, "oracles": tuple(Address(one) for one in written.oracles)})


def read_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        InputError: no such file, not JSON, of another format, or not the fields of :class:`Deployment`.
    """
    table = read_object(path, "deployment file", "`qfl deploy` and `qfl deployment fetch` write it")
    if "format" in table and table["format"] != FORMAT:
        raise InputError(
            f"{path}: format is {table['format']!r}, this version reads {FORMAT}: write it again with "
            f"`qfl deployment fetch {table.get('federation', 'ADDRESS')} --block {table.get('block', 'N')}`"
        )
    return read_table(Deployment, table, str(path), InputError)


def read_object(path: Path, kind: str, source: str) -> Mapping[str, Any]:
    """The JSON object in a file of ours.

    Raises:
        InputError: no such file, not JSON, or no object.
    """
    try:
        table = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the {kind} {path} ({error.strerror}): {source}") from error
    except ValueError as error:
        raise InputError(f"{path} is not a {kind}: {error}") from error
    if not isinstance(table, dict):
        raise InputError(f"{path} is not a {kind}: it holds no object")
    return table


def write_deployment(deployment: Deployment, path: Path) -> None:
    """Write a deployment file; never over another one.

    Raises:
        InputError: it exists, or cannot be written. The message says how to make it again, so that nothing is lost.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(deployment), indent=2) + "\n")
    except OSError as error:
        raise InputError(
            f"the federation is deployed at {deployment.federation} in block {deployment.block}, "
            f"but {path} cannot be written ({error.strerror}): write it elsewhere with "
            f"`qfl deployment fetch {deployment.federation} --block {deployment.block} --out FILE`"
        ) from error


def _require_cid(name: str, value: str) -> None:
    try:
        digest_of(value)
    except ContentError as error:
        raise ValueError(f"{name}: {error}") from error


def _require_address(name: str, value: str) -> None:
    from eth_utils.address import is_checksum_address

    if not is_checksum_address(value):
        raise ValueError(f"{name}: {value!r} is not a checksummed address: use the file as written")
