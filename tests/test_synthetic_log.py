"""The log that benchmarks and tests are fed with is one that the contract could have written."""

from __future__ import annotations

from itertools import chain

import pytest
from web3 import Web3
from web3._utils.method_formatters import log_entry_formatter

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.decoding import EventDecoder
from qfl_chain.protocol.history import RoundStatus
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.types import Event
from tests.synthetic_log import PER_BLOCK, REWARD, SyntheticLog


def events(log: SyntheticLog) -> list[Event]:
    """As web3 decodes them."""
    decode = EventDecoder(Web3().eth.contract(address=log.federation, abi=load_artifact().abi))
    raw = chain.from_iterable(block.logs for block in log.blocks())
    return [decode(log_entry_formatter(one), int(one["blockTimestamp"], 16)) for one in raw]


@pytest.mark.parametrize(("participants", "rounds"), [(1, 3), (2, 1), (9, 12), (PER_BLOCK + 3, 2)])
def test_the_protocol_accepts_it(participants: int, rounds: int) -> None:
    log = SyntheticLog(participants, rounds)
    history = replay(events(log), log.federation, log.model)
    assert [record.status for record in history.rounds.values()] == [RoundStatus.REPORTED] * rounds
    assert len(history.accounts) == participants
    assert history.money.unclaimed + history.money.paid == (REWARD * rounds if participants > 1 else 0)


def test_it_holds_every_event_of_a_round_and_ends_at_its_head() -> None:
    log = SyntheticLog(9, 12)
    found = events(log)
    usual = {"Deployed", "Funded", "Joined", "RoundOpened", "Committed", "Revealed", "Reported", "Claimed", "Penalized"}
    assert {event.name for event in found} == usual
    assert max(block.number for block in log.blocks()) == log.head
    assert deployed_terms(found[0]).oracles == log.oracles


def test_the_same_arguments_make_the_same_log_and_another_seed_another() -> None:
    def blocks(seed: int) -> list[object]:
        return list(SyntheticLog(5, 3, seed).blocks())

    assert blocks(1) == blocks(1)
    assert blocks(1) != blocks(2)
