"""A federation followed on its chain: an index in memory that a look brings up to the latest block."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from web3.exceptions import BlockNotFound

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.index.database import Index, Meta, create_index
from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.indexing import index_chain
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError

if TYPE_CHECKING:
    from web3 import Web3

    from qfl_chain.ports import ContentStore


class Follower:
    """Keeps nothing that the chain and the store do not have: it may begin anew at any time, and does so by itself.

    Args:
        check: raises where the chain does not have the federation; asked whenever the reading begins anew.
        store: where evidence is; None leaves it unread.
    """

    def __init__(self, meta: Meta, check: Callable[[Web3], object], store: ContentStore | None) -> None:
        self._meta, self._check, self._store = meta, check, store
        self._index: Index | None = None

    def look(self, web3: Web3) -> Facts:
        """The facts as of the chain's latest block.

        Raises:
            LedgerError: no answer, the federation is gone, or the node contradicts itself.
        """
        if self._index is not None and not _is_its_chain(web3, self._index):
            self.close()
        if self._index is None:
            self._check(web3)
            self._index = create_index(None, self._meta)
        index_chain(self._index, web3)
        if self._store is not None:
            read_evidence(self._index, self._store)
        return load_facts(self._index)

    def close(self) -> None:
        """Forget what was read."""
        if self._index is not None:
            self._index.close()
            self._index = None


def _is_its_chain(web3: Web3, index: Index) -> bool:
    """Whether the chain still has the first block that was read: a development chain that was reset has not."""
    rows = index.query("SELECT number, hash FROM blocks ORDER BY number LIMIT 1")
    if not rows:
        return True
    number, known = rows[0]
    try:
        with answering(web3):
            found = bytes(web3.eth.get_block(int(number))["hash"])
    except LedgerError as error:
        if isinstance(error.__cause__, BlockNotFound):
            return False
        raise
    return found == bytes(known)
