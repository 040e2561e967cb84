"""The logs against the contract: equal after everything that can happen, and any edit found where it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from qfl_chain.analysis.index.checking import Checked, check_index
from qfl_chain.analysis.index.database import Index, Meta, create_index
from qfl_chain.chain.transport import open_web3
from qfl_chain.errors import LedgerError, RunError, WrongContract
from qfl_chain.types import Address
from tests.contracts.references import address

from .federations import Played, deployed, story
from .written import Written

ALTERED = "'\\xFF'::BLOB || {0}[2:]"


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with deployed() as played:
        for _ in story(played.federation):
            pass
        yield played


@pytest.fixture
def index(played: Played) -> Iterator[Index]:
    with played.index() as index:
        yield index


def fields(checked: Checked) -> set[tuple[str, str]]:
    return {(one.subject, one.field) for one in checked.differences}


def test_after_every_chapter_the_logs_give_what_the_contract_says() -> None:
    with deployed() as played:
        for chapter in story(played.federation):
            with played.index() as index:
                checked = check_index(index, played.web3)
                assert checked.sound, (chapter, checked)
                assert (checked.members, checked.fields, checked.first) == (4, 55, "")


def test_a_federation_nobody_joined_is_equal() -> None:
    with deployed() as played, played.index() as index:
        checked = check_index(index, played.web3)
        assert (checked.sound, checked.members, checked.fields, checked.events) == (True, 0, 31, 7)


@pytest.mark.parametrize(
    ("edit", "differs", "first"),
    [
        ("amount = amount - 1 WHERE name = 'Funded' AND amount = 77", ("pool", "funded"), "amount is 76 in the index"),
        (
            "amount = 900, stake = 900 WHERE name = 'Joined' AND block = 12",
            ("ben", "stake"),
            "Joined in block 12, log 0",
        ),
        (
            "amount = amount + 1 WHERE name = 'Penalized'",
            ("dan", "stake"),
            "amount is 51 in the index, 50 on the chain",
        ),
        ("cumulative = 105 WHERE name = 'Claimed'", ("ann", "claimed"), "cumulative is 105 in the index, 100 on the"),
        ("amount = 105 WHERE name = 'Claimed'", ("pool", "paid"), "Claimed in block 21, log 0"),
        ("round = 6 WHERE name = 'Committed' AND block = 39", ("ann", "round"), "round is 6 in the index, 5 on the"),
        (
            f"commitment = {ALTERED.format('commitment')} WHERE name = 'Committed' AND block = 39",
            ("ann", "commitment"),
            "Committed in block 39, log 1",
        ),
        ("withdrawable_at = 1 WHERE name = 'Exited' AND block = 33", ("ben", "withdrawable_at"), "Exited in block 33"),
        ("amount = 1 WHERE name = 'Exited' AND block = 33", ("ben", "exiting"), "amount is 1 in the index"),
        ("start = start + 1 WHERE name = 'RoundOpened' AND round = 5", ("round", "start"), "RoundOpened in block 39"),
        ("name = 'Joined', stake = 0 WHERE name = 'Withdrawn'", ("ann", "exiting"), "the chain has Withdrawn there"),
        ("total = total + 1 WHERE name = 'Reported' AND round = 1", ("latest report", "total"), "Reported in block 20"),
        ("time = time + INTERVAL 1 SECOND WHERE name = 'Reported'", ("latest report", "filing"), "its time is"),
        (
            f"rewards = {ALTERED.format('rewards')} WHERE name = 'Reported' AND round = 1",
            ("latest report", "rewards"),
            "rewards is 0xff",
        ),
        (
            f"digest = {ALTERED.format('digest')} WHERE name = 'Revealed' AND block = 41",
            ("round", "accumulator"),
            "Revealed in block 41, log 0",
        ),
        ("name = 'Unpaused' WHERE name = 'Cancelled'", ("round", "admission"), "the chain has Cancelled there"),
        (
            f"data = {ALTERED.format('data')} WHERE name = 'Deployed'",
            ("terms", "terms"),
            "terms are others on the chain",
        ),
    ],
)
def test_an_edited_log_is_found(played: Played, index: Index, edit: str, differs: tuple[str, str], first: str) -> None:
    index.connection.execute(f"UPDATE events SET {edit}")
    checked = check_index(index, played.web3)
    subject = address(differs[0]) if differs[0] in ("ann", "ben", "cat", "dan") else differs[0]
    assert (subject, differs[1]) in fields(checked)
    assert first in checked.first


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("Joined", 11),
        ("Joined", 14),
        ("Joined", 37),
        ("Funded", 38),
        ("Penalized", 22),
        ("Claimed", 21),
        ("Committed", 39),
        ("Revealed", 41),
        ("Reported", 20),
        ("Exited", 32),
        ("Withdrawn", 36),
        ("ReportVoided", 31),
        ("Cancelled", 42),
        ("Reclaimed", 43),
    ],
)
def test_a_missing_log_is_found(played: Played, index: Index, name: str, block: int) -> None:
    deleted = "DELETE FROM events WHERE name = ? AND block = ? RETURNING log_index, lower(hex(transaction))"
    ((at, transaction),) = index.connection.execute(deleted, [name, block]).fetchall()
    checked = check_index(index, played.web3)
    assert not checked.sound
    assert checked.first == f"{name} in block {block}, log {at}, transaction 0x{transaction}, which the index lacks"


def test_a_log_that_never_was_is_found(played: Played, index: Index) -> None:
    index.connection.execute(
        "INSERT INTO events SELECT * REPLACE (29 AS block, 7 AS log_index) FROM events WHERE name = 'Joined' LIMIT 1"
    )
    checked = check_index(index, played.web3)
    assert (address("ann"), "stake") in fields(checked)
    assert re.match(r"Joined in block 29, log 7, .* which the chain does not have", checked.first)


def test_an_edit_of_what_the_contract_forgot_is_found_in_the_logs_themselves(played: Played, index: Index) -> None:
    index.connection.execute(
        f"UPDATE events SET digest = {ALTERED.format('digest')} WHERE name = 'Revealed' AND block = 19"
    )
    checked = check_index(index, played.web3)
    assert checked.differences == ()
    assert not checked.sound
    assert checked.first == "Reported in block 20, log 0: its inputs are not the reveals before it"


def test_a_stake_that_does_not_follow_is_found_in_the_logs_themselves(played: Played, index: Index) -> None:
    index.connection.execute("UPDATE events SET stake = 5 WHERE name = 'Joined' AND block = 11")
    checked = check_index(index, played.web3)
    assert (checked.differences, checked.sound) == ((), False)
    assert checked.first == "Joined in block 11, log 0: stake is 5, the logs before give 1000"


def test_ether_forced_on_the_contract_is_a_note_and_covers_nothing_up() -> None:
    with deployed() as played:
        life = story(played.federation)
        next(life)
        _force(played, 7)
        next(life)
        _force(played, 5 * 10**9)
        next(life)
        with played.index() as index:
            checked = check_index(index, played.web3)
            assert checked.sound
            assert checked.notes == (
                "the contract holds 5000000007 wei more than its logs account for: somebody forced them on it",
            )
            index.connection.execute("DELETE FROM events WHERE name = 'Joined' AND amount = 20000")
            assert not check_index(index, played.web3).sound


def test_a_stake_whose_log_is_missing_is_no_forced_ether() -> None:
    with deployed() as played:
        played.federation.send("ann", "join", value=1_000)
        played.federation.send("ben", "join", value=2_000)
        with played.index() as index:
            index.connection.execute("DELETE FROM events WHERE name = 'Joined' AND amount = 2000")
            checked = check_index(index, played.web3)
            assert fields(checked) == {("contract", "balance")}
            assert checked.first.startswith("Joined in block 12, log 0")


def test_a_node_without_old_state_leads_to_the_last_event_that_touched_it(played: Played, index: Index) -> None:
    index.connection.execute("UPDATE events SET amount = 51 WHERE name = 'Penalized'")
    checked = check_index(index, _pruned(played, keep=43))
    assert (address("dan"), "stake") in fields(checked)
    assert "the last event that touched it is Reclaimed in block 43" in checked.first
    assert "the node has pruned the state before (missing trie node 0xab" in checked.first


def test_a_node_without_the_index_s_state_is_an_error(played: Played, index: Index) -> None:
    with pytest.raises(LedgerError, match=r"no state of block 43 any more .* bring the index up to the latest block"):
        check_index(index, _pruned(played, keep=44))


def test_an_index_of_another_chain_is_refused(played: Played) -> None:
    meta = Meta(5, played.meta.federation, 0, "x")
    with pytest.raises(WrongContract, match="the index is of chain 5, the endpoint serves chain"):
        check_index(_as_if(played, meta), played.web3)


def test_an_index_of_no_contract_is_refused(played: Played) -> None:
    meta = Meta(played.meta.chain_id, Address(address("ann")), 0, "x")
    with pytest.raises(WrongContract, match="no contract at"):
        check_index(_as_if(played, meta), played.web3)


def test_a_run_directory_has_no_chain_any_more(played: Played) -> None:
    with Written().start().index() as index, pytest.raises(RunError, match="whose chain is gone"):
        check_index(index, played.web3)


def test_an_empty_index_has_nothing_to_check(played: Played) -> None:
    with create_index(None, played.meta) as index, pytest.raises(RunError, match="has no block yet"):
        check_index(index, played.web3)
    with played.index() as index:
        index.connection.execute("DELETE FROM events WHERE name = 'Deployed'")
        with pytest.raises(RunError, match="no log of a deployment"):
            check_index(index, played.web3)


def test_a_reorg_since_is_noticed(played: Played, index: Index) -> None:
    index.connection.execute("UPDATE blocks SET hash = '\\x01'::BLOB WHERE number = 43")
    with pytest.raises(RunError, match="the chain has another block 43 by now"):
        check_index(index, played.web3)


def test_a_node_that_is_behind_is_an_error(played: Played, index: Index) -> None:
    index.connection.execute("UPDATE meta SET value = '1000' WHERE key = 'next_block'")
    with pytest.raises(LedgerError, match="does not have block 999 yet"):
        check_index(index, played.web3)


def _as_if(played: Played, meta: Meta) -> Index:
    """The federation's index under another name."""
    index = played.index()
    for key in ("chain_id", "federation"):
        index.connection.execute("UPDATE meta SET value = ? WHERE key = ?", [str(getattr(meta, key)), key])
    return index


def _force(played: Played, wei: int) -> None:
    """Give the contract ether without a call, as a block reward or a dying contract does, in a block of its own."""
    backend = played.federation.chain._backend
    state = backend.chain.get_vm(backend.chain.header).state
    state.delta_balance(bytes.fromhex(played.federation.address[2:]), wei)
    state.persist()
    backend.chain.header = backend.chain.header.copy(state_root=state.state_root)
    played.federation.chain.tester.mine_block()
    played.federation.chain.clock += 1


def _pruned(played: Played, keep: int) -> Web3:
    """The chain on a node that has the state of blocks from ``keep`` on."""
    web3 = open_web3(played.url)
    real: Any = web3.provider

    def make_request(method: RPCEndpoint, params: Any) -> Any:
        stateful = method in ("eth_call", "eth_getBalance", "eth_getCode") and params[-1] != "latest"
        if stateful and int(params[-1], 16) < keep:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "missing trie node 0xab (path )"}}
        return real.make_request(method, params)

    provider: Any = SimpleNamespace(make_request=make_request)
    return SimpleNamespace(provider=provider)  # type: ignore[return-value]
