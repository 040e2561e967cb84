"""What the contract refused, in words that say what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime

from qfl_chain.errors import Reverted, WrongPhase

NEVER = 1 << 64
"""Bounds the contract gives from here on mean that the window has no such end."""

ADVICE = {
    "AlreadyCommitted": "one commitment a round; reveal it with `qfl round reveal`, or wait for the next round",
    "ExitPending": "an earlier exit must leave first, with `qfl withdraw`",
    "FederationCancelled": "the sponsor ended it; collect with `qfl claim` and leave with `qfl exit`",
    "FederationPaused": "wait until the guardian unpauses, or leave with `qfl exit`",
    "InvalidTerms": "correct [terms] in the scenario",
    "NoStake": "there is nothing to take out; `qfl join` puts a stake down",
    "NothingToWithdraw": "start with `qfl exit`",
    "OutcomeOpen": "an earlier commitment was not revealed and its round is not decided; try again after that time",
    "StakeTooLow": "top the stake up with `qfl join`",
    "TooFewReveals": "the round will expire and nothing is lost; the next commit opens another",
}
"""What to do about a custom error of the contract, by its name."""


def explain(error: Reverted, now: int) -> str:
    """The refusal of a call at the chain's time ``now``."""
    if isinstance(error, WrongPhase):
        return _explain_phase(error, now)
    advice = ADVICE.get(error.error)
    return f"{error}: {advice}" if advice else str(error)


def moment(timestamp: int, now: int) -> str:
    """A time on the chain's clock, and how far it is: ``2026-01-01T00:10:00Z (in 300 s)``."""
    away = timestamp - now
    distance = f"in {away} s" if away > 0 else f"{-away} s ago"
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ} ({distance})"


def _explain_phase(error: WrongPhase, now: int) -> str:
    if error.opens_at >= NEVER:
        return f"{error.function}: no round is open for it; wait for the first commit of the next round"
    if now < error.opens_at:
        return f"{error.function}: too early; it opens at {moment(error.opens_at, now)}"
    return f"{error.function}: too late; it closed at {moment(error.closes_at, now)}, wait for the next round"
