"""How far this machine's clock is from the chain's."""

from __future__ import annotations

TOLERANCE = 60
"""Seconds. A block is seconds old when it arrives, and phases are minutes long."""


def clock_warning(chain_now: int, machine_now: float, tolerance: int = TOLERANCE) -> str | None:
    """What to tell the user when the latest block's time and the machine's clock are far apart.

    The chain's clock alone decides phases; a wrong machine's clock makes an actor wake at the wrong time, and an old
    block means that the node does not follow the chain.
    """
    away = round(machine_now - chain_now)
    if abs(away) <= tolerance:
        return None
    if away > 0:
        return (
            f"the latest block is {away:,} s older than this machine's clock: check that the node is synced, that the "
            "chain makes blocks, and NTP here"
        )
    return f"the latest block is {-away:,} s ahead of this machine's clock: check NTP here, and the node's clock"
