"""Where a federation stands by the clock, as the contract computes it (rule P19)."""

from __future__ import annotations

from dataclasses import dataclass

from qfl_chain.errors import WrongPhase
from qfl_chain.ports import Ledger
from qfl_chain.types import LiveRound, Phase, Terms


@dataclass(frozen=True, slots=True)
class Window:
    """A phase and its bounds ``[opens_at, closes_at)`` in seconds; None where there is no end."""

    phase: Phase
    opens_at: int
    closes_at: int | None


def windows(start: int, terms: Terms) -> tuple[Window, ...]:
    """The four phases of a round that started at ``start``, in order; idle has no end."""
    reveal = start + terms.commit_window
    report = reveal + terms.reveal_window
    idle = report + terms.report_window
    return (
        Window(Phase.COMMIT, start, reveal),
        Window(Phase.REVEAL, reveal, report),
        Window(Phase.REPORT, report, idle),
        Window(Phase.IDLE, idle, None),
    )


def current_window(live: LiveRound, terms: Terms, now: int) -> Window:
    """The phase at ``now``. Idle since 0 where no round is open: the next commit opens one."""
    if live.start == 0:
        return Window(Phase.IDLE, 0, None)
    return next(window for window in windows(live.start, terms) if window.closes_at is None or now < window.closes_at)


def require_phase(ledger: Ledger, phase: Phase, function: str) -> LiveRound:
    """The live round, in the phase that ``function`` needs; asked before anything is published or signed.

    Raises:
        WrongPhase: as the contract would, carrying the bounds of the phase.
    """
    live, terms = ledger.live(), ledger.terms()
    if current_window(live, terms, ledger.now()).phase is phase:
        return live
    never = (1 << 256) - 1
    bounds = {window.phase: window for window in windows(live.start, terms)}[phase]
    opens_at, closes_at = (bounds.opens_at, bounds.closes_at or never) if live.start else (never, never)
    raise WrongPhase(function, opens_at, closes_at)
