"""An index kept up with its chain: killed anywhere, through reorgs, and beside nodes that know less than it does."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from qfl_chain.analysis.index import database
from qfl_chain.analysis.index.database import Index, Meta, create_index, resume_index
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.indexing import index_chain
from qfl_chain.chain import bulk
from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.errors import LedgerError, QflError, RunError, WrongContract
from qfl_chain.types import Gwei
from tests.anvil import Anvil, anvil
from tests.chain.test_nodes import federation, terms
from tests.geth import geth
from tests.synthetic_log import CHAIN_ID, SyntheticLog
from tests.synthetic_node import GAS_USED, GWEI, SyntheticNode

LOG = SyntheticLog(4, 6)
"""27 blocks."""
META = Meta(CHAIN_ID, LOG.federation, 0, "http://127.0.0.1:8545")
TABLES = {
    "blocks": "SELECT * FROM blocks WHERE number IN (SELECT block FROM events) ORDER BY number",
    "events": "SELECT * FROM events ORDER BY block, log_index",
    "transactions": "SELECT * FROM transactions ORDER BY block, hash",
}
"""What two indexes of one chain agree in; where pieces ended they need not."""


@pytest.fixture
def node() -> SyntheticNode:
    return SyntheticNode(LOG)


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short log has many."""
    monkeypatch.setattr(bulk, "FIRST_SPAN", 2)
    monkeypatch.setattr(bulk, "FULL", 10)


@pytest.fixture
def index() -> Iterator[Index]:
    with create_index(None, META) as made:
        yield made


def contents(index: Index) -> dict[str, list[tuple[Any, ...]]]:
    return {name: index.query(sql) for name, sql in TABLES.items()}


def truth(node: SyntheticNode) -> dict[str, list[tuple[Any, ...]]]:
    """What an index that begins now holds."""
    with create_index(None, META) as fresh:
        index_chain(fresh, node.web3)
        return contents(fresh)


def count(index: Index) -> int:
    return int(index.query("SELECT count(*) FROM events")[0][0])


def test_every_event_and_its_transaction_is_read(index: Index, node: SyntheticNode) -> None:
    index_chain(index, node.web3)
    found = [block for block in LOG.blocks() if block.logs]
    assert count(index) == sum(len(block.logs) for block in found)
    sent = {bytes.fromhex(one[2:]): call for block in found for one, call in block.transactions.items() if block.logs}
    rows = index.query("SELECT hash, sender, function, gas_used, fee_wei, succeeded FROM transactions")
    assert {row[0]: row[1:3] for row in rows} == sent
    assert {row[3:] for row in rows} == {(GAS_USED, GAS_USED * GWEI, True)}
    assert index.next_block == node.head + 1


def test_progress_says_block_head_and_events(index: Index, node: SyntheticNode) -> None:
    told: list[tuple[int, int, int]] = []
    index_chain(index, node.web3, lambda *progress: told.append(progress))
    assert told[-1] == (node.head, node.head, count(index))
    assert [one[0] for one in told] == sorted({one[0] for one in told})


def test_only_what_is_new_is_read(index: Index, node: SyntheticNode) -> None:
    node.head = 12
    index_chain(index, node.web3)
    node.asked, node.head = [], LOG.head
    index_chain(index, node.web3)
    firsts = [int(params[0]["fromBlock"], 16) for method, params in node.asked if method == "eth_getLogs"]
    assert min(firsts) == 13
    assert contents(index) == truth(node)
    node.asked = []
    index_chain(index, node.web3)
    assert [method for method, _ in node.asked].count("eth_getLogs") == 0


class Killed(BaseException):
    """What no code of ours catches."""


