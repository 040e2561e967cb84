"""The development chain: its settings, its clock, and that it repeats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qfl_chain.chain.devnet import Devnet, default_path, load_settings
from qfl_chain.errors import InputError

SETTINGS = load_settings()


def _edited(tmp_path: Path, old: str, new: str) -> Path:
    text = default_path().read_text()
    assert old in text
    path = tmp_path / "devnet.toml"
    path.write_text(text.replace(old, new))
    return path


def _pay(devnet: Devnet) -> str:
    sender, receiver = devnet.accounts[:2]
    signed = sender.sign_transaction(
        {
            "to": receiver.address,
            "value": 1,
            "gas": 21_000,
            "nonce": devnet.web3.eth.get_transaction_count(sender.address),
            "chainId": devnet.settings.chain_id,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    return devnet.web3.eth.send_raw_transaction(signed.raw_transaction).to_0x_hex()


def test_the_chain_is_what_devnet_toml_says() -> None:
    devnet = Devnet(replace(SETTINGS, chain_id=777, accounts=3, balance_eth=5))
    assert devnet.web3.eth.chain_id == 777
    assert len(devnet.accounts) == 3
    assert devnet.web3.eth.get_balance(devnet.accounts[2].address) == 5 * 10**18
    assert devnet.now == SETTINGS.genesis_time


def test_more_accounts_are_derived_when_a_scenario_needs_them() -> None:
    devnet = Devnet(replace(SETTINGS, accounts=1), accounts=2)
    assert devnet.accounts[1].address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.mark.parametrize("block_time", [1, 12])
def test_blocks_follow_the_chains_clock_and_not_the_machines(block_time: int) -> None:
    devnet = Devnet(replace(SETTINGS, accounts=2, block_time=block_time))
    _pay(devnet)
    _pay(devnet)
    assert devnet.now == SETTINGS.genesis_time + 2 * block_time


def test_travel_goes_forward_only() -> None:
    devnet = Devnet(replace(SETTINGS, accounts=2))
    devnet.travel(SETTINGS.genesis_time + 100)
    assert devnet.now == SETTINGS.genesis_time + 100
    devnet.travel(SETTINGS.genesis_time)
    assert devnet.now == SETTINGS.genesis_time + 100
    _pay(devnet)
    assert devnet.now == SETTINGS.genesis_time + 101


def test_the_same_transactions_have_the_same_hashes_on_two_chains() -> None:
    first, second = (Devnet(replace(SETTINGS, accounts=2)) for _ in range(2))
    assert _pay(first) == _pay(second)


def test_both_forks_run() -> None:
    assert _pay(Devnet(replace(SETTINGS, fork="cancun", accounts=2))).startswith("0x")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("chain_id", "chain_ids", "unknown key 'chain_ids'; did you mean 'chain_id'"),
        ("block_time = 1 ", "block_time = 'x' ", "block_time: expected a whole number"),
        ('"prague"', '"frontier"', "fork must be one of cancun, prague, got 'frontier'"),
        ("chain_id = 31337", "chain_id = ", "not valid TOML"),
        ("accounts = 32", "", "missing key 'accounts'"),
    ],
)
def test_a_mistake_in_devnet_toml_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_settings(_edited(tmp_path, old, new))


def test_a_missing_devnet_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no devnet settings"):
        load_settings(tmp_path / "none.toml")
