"""withdraw(): pays an exit after its unbonding."""

from __future__ import annotations

from .abi import encode
from .chain import GWEI
from .conftest import STAKE
from .contracts_in_bytes import forwarder
from .harness import Deployment
from .references import MAX_UINT256, address


def test_a_withdrawal_pays_the_stake(federation: Deployment) -> None:
    federation.send("alice", "exit")
    federation.chain.clock = federation.member("alice").withdrawable_at
    before, held = federation.chain.balance(address("alice")), federation.balance
    sent = federation.send("alice", "withdraw")
    assert sent.only("Withdrawn") == {"participant": address("alice"), "amount": STAKE}
    assert before + STAKE * GWEI - federation.chain.balance(address("alice")) <= sent.gas * 10 * GWEI
    assert federation.balance == held - STAKE
    assert federation.member("alice") == (0, 0, 0, 0, 0, 0)


def test_a_withdrawal_waits_for_the_unbonding(federation: Deployment) -> None:
    federation.send("alice", "exit")
    at = federation.member("alice").withdrawable_at
    federation.chain.clock = at - 1
    assert federation.refused("alice", "withdraw") == ("WrongPhase", at, MAX_UINT256)
    federation.chain.clock = at
    federation.send("alice", "withdraw")


def test_without_an_exit_there_is_nothing_to_withdraw(federation: Deployment) -> None:
    assert federation.refused("alice", "withdraw") == ("NothingToWithdraw",)


def test_an_exit_is_paid_once(federation: Deployment) -> None:
    federation.send("alice", "exit")
    federation.chain.clock = federation.member("alice").withdrawable_at
    federation.send("alice", "withdraw")
    assert federation.refused("alice", "withdraw") == ("NothingToWithdraw",)


def test_neither_guardian_nor_sponsor_can_stop_a_withdrawal(federation: Deployment) -> None:
    federation.send("alice", "exit")
    federation.send("guardian", "pause")
    federation.send("sponsor", "cancel")
    federation.chain.clock = federation.member("alice").withdrawable_at
    federation.send("alice", "withdraw")
    assert federation.member("alice").exiting == 0


def test_a_recipient_that_refuses_ether_keeps_its_exit(federation: Deployment) -> None:
    refuser = forwarder(federation.chain, "outsider", on_ether=None)
    refuser.send(federation, encode("join", ()), value=1_000)
    refuser.send(federation, encode("exit", ()))
    federation.chain.clock += federation.terms.unbondingWindow
    assert refuser.refused(federation, encode("withdraw", ())) == ("TransferFailed",)
    assert federation.view("member", refuser.address)[4] == 1_000


def test_a_recipient_that_withdraws_again_while_it_is_paid_gets_nothing_more(federation: Deployment) -> None:
    attacker = forwarder(federation.chain, "outsider", on_ether=encode("withdraw", ()))
    attacker.send(federation, encode("join", ()), value=1_000)
    attacker.send(federation, encode("exit", ()))
    federation.chain.clock += federation.terms.unbondingWindow
    before = federation.balance
    attacker.send(federation, encode("withdraw", ()))
    assert attacker.reentered
    assert federation.balance == before - 1_000