def test_killed_before_any_request_it_goes_on(node: SyntheticNode) -> None:
    whole, kill_at = truth(node), 0
    while True:
        left = kill_at = kill_at + 1

        def kill(method: str, params: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Killed

        with create_index(None, META) as index:
            node.before = kill
            try:
                index_chain(index, node.web3)
            except Killed:
                node.before = lambda method, params: None
                index_chain(index, node.web3)
                assert contents(index) == whole
                kill_at += 2
            else:
                break
    assert kill_at > 20


def test_killed_within_any_write_it_goes_on(node: SyntheticNode, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, insert = truth(node), database.insert
    for kill_at in range(1, 40, 3):
        left = kill_at

        def kill(*arguments: Any, **expressions: Any) -> None:
            nonlocal left
            left -= 1
            insert(*arguments, **expressions)
            if not left:
                raise Killed

        with create_index(None, META) as index:
            monkeypatch.setattr(database, "insert", kill)
            with pytest.raises(Killed):
                index_chain(index, node.web3)
            monkeypatch.setattr(database, "insert", insert)
            index_chain(index, node.web3)
            assert contents(index) == whole


KILLED_PROCESS = """
import os, signal, sys
from pathlib import Path
from qfl_chain.analysis.index.database import resume_index
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.indexing import index_chain
from tests.analysis.index.test_indexing import LOG, META, SyntheticNode, bulk
bulk.FIRST_SPAN, bulk.FULL = 2, 10
node, left = SyntheticNode(LOG), 60
def before(method, params):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
node.before = before
index_chain(resume_index(Path(sys.argv[1]), META), node.web3)
"""


def test_a_killed_process_leaves_a_file_that_the_next_goes_on_with(tmp_path: Path, node: SyntheticNode) -> None:
    file = tmp_path / "history.duckdb"
    ended = subprocess.run([sys.executable, "-c", KILLED_PROCESS, file], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with resume_index(file, META) as index:
        assert 0 < count(index) < len(truth(node)["events"])
        index_chain(index, node.web3)
        assert contents(index) == truth(node)


@pytest.mark.parametrize("at", [3, 11, 26])
@pytest.mark.parametrize("delay", [1, 4])
def test_a_reorg_takes_events_away_and_brings_others(index: Index, node: SyntheticNode, at: int, delay: int) -> None:
    index_chain(index, node.web3)
    node.fork(at, delay)
    index_chain(index, node.web3)
    assert contents(index) == truth(node)
    assert index.next_block == node.head + 1


def test_a_reorg_to_a_shorter_chain_is_followed(index: Index, node: SyntheticNode) -> None:
    index_chain(index, node.web3)
    node.fork(at=10, delay=1)
    node.head = 15
    index_chain(index, node.web3)
    assert contents(index) == truth(node)
    assert index.next_block == 16


def test_a_reorg_of_everything_reads_all_again(index: Index, node: SyntheticNode) -> None:
    index_chain(index, node.web3)
    node.fork(at=-1, delay=2)
    index_chain(index, node.web3)
    assert contents(index) == truth(node)


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getTransactionReceipt", "eth_getTransactionByHash"])
def test_a_reorg_in_the_middle_of_a_piece_is_followed(index: Index, node: SyntheticNode, method: str) -> None:
    left = 4

    def fork(asked: str, params: Any) -> None:
        nonlocal left
        left -= asked == method
        if not left and not node.delay:
            node.fork(at=3, delay=2)

    node.before = fork
    index_chain(index, node.web3)
    assert node.delay
    assert contents(index) == truth(node)


def test_a_node_that_keeps_changing_is_given_up_and_what_is_read_stays(index: Index, node: SyntheticNode) -> None:
    node.head = 9
    index_chain(index, node.web3)
    kept = contents(index)
    node.head = LOG.head
    node.eth_getTransactionByHash = lambda wanted: None  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match="blocks and logs contradict each other: try again, or use another endpoint"):
        index_chain(index, node.web3)
    assert contents(index) == kept


@pytest.mark.parametrize("head", [0, 1, 20])
def test_a_node_behind_the_index_is_named_and_nothing_is_forgotten(
    index: Index, node: SyntheticNode, head: int
) -> None:
    index_chain(index, node.web3)
    kept, node.head = contents(index), head
    says = f"node is at block {head}, the index has read up to block {LOG.head}: the node lags .* What is indexed stays"
    with pytest.raises(LedgerError, match=says):
        index_chain(index, node.web3)
    assert contents(index) == kept


def test_an_index_of_another_chain_is_refused(index: Index, node: SyntheticNode) -> None:
    node.chain_id = 5
    with pytest.raises(WrongContract, match="the index is of chain 1337, the endpoint serves chain 5: use the other"):
        index_chain(index, node.web3)


def test_an_endpoint_without_a_chain_is_said_so(index: Index, node: SyntheticNode) -> None:
    node.eth_chainId = lambda: None  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(LedgerError, match="the endpoint's answer about its chain makes no sense"):
        index_chain(index, node.web3)


def test_an_address_without_code_is_refused(index: Index, node: SyntheticNode) -> None:
    node.code = "0x"
    with pytest.raises(WrongContract, match=f"no contract at {LOG.federation} on chain 1337: check the address"):
        index_chain(index, node.web3)


def test_a_contract_without_logs_is_no_federation(index: Index, node: SyntheticNode) -> None:
    node.head = 0
    with pytest.raises(WrongContract, match="has no log from block 0 to 0: it is no federation, it was created"):
        index_chain(index, node.web3)


def test_an_index_of_a_run_directory_is_not_continued_from_a_chain(index: Index, node: SyntheticNode) -> None:
    index_chain(index, node.web3)
    index.connection.execute("UPDATE blocks SET hash = NULL")
    kept = contents(index)
    with pytest.raises(RunError, match=r"made from a run directory.*choose another file for the chain"):
        index_chain(index, node.web3)
    assert contents(index) == kept


def test_logs_that_begin_after_the_deployment_are_a_gap(index: Index, node: SyntheticNode) -> None:
    node.left_out = {1}
    says = "the first log of .* is Funded in block 2, not Deployed: the node pruned .* use an archive node"
    with pytest.raises(LedgerError, match=says):
        index_chain(index, node.web3)
    assert count(index) == 0


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        (range(4, 8), "round 2 opened in block 8, but round 1 never did: .* between blocks 0 and 8"),
        (range(8, 16), "round 4 opened in block 16, but rounds 2 to 3 never did: .* between blocks 4 and 16"),
    ],
)
def test_rounds_that_are_missing_are_a_gap(index: Index, node: SyntheticNode, left_out: range, says: str) -> None:
    node.left_out = set(left_out)
    with pytest.raises(LedgerError, match=says + "; delete the index and make it from another endpoint"):
        index_chain(index, node.web3)


