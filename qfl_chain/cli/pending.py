"""A deployment that was about to be sent: written before it is, so that a crash loses neither address nor money."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from qfl_chain.cli.deployment_file import Deployment, read_object
from qfl_chain.errors import InputError
from qfl_chain.schema import read_table


@dataclass(frozen=True, slots=True)
class Pending:
    """What will be sent. ``federation`` follows from sender and nonce; ``block`` was the latest one before."""

    chain_id: int
    sender: str
    nonce: int
    federation: str
    block: int


def pending_path(out: Path) -> Path:
    """Where the intent of a deployment file is written."""
    return out.with_name(out.name + ".pending")


def announce(pending: Pending, out: Path) -> None:
    """Write down what is about to be sent.

    Raises:
        InputError: it cannot be written; so could not the deployment file.
    """
    path = pending_path(out)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(pending), indent=2) + "\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}), nothing was sent: choose another --out") from (
            error
        )


def withdraw(out: Path) -> None:
    """Forget an intent of which nothing was sent."""
    pending_path(out).unlink(missing_ok=True)


def settle(out: Path, deployment: Deployment) -> None:
    """Forget the intent that became this deployment, and no other."""
    path = pending_path(out)
    if path.exists() and _read(path).federation == deployment.federation:
        path.unlink()


def refuse_pending(out: Path) -> None:
    """Refuse to deploy again while it is not known what became of the last time.

    Raises:
        InputError: the intent is still there; the message says how to find out.
    """
    path = pending_path(out)
    if path.exists():
        one = _read(path)
        raise InputError(
            f"a deployment by {one.sender} on chain {one.chain_id} was interrupted, see {path}: run `qfl deployment "
            f"fetch {one.federation} --block {one.block} --out {out}`; if there is no contract and the account's "
            f"transaction {one.nonce} is none, delete {path} and deploy again"
        )


def _read(path: Path) -> Pending:
    table = read_object(path, "pending deployment", "look at it and delete it")
    return read_table(Pending, table, str(path), InputError)
