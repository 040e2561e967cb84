"""The ledger on anvil and geth: stuck transactions, reorgs, and a federation from deployment to commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.chain.sending import SendPolicy
from qfl_chain.chain.transport import RetryPolicy, open_web3
from qfl_chain.errors import LedgerError
from qfl_chain.types import Address, Digest, Gwei, Receipt, Terms
from tests.anvil import Anvil, anvil
from tests.faulty_proxy import FaultyProxy
from tests.geth import geth

ETH = 10**9


def terms(sponsor: str, now: int, referee: str) -> Terms:
    return Terms(
        circuit=Digest(b"c" * 32),
        model=Digest(b"m" * 32),
        validation=Digest(b"v" * 32),
        validation_root=b"r" * 32,
        commit_window=100,
        reveal_window=100,
        report_window=100,
        challenge_window=150,
        unbonding_window=1000,
        min_stake=Gwei(ETH),
        reward_per_round=Gwei(ETH // 10),
        max_norm=10**9,
        oracle_bond=Gwei(ETH),
        min_reveals=1,
        sponsor=Address(sponsor),
        guardian=Address(sponsor),
        guardian_expiry=now + 10**6,
        referee=Address(referee),
        oracles=tuple(Address(Account.from_key(bytes([one]) * 32).address) for one in range(1, 5)),
    )


@pytest.fixture(scope="module")
def _node() -> Iterator[Anvil]:
    with anvil() as node:
        yield node


@pytest.fixture
def node(_node: Anvil) -> Iterator[Anvil]:
    """A running anvil, put back afterwards."""
    snapshot = _node.ask("evm_snapshot")
    yield _node
    _node.ask("evm_setAutomine", True)
    _node.ask("evm_revert", snapshot)


def federation(node: Anvil, policy: SendPolicy | None = None) -> Web3Ledger:
    """A new federation, seen as a participant."""
    sponsor = node.account(0)
    now = int(node.web3.eth.get_block("latest")["timestamp"])
    referee, _ = deploy_referee(node.web3, sponsor)
    address, _ = deploy(node.web3, sponsor, terms(sponsor.address, now, referee), funding=Gwei(ETH))
    return Web3Ledger(node.web3, address, node.account(1), policy=policy)


def test_a_transaction_anvil_forgets_is_replaced_and_mined(node: Anvil) -> None:
    ledger = federation(node, SendPolicy(patience=0.2))
    node.ask("evm_setAutomine", False)
    dropped: list[str] = []

    def drop_then_mine() -> None:
        while not dropped:
            pending = node.ask("eth_getBlockByNumber", "pending", False)["transactions"]
            dropped.extend(one for one in pending if node.ask("anvil_dropTransaction", one))
        while not (again := node.ask("eth_getBlockByNumber", "pending", False)["transactions"]):
            pass
        assert again[0] not in dropped
        node.ask("evm_mine")

    miner = threading.Thread(target=drop_then_mine)
    miner.start()
    receipt = ledger.join(Gwei(2 * ETH))
    miner.join()
    assert receipt.transaction not in dropped
    assert ledger.member(ledger.account).stake == 2 * ETH


@pytest.fixture
def dear() -> Iterator[Anvil]:
    """An anvil of its own: a base fee stays when a snapshot is put back."""
    with anvil() as node:
        yield node


def test_a_base_fee_that_rises_above_the_offer_is_followed(dear: Anvil) -> None:
    node, ledger = dear, federation(dear, SendPolicy(patience=0.2))
    node.ask("evm_setAutomine", False)

    def spike_then_mine() -> None:
        while not node.ask("txpool_content")["pending"]:
            pass
        node.ask("anvil_setNextBlockBaseFeePerGas", hex(40 * ETH))
        node.ask("evm_mine")
        while not joined:
            node.ask("evm_mine")
            done.wait(0.05)

    joined: list[Receipt] = []
    done = threading.Event()
    miner = threading.Thread(target=spike_then_mine)
    miner.start()
    joined.append(ledger.join(Gwei(2 * ETH)))
    done.set()
    miner.join()
    assert joined[0].fee_wei > 5 * ETH * joined[0].gas_used
    assert ledger.member(ledger.account).stake == 2 * ETH


def test_a_reorg_on_anvil_takes_events_away_and_the_transaction_comes_again(node: Anvil) -> None:
    ledger = federation(node)
    ledger.join(Gwei(2 * ETH))
    assert [event.name for event in ledger.events()] == ["Deployed", "Funded", "Joined"]
    node.ask("anvil_reorg", 1, [])
    assert [event.name for event in ledger.events()] == ["Deployed", "Funded"]
    again = ledger.join(Gwei(3 * ETH))
    assert [(event.name, event.block) for event in ledger.events()][2:] == [("Joined", again.block)]
    assert ledger.events()[-1].args["stake"] == 3 * ETH


def test_a_transaction_below_its_confirmations_survives_a_reorg_on_anvil(node: Anvil) -> None:
    ledger = federation(node, SendPolicy(confirmations=3, patience=5.0))
    head = int(node.web3.eth.block_number)
    joined: list[object] = []
    sending = threading.Thread(target=lambda: joined.append(ledger.join(Gwei(2 * ETH))))
    sending.start()
    while int(node.web3.eth.block_number) == head:
        pass
    node.ask("anvil_reorg", 1, [])
    while sending.is_alive():
        node.ask("evm_mine")
        sending.join(0.05)
    assert len(joined) == 1
    assert ledger.member(ledger.account).stake == 2 * ETH
    assert [event.name for event in ledger.events()] == ["Deployed", "Funded", "Joined"]


def test_an_unfunded_account_on_anvil_is_told_value_and_gas(node: Anvil) -> None:
    poor = Account.from_key(b"\x77" * 32)
    with pytest.raises(LedgerError, match=rf"{poor.address} holds 0 ETH and needs 2\.0\d+ ETH \(2 ETH to send, up to"):
        federation(node).signed_by(poor).join(Gwei(2 * ETH))
    now = int(node.web3.eth.get_block("latest")["timestamp"])
    referee, _ = deploy_referee(node.web3, node.account(0))
    with pytest.raises(LedgerError, match=r"\(1 ETH to send, up to 0\.\d+ ETH for gas\)"):
        deploy(node.web3, poor, terms(poor.address, now, referee), funding=Gwei(ETH))


def test_a_bad_connection_loses_and_repeats_nothing(node: Anvil) -> None:
    honest = federation(node)
    rates = {"drop": 0.1, "drop_answer": 0.15, "duplicate": 0.1, "error": 0.1, "truncate": 0.1}
    with FaultyProxy(node.url, seed=3, rates=rates) as proxy:
        web3 = open_web3(proxy.url, RetryPolicy(attempts=12, first_wait=0.01, longest_wait=0.05))
        ledger = Web3Ledger(web3, honest.federation, node.account(2))
        for _ in range(5):
            ledger.join(Gwei(ETH))
        assert [event.name for event in ledger.events()] == ["Deployed", "Funded"] + 5 * ["Joined"]
    assert honest.member(ledger.account).stake == 5 * ETH


def test_a_federation_on_geth_from_deployment_to_commit(tmp_path: Path) -> None:
    sponsor, participant = (Account.from_key(bytes([one]) * 32) for one in (0x41, 0x42))
    with geth(tmp_path) as node:
        for account in (sponsor, participant):
            node.fund(account.address)
        now = int(node.web3.eth.get_block("latest")["timestamp"])
        policy = SendPolicy(confirmations=2)
        referee, _ = deploy_referee(node.web3, sponsor, policy)
        address, receipt = deploy(
            node.web3, sponsor, terms(sponsor.address, now, referee), funding=Gwei(ETH), policy=policy
        )
        ledger = Web3Ledger(node.web3, address, participant, policy=policy, from_block=receipt.block)
        ledger.join(Gwei(2 * ETH))
        ledger.commit(1, 7)
        expected = ["Deployed", "Funded", "Joined", "RoundOpened", "Committed"]
        assert [event.name for event in ledger.events()] == expected
        assert replace(ledger.terms(), oracles=()) == replace(terms(sponsor.address, now, referee), oracles=())
