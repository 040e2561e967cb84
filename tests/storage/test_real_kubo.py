"""Against Kubo itself: the same CIDs, pins, a private swarm, and a node that dies and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from qfl_chain.errors import ContentMissing, ContentUnreachable
from qfl_chain.storage.cid import cid_of
from qfl_chain.storage.kubo import KuboStore
from qfl_chain.types import Digest
from tests.kubo import KuboNode, new_swarm_key
from tests.services import need

SIZES = (0, 1, 100, 256 << 10, 1 << 20)


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[KuboNode, KuboNode]]:
    program, key, folder = need("ipfs"), new_swarm_key(), tmp_path_factory.mktemp("kubo")
    nodes = KuboNode(program, folder / "one", key), KuboNode(program, folder / "two", key)
    try:
        for node in nodes:
            node.prepare()
            node.start()
        nodes[0].meet(nodes[1])
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def test_the_nodes_of_tests_call_nobody_and_listen_on_loopback_only(swarm: tuple[KuboNode, KuboNode]) -> None:
    for node in swarm:
        config = node.config
        assert config["Bootstrap"] == []
        assert config["Routing"]["Type"] == "none"
        assert not config["Discovery"]["MDNS"]["Enabled"]
        assert not config["AutoTLS"]["Enabled"]
        addresses = config["Addresses"]
        for address in (*addresses["Swarm"], addresses["API"], addresses["Gateway"]):
            assert address.startswith("/ip4/127.0.0.1/tcp/")
        assert all("/ip4/127.0.0.1/" in address for address in node.ask("id")["Addresses"])


@pytest.mark.parametrize("size", SIZES)
def test_kubo_keeps_a_block_under_the_cid_computed_offline(swarm: tuple[KuboNode, KuboNode], size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    store = KuboStore(swarm[0].url)
    digest = store.put(data)
    assert digest == sha256(data).digest()
    assert store.get(digest) == data
    assert cid_of(digest) in swarm[0].ask("pin/ls?type=recursive")["Keys"]


def test_one_node_gives_what_was_put_at_another(swarm: tuple[KuboNode, KuboNode]) -> None:
    digest = KuboStore(swarm[0].url).put(b"an update" * 10_000)
    assert KuboStore(swarm[1].url).get(digest) == b"an update" * 10_000


def test_a_block_that_nobody_has_is_missing_after_the_time_out(swarm: tuple[KuboNode, KuboNode]) -> None:
    lost = Digest(sha256(b"nobody put this").digest())
    with pytest.raises(ContentMissing, match=rf"nobody gave block {cid_of(lost)} to {swarm[0].url} within 1 s"):
        KuboStore(swarm[0].url, timeout=1).get(lost)


def test_a_killed_node_is_unreachable_and_has_its_blocks_when_it_is_back(swarm: tuple[KuboNode, KuboNode]) -> None:
    node = swarm[1]
    store = KuboStore(node.url)
    digest = store.put(b"kept")
    node.kill()
    with pytest.raises(ContentUnreachable, match=f"no answer from {node.url}: check the address, and that Kubo runs"):
        store.get(digest)
    node.start()
    assert store.get(digest) == b"kept"
