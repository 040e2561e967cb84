"""Blocks of content on this machine: in a directory or in memory. Both check every block they give out.

They implement :class:`qfl_chain.ports.ContentStore`.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp

from qfl_chain.errors import ContentError, ContentMissing, DigestMismatch
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Digest

MAX_BLOCK_BYTES = 1 << 20
"""One block must travel through IPFS in one piece; Kubo refuses raw blocks above 1 MiB."""

_READABLE_BY_ALL = 0o644


class BlockStore:
    """One file a block, named by its CID, in one directory that is made when missing.

    Any number of processes may share the directory. One that is killed while it writes leaves a ``.tmp`` file at
    worst, which nothing reads.
    """

    def __init__(self, path: Path) -> None:
        """Open the directory.

        Raises:
            ContentError: it cannot be one.
        """
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ContentError(f"{path} cannot be a content store: {error.strerror}") from error

    def put(self, data: bytes) -> Digest:
        """Write a block, over a damaged one too; readers see all of it or nothing, also after a power cut.

        Raises:
            ContentError: larger than :data:`MAX_BLOCK_BYTES`, or it cannot be written.
        """
        digest = checked_digest(data)
        try:
            self._write(self._path / cid_of(digest), data)
        except OSError as error:
            raise ContentError(f"cannot write a block to {self._path}: {error.strerror}") from error
        return digest

    def _write(self, target: Path, data: bytes) -> None:
        handle, temporary = mkstemp(dir=self._path, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(handle, _READABLE_BY_ALL)
                os.fsync(handle)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_directory(self._path)

    def get(self, digest: Digest) -> bytes:
        """Read a block.

        Raises:
            ContentMissing: no file has its CID.
            ContentError: the file cannot be read.
            DigestMismatch: the file's bytes are not the block.
        """
        path = self._path / cid_of(digest)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BLOCK_BYTES + 1)
        except FileNotFoundError:
            raise ContentMissing(
                f"no block {path.name} in {self._path}; copy it there from somebody who has it"
            ) from None
        except OSError as error:
            raise ContentError(f"cannot read {path}: {error.strerror}") from error
        if digest_of_bytes(data) != digest:
            raise DigestMismatch(f"{path} does not hold the block it is named for; delete it and fetch it again")
        return data


class MemoryStore:
    """Blocks in a dictionary, for one process."""

    def __init__(self) -> None:
        self._blocks: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        """Keep a block.

        Raises:
            ContentError: larger than :data:`MAX_BLOCK_BYTES`.
        """
        digest = checked_digest(data)
        self._blocks[digest] = bytes(data)
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return a block.

        Raises:
            ContentMissing: it was never put.
        """
        if digest not in self._blocks:
            raise ContentMissing(f"no block {cid_of(digest)} in memory; put it first")
        return self._blocks[digest]


def checked_digest(data: bytes) -> Digest:
    """The digest of a block that is small enough.

    Raises:
        ContentError: it is not.
    """
    if len(data) > MAX_BLOCK_BYTES:
        raise ContentError(f"a block of {len(data)} bytes is too large; the limit is {MAX_BLOCK_BYTES}")
    return digest_of_bytes(data)


def _sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut; fsync of a file keeps its bytes only."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
