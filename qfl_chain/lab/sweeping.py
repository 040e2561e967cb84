"""Runs a grid's cells over several processes. Every cell is a run directory, named by the digest of its scenario.

A directory that is complete is read, one that is not is made anew; so a sweep that was stopped goes on where it was,
and two grids that share cells share their runs. What a cell gives depends on its scenario alone, not on the process
that ran it or on how many there were.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qfl_chain.analysis.summary import ParticipantRow, summarise
from qfl_chain.errors import QflError, RunError
from qfl_chain.lab.grid import HONEST, Cell
from qfl_chain.lab.scenarios import to_toml
from qfl_chain.simulation.runner import run
from qfl_chain.storage.archive import RunArchive

COMPLETE = "complete"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DIED = "a process of the sweep died while it ran, perhaps for want of memory; run the sweep again with fewer --jobs"


@dataclass(frozen=True, slots=True)
class Parties:
    """Participants of a cell that behave alike, together: how many, and their gwei. ``net`` is after gas."""

    count: int
    earned: int
    penalties: int
    gas: int

    @property
    def net(self) -> int:
        return self.earned - self.penalties - self.gas


@dataclass(frozen=True, slots=True)
class CellResult:
    """What a cell gave.

    Attributes:
        failure: why there is no run; empty when there is one, and all else is void when there is none.
        equal: whether every report recomputed from chain log and payloads is the one on chain.
        reports: how many reports the run has.
        accuracy, auc: of the last model on all test rows.
    """

    digest: str
    failure: str = ""
    equal: bool = False
    reports: int = 0
    accuracy: float | None = None
    auc: float | None = None
    honest: Parties = Parties(0, 0, 0, 0)
    attackers: Parties = Parties(0, 0, 0, 0)


OnCell = Callable[[Cell, CellResult], None]


def run_cells(cells: Sequence[Cell], folder: Path, jobs: int, on_cell: OnCell) -> dict[str, CellResult]:
    """Run or read every cell.

    Args:
        cells: what to run; cells of one digest are run once.
        folder: where the run directories are and go.
        jobs: how many processes.
        on_cell: called as cells end, in whatever order they do.

    Returns:
        Every cell's result by its digest, in the order of the cells.

    Raises:
        RunError: the folder cannot be made, or another sweep works in it.
        KeyboardInterrupt: passed on; the cells that were under way are left half done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {folder}: {error.strerror}; choose another --out") from error
    wanted = {cell.digest: cell for cell in cells}
    results: dict[str, CellResult] = {}
    waiting = deque(wanted.values())
    with _alone_in(folder), _one_thread_each():
        while waiting:
            # Closed here, so that an interruption ends the pool's processes wherever it comes.
            with closing(_drain(waiting, folder, jobs)) as ended:
                for result in ended:
                    results[result.digest] = result
                    on_cell(wanted[result.digest], result)
    return {digest: results[digest] for digest in wanted}


def finish_cell(cell: Cell, folder: Path) -> CellResult:
    """Make the cell's run directory unless it is complete, and read it. A failure is a result."""
    path = folder / cell.digest
    try:
        if not is_complete(path):
            _make(cell, path)
        return read_cell(cell.digest, path)
    except QflError as error:
        return CellResult(cell.digest, failure=str(error))
    except Exception as error:  # one cell's defect must not lose the others
        return CellResult(cell.digest, failure=f"{type(error).__name__}: {error}")


def _make(cell: Cell, path: Path) -> None:
    """Run a cell beside its place and move it there, so that its place never holds half of it."""
    for half in (path, *path.parent.glob(f"{path.name}.half-*")):
        if half.exists():
            shutil.rmtree(half)
    # Named for the process: one that outlived its killed sweep cannot write among the files of the next.
    beside = path.with_name(f"{path.name}.half-{os.getpid()}")
    run(cell.scenario, beside, scenario_text=to_toml(cell.scenario), baselines=False)
    beside.rename(path)


def is_complete(path: Path) -> bool:
    """Whether a run directory says that its run came to its end."""
    try:
        return RunArchive(path).facts().get("status") == COMPLETE
    except RunError:
        return False


def read_cell(digest: str, path: Path) -> CellResult:
    """What a complete run directory says, recomputed.

    Raises:
        QflError: it does not read, though it says it is complete.
    """
    summary = summarise(path)
    pooled = summary.rounds[-1].figures["pooled"]
    honest = [one for one in summary.participants if one.behaviour == HONEST]
    attackers = [one for one in summary.participants if one.behaviour != HONEST]
    return CellResult(
        digest=digest,
        equal=summary.recomputed.sound,
        reports=len(summary.recomputed.history.standing),
        accuracy=pooled["accuracy"],
        auc=pooled["auc"],
        honest=_together(honest),
        attackers=_together(attackers),
    )


def _together(rows: Sequence[ParticipantRow]) -> Parties:
    return Parties(
        len(rows),
        sum(one.earned for one in rows),
        sum(one.penalties for one in rows),
        sum(one.gas for one in rows),
    )


def _drain(waiting: deque[Cell], folder: Path, jobs: int) -> Generator[CellResult]:
    """Work off the cells in one pool, until none waits or a process of the pool has died."""
    # Not forked: JAX and the chain start threads, which a fork would lose.
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _leave_interrupts_to_the_parent)
    flying: dict[Future[CellResult], Cell] = {}
    alive = True
    try:
        while flying or (waiting and alive):
            while alive and waiting and len(flying) < jobs:
                alive = _hand_in(pool, waiting, folder, flying)
            for done in wait(flying, return_when=FIRST_COMPLETED).done:
                yield _result(done, flying.pop(done))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        # What they were doing is done again another time.
        for child in multiprocessing.active_children():
            if child not in others:
                child.terminate()
        raise
    pool.shutdown()


def _hand_in(
    pool: ProcessPoolExecutor, waiting: deque[Cell], folder: Path, flying: dict[Future[CellResult], Cell]
) -> bool:
    """Give the pool the next cell; whether it took it."""
    try:
        flying[pool.submit(finish_cell, waiting[0], folder)] = waiting[0]
    except BrokenProcessPool:
        return False
    waiting.popleft()
    return True


def _result(done: Future[CellResult], cell: Cell) -> CellResult:
    try:
        return done.result()
    except BrokenProcessPool:
        return CellResult(cell.digest, failure=DIED)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other sweeps out: each takes the other's half done cells for those of a sweep that was killed.

    The lock is the kernel's, and ends with the process that has it.
    """
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError(f"another sweep works in {folder}: wait until it ends, or choose another --out") from error
        yield


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile get one thread for linear algebra: they have the cores among themselves."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
