from __future__ import annotations

from .conftest import ALICE, OUTSIDER, Bench


def test_a_stake_leaves_after_its_unbonding(bench: Bench) -> None:
    said = bench.qfl("exit", signer=ALICE)
    assert "can withdraw 2,000,000,000 gwei from" in said.out
    early = bench.qfl("withdraw", signer=ALICE)
    assert early.code == 4
    assert "withdraw: too early; it opens at" in early.err
    assert "(in 864" in early.err
    bench.devnet.travel(bench.devnet.now + 86_400)
    assert "withdrew 2,000,000,000 gwei" in bench.qfl("withdraw", signer=ALICE).out


def test_who_has_no_stake_cannot_leave(bench: Bench) -> None:
    said = bench.qfl("exit", signer=OUTSIDER)
    assert said.code == 4
    assert "NoStake(): there is nothing to take out" in said.err


def test_who_did_not_exit_cannot_withdraw(bench: Bench) -> None:
    said = bench.qfl("withdraw", signer=ALICE)
    assert said.code == 4
    assert "NothingToWithdraw(): start with `qfl exit`" in said.err
