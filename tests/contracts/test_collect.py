"""collect(): the bonds of demands that nobody answered go back to their demanders."""

from __future__ import annotations

from .conftest import MEMBERS
from .disputes import accounted
from .harness import Deployment
from .references import NO_FILING, address
from .updates import demand, play_updates, received


def test_all_credits_are_paid_at_once_and_once(federation: Deployment) -> None:
    played, bond = play_updates(federation), federation.demand_bond
    demand(federation, played)
    federation.chain.clock = demand(federation, played, index=1).only("UpdateDemanded")["deadline"]
    for name in played.payloads:
        federation.send("dave", "convictSilentUpdate", *played.key(name), NO_FILING, b"")
    assert federation.view("credit", address("outsider")) == 2 * bond
    held, before = federation.balance, federation.chain.balance(address("outsider"))
    sent = federation.send("outsider", "collect")
    assert sent.only("Collected") == {"account": address("outsider"), "amount": 2 * bond}
    assert received(federation, "outsider", before, sent) == 2 * bond * 10**9
    assert federation.balance == held - 2 * bond == accounted(federation, [*MEMBERS, "outsider"])
    assert federation.view("credit", address("outsider")) == 0
    assert federation.refused("outsider", "collect") == ("NothingToCollect",)


def test_whoever_convicts_has_no_credit(federation: Deployment) -> None:
    played = play_updates(federation)
    federation.chain.clock = demand(federation, played).only("UpdateDemanded")["deadline"]
    federation.send("dave", "convictSilentUpdate", *played.key("alice"), NO_FILING, b"")
    assert federation.refused("dave", "collect") == ("NothingToCollect",)


def test_an_open_or_answered_demand_is_no_credit(federation: Deployment) -> None:
    played = play_updates(federation)
    demand(federation, played)
    assert federation.refused("outsider", "collect") == ("NothingToCollect",)
    federation.send("dave", "answerUpdate", 1, address("alice"), played.payloads["alice"])
    assert federation.refused("outsider", "collect") == ("NothingToCollect",)
