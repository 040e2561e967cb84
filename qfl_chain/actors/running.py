"""The loop every long-running actor lives in: step after step until it is done or told to stop.

A step looks at the chain, does at most one thing, and says what. Whatever a step needs to know it reads from the chain
and the actor's state file, so the loop may be killed between any two instructions and started again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from qfl_chain.errors import InputError, QflError, WrongContract
from qfl_chain.types import Receipt

WAIT = "wait"
"""The action of a step that had nothing to do."""

MOST_PATIENCE = 5
"""After failures in a row a step is tried again after so many ordinary pauses at the most: a phase may be closing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an actor did: the action's name, the round it was for, facts for the log, and whether it was the last.

    ``receipt`` is its transaction's, where it sent one.
    """

    action: str
    round: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    receipt: Receipt | None = None


def sent(action: str, number: int, receipt: Receipt, **facts: Any) -> Step:
    """The step of one transaction."""
    told = {**facts, "transaction": receipt.transaction, "gas": receipt.gas_used}
    return Step(action, number, told, receipt=receipt)


class Actor(Protocol):
    """Something that advances a federation by small steps."""

    def step(self) -> Step:
        """Do the one thing that is due now, if any.

        Raises:
            QflError: it could not be done now; the same step is tried again later.
            InputError, WrongContract: it can never be done.
        """


class Observer(Protocol):
    """Hears what the loop does: the log, the metrics."""

    def took(self, step: Step) -> None: ...
    def failed(self, error: QflError) -> None: ...


def run(actor: Actor, observer: Observer, pause: Callable[[float], bool], poll: float) -> None:
    """Let an actor act until it has finished or ``pause`` says to stop.

    Args:
        actor: what acts.
        observer: is told every step and every failure.
        pause: waits for so many seconds, and says whether to stop.
        poll: seconds between two looks at the chain while there is nothing to do.

    Raises:
        InputError, WrongContract: the actor can never do its work; waiting does not help.
    """
    failures = 0
    while True:
        try:
            step = actor.step()
        except (InputError, WrongContract):
            raise
        except QflError as error:
            failures += 1
            observer.failed(error)
            seconds = poll * min(failures, MOST_PATIENCE)
        else:
            failures = 0
            observer.took(step)
            if step.finished:
                return
            seconds = poll if step.action == WAIT else 0.0
        if pause(seconds):
            return
