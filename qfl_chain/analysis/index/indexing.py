"""An index brought up to the head of its chain: what is new is read, what a reorg took away is forgotten.

Every piece is one transaction of the database, with the place where to go on: whoever is killed anywhere goes on
there. Nothing is forgotten because a node knows less; only another block at the same height is a reorg.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qfl_chain.analysis.index.decoding import decode_piece
from qfl_chain.analysis.index.pieces import Piece
from qfl_chain.analysis.index.senders import transactions_of
from qfl_chain.chain.bulk import BulkReader, Forked, Known, Patience, RawPiece
from qfl_chain.chain.logs import REMEMBERED
from qfl_chain.chain.raw import NUMBER_BITS, RawNode, making_sense, quantity
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError, RunError, WrongContract

if TYPE_CHECKING:
    from web3 import Web3

    from qfl_chain.analysis.index.database import Index

OnProgress = Callable[[int, int, int], None]
"""Called after every piece with its last block, the chain's latest, and how many events were read by this call."""

FIRST_LOG = "Deployed"
ELSEWHERE = "use an archive node, or one that keeps logs from the federation's block on"


def index_chain(index: Index, web3: Web3, on_progress: OnProgress = lambda block, head, events: None) -> None:
    """Bring an index up to the chain's latest block. Killed anywhere, the next call goes on.

    Args:
        index: open for writing.
        web3: a connection over HTTP.
        on_progress: told how far it came.

    Raises:
        WrongContract: the index is of another chain, there is no federation at its address, or one of another version.
        LedgerError: no answer, a pruned node, one that lags behind the index or contradicts itself, or logs missing.
    """
    with answering(web3):
        node = RawNode(web3)
        _check_chain(index, node)
        reader, patience, done = BulkReader(node, index.meta.federation), Patience(), 0
        while True:
            try:
                before = _follow(index, reader)
                for raw in reader.pieces(index.next_block, before):
                    done += _add(index, node, raw)
                    patience.progressed()
                    on_progress(raw.last, raw.head, done)
                break
            except Forked:
                patience.tried()
    _check_found(index)


def _add(index: Index, node: RawNode, raw: RawPiece) -> int:
    """Put one piece into the index and say how many events it has."""
    with making_sense("logs"):
        piece = decode_piece(raw)
    _check_complete(index, piece)
    index.append(piece, transactions_of(node, index.meta.federation, raw.logs))
    return len(raw.logs)


def _follow(index: Index, reader: BulkReader) -> Known | None:
    """Forget what the chain no longer has; the newest block that stands, None where nothing was read or stands.

    Raises:
        LedgerError: the node knows less than the index.
        RunError: the index was not made from a chain.
    """
    known, head = index.recent_blocks(REMEMBERED), reader.head()
    if not known:
        return None
    if known[0][1] is None:
        raise RunError(
            f"{index.name} was made from a run directory, which says no block's hash: choose another file for the chain"
        )
    standing = reader.standing(known, head)
    if standing is None and head.number < known[-1][0]:
        raise _lags(head.number, known[0][0])
    if standing is None:
        index.forget_from(index.meta.from_block)
        return None
    higher = [number for number, _ in known if standing[0] < number <= head.number]
    if not higher and head.number < known[0][0]:
        # All that the node has is as the index has it: it is behind, and its word is no reason to forget.
        raise _lags(head.number, known[0][0])
    if higher or standing[0] < known[0][0]:
        index.forget_from(standing[0] + 1)
    return standing


def _check_chain(index: Index, node: RawNode) -> None:
    answer, meta = node.ask("eth_chainId"), index.meta
    with making_sense("its chain"):
        chain = quantity(answer, NUMBER_BITS)
    if chain != meta.chain_id:
        raise WrongContract(
            f"the index is of chain {meta.chain_id}, the endpoint serves chain {chain}: use the other endpoint"
        )
    if node.ask("eth_getCode", meta.federation, "latest") in ("0x", None):
        raise WrongContract(f"no contract at {meta.federation} on chain {chain}: check the address and the endpoint")


def _check_complete(index: Index, piece: Piece) -> None:
    """No log is missing that its neighbours say there must be.

    Raises:
        LedgerError: the first log is not the deployment's, or a round is missing.
    """
    positions = {
        name: (int(columns["block"][0]), int(columns["log_index"][0])) for name, columns in piece.kinds.items()
    }
    if not positions:
        return
    first = min(positions, key=lambda name: positions[name])
    if first != FIRST_LOG and not _seen(index):
        raise LedgerError(
            f"the first log of {index.meta.federation} on this node is {first} in block {positions[first][0]}, not "
            f"{FIRST_LOG}: the node pruned the logs before, or block {index.meta.from_block} is after the creation; "
            f"{ELSEWHERE}"
        )
    opened = piece.kinds.get("RoundOpened")
    if opened is not None:
        _check_rounds(index, [int(number) for number in opened["round"]], [int(block) for block in opened["block"]])


def _check_rounds(index: Index, rounds: list[int], blocks: list[int]) -> None:
    ((last, block),) = index.query("SELECT max(round), max(block) FROM events WHERE name = 'RoundOpened'")
    before = (last or 0, block if last else index.meta.from_block)
    for here in zip(rounds, blocks, strict=True):
        if here[0] != before[0] + 1:
            missing = (
                f"round {before[0] + 1}" if here[0] == before[0] + 2 else f"rounds {before[0] + 1} to {here[0] - 1}"
            )
            raise LedgerError(
                f"round {here[0]} opened in block {here[1]}, but {missing} never did: the endpoint left out logs "
                f"between blocks {before[1]} and {here[1]}; delete the index and make it from another endpoint, "
                "an archive node if this one is pruned"
            )
        before = here


def _seen(index: Index) -> bool:
    return bool(index.query("SELECT 1 FROM events LIMIT 1"))


def _check_found(index: Index) -> None:
    if not _seen(index):
        raise WrongContract(
            f"{index.meta.federation} has no log from block {index.meta.from_block} to {index.next_block - 1}: it is "
            f"no federation, it was created earlier, or the node pruned its logs; check the address, or {ELSEWHERE}"
        )


def _lags(head: int, indexed: int) -> LedgerError:
    return LedgerError(
        f"the node is at block {head}, the index has read up to block {indexed}: the node lags behind or lost blocks; "
        "wait, or use another endpoint. What is indexed stays"
    )
