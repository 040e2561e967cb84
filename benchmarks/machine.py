"""The machine a benchmark ran on, in one line."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine_line() -> str:
    """Processor, cores this process may use, Python and the packages that matter."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("jax", "pennylane", "numpy", "py-evm"))
    return f"{_processor()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, {packages}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
