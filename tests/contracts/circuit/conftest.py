"""The harness, compiled and deployed once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qfl_chain.chain.compile import find_compiler
from qfl_chain.errors import Unavailable
from tests.anvil import anvil
from tests.contracts.chain import Chain

from .calls import ANVIL_OPTIONS, Call, on_anvil, on_py_evm


@pytest.fixture(scope="session")
def _compiler() -> None:
    try:
        find_compiler()
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def py_evm(_compiler: None) -> Call:
    """Slow, and needs nothing installed."""
    return on_py_evm(Chain(["sponsor"]))


@pytest.fixture(scope="session")
def fast(_compiler: None) -> Iterator[Call]:
    """On anvil; skips where it is absent."""
    with anvil(*ANVIL_OPTIONS) as node:
        yield on_anvil(node)
