"""Every error of the referee is pinned by some test of the contracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from .bench import REFEREE_ERRORS

FOLDER = Path(__file__).parent.parent
TESTS = "\n".join(path.read_text() for path in sorted(FOLDER.rglob("test_*.py")) if path.name != Path(__file__).name)


@pytest.mark.parametrize("name", sorted(REFEREE_ERRORS))
def test_an_error_is_tested(name: str) -> None:
    assert f'"{name}"' in TESTS
