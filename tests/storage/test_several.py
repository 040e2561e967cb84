"""Several stores in order, and the places people name."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from qfl_chain.errors import ContentError, ContentMissing, ContentUnreachable, DigestMismatch, InputError
from qfl_chain.storage.blocks import BlockStore, MemoryStore
from qfl_chain.storage.cid import cid_of
from qfl_chain.storage.kubo import KuboStore
from qfl_chain.storage.places import open_store
from qfl_chain.storage.several import SeveralStores
from qfl_chain.types import Digest

DIGEST = Digest(sha256(b"update").digest())


class Broken:
    """A store that fails until it is mended."""

    def __init__(self, error: ContentError) -> None:
        self.error: ContentError | None = error
        self._inner = MemoryStore()

    def put(self, data: bytes) -> Digest:
        if self.error:
            raise self.error
        return self._inner.put(data)

    def get(self, digest: Digest) -> bytes:
        if self.error:
            raise self.error
        return self._inner.get(digest)


AWAY = ContentUnreachable("one is away")
LYING = DigestMismatch("two lies")


def test_the_first_store_that_has_a_block_gives_it() -> None:
    last = MemoryStore()
    last.put(b"update")
    assert SeveralStores([Broken(AWAY), Broken(LYING), MemoryStore(), last]).get(DIGEST) == b"update"


def test_what_is_put_reaches_every_store_that_takes_it() -> None:
    first, last = MemoryStore(), MemoryStore()
    assert SeveralStores([first, Broken(AWAY), last]).put(b"update") == DIGEST
    assert first.get(DIGEST) == last.get(DIGEST) == b"update"


def test_a_store_that_is_back_is_used_again() -> None:
    store = Broken(AWAY)
    both = SeveralStores([store, MemoryStore()])
    both.put(b"update")
    store.error = None
    both.put(b"update")
    assert store.get(DIGEST) == b"update"


@pytest.mark.parametrize(
    ("stores", "kind"),
    [
        ([Broken(AWAY), Broken(LYING), MemoryStore()], ContentMissing),
        ([Broken(AWAY), Broken(LYING)], DigestMismatch),
        ([Broken(AWAY), Broken(AWAY)], ContentUnreachable),
        ([Broken(ContentError("full")), Broken(ContentError("full"))], ContentError),
    ],
)
def test_when_all_fail_the_error_says_what_each_said(stores: list[Broken], kind: type[ContentError]) -> None:
    with pytest.raises(ContentError, match=f"none of the {len(stores)} content stores could: ") as raised:
        SeveralStores(stores).get(DIGEST)
    assert type(raised.value) is kind
    assert all(str(store.error) in str(raised.value) for store in stores if isinstance(store, Broken))


def test_a_block_that_no_store_takes_is_an_error() -> None:
    with pytest.raises(ContentUnreachable, match="could: one is away; one is away"):
        SeveralStores([Broken(AWAY), Broken(AWAY)]).put(b"update")


def test_places_are_directories_and_addresses(tmp_path: Path) -> None:
    assert isinstance(open_store([str(tmp_path / "blocks")]), BlockStore)
    assert isinstance(open_store(["http://127.0.0.1:5001"]), KuboStore)
    assert isinstance(open_store([str(tmp_path), "http://127.0.0.1:5001"]), SeveralStores)


def test_two_directories_both_keep_a_block_under_its_cid(tmp_path: Path) -> None:
    open_store([str(tmp_path / "a"), str(tmp_path / "b")]).put(b"update")
    assert {file.name for file in tmp_path.glob("*/*")} == {cid_of(DIGEST)}


def test_no_place_and_a_place_that_cannot_be_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no content store is named: give --store"):
        open_store([])
    (tmp_path / "file").write_text("")
    with pytest.raises(ContentError, match="file cannot be a content store: File exists"):
        open_store([str(tmp_path / "file")])