def test_a_pruned_node_is_named_and_what_is_read_stays(index: Index, node: SyntheticNode) -> None:
    node.head = 9
    index_chain(index, node.web3)
    kept, node.head, node.pruned = contents(index), LOG.head, 15
    with pytest.raises(LedgerError, match="it is a pruned node; use an archive node"):
        index_chain(index, node.web3)
    assert contents(index) == kept


def test_a_contract_of_another_version_is_refused(index: Index, node: SyntheticNode) -> None:
    odd = {"topics": ["0x" + "ab" * 32], "data": "0x"}
    made = node.eth_getLogs
    node.eth_getLogs = lambda asked: [{**log, **odd} for log in made(asked)]  # type: ignore[method-assign]
    with pytest.raises(WrongContract, match=r"logs what no federation of this version logs \(block 1, log 0\)"):
        index_chain(index, node.web3)


def test_a_refusal_is_said_in_the_nodes_words(index: Index, node: SyntheticNode) -> None:
    node.limit, node.refusal = 0, "query returned more than 0 results"
    with pytest.raises(LedgerError, match="the RPC endpoint refuses: query returned more than 0 results"):
        index_chain(index, node.web3)


def test_a_federation_without_rounds_and_with_one_participant_is_indexed() -> None:
    log = SyntheticLog(1, 0)
    with create_index(None, Meta(CHAIN_ID, log.federation, 0, "")) as index:
        index_chain(index, SyntheticNode(log).web3)
        assert [row[0] for row in index.query("SELECT name FROM events ORDER BY block")] == [
            "Deployed",
            "Funded",
            "Joined",
        ]


@pytest.mark.parametrize(
    ("change", "function"),
    [
        ({"to": "0x" + "11" * 20}, "other contract"),
        ({"to": None}, "other contract"),
        ({"input": "0x12345678"}, "unknown"),
    ],
)
def test_a_transaction_that_does_not_call_the_federation_itself_is_told_apart(
    index: Index, node: SyntheticNode, change: dict[str, Any], function: str
) -> None:
    sent = node.eth_getTransactionByHash
    node.eth_getTransactionByHash = lambda wanted: {**sent(wanted), **change}  # type: ignore[method-assign]
    index_chain(index, node.web3)
    functions = {row[0] for row in index.query("SELECT DISTINCT function FROM transactions WHERE block > 1")}
    assert functions == {function}


@pytest.fixture(scope="module")
def real() -> Iterator[Anvil]:
    with anvil() as running:
        yield running


