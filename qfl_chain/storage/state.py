"""A program's own small memory: one JSON file, replaced in one step, so that a kill at any instant leaves it whole."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from qfl_chain.errors import InputError
from qfl_chain.schema import parse_json


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file's content; after the return it survives a kill and a loss of power, before it the old one does.

    Raises:
        OSError: it cannot be written.
    """
    handle, temporary = mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class StateFile:
    """What one actor remembers between two starts. ``owner`` says whose memory it is: federation, chain and account.

    A state directory holds secrets until they are revealed; it is made readable by its owner alone.
    """

    path: Path
    owner: Mapping[str, Any]

    def read(self) -> dict[str, Any]:
        """What was remembered; nothing before the first write.

        Raises:
            InputError: it cannot be read, or is another actor's.
        """
        try:
            found = parse_json(self.path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path} cannot be read as a state file ({error}): restore it, or choose another --state"
            ) from error
        if not isinstance(found, dict) or not isinstance(found.get("memory"), dict):
            raise InputError(f"{self.path} is not a state file: restore it, or choose another --state")
        if found.get("owner") != dict(self.owner):
            raise InputError(f"{self.path} belongs to another federation, chain or account: choose another --state")
        return dict(found["memory"])

    def write(self, memory: Mapping[str, Any]) -> None:
        """Remember this, and forget what was there.

        Raises:
            InputError: it cannot be written.
        """
        text = json.dumps({"owner": dict(self.owner), "memory": memory}, indent=2) + "\n"
        try:
            write_durably(self.path, text.encode())
        except OSError as error:
            raise InputError(f"{self.path} cannot be written ({error.strerror}): choose another --state") from error


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """A state directory, made when missing, and held by this process alone until the end.

    Raises:
        InputError: it cannot be made, or another process holds it.
    """
    lock = folder / "lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"{folder} cannot be a state directory: {error.strerror}; choose another --state") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"another process runs on {folder}: stop it, or choose another --state for another account"
            ) from error
        yield folder
    finally:
        os.close(handle)
