from __future__ import annotations

import pytest

from .conftest import OUTSIDER, Bench


def test_people_read_the_stake(bench: Bench) -> None:
    said = bench.qfl("join", "--stake", "1.5 eth", signer=OUTSIDER)
    assert said.out.startswith(f"{bench.address(OUTSIDER)} staked 1,500,000,000 gwei, now 1,500,000,000 gwei (")
    assert (said.code, said.err) == (0, "")


def test_a_top_up_may_be_under_the_minimum(bench: Bench) -> None:
    assert bench.qfl("join", "--stake", "1 eth", signer=OUTSIDER).code == 0
    assert bench.qfl("join", "--stake", "1", "--json", signer=OUTSIDER).json["stake"] == 10**9 + 1


@pytest.mark.parametrize(
    ("stake", "message"),
    [
        ("999999999", "999,999,999 gwei is under the minimum; stake at least 1,000,000,000 gwei"),
        ("0", "stake more than 0 gwei"),
        ("0.0000000005 eth", "not a whole number of gwei"),
        ("two eth", "is not an amount"),
        ("2 btc", "unknown unit 'btc'"),
        ("99999999999 eth", "out of range"),
    ],
)
def test_a_stake_that_cannot_be_is_refused_before_anything_is_sent(bench: Bench, stake: str, message: str) -> None:
    block = bench.devnet.web3.eth.block_number
    said = bench.qfl("join", "--stake", stake, signer=OUTSIDER)
    assert said.code == 2
    assert message in said.err
    assert bench.devnet.web3.eth.block_number == block


def test_more_than_the_account_holds_is_refused(bench: Bench) -> None:
    said = bench.qfl("join", "--stake", "20000 eth", signer=OUTSIDER)
    assert said.code == 4
    assert "fund the account first" in said.err
