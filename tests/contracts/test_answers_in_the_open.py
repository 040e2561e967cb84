"""An answer stands in a transaction's input, where everybody finds it."""

from __future__ import annotations

from .abi import encode
from .contracts_in_bytes import forwarder
from .disputes import packed_reveals
from .fake_referee import LEAF, row_of
from .harness import Deployment
from .references import NO_FILING, opening_of


def test_an_update_cannot_be_shown_through_code(federation: Deployment) -> None:
    federation.play(["alice"])
    reveals = packed_reveals(federation, ["alice"])
    federation.send("bob", "demandUpdate", 1, NO_FILING, reveals, 0, value=federation.demand_bond)
    answer = encode("answerUpdate", (1, opening_of("alice", 1).participant, b"bytes"))
    contract = forwarder(federation.chain, "carol", None)
    assert contract.refused(federation, answer) == ("AnswerThroughCode", contract.address)


def test_a_leaf_cannot_be_shown_through_code(federation: Deployment) -> None:
    federation.play(["alice"])
    filing = federation.filing_of(federation.report(), 1)
    federation.send("bob", "demandLeaf", 3, value=federation.demand_bond)
    answer = encode("answerLeaf", (filing, 3, LEAF, row_of(filing, 3)))
    contract = forwarder(federation.chain, "carol", None)
    assert contract.refused(federation, answer) == ("AnswerThroughCode", contract.address)
    federation.send("carol", "answerLeaf", filing, 3, LEAF, row_of(filing, 3))