def test_a_reorg_on_anvil_is_followed(real: Anvil) -> None:
    ledger = federation(real)
    ledger.join(Gwei(2 * GWEI))
    meta = Meta(ledger.chain_id, ledger.federation, 0, real.url)
    with create_index(None, meta) as index:
        index_chain(index, real.web3)
        names = "SELECT name, account, amount FROM events ORDER BY block, log_index"
        joined = ("Joined", ledger.account, 2 * GWEI)
        assert index.query(names)[2:] == [joined]
        functions = "SELECT function FROM transactions ORDER BY block"
        assert index.query(functions) == [("deploy",), ("join",)]
        real.ask("anvil_reorg", 1, [])
        index_chain(index, real.web3)
        assert [row[0] for row in index.query(names)] == ["Deployed", "Funded"]
        assert index.query(functions) == [("deploy",)]
        again = ledger.join(Gwei(3 * GWEI))
        index_chain(index, real.web3)
        assert index.query(names)[2:] == [("Joined", ledger.account, 3 * GWEI)]
        spent = index.query(
            "SELECT '0x' || lower(hex(hash)), gas_used, fee_wei FROM transactions WHERE function = 'join'"
        )
        assert spent == [(again.transaction, again.gas_used, again.fee_wei)]


def test_geth_is_read_as_anvil_is(tmp_path: Path) -> None:
    with geth(tmp_path, period=0) as node:
        sponsor = Account.from_key(b"\x07" * 32)
        node.fund(sponsor.address)
        now = int(node.web3.eth.get_block("latest")["timestamp"])
        referee, _ = deploy_referee(node.web3, sponsor)
        address, _ = deploy(node.web3, sponsor, terms(sponsor.address, now, referee), funding=Gwei(GWEI))
        ledger = Web3Ledger(node.web3, address, sponsor)
        ledger.join(Gwei(2 * GWEI))
        with create_index(None, Meta(ledger.chain_id, address, 0, node.url)) as index:
            index_chain(index, node.web3)
            events = index.query("SELECT name, block, epoch(time)::BIGINT FROM events ORDER BY block, log_index")
            assert events == [(event.name, event.block, event.timestamp) for event in ledger.events()]
            functions = index.query("SELECT function, sender FROM transactions ORDER BY block")
            assert functions == [("deploy", sponsor.address), ("join", sponsor.address)]


NONSENSE = (None, 5, "", "x", "0x", "-0x1", "0x" + "f" * 64, "0x" + "1" * 5_000, [], {})
ANSWERS = {
    "eth_getBlockByNumber": ("number", "hash", "timestamp"),
    "eth_getLogs": ("topics", "data", "blockNumber", "blockHash", "transactionHash", "logIndex", "blockTimestamp"),
    "eth_getTransactionReceipt": ("from", "blockHash", "gasUsed", "effectiveGasPrice", "blockNumber", "status"),
    "eth_getTransactionByHash": ("to", "input", "blockHash"),
}


class _Nonsense(SyntheticNode):
    """Answers with one field changed, or without it."""

    def __init__(self, method: str, field: str, value: object, *, absent: bool = False) -> None:
        super().__init__(LOG)
        self._change = method, field, value, absent

    def make_request(self, method: Any, params: Any) -> Any:
        answer: Any = super().make_request(method, params)
        changed, field, value, absent = self._change
        if method == changed and answer.get("result"):
            found = answer["result"]
            rows = [{**row, field: value} for row in (found if isinstance(found, list) else [found])]
            for row in rows:
                if absent:
                    del row[field]
            answer["result"] = rows if isinstance(found, list) else rows[0]
        return answer


@pytest.mark.parametrize(("method", "field"), [(method, field) for method, named in ANSWERS.items() for field in named])
def test_answers_that_make_no_sense_are_an_error_of_ours_or_do_no_harm(method: str, field: str) -> None:
    for node in (
        *(_Nonsense(method, field, value) for value in NONSENSE),
        _Nonsense(method, field, None, absent=True),
    ):
        said = ""
        with create_index(None, META) as index:
            try:
                index_chain(index, node.web3)
                load_facts(index)
            except QflError as error:
                said = str(error)
        assert len(said) < 1_000


def test_a_transaction_is_the_one_that_the_logs_name(index: Index) -> None:
    index_chain(index, _Nonsense("eth_getTransactionByHash", "hash", "0x" + "ab" * 32).web3)
    assert not [gap for gap in load_facts(index).gaps if "transactions behind the logs" in gap]


@pytest.mark.parametrize("value", ["-0x1", "0x" + "f" * 16])
def test_a_time_or_an_amount_that_no_index_holds_is_refused(index: Index, value: str) -> None:
    for method, field in (("eth_getLogs", "blockTimestamp"), ("eth_getTransactionReceipt", "gasUsed")):
        with pytest.raises(LedgerError, match="makes no sense"):
            index_chain(index, _Nonsense(method, field, value).web3)
