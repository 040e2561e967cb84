"""Several content stores as one: the first that has a block gives it, and all are given what is put.

It implements :class:`qfl_chain.ports.ContentStore`.
"""

from __future__ import annotations

from collections.abc import Sequence

from qfl_chain.errors import ContentError, ContentMissing, ContentUnreachable, DigestMismatch
from qfl_chain.ports import ContentStore
from qfl_chain.types import Digest

_TELLING = (ContentMissing, DigestMismatch, ContentUnreachable)
"""What is said when every store fails: that it is missing, where one that could be asked said so."""


class SeveralStores:
    """Stores in order. It remembers no failure: one that is back is used again."""

    def __init__(self, stores: Sequence[ContentStore]) -> None:
        self._stores = tuple(stores)

    def put(self, data: bytes) -> Digest:
        """Put a block in every store that takes it.

        Raises:
            ContentError: none did; with what each said.
        """
        digests, failures = set(), []
        for store in self._stores:
            try:
                digests.add(store.put(data))
            except ContentError as error:
                failures.append(error)
        if not digests:
            raise _all_of(failures)
        return digests.pop()

    def get(self, digest: Digest) -> bytes:
        """The block from the first store that has it.

        Raises:
            ContentMissing: a store that could be asked does not have it, and no other gave it.
            ContentUnreachable: none could be asked.
            DigestMismatch: all that could be asked gave other bytes.
        """
        failures = []
        for store in self._stores:
            try:
                return store.get(digest)
            except ContentError as error:
                failures.append(error)
        raise _all_of(failures)


def _all_of(failures: Sequence[ContentError]) -> ContentError:
    said = "; ".join(map(str, failures))
    kind = next((kind for kind in _TELLING if any(isinstance(error, kind) for error in failures)), ContentError)
    return kind(f"none of the {len(failures)} content stores could: {said}")
