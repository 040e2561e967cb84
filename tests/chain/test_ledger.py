"""The ledger port over web3: reading, writing, and every refusal named."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests
from web3 import HTTPProvider, Web3

from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.court import Web3Court
from qfl_chain.chain.devnet import Devnet, load_settings
from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.errors import LedgerError, Reverted, Unreachable, WrongContract, WrongPhase
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.commitment import accumulate, commitment
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.types import Address, Digest, Gwei, Opening, Report, Reveal, Terms

ETH = 10**9
SALT = b"s" * 16


@pytest.fixture(scope="module")
def devnet() -> Devnet:
    return Devnet(replace(load_settings(), accounts=10))


@pytest.fixture(scope="module")
def terms(devnet: Devnet) -> Terms:
    accounts = [Address(account.address) for account in devnet.accounts]
    referee, _ = deploy_referee(devnet.web3, devnet.accounts[0])
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
        sponsor=accounts[0],
        guardian=accounts[1],
        guardian_expiry=devnet.now + 10**6,
        referee=referee,
        oracles=tuple(sorted(accounts[2:6], key=lambda address: bytes.fromhex(address[2:]))),
    )


@pytest.fixture
def ledger(devnet: Devnet, terms: Terms) -> Web3Ledger:
    """A fresh federation, funded with one ether, seen as the participant in account 6."""
    address, _ = deploy(devnet.web3, devnet.accounts[0], terms, funding=Gwei(ETH))
    return Web3Ledger(devnet.web3, address, devnet.accounts[6])


def _opening(ledger: Web3Ledger) -> Opening:
    return Opening(ledger.account, digest_of_bytes(b"update"), SALT)


def _commit(ledger: Web3Ledger) -> Opening:
    opening = _opening(ledger)
    ledger.join(Gwei(2 * ETH))
    ledger.commit(1, commitment(ledger.federation, 1, opening))
    return opening


def test_the_terms_read_back_as_deployed(ledger: Web3Ledger, terms: Terms) -> None:
    assert ledger.terms() == terms


def test_a_whole_round_from_join_to_claim(devnet: Devnet, ledger: Web3Ledger, terms: Terms) -> None:
    courts = [Web3Court(devnet.web3, ledger.federation, account) for account in devnet.accounts[2:6]]
    for court in courts:
        court.bond(terms.oracle_bond)
    courts[0].seat(terms.oracles)
    opening = _commit(ledger)
    start = ledger.live().start
    devnet.travel(start + 100)
    receipt = ledger.reveal(opening)
    assert ledger.openings(receipt.transaction) == (opening,)
    devnet.travel(start + 200)

    reveal = Reveal(ledger.account, Gwei(2 * ETH), opening.digest)
    tree = reward_tree({ledger.account: Gwei(ETH // 10)})
    report = Report(
        1, accumulate([reveal]), tree.root, Digest(b"n" * 32), Digest(b"e" * 32), b"r" * 32, Gwei(ETH // 10)
    )
    digest = report_digest(report, ledger.chain_id, ledger.federation)
    ledger.report(report, [sign_digest(account, digest) for account in devnet.accounts[2:5]])
    assert ledger.active_round() is None
    devnet.travel(ledger.now() + 150)
    assert ledger.active_round() == 1

    before = ledger.balance(ledger.account)
    claim = tree.claim(ledger.account)
    paid = ledger.claim(claim.cumulative, claim.index, claim.proof)
    assert ledger.balance(ledger.account) == before + ETH // 10 * ETH - paid.fee_wei
    assert ledger.member(ledger.account).claimed == ETH // 10

    names = [event.name for event in ledger.events()]
    seating = ["Bonded", "Bonded", "Bonded", "Bonded", "CommitteeSeated"]
    expected = ["Deployed", "Funded", *seating, "Joined", "RoundOpened", "Committed", "Revealed", "Reported", "Claimed"]
    assert names == expected


def test_a_batch_of_openings_reads_back(devnet: Devnet, ledger: Web3Ledger) -> None:
    opening = _commit(ledger)
    devnet.travel(ledger.live().start + 100)
    receipt = ledger.reveal_many([opening])
    assert ledger.openings(receipt.transaction) == (opening,)
    assert ledger.live().revealed == 1


def test_leaving_takes_the_whole_stake(devnet: Devnet, ledger: Web3Ledger) -> None:
    ledger.join(Gwei(ETH))
    ledger.exit()
    member = ledger.member(ledger.account)
    assert (member.stake, member.exiting) == (0, ETH)
    with pytest.raises(WrongPhase):
        ledger.withdraw()
    devnet.travel(member.withdrawable_at)
    ledger.withdraw()
    assert ledger.member(ledger.account).exiting == 0


def test_events_can_be_read_from_a_block_on(ledger: Web3Ledger) -> None:
    ledger.join(Gwei(ETH))
    joined = ledger.events()[-1]
    assert [event.name for event in ledger.events(joined.block)] == ["Joined"]
    assert joined.timestamp == ledger.now()
    assert joined.args == {"participant": ledger.account, "amount": ETH, "stake": ETH}


def test_funding_adds_to_the_pool(ledger: Web3Ledger) -> None:
    ledger.fund(Gwei(5))
    assert ledger.events()[-1].args["funded"] == ETH + 5


def test_an_early_call_says_when_the_phase_opens(ledger: Web3Ledger) -> None:
    opening = _commit(ledger)
    start = ledger.live().start
    with pytest.raises(WrongPhase) as caught:
        ledger.reveal(opening)
    assert (caught.value.opens_at, caught.value.closes_at) == (start + 100, start + 200)


def test_a_refusal_carries_the_contracts_error_and_its_arguments(ledger: Web3Ledger) -> None:
    with pytest.raises(Reverted, match="StakeTooLow") as caught:
        ledger.join(Gwei(ETH - 1))
    assert caught.value.args_by_name == {"stake": ETH - 1, "minimum": ETH}


def test_a_refused_call_costs_nothing(ledger: Web3Ledger) -> None:
    before = ledger.balance(ledger.account)
    with pytest.raises(Reverted, match="NothingToPenalize"):
        ledger.penalize(ledger.account)
    assert ledger.balance(ledger.account) == before


def test_terms_the_contract_refuses_are_not_deployed(devnet: Devnet, terms: Terms) -> None:
    with pytest.raises(Reverted, match=r"deploy was refused by the contract: InvalidTerms\(field=minStake\)"):
        deploy(devnet.web3, devnet.accounts[0], replace(terms, min_stake=Gwei(0)))


def test_an_account_that_cannot_pay_is_told_to_get_funds(devnet: Devnet, ledger: Web3Ledger) -> None:
    with pytest.raises(LedgerError, match="fund the account first"):
        ledger.join(Gwei(10**6 * ETH))


def test_writing_without_an_account_is_refused(devnet: Devnet, ledger: Web3Ledger) -> None:
    reader = Web3Ledger(devnet.web3, ledger.federation)
    assert reader.live().number == 0
    with pytest.raises(LedgerError, match="needs an account"):
        reader.exit()


def test_an_address_without_a_contract_is_refused(devnet: Devnet) -> None:
    with pytest.raises(WrongContract, match="no contract at"):
        Web3Ledger(devnet.web3, Address(devnet.accounts[9].address))


def test_another_contract_is_refused(devnet: Devnet) -> None:
    sender = devnet.accounts[0]
    # Creation code that deploys one STOP byte.
    call = devnet.web3.eth.contract(abi=[], bytecode="0x60015f8160095f39f300").constructor()
    address = devnet.web3.eth.get_transaction_receipt(call.transact({"from": sender.address}))["contractAddress"]
    with pytest.raises(WrongContract, match="not a federation"):
        Web3Ledger(devnet.web3, Address(str(address)))


def test_a_silent_node_is_unreachable() -> None:
    class Silent(HTTPProvider):
        def make_request(self, method: object, params: object) -> object:  # type: ignore[override]
            raise requests.ConnectionError("refused")

    with pytest.raises(Unreachable, match="is the node running"):
        Web3Ledger(Web3(Silent()), Address("0x" + "00" * 20))
