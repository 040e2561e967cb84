// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReferee} from "../interfaces/IReferee.sol";

/// @title Encoding
/// @notice Whether bytes are the ABI encoding of a struct: the one encoding, with every part where the encoder puts
/// it, zeros as padding, and nothing before, between or after.
/// @dev `abi.decode` would give no reason for what is missing, and would pass over what is too much.
/// @dev The fields are named by letters: E an excerpt, B bytes, L a list of bytes, A an address, and H, I, Q, W
/// numbers of 16, 32, 64 and 256 bits.
library Encoding {
    uint256 private constant WORD = 32;

    /// @notice `data`, which must be the encoding of a struct of these fields, at least one of them dynamic.
    function checked(bytes calldata data, bytes memory fields) internal pure returns (bytes memory) {
        if (_word(data, 0) != WORD) _refuse();
        uint256 at = WORD;
        uint256 tail = fields.length * WORD;
        for (uint256 i; i < fields.length; ++i) {
            uint256 value = _word(data, at + i * WORD);
            bytes1 kind = fields[i];
            uint256 bits = _bits(kind);
            if (bits != 0) {
                if (bits < 256 && value >> bits != 0) _refuse();
                continue;
            }
            if (value != tail) _refuse();
            if (kind == "B") tail = _bytes(data, at + tail) - at;
            else if (kind == "L") tail = _list(data, at + tail) - at;
            else tail = _excerpt(data, at + tail) - at;
        }
        if (at + tail != data.length) _refuse();
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

    /// @dev Where the excerpt that begins at `at` ends; so the two below for theirs.
    function _excerpt(bytes calldata data, uint256 at) private pure returns (uint256 end) {
        bool narrow = (_word(data, at) | _word(data, at + WORD)) >> 32 == 0;
        if (!narrow || _word(data, at + 2 * WORD) != 4 * WORD) _refuse();
        end = _list(data, at + 4 * WORD);
        if (_word(data, at + 3 * WORD) != end - at) _refuse();
        return end + WORD + _length(data, end) * WORD;
    }

    function _list(bytes calldata data, uint256 at) private pure returns (uint256 end) {
        uint256 length = _length(data, at);
        at += WORD;
        end = at + length * WORD;
        for (uint256 i; i < length; ++i) {
            if (_word(data, at + i * WORD) != end - at) _refuse();
            end = _bytes(data, end);
        }
    }

    function _bytes(bytes calldata data, uint256 at) private pure returns (uint256 end) {
        uint256 length = _length(data, at);
        end = at + WORD + (length + WORD - 1) / WORD * WORD;
        uint256 used = length % WORD;
        // Only what is no padding may be there.
        if (used != 0 && _word(data, end - WORD) << (8 * used) != 0) _refuse();
    }

    /// @dev A length, which no more than the data has bytes: nothing that is computed from it overflows.
    function _length(bytes calldata data, uint256 at) private pure returns (uint256 length) {
        length = _word(data, at);
        if (length > data.length) _refuse();
    }

    function _word(bytes calldata data, uint256 at) private pure returns (uint256 word) {
        if (at + WORD > data.length) _refuse();
        // Safe: inside, by the line above.
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, at))
        }
    }

    function _refuse() private pure {
        revert IReferee.UnreadableBytes("proof");
    }
}
