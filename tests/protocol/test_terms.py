from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.types import Event, Gwei, Terms

from .builders import account

DIGESTS = [digest_of_bytes(name) for name in (b"circuit", b"model", b"validation", b"validation root")]
ADDRESSES = account(1), account(2), 10, account(5), (account(3), account(4))
TERMS = Terms(*DIGESTS, 1, 2, 3, 4, 5, Gwei(6), Gwei(7), 8, Gwei(9), 11, *ADDRESSES)


def deployed(terms: tuple[Any, ...], name: str = "Deployed") -> Event:
    return Event(name, {"terms": terms, "oracles": [account(3), account(4)]}, 0, 0, 0, "0x")


def test_terms_come_back_from_the_first_log() -> None:
    assert deployed_terms(deployed(astuple(TERMS)[:-1])) == TERMS


def test_another_first_log_means_logs_are_missing() -> None:
    with pytest.raises(ProtocolError, match="the first log is Joined, not Deployed: logs are missing at the start"):
        deployed_terms(deployed(astuple(TERMS)[:-1], name="Joined"))


def test_terms_of_another_version_are_refused() -> None:
    with pytest.raises(ProtocolError, match="the Deployed log holds 18 terms, this version knows 19"):
        deployed_terms(deployed(astuple(TERMS)[:-2]))
