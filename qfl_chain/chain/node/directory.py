"""A devnet's directory: which chain is in it, and which process has it. One process at a time.

A file lock that the system drops with its process says who has it, so that nothing is left behind by kill -9.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qfl_chain.chain.devnet import DevnetSettings, derive
from qfl_chain.errors import InputError, LedgerError

LOCK, ENDPOINT, MADE_WITH, LOG = "lock", "endpoint.json", "chain.json", "devnet.log"
CHAIN = "chain.sqlite"
ANVIL_STATE = "anvil.json"
CONTENT = (LOCK, ENDPOINT, MADE_WITH, LOG, CHAIN, f"{CHAIN}-wal", f"{CHAIN}-shm", ANVIL_STATE)
"""Every file a devnet makes in its directory."""
BACKENDS = ("eth-tester", "anvil")
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a running devnet answers."""

    url: str
    backend: str
    pid: int


def claim(directory: Path) -> int:
    """Take a directory, made when missing, for this process; the descriptor of its lock, which holds it while open.

    Raises:
        InputError: another process has it, or it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"{directory} cannot hold a devnet: {error.strerror}; choose another --dir") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, 20, 0).decode() or "unknown"
        os.close(lock)
        stop = f"stop it with `qfl devnet stop --dir {directory}`, or choose another --dir"
        raise InputError(f"a devnet runs in {directory} already (pid {pid}): {stop}") from None
    (directory / ENDPOINT).unlink(missing_ok=True)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def holder(directory: Path) -> int | None:
    """The process that has the directory; None when nobody has."""
    try:
        lock = os.open(directory / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        # Shared, so that two that only ask do not see each other as a holder.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(lock, 20, 0) or 0) or None
    finally:
        os.close(lock)
    return None


def announce(directory: Path, endpoint: Endpoint) -> None:
    """Write down where the devnet answers, in one step."""
    _write(directory / ENDPOINT, asdict(endpoint))


def endpoint_of(directory: Path) -> Endpoint | None:
    """Where the directory's devnet answers; None where none runs, or has not begun to answer."""
    pid = holder(directory)
    try:
        found = Endpoint(**json.loads((directory / ENDPOINT).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.pid == pid else None


def check_made_with(directory: Path, settings: DevnetSettings, backend: str) -> None:
    """See that the directory's chain was made with these settings; note them where it has none yet.

    Raises:
        InputError: it was made with others; names the first that differs.
    """
    path, wanted = directory / MADE_WITH, _genesis(settings, backend)
    if not path.exists():
        _write(path, wanted)
        return
    try:
        found = json.loads(path.read_text())
        differing = next((key for key in wanted if found[key] != wanted[key]), None)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(f"{path} is damaged: remove this devnet with `qfl devnet reset --dir {directory}`") from error
    if differing is not None:
        raise InputError(
            f"the chain in {directory} was made with {differing} = {found[differing]!r}, not {wanted[differing]!r}: "
            f"put that back, choose another --dir, or remove the chain with `qfl devnet reset --dir {directory}`"
        )


def stop(directory: Path, seconds: float) -> int | None:
    """End the directory's devnet; the process that was, None if there was none.

    Raises:
        LedgerError: it does not end.
    """
    pid = holder(directory)
    if pid is None:
        return None
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while holder(directory) == pid:
        if time.monotonic() > deadline:
            raise LedgerError(f"the devnet in {directory} (pid {pid}) does not end: end it with kill -9 {pid}")
        time.sleep(POLL_SECONDS)
    return pid


def size(directory: Path) -> int:
    """Bytes of the directory's files."""
    return sum((directory / name).stat().st_size for name in CONTENT if (directory / name).exists())


def reset(directory: Path) -> None:
    """Remove the chain, and the directory if nothing else is in it.

    Raises:
        InputError: a devnet runs in it.
    """
    lock = claim(directory)
    try:
        for name in CONTENT:
            (directory / name).unlink(missing_ok=True)
    finally:
        os.close(lock)
    if not any(directory.iterdir()):
        directory.rmdir()


def _genesis(settings: DevnetSettings, backend: str) -> dict[str, Any]:
    """What a chain cannot change once it is begun. Of the mnemonic, the first address only."""
    return {
        "backend": backend,
        "chain_id": settings.chain_id,
        "fork": settings.fork,
        "genesis_time": settings.genesis_time,
        "accounts": settings.accounts,
        "balance_eth": settings.balance_eth,
        "first_account": derive(settings.mnemonic, 0).address,
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)
