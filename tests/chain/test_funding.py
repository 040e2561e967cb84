from __future__ import annotations

import json

import pytest
from web3 import HTTPProvider, Web3

from qfl_chain.chain.devnet import Devnet, load_settings
from qfl_chain.chain.funding import fund
from qfl_chain.errors import LedgerError
from qfl_chain.types import Address, Gwei
from tests.rpc import listen, serve

NEWCOMER = Address("0x" + "ab" * 20)


def test_an_unlocked_account_gives_money_over_rpc() -> None:
    with serve(Devnet(load_settings())) as url:
        web3 = Web3(HTTPProvider(url))
        sent = fund(web3, NEWCOMER, Gwei(2_500_000_000))
        assert web3.eth.get_balance(Web3.to_checksum_address(NEWCOMER)) == 25 * 10**17
        assert web3.eth.get_transaction_receipt(sent)["status"] == 1  # type: ignore[arg-type]


def test_a_node_that_signs_for_nobody_is_no_development_node() -> None:
    answer = json.dumps({"jsonrpc": "2.0", "id": 0, "result": []}).encode()
    with listen(lambda body: (200, answer)) as url, pytest.raises(LedgerError, match="it is no development node"):
        fund(Web3(HTTPProvider(url)), NEWCOMER, Gwei(1))
