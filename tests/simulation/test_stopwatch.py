"""Time by activity, each second counted once."""

from __future__ import annotations

import pytest

from qfl_chain.simulation.stopwatch import Stopwatch


def test_inner_time_is_not_counted_again_outside() -> None:
    ticks = iter([0.0, 1.0, 4.0, 5.0, 6.0, 9.0])
    stopwatch = Stopwatch(lambda: next(ticks))
    with stopwatch.measure("outer"):
        with stopwatch.measure("inner"):
            pass
        with stopwatch.measure("inner"):
            pass
    assert dict(stopwatch.seconds) == {"inner": 4.0, "outer": 5.0}


def test_time_until_an_error_counts() -> None:
    ticks = iter([0.0, 2.0])
    stopwatch = Stopwatch(lambda: next(ticks))
    with pytest.raises(KeyError), stopwatch.measure("outer"):
        raise KeyError
    assert stopwatch.seconds["outer"] == 2.0
