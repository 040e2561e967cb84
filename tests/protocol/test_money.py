from __future__ import annotations

from dataclasses import replace

import pytest

from qfl_chain.errors import ChecksumError
from qfl_chain.protocol.money import Account, Money, check_money, money_statement
from qfl_chain.types import Gwei

ACCOUNTS = [
    Account(deposited=Gwei(100), stake=Gwei(95), penalties=Gwei(5), claimed=Gwei(30)),
    Account(deposited=Gwei(80), exiting=Gwei(50), withdrawn=Gwei(30)),
]


def statement(**changes: int) -> Money:
    arguments = {"funding": 1000, "funded": 905, "reclaimed": 100, "total": 400} | changes
    total = Gwei(arguments.pop("total"))
    return money_statement(ACCOUNTS, **arguments, total=total)


def test_the_statement_says_where_every_gwei_is() -> None:
    money = statement()
    assert money == Money(
        deposits=Gwei(180),
        funding=Gwei(1000),
        stakes=Gwei(95),
        exiting=Gwei(50),
        withdrawn=Gwei(30),
        penalties=Gwei(5),
        unclaimed=Gwei(370),
        paid=Gwei(30),
        pool=Gwei(505),
        reclaimed=Gwei(100),
    )
    assert money.deposits + money.funding == money.balance + money.withdrawn + money.paid + money.reclaimed
    assert money.balance == 1020


@pytest.mark.parametrize("part", ["deposits", "funding", "stakes", "exiting", "withdrawn", "unclaimed", "paid", "pool"])
def test_one_gwei_too_many_anywhere_is_an_error(part: str) -> None:
    money = statement()
    with pytest.raises(ChecksumError, match="1 are missing"):
        check_money(replace(money, **{part: getattr(money, part) + 1}))


def test_claims_beyond_the_total_are_an_error() -> None:
    with pytest.raises(ChecksumError, match="a part of the money is negative"):
        statement(total=29)


def test_a_total_beyond_the_pool_is_an_error() -> None:
    with pytest.raises(ChecksumError, match="a part of the money is negative"):
        statement(total=906)
