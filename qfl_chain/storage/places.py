"""Content stores as people name them: a directory, or the address of a Kubo node's RPC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qfl_chain.errors import InputError
from qfl_chain.ports import ContentStore
from qfl_chain.storage.blocks import BlockStore
from qfl_chain.storage.several import SeveralStores

TIMEOUT = 30.0


def open_store(places: Sequence[str], timeout: float = TIMEOUT) -> ContentStore:
    """The stores at these places, as one, tried in this order.

    Args:
        places: paths of directories, which are made when missing, and http or https addresses.
        timeout: seconds after which a Kubo node is taken not to find a block.

    Raises:
        InputError: no place, or an address that is none.
        ContentError: a path that cannot be a directory of blocks.
    """
    stores = [_open(place, timeout) for place in places]
    if not stores:
        raise InputError("no content store is named: give --store a directory or the address of a Kubo RPC")
    return stores[0] if len(stores) == 1 else SeveralStores(stores)


def _open(place: str, timeout: float) -> ContentStore:
    if "://" not in place:
        return BlockStore(Path(place))
    # It takes a fifth of a second to import, which a directory has no use for.
    from qfl_chain.storage.kubo import KuboStore

    return KuboStore(place, timeout)
