"""The deployment file: which federation on which chain the commands act on, small enough to send around.

It is a convenience and nothing is believed of it: chain id and digests are compared with the chain at every use.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from qfl_chain.errors import InputError, WrongContract
from qfl_chain.schema import read_table
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Terms

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """One federation. ``circuit``, ``model`` and ``validation`` are the CIDs of what its terms name."""

    format: int
    chain_id: int
    federation: str
    block: int
    scenario: str
    circuit: str
    model: str
    validation: str

    def __post_init__(self) -> None:
        from eth_utils.address import is_checksum_address

        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}, this version reads {FORMAT}: deploy with this version")
        if not is_checksum_address(self.federation):
            raise ValueError(f"federation {self.federation!r} is not a checksummed address: use the file as written")


def read_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        InputError: no such file, not JSON, or not the fields of :class:`Deployment`.
    """
    try:
        table = json.loads(path.read_text())
    except OSError as error:
        raise InputError(
            f"cannot read the deployment file {path} ({error.strerror}): `qfl deploy` writes it"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not a deployment file: {error}") from error
    if not isinstance(table, dict):
        raise InputError(f"{path} is not a deployment file: it holds no object")
    return read_table(Deployment, table, str(path), InputError)


def write_deployment(deployment: Deployment, path: Path) -> None:
    """Write a deployment file; never over another one.

    Raises:
        InputError: it exists, or cannot be written. The message holds the address, so that nothing is lost.
    """
    try:
        with path.open("x") as file:
            file.write(json.dumps(asdict(deployment), indent=2) + "\n")
    except OSError as error:
        raise InputError(
            f"the federation is deployed at {deployment.federation} in block {deployment.block}, "
            f"but {path} cannot be written: {error.strerror}"
        ) from error


def check_chain(deployment: Deployment, path: Path, chain_id: int) -> None:
    """Compare a deployment's chain with the endpoint's.

    Raises:
        WrongContract: they differ.
    """
    if chain_id != deployment.chain_id:
        raise WrongContract(
            f"{path} is of chain {deployment.chain_id}, the endpoint serves chain {chain_id}: use the other endpoint"
        )


def check_terms(deployment: Deployment, path: Path, terms: Terms) -> None:
    """Compare what a deployment names with what the contract's terms name.

    Raises:
        WrongContract: a digest differs.
    """
    for name in ("circuit", "model", "validation"):
        found = cid_of(getattr(terms, name))
        if found != getattr(deployment, name):
            raise WrongContract(
                f"{path} says that the {name} of {deployment.federation} is {getattr(deployment, name)}, "
                f"the contract says {found}: get the file again from the sponsor"
            )
