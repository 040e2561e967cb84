"""Which rules a round is judged by: a name out of each registry. The protocol is one choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.contribution import CONTRIBUTIONS
from qfl_chain.protocol.rewards import STAKE_WEIGHTS
from qfl_chain.schema import nearest


@dataclass(frozen=True, slots=True)
class Scheme:
    """Three names, each a key of its registry.

    Attributes:
        aggregation: of :data:`~qfl_chain.protocol.aggregation.RULES`; empty for the one the validation block names.
        contribution: of :data:`~qfl_chain.protocol.contribution.CONTRIBUTIONS`.
        stake_weight: of :data:`~qfl_chain.protocol.rewards.STAKE_WEIGHTS`. It stands for the stake wherever a stake
            counts: in a coalition's aggregate and in a participant's weight.

    Raises:
        ProtocolError: a name its registry does not have.
    """

    aggregation: str = ""
    contribution: str = "shapley"
    stake_weight: str = "linear"

    def __post_init__(self) -> None:
        if self.aggregation:
            _known("aggregation rule", self.aggregation, RULES)
        _known("contribution", self.contribution, CONTRIBUTIONS)
        _known("stake weight", self.stake_weight, STAKE_WEIGHTS)


def _known(what: str, name: str, registry: Mapping[str, Any]) -> None:
    if name not in registry:
        raise ProtocolError(f"unknown {what} {name!r}{nearest(name, registry)}")


PROTOCOL = Scheme()
"""What oracles sign and the contract pays."""
