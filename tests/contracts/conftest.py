"""One chain a session, one snapshot a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .chain import Chain
from .harness import Deployment
from .judge import Judge
from .references import Terms, committee

MEMBERS = ("alice", "bob", "carol")
STAKE = 5_000
FUNDING = 10_000


@pytest.fixture(scope="session")
def _chain() -> Chain:
    return Chain(["sponsor", "guardian", "outsider", "dave", *MEMBERS])


@pytest.fixture(scope="session")
def _deployed(_chain: Chain) -> Deployment:
    return Deployment.create(_chain, Terms(), committee(4), value=FUNDING)


@pytest.fixture(scope="session")
def _joined(_deployed: Deployment) -> Deployment:
    for name in MEMBERS:
        _deployed.send(name, "join", value=STAKE)
    return _deployed


@pytest.fixture
def chain(_joined: Deployment) -> Iterator[Chain]:
    """A chain to deploy other federations on."""
    with _joined.chain.snapshot():
        yield _joined.chain


@pytest.fixture
def federation(chain: Chain, _joined: Deployment) -> Deployment:
    """Funded with 10,000 gwei, a 3-of-4 committee; alice, bob and carol hold 5,000 gwei of stake each."""
    return _joined


@pytest.fixture(scope="session")
def judge(_chain: Chain) -> Judge:
    """The referee alone. It keeps nothing, so all tests may ask one."""
    return Judge(_chain)
