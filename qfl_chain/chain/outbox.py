"""Transactions in flight, kept until their outcome is known, so that a killed process sends nothing twice.

A sender writes a signed transaction here before the network sees it. At the next start it is broadcast again, which
changes nothing where it already was, and its receipt is waited for.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Protocol

from qfl_chain.errors import LedgerError
from qfl_chain.types import Address


@dataclass(frozen=True, slots=True)
class InFlight:
    """One transaction whose outcome is not known, in all its versions.

    Attributes:
        function: what it calls, for messages.
        nonce: the account's nonce it uses; at most one version can be mined.
        versions: the signed raw transactions as hex, the latest with the highest fees.
    """

    function: str
    nonce: int
    versions: tuple[str, ...]


class Outbox(Protocol):
    """Holds at most one transaction of one account: a sender waits for each."""

    def get(self) -> InFlight | None:
        """The transaction in flight."""

    def put(self, transaction: InFlight | None) -> None:
        """Replace it; None when its outcome is known."""


class MemoryOutbox:
    """An outbox for accounts whose transactions end with the process."""

    def __init__(self) -> None:
        self._transaction: InFlight | None = None

    def get(self) -> InFlight | None:
        return self._transaction

    def put(self, transaction: InFlight | None) -> None:
        self._transaction = transaction


class FileOutbox:
    """An outbox in a directory, one file for each chain and account, locked while this process lives.

    Raises:
        LedgerError: another process sends from this account, or the directory cannot be used.
    """

    def __init__(self, directory: Path, chain_id: int, account: Address) -> None:
        self._path = directory / f"{chain_id}-{account.lower()}.json"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(f"cannot keep transactions in {directory}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise LedgerError(
                f"another process sends from {account} on chain {chain_id} ({self._path} is locked): stop it first, "
                "two senders would use the same nonces"
            ) from error

    def close(self) -> None:
        """Let other processes send from the account; the operating system does it for a process that ends."""
        os.close(self._lock)

    def get(self) -> InFlight | None:
        """The transaction in flight.

        Raises:
            LedgerError: the file is damaged.
        """
        try:
            return _read(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self._path} does not hold a transaction: look in the account's history for what was sent last, "
                "then delete the file"
            ) from error

    def put(self, transaction: InFlight | None) -> None:
        """Write it so that a crash leaves the old state or the new one.

        Raises:
            LedgerError: the disk refuses; nothing was sent then.
        """
        try:
            if transaction is None:
                self._path.unlink(missing_ok=True)
            else:
                self._write(json.dumps(asdict(transaction)).encode())
            _sync_directory(self._path.parent)
        except OSError as error:
            raise LedgerError(f"cannot write {self._path}: {error.strerror}") from error

    def _write(self, content: bytes) -> None:
        # mkstemp gives mode 0600: a signed transaction is public once sent, and not before.
        handle, temporary = mkstemp(dir=self._path.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _read(content: Any) -> InFlight:
    versions = tuple(str(one) for one in content["versions"])
    if not versions or not all(bytes.fromhex(one.removeprefix("0x")) for one in versions):
        raise ValueError("no signed transaction")
    return InFlight(str(content["function"]), int(content["nonce"]), versions)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
