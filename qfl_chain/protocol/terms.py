"""The terms a federation was deployed with, read back from its first log. Rule P1."""

from __future__ import annotations

from qfl_chain.errors import ProtocolError
from qfl_chain.types import Address, Event, Terms


def deployed_terms(event: Event) -> Terms:
    """The terms in a ``Deployed`` log.

    Raises:
        ProtocolError: another log, or one whose fields are not those of this version.
    """
    if event.name != "Deployed":
        raise ProtocolError(f"the first log is {event.name}, not Deployed: logs are missing at the start")
    names = tuple(Terms.__dataclass_fields__)
    values = (*event.args["terms"], tuple(Address(oracle) for oracle in event.args["oracles"]))
    if len(values) != len(names):
        raise ProtocolError(f"the Deployed log holds {len(values)} terms, this version knows {len(names)}")
    return Terms(**dict(zip(names, values, strict=True)))
