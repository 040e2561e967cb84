// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Sort
/// @notice Puts words in order. A merge sort: nobody can make it slow by choosing what is sorted.
library Sort {
    /// @dev Runs of so many words are sorted by insertion, and then merged.
    uint256 private constant RUN = 8;

    /// @notice The words in ascending order, as unsigned numbers.
    /// @param words What to sort; overwritten.
    /// @param scratch An array at least as long; overwritten.
    /// @return sorted One of the two arrays: the first `words.length` words of it.
    function ascending(uint256[] memory words, uint256[] memory scratch)
        internal
        pure
        returns (uint256[] memory sorted)
    {
        assert(scratch.length >= words.length);
        uint256 length = words.length;
        sorted = words;
        uint256[] memory other = scratch;
        _sortRuns(words);
        for (uint256 width = RUN; width < length; width *= 2) {
            _mergeRuns(sorted, other, length, width);
            (sorted, other) = (other, sorted);
        }
    }

    /// @dev Sorts each run of RUN words where it stands.
    function _sortRuns(uint256[] memory words) private pure {
        // Safe: a word is only written to its own place in the array or to one before it in its run.
        assembly ("memory-safe") {
            let first := add(words, 32)
            let end := add(first, shl(5, mload(words)))
            for { let at := first } lt(at, end) { at := add(at, 32) } {
                let start := sub(at, and(sub(at, first), sub(mul(RUN, 32), 1)))
                let word := mload(at)
                let to := at
                for {} gt(to, start) {} {
                    let before := mload(sub(to, 32))
                    if iszero(gt(before, word)) { break }
                    mstore(to, before)
                    to := sub(to, 32)
                }
                mstore(to, word)
            }
        }
    }

    /// @dev Merges each pair of neighbouring runs of `width` sorted words from `source` into `target`.
    function _mergeRuns(uint256[] memory source, uint256[] memory target, uint256 length, uint256 width) private pure {
        // Safe: every address lies between the first word of an array and the `length`-th, and both arrays are that
        // long. No sum overflows, since addresses and lengths in memory are far below 2^256.
        assembly ("memory-safe") {
            let run := shl(5, width)
            let left := add(source, 32)
            let end := add(left, shl(5, length))
            let to := add(target, 32)
            for {} lt(left, end) {} {
                let middle := add(left, run)
                if gt(middle, end) { middle := end }
                let right := middle
                let limit := add(middle, run)
                if gt(limit, end) { limit := end }
                for {} and(lt(left, middle), lt(right, limit)) { to := add(to, 32) } {
                    let a := mload(left)
                    let b := mload(right)
                    switch gt(a, b)
                    case 0 {
                        mstore(to, a)
                        left := add(left, 32)
                    }
                    default {
                        mstore(to, b)
                        right := add(right, 32)
                    }
                }
                // One of the runs is used up; what is left of the other one follows.
                let rest := sub(middle, left)
                mcopy(to, left, rest)
                to := add(to, rest)
                rest := sub(limit, right)
                mcopy(to, right, rest)
                to := add(to, rest)
                left := limit
            }
        }
    }
}
