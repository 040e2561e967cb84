// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Draws
/// @notice The draws of a round, the same as `qfl_chain.protocol.contribution.Draws` makes them.
/// @dev A stream of 64-bit words, four from each keccak256(seed, counter as uint32). Its seed binds the purpose, the
/// accumulator and the round, so no two purposes share a stream.
library Draws {
    uint256 private constant WORDS = 1 << 64;

    /// @dev `block_` holds the words of the last hash that are not used yet, `left` of them, the next one on top.
    struct Stream {
        bytes32 seed;
        uint256 counter;
        uint256 block_;
        uint256 left;
    }

    /// @notice The stream of one purpose, from its first word on.
    function open(string memory purpose, uint184 accumulator, uint16 round)
        internal
        pure
        returns (Stream memory stream)
    {
        stream.seed = keccak256(abi.encodePacked(purpose, accumulator, round));
    }

    /// @notice `size` distinct numbers below `population`, which must be at least as many, in drawn order.
    /// @dev Fisher and Yates, from the front. Only what was moved is written down, so that a small sample of a large
    /// population is cheap.
    function sample(Stream memory stream, uint256 population, uint256 size)
        internal
        pure
        returns (uint256[] memory items)
    {
        items = new uint256[](size);
        uint256[] memory moved = _table(size);
        for (uint256 i; i < size; ++i) {
            // The last one of all is not drawn: nothing else is left.
            uint256 other = i + 1 == population ? i : i + below(stream, population - i);
            uint256 at = _find(moved, other);
            items[i] = moved[at] == 0 ? other : uint128(moved[at]);
            uint256 here = _find(moved, i);
            uint256 displaced = moved[here] == 0 ? i : uint128(moved[here]);
            moved[at] = ((other + 1) << 128) | displaced;
        }
    }

    /// @notice A number below `bound`, which must be 1 to 2^64.
    /// @dev Words of the incomplete last stretch are passed over, so that no number is likelier than another.
    function below(Stream memory stream, uint256 bound) internal pure returns (uint256) {
        uint256 limit = WORDS / bound * bound;
        uint256 word = _next(stream);
        while (word >= limit) {
            word = _next(stream);
        }
        return word % bound;
    }

    function _next(Stream memory stream) private pure returns (uint256 word) {
        if (stream.left == 0) {
            // Safe cast: 2^32 hashes cost more gas than a block has.
            stream.block_ = uint256(keccak256(abi.encodePacked(stream.seed, uint32(stream.counter++))));
            stream.left = 4;
        }
        word = stream.block_ >> 192;
        stream.block_ <<= 64;
        --stream.left;
    }

    /// @dev A hash table for `size` entries, at most half full, its length a power of two. An entry is its place plus
    /// one, above the number that stands there now; an empty one is zero.
    function _table(uint256 size) private pure returns (uint256[] memory) {
        uint256 length = 2;
        while (length < 2 * size) {
            length <<= 1;
        }
        return new uint256[](length);
    }

    /// @dev Where the entry of `place` is, or would be.
    function _find(uint256[] memory table, uint256 place) private pure returns (uint256 at) {
        uint256 mask = table.length - 1;
        at = place & mask;
        while (table[at] != 0 && table[at] >> 128 != place + 1) {
            at = (at + 1) & mask;
        }
    }
}
