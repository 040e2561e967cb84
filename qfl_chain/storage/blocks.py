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


class BlockStore:
    """One file a block, named by its CID, in one directory that is made when missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> Digest:
        """Write a block; readers see all of it or nothing.

        Raises:
            ContentError: larger than :data:`MAX_BLOCK_BYTES`.
        """
        digest = _checked_size(data)
        handle, temporary = mkstemp(dir=self._path, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(self._path / cid_of(digest))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return digest

    def get(self, digest: Digest) -> bytes:
        """Read a block.

        Raises:
            ContentMissing: no file has its CID.
            DigestMismatch: the file's bytes are not the block.
        """
        file = self._path / cid_of(digest)
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            raise ContentMissing(
                f"no block {file.name} in {self._path}; copy it there from somebody who has it"
            ) from None
        if digest_of_bytes(data) != digest:
            raise DigestMismatch(f"{file} does not hold the block it is named for; delete it and fetch it again")
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
        digest = _checked_size(data)
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


def _checked_size(data: bytes) -> Digest:
    """The digest of a block that is small enough.

    Raises:
        ContentError: it is not.
    """
    if len(data) > MAX_BLOCK_BYTES:
        raise ContentError(f"a block of {len(data)} bytes is too large; the limit is {MAX_BLOCK_BYTES}")
    return digest_of_bytes(data)
