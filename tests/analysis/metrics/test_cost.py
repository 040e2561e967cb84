"""Cost: gas and fees, and how they grow."""

from __future__ import annotations

from qfl_chain.analysis.metrics.catalogue import Prices
from tests.analysis.facts import DEPLOYMENT, expired, facts, round_, transaction
from tests.analysis.metrics.values import value


def test_gas_adds_up_by_function_role_and_participant() -> None:
    total = value("gas")
    assert total == sum(value("gas_by_function").values()) == sum(value("gas_by_role").values())
    assert value("gas_by_function")["report"] == 140_000
    assert value("gas_by_role") == {"sponsor": DEPLOYMENT.gas_used, "participant": 912_000, "oracle": 140_000}
    assert sum(value("gas_by_participant").values()) == 912_000


def test_fees_are_gas_at_the_price_chosen_and_what_was_paid() -> None:
    prices = Prices(gas_price_wei=5 * 10**9, l2_gas_price_wei=10**7)
    assert value("fees_mainnet", prices=prices)["oracle"] == 700_000
    assert value("fees_l2", prices=prices)["oracle"] == 1_400
    assert value("fees_paid")["oracle"] == 280_000


def test_gas_grows_with_reveals_over_rounds_that_follow_a_report() -> None:
    """Two rounds of 2 and 4 participants; the third follows an expired one, whose blocks it shares."""
    sent = [transaction(10 * number + 1, index, "commit", 30) for number in (1, 2, 3) for index in range(2 * number)]
    sent += [transaction(10 * number + 5, index, "reveal", 40) for number in (1, 2) for index in range(2 * number)]
    sent += [transaction(10 * number + 9, 0, "report", 70) for number in (1, 2)]
    sent += [transaction(22, 1, "claim", 10**6)]
    rounds = (round_(1, reveals=2), round_(2, reveals=4), expired(3), round_(4, reveals=9))
    assert value("gas_growth", facts(rounds=rounds, transactions=tuple(sent))) == {"per reveal": 70, "fixed": 70}


def test_gas_that_nobody_saw_does_not_grow() -> None:
    rounds = (round_(1, reveals=2), round_(2, reveals=4))
    assert value("gas_growth", facts(rounds=rounds, transactions=())) is None


def test_rounds_of_one_size_tell_nothing_of_growth() -> None:
    assert value("gas_growth") is None
