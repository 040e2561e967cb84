"""Where a run's time goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Seconds by activity, each second counted once: time inside an inner activity is not the outer one's."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._clock = clock
        self._inner = [0.0]

    @contextmanager
    def measure(self, activity: str) -> Iterator[None]:
        started = self._clock()
        self._inner.append(0.0)
        try:
            yield
        finally:
            elapsed = self._clock() - started
            self.seconds[activity] += elapsed - self._inner.pop()
            self._inner[-1] += elapsed
