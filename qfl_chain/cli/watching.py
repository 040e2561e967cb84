"""What a running actor tells of itself: a structured log, metrics for Prometheus, and its health."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.serving import Answer
from qfl_chain.errors import QflError

Clock = Callable[[], float]


class Log:
    """One line an event on standard error: JSON for machines, words on a terminal. No keys, no RPC addresses."""

    def __init__(self, actor: str, clock: Clock) -> None:
        self._actor = actor
        self._clock = clock

    def write(self, level: str, event: str, **facts: Any) -> None:
        """Write a line down."""
        moment = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        if sys.stderr.isatty():
            shown = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
            click.echo(f"{moment[11:19]} {level:<7} {event} {shown}", err=True)
        else:
            fields = {"time": moment, "level": level, "actor": self._actor, "event": event, **facts}
            click.echo(json.dumps(fields, default=str), err=True)


class Watched:
    """Hears every step and failure of an actor, and keeps log, metrics and health.

    Waiting is logged when it begins, and a failure when it is another one than the last.
    """

    def __init__(self, actor: str, log: Log, clock: Clock, stale_after: float) -> None:
        self._log = log
        self._clock = clock
        self._stale_after = stale_after
        self._last: object = None
        self._answered = clock()
        self._error: str | None = None
        self.registry = CollectorRegistry()
        self._steps = Counter("qfl_steps", "Steps by action", ["actor", "action"], registry=self.registry)
        self._errors = Counter("qfl_errors", "Failed steps by error", ["actor", "error"], registry=self.registry)
        self._round = Gauge("qfl_round", "The round of the last step", ["actor"], registry=self.registry)
        self._step_time = Gauge("qfl_last_step_seconds", "When the last step was", ["actor"], registry=self.registry)
        self._gas = Counter("qfl_gas", "Gas spent", ["actor"], registry=self.registry)
        self._actor = actor

    def took(self, step: Step) -> None:
        """A step succeeded."""
        self._answered, self._error = self._clock(), None
        self._steps.labels(self._actor, step.action).inc()
        self._round.labels(self._actor).set(step.round)
        self._step_time.labels(self._actor).set(self._answered)
        self._gas.labels(self._actor).inc(step.facts.get("gas", 0))
        if step.action != WAIT or self._last != (step.round, step.facts):
            self._log.write("info", step.action, round=step.round, **step.facts)
        self._last = (step.round, step.facts) if step.action == WAIT else None

    def failed(self, error: QflError) -> None:
        """A step failed, and will be tried again."""
        self._error = f"{type(error).__name__}: {error}"
        self._errors.labels(self._actor, type(error).__name__).inc()
        if self._last != self._error:
            self._log.write("warning", "retry", error=type(error).__name__, reason=str(error))
        self._last = self._error

    def metrics(self, rest: str) -> Answer:
        """The route ``/metrics``."""
        return Answer(generate_latest(self.registry), "text/plain; version=0.0.4; charset=utf-8")

    def health(self, rest: str) -> Answer:
        """The route ``/health``: 200 while steps succeed, 503 once the last success is too long ago."""
        silent = self._clock() - self._answered
        healthy = silent <= self._stale_after
        facts = {"healthy": healthy, "seconds_since_step": round(silent, 3), "error": self._error}
        return Answer(json.dumps(facts).encode(), status=200 if healthy else 503)
