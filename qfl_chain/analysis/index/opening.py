"""A federation's history from a path: an index file, or a run directory."""

from __future__ import annotations

from pathlib import Path

from qfl_chain.analysis.index.database import Index, open_index
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.errors import RunError


def open_history(path: Path) -> Index:
    """An index file to read, or a run directory, indexed in memory.

    Raises:
        RunError: neither, or one that is damaged, of another version, or being written.
    """
    if path.is_dir():
        return index_run(path)
    if not path.exists():
        raise RunError(f"{path} is not there: give an index that `qfl analyze index` wrote, or a run directory")
    return open_index(path)
