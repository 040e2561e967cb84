"""Progress on standard error: a live line on a terminal, one line a round elsewhere."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from qfl_chain.simulation.runlog import OnStep, Step


@contextmanager
def progress(rounds: int) -> Iterator[OnStep]:
    """Something to call at every step of a run of so many rounds."""
    if not sys.stderr.isatty():
        yield _print_rounds
        return
    columns = (
        TextColumn("round"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("starting", total=rounds)

        def on_step(step: Step) -> None:
            display.update(task, description=f"{step.phase} {step.detail}".strip())
            if step.phase == "done":
                display.update(task, completed=step.round)
                display.console.print(_round_line(step), highlight=False)

        yield on_step


@contextmanager
def reading() -> Iterator[Callable[[int, int, int], None]]:
    """Something to call with the block that was read, the latest one, and how many events were found.

    On a terminal it is a bar; elsewhere a line whenever another tenth is read.
    """
    if not sys.stderr.isatty():
        yield _Tenths()
        return
    with _bar("block", "{task.fields[events]:,} events") as display:
        task = display.add_task("", total=None, events=0)
        yield lambda block, head, events: display.update(task, completed=block, total=head, events=events)


@contextmanager
def reading_evidence() -> Iterator[Callable[[int, int], None]]:
    """Something to call with how many reports' evidence was read, and of how many."""
    if not sys.stderr.isatty():
        yield lambda done, of: click.echo(f"reading evidence of {of} report(s)", err=True) if of and not done else None
        return
    with _bar("evidence of report", "") as display:
        task = display.add_task("", total=None)
        yield lambda done, of: display.update(task, completed=done, total=of)


def _bar(what: str, more: str) -> Progress:
    columns = (TextColumn(what), MofNCompleteColumn(), BarColumn(), TimeElapsedColumn(), TextColumn(more))
    return Progress(*columns, console=Console(stderr=True), transient=True)


class _Tenths:
    """Prints a line a tenth of the blocks, counted from where the reading begins."""

    def __init__(self) -> None:
        self._begun: int | None = None
        self._told = -1

    def __call__(self, block: int, head: int, events: int) -> None:
        self._begun = block if self._begun is None else self._begun
        tenth = 10 * (block - self._begun) // max(head - self._begun, 1)
        if tenth > self._told:
            self._told = tenth
            click.echo(f"block {block:,} of {head:,}: {events:,} events", err=True)


@contextmanager
def interruptible(on_step: OnStep) -> Iterator[OnStep]:
    """``on_step``, raising KeyboardInterrupt after a Ctrl-C; a second Ctrl-C does not wait for the next step.

    Python's own handler raises wherever the program is, and JAX's callbacks swallow what is raised in them.
    """
    pressed: list[int] = []

    def note(number: int, frame: object) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            raise KeyboardInterrupt

    def checked(step: Step) -> None:
        if pressed:
            raise KeyboardInterrupt
        on_step(step)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield checked
    finally:
        signal.signal(signal.SIGINT, before)


def _print_rounds(step: Step) -> None:
    if step.phase == "done":
        click.echo(_round_line(step), err=True)


def _round_line(step: Step) -> str:
    figures = step.figures or {}
    shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)
    return f"round {step.round:>3}: {shown}; {step.detail}"
