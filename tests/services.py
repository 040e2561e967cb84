"""Real services for tests: anvil, cast, geth and Kubo, where ``scripts/install-services`` or the machine has them.

A test that needs one asks :func:`need`, which skips with the reason where it is absent.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def find(name: str) -> Path | None:
    """The program, from ``QFL_SERVICES``, ``.services/bin`` of this checkout, or the path; None where absent."""
    for folder in (os.environ.get("QFL_SERVICES"), ROOT / ".services" / "bin"):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    found = shutil.which(name)
    return Path(found) if found else None


def need(name: str) -> Path:
    """The program; skips the test where it is absent."""
    found = find(name)
    if found is None:
        pytest.skip(f"{name} is not installed: scripts/install-services installs it")
    return found
