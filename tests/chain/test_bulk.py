"""All logs of a contract in pieces: whatever the node limits, and whatever it does meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from web3.exceptions import Web3RPCError

from qfl_chain.chain import bulk
from qfl_chain.chain.bulk import BulkReader, Forked, Patience, RawPiece
from qfl_chain.chain.logs import TRIES
from qfl_chain.chain.raw import BATCH, RawNode
from qfl_chain.errors import LedgerError, Unreachable
from tests.synthetic_log import SyntheticLog
from tests.synthetic_node import Refusal, SyntheticNode

LOG = SyntheticLog(5, 30)
"""123 blocks."""
LOGS = [log for block in LOG.blocks() for log in block.logs]


@pytest.fixture
def node() -> SyntheticNode:
    return SyntheticNode(LOG)


def reader(node: SyntheticNode) -> BulkReader:
    return BulkReader(RawNode(node.web3), LOG.federation)


def pieces(node: SyntheticNode, first: int = 0) -> list[RawPiece]:
    return list(reader(node).pieces(first, None))


def logs(found: list[RawPiece]) -> list[Any]:
    return [dict(log) for piece in found for log in piece.logs]


def spans(node: SyntheticNode) -> list[int]:
    """Of every question about logs."""
    asked = [params[0] for method, params in node.asked if method == "eth_getLogs"]
    return [int(one["toBlock"], 16) - int(one["fromBlock"], 16) + 1 for one in asked]


def test_pieces_follow_each_other_to_the_head_and_hold_every_log(node: SyntheticNode) -> None:
    found = pieces(node)
    assert logs(found) == LOGS
    assert [piece.first for piece in found] == [0, *(piece.last + 1 for piece in found[:-1])]
    assert {piece.head for piece in found} == {found[-1].last} == {LOG.head}


def test_a_piece_lists_its_blocks_with_logs_and_its_last(node: SyntheticNode) -> None:
    node.head = LOG.head + 50
    (piece,) = bulk_of(node, span=1000)
    with_logs = sorted({int(log["blockNumber"], 16) for log in LOGS})
    assert [block.number for block in piece.blocks] == [*with_logs, node.head]
    assert all(block.hash.hex() == node.block_hash(block.number)[2:] for block in piece.blocks)
    assert all(block.time == LOG.time(block.number) for block in piece.blocks)


def bulk_of(node: SyntheticNode, span: int) -> list[RawPiece]:
    """With so many blocks in the first question."""
    one = reader(node)
    one._span = span
    return list(one.pieces(0, None))


def test_times_that_the_logs_do_not_say_are_asked_for(node: SyntheticNode) -> None:
    known = [piece.blocks for piece in pieces(node)]
    node.times = False
    assert [piece.blocks for piece in pieces(node)] == known


@pytest.mark.parametrize(
    "message",
    ["query returned more than 10000 results", "block range too large", "Log response size exceeded", "exceed limit"],
)
def test_pieces_shrink_to_what_the_provider_allows(node: SyntheticNode, message: str) -> None:
    node.limit, node.refusal = 7, message
    assert logs(pieces(node)) == LOGS
    assert min(spans(node)) >= 4


def test_pieces_shrink_where_logs_are_many_and_grow_again_where_they_are_few(node: SyntheticNode) -> None:
    node.most = 20
    assert logs(pieces(node)) == LOGS
    node.asked, node.head, node.most = [], LOG.head + 3000, 10**9
    assert logs(pieces(node)) == LOGS
    assert max(spans(node)) > 1000


def test_pieces_shrink_where_the_node_answers_too_late(node: SyntheticNode) -> None:
    node.limit, node.slow = 9, True
    assert logs(pieces(node)) == LOGS


def test_a_piece_holds_about_as_many_logs_as_memory_is_meant_for(
    node: SyntheticNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "FULL", 40)
    monkeypatch.setattr(bulk, "FIRST_SPAN", 4)
    found = pieces(node)
    assert logs(found) == LOGS
    assert max(len(piece.logs) for piece in found) <= 2 * 40


def test_one_block_that_is_too_much_is_refused_in_the_nodes_words(node: SyntheticNode) -> None:
    node.limit = 0
    with pytest.raises(Web3RPCError, match="query returned more than"):
        pieces(node)


def test_one_block_that_takes_too_long_is_given_up(node: SyntheticNode) -> None:
    node.limit, node.slow = 0, True
    with pytest.raises(Unreachable):
        pieces(node)


def test_a_refusal_that_is_no_limit_is_passed_on(node: SyntheticNode) -> None:
    node.eth_getLogs = lambda asked: Refusal(-32000, "execution aborted")  # type: ignore[method-assign]
    with pytest.raises(Web3RPCError, match="execution aborted"):
        pieces(node)
    assert len(spans(node)) == 1


@pytest.mark.parametrize("pruned", [5, 200])
def test_a_pruned_node_is_named_as_one(node: SyntheticNode, pruned: int) -> None:
    node.pruned, node.head = pruned, 300
    with pytest.raises(LedgerError, match=r"no longer has the .*pruned history unavailable.* use an archive node"):
        pieces(node)


def test_a_pruned_block_is_named_as_one(node: SyntheticNode) -> None:
    head = reader(node).head()
    node.pruned = 9
    with pytest.raises(LedgerError, match="no longer has the blocks 3 to 8"):
        reader(node).standing([(9, b"?"), (8, b"?"), (3, b"?")], head)


def test_removed_logs_are_left_out_and_others_sorted(node: SyntheticNode) -> None:
    answer = list(reversed([{**LOGS[0], "removed": True}, *LOGS[1:]]))
    node.eth_getLogs = lambda asked: answer  # type: ignore[method-assign]
    assert logs(bulk_of(node, 1000)) == LOGS[1:]


@pytest.mark.parametrize("change", [{"address": "0x" + "77" * 20}, {"blockNumber": hex(999)}])
def test_logs_that_were_not_asked_for_are_refused(node: SyntheticNode, change: dict[str, str]) -> None:
    node.eth_getLogs = lambda asked: [{**LOGS[0], **change}]  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match=r"answers a question about .* with other logs: use another endpoint"):
        pieces(node)


@pytest.mark.parametrize("answer", [None, [{}], [7], [{**LOGS[0], "blockNumber": "x"}]])
def test_an_answer_about_logs_that_makes_no_sense_is_said_so(node: SyntheticNode, answer: Any) -> None:
    node.eth_getLogs = lambda asked: answer  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match=r"the endpoint's answer about logs makes no sense .* use another endpoint"):
        pieces(node)


def test_a_block_without_its_hash_is_said_so(node: SyntheticNode) -> None:
    node.eth_getBlockByNumber = lambda *asked: {"number": "0x1"}  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match=r"answer about a block makes no sense .KeyError: 'hash'"):
        reader(node).head()


def test_a_chain_that_changes_while_it_is_read_is_noticed(node: SyntheticNode) -> None:
    def fork_at_logs(method: str, params: Any) -> None:
        if method == "eth_getLogs":
            node.fork(at=60, delay=3)

    node.before = fork_at_logs
    with pytest.raises(Forked):
        pieces(node)


def test_a_block_read_before_that_is_gone_is_noticed(node: SyntheticNode) -> None:
    before = (50, bytes.fromhex(node.block_hash(50)[2:]))
    assert list(reader(node).pieces(51, before))
    node.fork(at=45, delay=2)
    with pytest.raises(Forked):
        list(reader(node).pieces(51, before))


@pytest.mark.parametrize("times", [True, False])
def test_logs_of_another_branch_than_the_blocks_are_noticed(node: SyntheticNode, times: bool) -> None:
    strange = [{**log, "blockHash": "0x" + "99" * 32} for log in LOGS if int(log["blockNumber"], 16) == LOG.head]
    if not times:
        for log in strange:
            del log["blockTimestamp"]
    node.eth_getLogs = lambda asked: strange  # type: ignore[method-assign]
    with pytest.raises(Forked):
        bulk_of(node, 1000)


def test_the_newest_block_that_stands_is_found_below_a_fork(node: SyntheticNode) -> None:
    known = [(number, bytes.fromhex(node.block_hash(number)[2:])) for number in range(90, 40, -10)]
    assert reader(node).standing(known, reader(node).head()) == known[0]
    node.fork(at=65, delay=1)
    assert reader(node).standing(known, reader(node).head()) == known[3]
    node.fork(at=20, delay=1)
    assert reader(node).standing(known, reader(node).head()) is None


def test_a_node_without_a_block_below_its_latest_contradicts_itself(node: SyntheticNode) -> None:
    head = reader(node).head()
    node.head = 40
    with pytest.raises(Forked):
        reader(node).standing([(60, b"?")], head)


@pytest.mark.parametrize("lag", [1, 5])
@pytest.mark.parametrize("empty", [0, 3])
def test_a_node_whose_logs_lag_behind_its_head_is_noticed(node: SyntheticNode, lag: int, empty: int) -> None:
    node.blooms, node.lag, node.head = True, lag + empty, LOG.head + empty
    with pytest.raises(Forked):
        pieces(node)
    node.lag = 0
    assert logs(pieces(node)) == LOGS


def test_a_filter_that_matches_by_chance_does_no_harm(node: SyntheticNode) -> None:
    node.blooms, node.bloom = True, lambda number: 2**2048 - 1  # type: ignore[method-assign]
    node.head = LOG.head + 5
    assert logs(pieces(node)) == LOGS


def test_patience_ends_and_progress_renews_it() -> None:
    patience = Patience()
    for _ in range(TRIES - 1):
        patience.tried()
    patience.progressed()
    for _ in range(TRIES - 1):
        patience.tried()
    with pytest.raises(LedgerError, match="contradict each other: try again, or use another endpoint"):
        patience.tried()


def test_many_questions_go_out_in_batches_and_singly_where_the_node_takes_none(node: SyntheticNode) -> None:
    numbers = list(range(BATCH + 20))
    asked = [(hex(number), False) for number in numbers]
    requests: list[int] = []
    together = node.make_batch_request
    node.make_batch_request = lambda some: requests.append(len(some)) or together(some)  # type: ignore[method-assign,func-returns-value]
    raw = RawNode(node.web3)
    assert [int(block["number"], 16) for block in raw.ask_all("eth_getBlockByNumber", asked)] == numbers
    assert requests == [BATCH, 20]
    node.batches = False
    assert [int(block["number"], 16) for block in raw.ask_all("eth_getBlockByNumber", asked)] == numbers
    assert requests == [BATCH, 20, BATCH]


def test_a_refusal_within_a_batch_is_raised(node: SyntheticNode) -> None:
    node.pruned = 3
    with pytest.raises(Web3RPCError, match="pruned history"):
        RawNode(node.web3).ask_all("eth_getBlockByNumber", [("0x5", False), ("0x1", False)])
