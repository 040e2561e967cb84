// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    AggregateProof,
    CoalitionsProof,
    ContributionProof,
    DecreaseProof,
    HeaderProof,
    IReferee,
    LeafProof,
    LossProof,
    ModelProof,
    PlayersProof,
    RewardsProof,
    SplitProof,
    StandingProof,
    SubsetProof,
    SumProof,
    VerdictProof,
    WeightProof
} from "../interfaces/IReferee.sol";

/// @title Proofs
/// @notice Reads proofs from the bytes that hold them, which must be the ABI encoding of the struct: the one encoding,
/// with every part where the encoder puts it, zeros as padding, and nothing before, between or after.
/// @dev `abi.decode` would give no reason for what is missing, would pass over what is too much, and would copy all of
/// it once more. Here the encoding becomes the struct where it lies: in memory a struct is laid out as in the
/// encoding, but with pointers for offsets.
/// @dev The fields of a struct are named by letters: E an excerpt, B bytes, A an address, and H, I, Q, W numbers of 16,
/// 32, 64 and 256 bits.
library Proofs {
    uint256 private constant WORD = 32;

    /* ONE FOR EACH FAULT */

    // Each returns a list of one: what a struct would be set to at first, and never used, is code for nothing.
    // Safe assembly, in all of them: `_open` makes a list of one struct with these fields.

    function leaf(bytes calldata data) internal pure returns (LeafProof[] memory one) {
        bytes memory list = _open(data, "E");
        assembly ("memory-safe") {
            one := list
        }
    }

    function header(bytes calldata data) internal pure returns (HeaderProof[] memory one) {
        bytes memory list = _open(data, "E");
        assembly ("memory-safe") {
            one := list
        }
    }

    function subset(bytes calldata data) internal pure returns (SubsetProof[] memory one) {
        bytes memory list = _open(data, "EE");
        assembly ("memory-safe") {
            one := list
        }
    }

    function standing(bytes calldata data) internal pure returns (StandingProof[] memory one) {
        bytes memory list = _open(data, "EBBB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function players(bytes calldata data) internal pure returns (PlayersProof[] memory one) {
        bytes memory list = _open(data, "E");
        assembly ("memory-safe") {
            one := list
        }
    }

    function coalitions(bytes calldata data) internal pure returns (CoalitionsProof[] memory one) {
        bytes memory list = _open(data, "EEEE");
        assembly ("memory-safe") {
            one := list
        }
    }

    function model(bytes calldata data) internal pure returns (ModelProof[] memory one) {
        bytes memory list = _open(data, "EEEBB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function loss(bytes calldata data) internal pure returns (LossProof[] memory one) {
        bytes memory list = _open(data, "EEEEBIBB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function sum(bytes calldata data) internal pure returns (SumProof[] memory one) {
        bytes memory list = _open(data, "EEB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function contribution(bytes calldata data) internal pure returns (ContributionProof[] memory one) {
        bytes memory list = _open(data, "EEEH");
        assembly ("memory-safe") {
            one := list
        }
    }

    function weight(bytes calldata data) internal pure returns (WeightProof[] memory one) {
        bytes memory list = _open(data, "E");
        assembly ("memory-safe") {
            one := list
        }
    }

    function aggregate(bytes calldata data) internal pure returns (AggregateProof[] memory one) {
        bytes memory list = _open(data, "EEEBB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function verdict(bytes calldata data) internal pure returns (VerdictProof[] memory one) {
        bytes memory list = _open(data, "EEE");
        assembly ("memory-safe") {
            one := list
        }
    }

    function split(bytes calldata data) internal pure returns (SplitProof[] memory one) {
        bytes memory list = _open(data, "EE");
        assembly ("memory-safe") {
            one := list
        }
    }

    function rewards(bytes calldata data) internal pure returns (RewardsProof[] memory one) {
        bytes memory list = _open(data, "EB");
        assembly ("memory-safe") {
            one := list
        }
    }

    function decrease(bytes calldata data) internal pure returns (DecreaseProof[] memory one) {
        bytes memory list = _open(data, "AQWBQWB");
        assembly ("memory-safe") {
            one := list
        }
    }

    /* READING */

    /// @dev A list of one, the struct of these fields that `data` encodes. At least one of them is dynamic, so that the
    /// encoding begins with the offset of the struct: behind the length of the bytes, as the one pointer of a list.
    function _open(bytes memory data, bytes memory fields) private pure returns (bytes memory) {
        uint256 tail = fields.length * WORD;
        for (uint256 i; i < fields.length; ++i) {
            uint256 place = WORD + i * WORD;
            uint256 bits = _bits(fields[i]);
            if (bits != 0) {
                if (bits < 256 && _word(data, place) >> bits != 0) _refuse();
                continue;
            }
            uint256 start = WORD + tail;
            _point(data, place, WORD, start);
            tail = (fields[i] == "B" ? _bytes(data, start) : _excerpt(data, start)) - WORD;
        }
        if (WORD + tail != data.length) _refuse();
        _point(data, 0, 0, WORD);
        // Safe: nobody reads `data` as bytes from here on.
        assembly ("memory-safe") {
            mstore(data, 1)
        }
        return data;
    }

    /// @dev The width of a number; zero for what stands behind an offset.
    function _bits(bytes1 kind) private pure returns (uint256) {
        if (kind == "H") return 16;
        if (kind == "I") return 32;
        if (kind == "Q") return 64;
        if (kind == "A") return 160;
        return kind == "W" ? 256 : 0;
    }

    /// @dev Where the excerpt that begins at `at` ends; so those below for theirs.
    function _excerpt(bytes memory data, uint256 at) private pure returns (uint256 end) {
        if ((_word(data, at) | _word(data, at + WORD)) >> 32 != 0) _refuse();
        _point(data, at + 2 * WORD, at, at + 4 * WORD);
        end = _list(data, at + 4 * WORD);
        _point(data, at + 3 * WORD, at, end);
        end += WORD + _length(data, end) * WORD;
    }

    function _list(bytes memory data, uint256 at) private pure returns (uint256 end) {
        uint256 length = _length(data, at);
        // Safe unchecked, here and below: places come from lengths, and those are bounded.
        unchecked {
            at += WORD;
            end = at + length * WORD;
            for (uint256 place = at; length != 0; --length) {
                _point(data, place, at, end);
                end = _bytes(data, end);
                place += WORD;
            }
        }
    }

    function _bytes(bytes memory data, uint256 at) private pure returns (uint256 end) {
        uint256 length = _length(data, at);
        unchecked {
            end = at + WORD + (length + WORD - 1) / WORD * WORD;
            uint256 used = length % WORD;
            // Only what is no padding may be there.
            if (used != 0 && _word(data, end - WORD) << (8 * used) != 0) _refuse();
        }
    }

    /// @dev Makes the offset at `place`, which must lead from `origin` to `target`, a pointer.
    function _point(bytes memory data, uint256 place, uint256 origin, uint256 target) private pure {
        unchecked {
            if (_word(data, place) != target - origin) _refuse();
        }
        // Safe: inside of `data`, as the word just read was.
        assembly ("memory-safe") {
            let start := add(data, 32)
            mstore(add(start, place), add(start, target))
        }
    }

    /// @dev A length, which no more than the data has bytes: nothing that is computed from it overflows.
    function _length(bytes memory data, uint256 at) private pure returns (uint256 length) {
        length = _word(data, at);
        if (length > data.length) _refuse();
    }

    function _word(bytes memory data, uint256 at) private pure returns (uint256 word) {
        unchecked {
            if (at + WORD > data.length) _refuse();
        }
        // Safe: inside, by the line above.
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), at))
        }
    }

    function _refuse() private pure {
        revert IReferee.UnreadableBytes("proof");
    }
}
