from __future__ import annotations

import numpy as np
import pytest

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.codec import Rules, Validation, decode_validation, encode_validation
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.validation import check_validation, validation_leaves, validation_root

from .builders import validation_block

SMALL = Validation(Rules("trimmed-mean", 2, 6), np.array([[1, -2], [3, 4]]), np.array([2, 0]), 3)


def test_the_leaves_are_the_rules_and_every_sample() -> None:
    assert [leaf.hex() for leaf in validation_leaves(SMALL)] == [
        "010002000600000002000203",
        "0200000001fffffffe",
        "000000000300000004",
    ]


def test_the_leaves_say_what_the_block_says() -> None:
    block = validation_block()
    head, *samples = validation_leaves(decode_validation(block))
    labels, features = b"".join(one[:1] for one in samples), b"".join(one[1:] for one in samples)
    assert block == b"QFLV\x01" + head + labels + features


def test_the_root_is_that_of_the_leaves_and_changes_with_every_sample() -> None:
    assert validation_root(SMALL) == tree_root(validation_leaves(SMALL))
    other = Validation(SMALL.rules, np.array([[1, -2], [3, 5]]), SMALL.labels, 3)
    assert validation_root(other) != validation_root(SMALL)
    assert encode_validation(other) != encode_validation(SMALL)


def test_a_block_that_is_not_the_roots_is_refused() -> None:
    block = validation_block()
    check_validation(block, validation_root(decode_validation(block)))
    with pytest.raises(ProtocolError, match="sign nothing, and leave"):
        check_validation(block, bytes(32))
