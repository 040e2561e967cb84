from __future__ import annotations

from types import SimpleNamespace

from eth_account import Account

from qfl_chain.cli.participation import _secret

ACCOUNT = Account.from_key(b"\1" * 32)


def test_a_secret_is_the_same_again_and_another_in_another_federation() -> None:
    here, there = (SimpleNamespace(federation="0x" + digits * 20) for digits in ("00", "11"))
    assert _secret(here, ACCOUNT) == _secret(here, ACCOUNT)  # type: ignore[arg-type]
    assert _secret(here, ACCOUNT) != _secret(there, ACCOUNT)  # type: ignore[arg-type]
