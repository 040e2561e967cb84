"""The check on nodes that people run: anvil, and geth with the state it keeps."""

from __future__ import annotations

from pathlib import Path

from web3 import Web3

from qfl_chain.analysis.index.checking import check_index
from qfl_chain.analysis.index.database import Meta, create_index
from qfl_chain.analysis.index.indexing import index_chain
from qfl_chain.chain.devnet import derive
from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.types import Gwei
from tests.anvil import MNEMONIC, anvil
from tests.chain.test_nodes import ETH, federation, terms
from tests.geth import geth


def check(web3: Web3, ledger: Web3Ledger) -> None:
    """Join twice and commit; the logs give the contract's state, and an edit is found by asking for older state."""
    ledger.join(Gwei(2 * ETH))
    ledger.join(Gwei(ETH))
    ledger.commit(1, 7)
    with create_index(None, Meta(ledger.chain_id, ledger.federation, 0, "a node")) as index:
        index_chain(index, web3)
        checked = check_index(index, web3)
        assert (checked.sound, checked.members) == (True, 1), checked
        index.connection.execute(f"UPDATE events SET amount = amount + 1 WHERE name = 'Joined' AND amount = {ETH}")
        checked = check_index(index, web3)
        assert f"amount is {ETH + 1} in the index, {ETH} on the chain" in checked.first


def test_on_anvil() -> None:
    with anvil() as node:
        check(node.web3, federation(node))


def test_on_geth(tmp_path: Path) -> None:
    with geth(tmp_path, period=0) as node:
        sponsor, participant = (derive(MNEMONIC, number) for number in (0, 1))
        for account in (sponsor, participant):
            node.fund(account.address)
        now = int(node.web3.eth.get_block("latest")["timestamp"])
        referee, _ = deploy_referee(node.web3, sponsor)
        address, _ = deploy(node.web3, sponsor, terms(sponsor.address, now, referee), funding=Gwei(ETH))
        check(node.web3, Web3Ledger(node.web3, address, participant))
