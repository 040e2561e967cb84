"""The loop of a long-running actor: what it does after every kind of step, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from qfl_chain.actors.running import WAIT, Step, run
from qfl_chain.errors import InputError, QflError, Unreachable, WrongContract

POLL = 2.0
WORK, IDLE, END = Step("commit", 1), Step(WAIT, 1), Step("finish", 1, finished=True)
AWAY = Unreachable("no answer")


class Scripted:
    """An actor whose steps and failures are given."""

    def __init__(self, script: Sequence[Step | Exception]) -> None:
        self._script: Iterator[Step | Exception] = iter(script)

    def step(self) -> Step:
        entry = next(self._script)
        if isinstance(entry, Exception):
            raise entry
        return entry


@dataclass
class Heard:
    """What an observer heard, in order."""

    of: list[Step | QflError] = field(default_factory=list)

    def took(self, step: Step) -> None:
        self.of.append(step)

    def failed(self, error: QflError) -> None:
        self.of.append(error)


def lived(*script: Step | Exception) -> tuple[list[Step | QflError], list[float]]:
    """What was heard and how long each pause was."""
    heard, pauses = Heard(), []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    run(Scripted(script), heard, pause, POLL)
    return heard.of, pauses


def stopping_after(pauses: int) -> Callable[[float], bool]:
    left = iter([False] * (pauses - 1) + [True])
    return lambda seconds: next(left)


def test_after_work_the_next_step_comes_at_once_and_after_waiting_a_poll_later() -> None:
    heard, pauses = lived(WORK, IDLE, WORK, END)
    assert heard == [WORK, IDLE, WORK, END]
    assert pauses == [0.0, POLL, 0.0]


def test_failures_in_a_row_are_tried_again_ever_later_but_soon_enough_for_a_phase() -> None:
    heard, pauses = lived(*[AWAY] * 7, END)
    assert heard == [AWAY] * 7 + [END]
    assert pauses == [POLL * factor for factor in (1, 2, 3, 4, 5, 5, 5)]


def test_a_success_ends_a_row_of_failures() -> None:
    assert lived(AWAY, AWAY, WORK, AWAY, END)[1] == [POLL, 2 * POLL, 0.0, POLL]


@pytest.mark.parametrize("error", [InputError("wrong option"), WrongContract("other code")])
def test_what_can_never_be_done_ends_the_loop(error: QflError) -> None:
    with pytest.raises(type(error)):
        lived(WORK, error, END)


def test_a_defect_is_not_taken_for_a_failure() -> None:
    with pytest.raises(ZeroDivisionError):
        lived(ZeroDivisionError(), END)


def test_the_loop_ends_when_it_is_told_to_while_it_waits_or_works_or_fails() -> None:
    heard = Heard()
    run(Scripted([WORK, IDLE, AWAY, END]), heard, stopping_after(3), POLL)
    assert heard.of == [WORK, IDLE, AWAY]
