"""A machine's clock far from the chain's is said so."""

from __future__ import annotations

from qfl_chain.chain.clock import clock_warning


def test_clocks_close_together_need_no_word() -> None:
    assert clock_warning(1_000, 1_060.0) is None
    assert clock_warning(1_000, 940.4) is None


def test_an_old_block_points_to_the_node_or_the_clock() -> None:
    warning = clock_warning(1_000, 5_000.0)
    assert warning is not None
    assert "4,000 s older" in warning
    assert "node is synced" in warning


def test_a_block_from_the_future_points_to_this_machines_clock() -> None:
    warning = clock_warning(1_000, 900.0, tolerance=99)
    assert warning is not None
    assert "100 s ahead" in warning
    assert "check NTP here" in warning
