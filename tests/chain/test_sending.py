"""One account's transactions through everything a node does to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from qfl_chain.chain.outbox import FileOutbox, MemoryOutbox, Outbox
from qfl_chain.chain.sending import Sender, SendPolicy
from qfl_chain.errors import LedgerError, NonceTaken
from qfl_chain.types import Address

from .fake_node import GWEI, FakeNode, fields

SIGNER = Account.from_key("0x" + "11" * 32)
POLICY = SendPolicy(patience=10.0, bumps=3)
ABI = [{"type": "function", "name": "act", "inputs": [], "outputs": [], "stateMutability": "payable"}]


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


def sender(node: FakeNode, policy: SendPolicy = POLICY, outbox: Outbox | None = None) -> Sender:
    return Sender(node.web3, SIGNER, policy, outbox, clock=node.clock, sleep=node.sleep)


def act(node: FakeNode) -> Any:
    return node.web3.eth.contract(address=SIGNER.address, abi=ABI).functions.act()


def nothing() -> None:
    """A tick in which no block comes."""


def test_a_transaction_is_sent_once_and_its_receipt_returned(node: FakeNode) -> None:
    outbox = MemoryOutbox()
    receipt = sender(node, outbox=outbox).send("act", act(node), 5)
    assert receipt["blockNumber"] == 1
    assert [fields(raw)["value"] for raw in node.sent] == [5]
    assert outbox.get() is None


def test_a_stuck_transaction_is_replaced_at_fees_an_eighth_higher(node: FakeNode) -> None:
    node.on_tick = lambda: node.mine() if len(node.sent) == 3 else None
    sender(node).send("act", act(node))
    sent = [fields(raw) for raw in node.sent]
    assert len({one["nonce"] for one in sent}) == 1
    for name in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert all(after[name] >= before[name] * 9 // 8 for before, after in pairwise(sent))


def test_a_replacement_follows_the_base_fee(node: FakeNode) -> None:
    def spike() -> None:
        node.base_fee = 50 * GWEI
        node.on_tick = lambda: node.mine() if len(node.sent) == 2 else None

    node.on_tick = spike
    sender(node).send("act", act(node))
    assert fields(node.sent[-1])["maxFeePerGas"] > 100 * GWEI


def test_the_receipt_of_a_replaced_version_counts(node: FakeNode) -> None:
    def mine_the_first() -> None:
        if len(node.sent) == 2:
            node.pool = node.sent[:1]
            node.mine()

    node.on_tick = mine_the_first
    receipt = sender(node).send("act", act(node))
    assert receipt["blockNumber"] == 1
    assert node.eth_getTransactionCount("", "latest") == "0x1"


def test_fees_never_pass_the_cap(node: FakeNode) -> None:
    node.on_tick = nothing
    policy = replace(POLICY, fee_cap=int(3.2 * GWEI))
    with pytest.raises(LedgerError, match="is not mined after 40 s: check that the chain makes blocks"):
        sender(node, policy).send("act", act(node))
    assert len(node.sent) == 1


def test_a_network_dearer_than_the_cap_is_refused(node: FakeNode) -> None:
    node.base_fee = 9 * GWEI
    with pytest.raises(LedgerError, match="asks 9 gwei per gas and the limit is 8"):
        sender(node, replace(POLICY, fee_cap=8 * GWEI)).send("act", act(node))
    assert node.sent == []


def test_a_transaction_given_up_is_waited_for_by_the_next_call(node: FakeNode) -> None:
    outbox = MemoryOutbox()
    node.on_tick = nothing
    with pytest.raises(LedgerError, match="it can still be mined later"):
        sender(node, outbox=outbox).send("act", act(node))
    node.on_tick = node.mine
    receipt = sender(node, outbox=outbox).resolve()
    assert receipt is not None
    assert receipt.function == "act"
    assert len(node.blocks[-1][1]) == 1
    assert outbox.get() is None


def test_an_earlier_transaction_that_blocks_is_said_so(node: FakeNode) -> None:
    sender(node).send("act", act(node))
    node.pool = [SIGNER.sign_transaction({**_kept(node.sent[0]), "nonce": 1}).raw_transaction.to_0x_hex()]
    node.on_tick = nothing
    outbox = MemoryOutbox()
    with pytest.raises(LedgerError, match=r"an earlier transaction of .* with nonce 1 is not mined either"):
        sender(node, outbox=outbox).send("act", act(node))
    node.on_tick = node.mine
    assert sender(node, outbox=outbox).resolve() is not None
    assert [len(mined) for _, mined in node.blocks] == [0, 1, 2]


def _kept(raw: str) -> dict[str, Any]:
    names = ("chainId", "value", "data", "gas", "to", "maxFeePerGas", "maxPriorityFeePerGas")
    return {name: fields(raw)[name] for name in names}


@pytest.mark.parametrize("words", ["already known", "transaction already imported", "Known transaction"])
def test_what_the_node_has_already_is_waited_for(node: FakeNode, words: str) -> None:
    def arrive() -> None:
        node.pool = node.sent[:]
        node.mine()

    node.refusals, node.on_tick = [words], arrive
    assert sender(node).send("act", act(node))["status"] == 1


@pytest.mark.parametrize("words", ["transaction underpriced", "max fee per gas less than block base fee"])
def test_an_underpriced_transaction_is_raised_at_once(node: FakeNode, words: str) -> None:
    node.refusals = [words, words]
    assert sender(node).send("act", act(node))["status"] == 1
    assert len(node.sent) == 3
    assert node.now < POLICY.patience


def test_a_nonce_too_low_with_our_receipt_is_success(node: FakeNode) -> None:
    """The first answer was lost after the node had mined the transaction, and the transport asked again."""
    real = node.eth_sendRawTransaction

    def mined_and_asked_again(raw: str) -> Any:
        real(raw)
        node.mine()
        return ValueError("nonce too low: next nonce 1, tx nonce 0")

    node.eth_sendRawTransaction = mined_and_asked_again  # type: ignore[method-assign]
    assert sender(node).send("act", act(node))["status"] == 1


def test_a_nonce_another_transaction_used_is_said_so(node: FakeNode) -> None:
    outbox = MemoryOutbox()

    def taken() -> None:
        node.pool, node.foreign_nonces = [], 1

    node.on_tick = taken
    with pytest.raises(NonceTaken, match=r"another transaction used nonce 0 of 0x.*stop other programs"):
        sender(node, outbox=outbox).send("act", act(node))
    assert outbox.get() is None


def test_a_refusal_leaves_nothing_in_flight(node: FakeNode) -> None:
    outbox = MemoryOutbox()
    node.refusals = ["intrinsic gas too low"]
    with pytest.raises(LedgerError, match="refuses act: intrinsic gas too low; nothing was sent"):
        sender(node, outbox=outbox).send("act", act(node))
    assert outbox.get() is None


def test_a_transaction_that_failed_is_named(node: FakeNode) -> None:
    node.status = 0
    with pytest.raises(LedgerError, match=r"act: transaction 0x[0-9a-f]{64} was mined and failed"):
        sender(node).send("act", act(node))


@pytest.mark.parametrize(("balance", "missing"), [(10**15, r"0.9994 ETH more"), (10**18, r"0.0004 ETH more")])
def test_an_account_without_funds_is_told_how_much_is_missing(node: FakeNode, balance: int, missing: str) -> None:
    node.balance = balance
    # 125,000 gas with the margin at no more than 3 gwei, and a value that uses everything up.
    value = 10**18 + 25 * 10**12
    with pytest.raises(LedgerError, match=rf"up to 0.000375 ETH for gas\): {missing}; fund the account first"):
        sender(node).send("act", act(node), value)
    assert node.sent == []


def test_confirmations_are_waited_for(node: FakeNode) -> None:
    sender(node, replace(POLICY, confirmations=4)).send("act", act(node))
    assert len(node.blocks) == 5


def test_a_chain_that_stands_still_gives_no_confirmations(node: FakeNode) -> None:
    def mine_once() -> None:
        node.mine()
        node.on_tick = nothing

    node.on_tick = mine_once
    with pytest.raises(LedgerError, match="mined in block 1, but without 3 confirmations after 40 s"):
        sender(node, replace(POLICY, confirmations=3)).send("act", act(node))


@pytest.mark.parametrize("keep", [False, True])
def test_a_transaction_a_reorg_dropped_is_sent_again(node: FakeNode, keep: bool) -> None:
    def once() -> None:
        node.mine()
        if len(node.blocks) == 3:
            node.reorg(2, keep=keep)

    node.on_tick = once
    receipt = sender(node, replace(POLICY, confirmations=3)).send("act", act(node))
    assert receipt["blockNumber"] == 3
    assert len(set(node.sent)) == 1


def test_a_killed_sender_is_continued_and_nothing_is_sent_twice(node: FakeNode, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill() -> None:
        raise Killed

    outbox = FileOutbox(tmp_path, 1, Address(SIGNER.address))
    node.on_tick = kill
    with pytest.raises(Killed):
        sender(node, outbox=outbox).send("act", act(node))
    outbox.close()
    node.pool, node.on_tick = [], node.mine

    again = FileOutbox(tmp_path, 1, Address(SIGNER.address))
    assert sender(node, outbox=again).resolve() is not None
    assert sender(node, outbox=again).resolve() is None
    assert [len(mined) for _, mined in node.blocks] == [0, 1]


def test_a_transaction_whose_chain_was_reset_is_forgotten(node: FakeNode) -> None:
    outbox = MemoryOutbox()
    one = sender(node, outbox=outbox)
    one.send("act", act(node))
    node.on_tick = nothing
    with pytest.raises(LedgerError):
        one.send("act", act(node))
    node.blocks, node.pool = node.blocks[:1], []
    assert one.resolve() is None
    assert outbox.get() is None
