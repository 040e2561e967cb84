"""Federations played on eth-tester through the contract's own tests' harness, behind JSON-RPC, and their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from web3 import Web3
from web3.providers.eth_tester.defaults import API_ENDPOINTS

from qfl_chain.analysis.index.database import Index, Meta, create_index
from qfl_chain.analysis.index.indexing import index_chain
from qfl_chain.chain.devnet import _DevnetProvider
from qfl_chain.chain.transport import open_web3
from qfl_chain.types import Address
from tests.contracts.chain import Chain
from tests.contracts.harness import Deployment
from tests.contracts.references import GENESIS, Terms, address, committee
from tests.rpc import serve

PARTICIPANTS = ("ann", "ben", "cat", "dan")
FUNDING = 3_000


@dataclass(frozen=True)
class Played:
    """A federation and a connection to its chain."""

    federation: Deployment
    web3: Web3
    url: str

    @property
    def meta(self) -> Meta:
        return Meta(self.federation.chain.chain_id, Address(self.federation.address), 0, "http://127.0.0.1:1")

    def index(self) -> Index:
        """A new index in memory, up to the latest block."""
        index = create_index(None, self.meta)
        index_chain(index, self.web3)
        return index


@contextmanager
def deployed() -> Iterator[Played]:
    """A federation that nobody has joined yet."""
    chain = Chain([*PARTICIPANTS, "sponsor", "guardian"])
    terms = Terms(guardianExpiry=GENESIS + 50_000)
    with served(chain) as url:
        yield Played(Deployment.create(chain, terms, committee(4), value=FUNDING), open_web3(url), url)


class _Calls(_DevnetProvider):
    """eth-tester has calls paid for; nodes do not."""

    def make_request(self, method: Any, params: Any) -> Any:
        if method == "eth_call":
            params = [{**params[0], "from": address("sponsor")}, *params[1:]]
        return super().make_request(method, params)


@contextmanager
def served(chain: Chain) -> Iterator[str]:
    """The chain behind JSON-RPC."""
    endpoints = {**API_ENDPOINTS, "eth": {**API_ENDPOINTS["eth"], "chainId": lambda *_: chain.chain_id}}
    devnet: Any = SimpleNamespace(web3=Web3(_Calls(chain.tester, endpoints)))
    with serve(devnet) as url:
        yield url


def story(federation: Deployment) -> Iterator[str]:
    """A life with everything in it; yields after each chapter, by its name."""
    chain = federation.chain
    for name, stake in zip(PARTICIPANTS, (1_000, 2_000, 20_000, 1_013), strict=True):
        federation.send(name, "join", value=stake)
    yield "joined"
    federation.play(["ann", "ben", "cat"], silent=["dan"])
    first = {address("ann"): 100, address("ben"): 200, address("cat"): 300}
    federation.report(first)
    yield "reported"
    federation.activate()
    federation.claim("ann", first)
    federation.send("sponsor", "penalize", address("dan"))
    yield "penalised and claimed"
    federation.commit("ann")
    federation.commit("ben")
    chain.clock = federation.report_closes
    yield "expired"
    federation.play(["ann", "cat"], silent=["ben"])
    federation.report({**first, address("cat"): 900})
    federation.commit("ann")
    federation.send("guardian", "voidReport")
    yield "voided"
    federation.send("ann", "exit")
    federation.send("ben", "exit")
    federation.send("guardian", "pause")
    yield "exiting and paused"
    federation.send("guardian", "unpause")
    chain.clock += federation.terms.unbondingWindow
    federation.send("ann", "withdraw")
    federation.send("ann", "join", value=5_000)
    federation.send("ben", "fund", value=77)
    yield "withdrawn and funded"
    for name in ("ann", "cat"):
        federation.commit(name)
    chain.clock = federation.reveal_opens
    federation.reveal("cat", sender="sponsor")
    yield "revealing"
    federation.send("sponsor", "cancel")
    chain.clock = federation.report_closes
    federation.send("sponsor", "reclaim")
    yield "cancelled and reclaimed"
