from __future__ import annotations

from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import pytest

from qfl_chain.errors import ContentError, ContentMissing, DigestMismatch
from qfl_chain.ports import ContentStore
from qfl_chain.storage.blocks import MAX_BLOCK_BYTES, BlockStore, MemoryStore
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Digest

LOST = Digest(sha256(b"lost").digest())


@pytest.fixture(params=["directory", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    return BlockStore(tmp_path / "blocks") if request.param == "directory" else MemoryStore()


@pytest.mark.parametrize("data", [b"", b"update", bytes(MAX_BLOCK_BYTES)], ids=["empty", "small", "largest"])
def test_a_block_comes_back_under_its_sha256(store: ContentStore, data: bytes) -> None:
    digest = store.put(data)
    assert digest == sha256(data).digest()
    assert store.get(digest) == data


def test_a_block_can_be_put_twice(store: ContentStore) -> None:
    assert store.put(b"x") == store.put(b"x")
    assert store.get(store.put(b"x")) == b"x"


def test_a_missing_block_is_named_by_its_cid(store: ContentStore) -> None:
    with pytest.raises(ContentMissing, match=cid_of(LOST)):
        store.get(LOST)


def test_a_block_over_the_limit_is_refused_and_not_kept(store: ContentStore) -> None:
    data = bytes(MAX_BLOCK_BYTES + 1)
    with pytest.raises(ContentError, match=f"a block of {len(data)} bytes is too large; the limit is 1048576"):
        store.put(data)
    with pytest.raises(ContentMissing):
        store.get(Digest(sha256(data).digest()))


def test_files_are_named_by_cid_and_nothing_else_is_left(tmp_path: Path) -> None:
    digest = BlockStore(tmp_path).put(b"update")
    assert [file.name for file in tmp_path.iterdir()] == [cid_of(digest)]


def test_another_store_on_the_directory_reads_the_same_blocks(tmp_path: Path) -> None:
    digest = BlockStore(tmp_path).put(b"update")
    assert BlockStore(tmp_path).get(digest) == b"update"


def test_a_damaged_file_is_named_and_can_be_put_again(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    digest = store.put(b"update")
    (tmp_path / cid_of(digest)).write_bytes(b"updatE")
    with pytest.raises(DigestMismatch, match=f"{cid_of(digest)} does not hold the block it is named for; delete it"):
        store.get(digest)
    store.put(b"update")
    assert store.get(digest) == b"update"


def test_a_write_that_fails_leaves_no_temporary_file(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    digest = Digest(sha256(b"update").digest())
    (tmp_path / cid_of(digest)).mkdir()
    with pytest.raises(ContentError, match=f"cannot write a block to {tmp_path}: Is a directory"):
        store.put(b"update")
    assert [file.name for file in tmp_path.iterdir()] == [cid_of(digest)]


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / cid_of(LOST)).write_bytes(bytes(MAX_BLOCK_BYTES * 2))
    with pytest.raises(DigestMismatch, match="does not hold the block"):
        BlockStore(tmp_path).get(LOST)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / cid_of(LOST)).mkdir()
    with pytest.raises(ContentError, match=f"cannot read {tmp_path / cid_of(LOST)}: Is a directory"):
        BlockStore(tmp_path).get(LOST)


def test_several_processes_write_and_read_one_directory(tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        digests = pool.map(_put_and_get_all, [tmp_path] * 4)
    assert len(set(digests)) == 1
    assert all(not file.name.endswith(".tmp") for file in tmp_path.iterdir())


def _put_and_get_all(path: Path) -> tuple[Digest, ...]:
    store = BlockStore(path)
    digests = tuple(store.put(bytes([number]) * 50_000) for number in range(20))
    assert [store.get(digest)[:1] for digest in digests] == [bytes([number]) for number in range(20)]
    return digests
