"""The tree over a validation block: its rules and samples as leaves, so that a dispute shows one sample alone.

Leaf 0 is ``rule uint8 | subset uint16 | permutations uint16 | samples uint32 | features uint16 | classes uint8``, the
fields of the block's head; leaf 1 + i is sample i, ``label uint8 | features x int32``. The root stands in the terms of
a federation and must be the one of the block that the terms name: the contract cannot compare the two, oracles
do before they sign. Rule P17.
"""

from __future__ import annotations

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.codec import Validation, decode_validation, encode_validation
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.packing import pack_uint

_HEAD = slice(5, 17)


def validation_leaves(validation: Validation) -> tuple[bytes, ...]:
    """The rules and every sample.

    Raises:
        MalformedPayload: a set that no block can hold.
    """
    rules = encode_validation(validation)[_HEAD]
    rows = validation.features.astype(">i4")
    return (
        rules,
        *(
            pack_uint(label, 8, "label") + row.tobytes()
            for label, row in zip(validation.labels.tolist(), rows, strict=True)
        ),
    )


def check_validation(block: bytes, root: bytes) -> None:
    """Whether the validation block is the one that the terms' root commits to.

    Raises:
        ProtocolError: it is not; under such terms an honest report could be refuted.
    """
    found = validation_root(decode_validation(block))
    if found != root:
        raise ProtocolError(
            f"the validation block leads to root 0x{found.hex()}, the terms say 0x{root.hex()}: under these terms "
            "right reports can be refuted; sign nothing, and leave"
        )


def validation_root(validation: Validation) -> bytes:
    """The root over rules and samples.

    Raises:
        MalformedPayload: a set that no block can hold.
    """
    return tree_root(validation_leaves(validation))
