"""The summary of a run: every figure checked against the log it comes from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qfl_chain.analysis.summary import Summary, gas_rows, summarise
from qfl_chain.errors import RunError
from qfl_chain.storage.archive import Spending, open_archive
from qfl_chain.types import Receipt


@pytest.fixture(scope="module")
def summary(small_run: Path) -> Summary:
    return summarise(small_run)


def test_the_money_statement_is_exact(summary: Summary) -> None:
    money = summary.money
    assert money.deposits + money.funding == money.stakes + money.unclaimed + money.paid + money.pool
    assert money.deposits == 3 * 2 * 10**9
    assert money.funding == 10 * 10**9


def test_what_participants_earned_is_what_rounds_paid(summary: Summary) -> None:
    earned = sum(row.earned for row in summary.participants)
    assert earned == sum(row.paid for row in summary.rounds) == summary.money.paid
    assert [row.claimed for row in summary.participants] == [row.earned for row in summary.participants]


def test_an_accepted_round_pays_its_budget_and_a_kept_one_nothing(summary: Summary) -> None:
    for row in summary.rounds:
        assert row.paid == (10**8 if row.verdict == "new model" else 0)


def test_counts_are_the_logs(summary: Summary) -> None:
    for row in summary.participants:
        assert (row.committed, row.revealed, row.accepted, row.refused) == (3, 3, 3, 0)


def test_gas_is_what_the_receipts_say(summary: Summary, small_run: Path) -> None:
    spendings = open_archive(small_run).spendings()
    assert sum(row.calls for row in summary.gas) == len(spendings)
    called = {"deploy", "bond", "seat", "join", "commit", "reveal", "report", "claim"}
    assert {row.function for row in summary.gas} == called
    name = summary.participants[0].name
    fees = sum(one.receipt.fee_wei for one in spendings if one.party == name)
    assert summary.participants[0].gas == -(-fees // 10**9)


def test_net_is_earned_minus_penalties_minus_gas(summary: Summary) -> None:
    for row in summary.participants:
        assert row.net == row.earned - row.penalties - row.gas


def test_every_round_and_client_has_figures(summary: Summary) -> None:
    assert [row.round for row in summary.rounds] == [0, 1, 2, 3]
    for row in summary.rounds:
        assert set(row.figures) == {"client-1", "client-2", "client-3", "pooled"}
        assert 0 <= (row.figures["pooled"]["accuracy"] or 0) <= 1


def test_the_baselines_stand_on_the_same_rows(summary: Summary) -> None:
    expected = {"client-1 alone", "client-2 alone", "client-3 alone", "centralised circuit"}
    expected |= {"centralised logistic regression", "FedAvg of the circuit"}
    assert set(summary.baselines) == expected
    assert all(set(figures) == set(summary.rounds[0].figures) for figures in summary.baselines.values())


def test_gas_rows_give_least_mean_and_most_and_round_fees_up() -> None:
    spendings = [Spending("a", Receipt("0x", "claim", 1, gas, gas * 10**9 + 1)) for gas in (10, 20, 60)]
    (row,) = gas_rows(spendings)
    assert (row.function, row.calls, row.least, row.mean, row.most, row.fees) == ("claim", 3, 10, 30, 60, 91)


def test_a_run_that_never_deployed_has_nothing_to_summarise(small_run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(small_run, tmp_path / "copy"))
    facts = json.loads((copied / "run.json").read_text())
    del facts["federation"]
    (copied / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match="nothing to summarise"):
        summarise(copied)
