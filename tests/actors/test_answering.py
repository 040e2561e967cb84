"""Answering demands: many who hold the bytes do not all answer the same one."""

from __future__ import annotations

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.view import ChainView
from qfl_chain.types import Address

from .court import FakeCourt
from .fakes import ANNA, BEN
from .oracles import COMMITTEE, reported_chain
from .watchers import honest, posted


def test_every_account_begins_at_another_demand() -> None:
    chain = reported_chain()
    posted(chain, honest(chain)[0])
    demander = FakeCourt(chain, COMMITTEE[0])
    for index in (0, 1):
        demander.demand_leaf(index)

    def first(account: Address) -> object:
        court = FakeCourt(chain, account)
        step = Answering(court, chain.store, ChainView(court, chain.store)).step(chain.number)
        return step.facts["leaf"] if step else None

    even, odd = sorted((ANNA, BEN), key=lambda one: int(one, 16) % 2)
    assert [int(one, 16) % 2 for one in (even, odd)] == [0, 1]
    assert first(odd) == 1
    assert first(even) == 0
    assert first(even) is None
