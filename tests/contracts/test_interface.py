"""Every error and every event of the interface is pinned by some test of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from .abi import error_names, event_names

TESTS = "\n".join(
    path.read_text() for path in sorted(Path(__file__).parent.glob("test_*.py")) if path.name != "test_interface.py"
)


@pytest.mark.parametrize("name", sorted(error_names()))
def test_an_error_is_tested(name: str) -> None:
    assert f'"{name}' in TESTS


@pytest.mark.parametrize("name", sorted(event_names()))
def test_an_event_is_tested(name: str) -> None:
    assert f'"{name}"' in TESTS
