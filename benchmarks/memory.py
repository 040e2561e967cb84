"""How much memory a process holds, from what Linux says of it."""

from __future__ import annotations

from pathlib import Path


def peak_kib(pid: int) -> int:
    """The most memory a program has held since it began.

    getrusage would also count what the process held before it became this program, which is its parent's memory.
    """
    return _status_kib(pid, "VmHWM")


def held_kib(pid: int) -> int:
    """The memory it holds now."""
    return _status_kib(pid, "VmRSS")


def _status_kib(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{field}:"))
