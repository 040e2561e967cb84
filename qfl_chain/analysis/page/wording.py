"""How the page writes figures, counts and lists."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

MOST_NAMED = 6
"""So many things are told one by one; of more, some."""


def shown(value: Any) -> str:
    """A value as a sentence gives it."""
    if isinstance(value, float):
        return f"{int(value):,}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def counted(number: int, thing: str, things: str = "") -> str:
    """``1 round``, ``2 rounds``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def listed(things: Iterable[str], most: int = MOST_NAMED) -> str:
    """``a, b and c``; of more than ``most``, the first and how many more."""
    every = list(things)
    if len(every) > most:
        return ", ".join(every[:most]) + f" and {len(every) - most:,} more"
    return " and ".join(filter(None, (", ".join(every[:-1]), every[-1]))) if every else ""


def as_text(value: Any) -> str:
    """A figure of the page: thousands separated, floats with four significant digits."""
    if value is None:
        return "unknown"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def eth(amount: int) -> str:
    """An exact amount of gwei in ether, such as ``1.25 eth``."""
    return f"{Decimal(amount).scaleb(-9).normalize():,f} eth"
