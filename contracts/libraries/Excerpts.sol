// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Excerpt, IReferee} from "../interfaces/IReferee.sol";

/// @title Excerpts
/// @notice Runs of neighbouring leaves under a root that binds how many leaves there are.
/// @dev The Python twin is `qfl_chain.protocol.merkle.verify_excerpt`. A leaf, a node and a root hash bytes that begin
/// with 0, 1 and 2, so none can pass for another. `count` fixes the number of levels, so a leaf has one place only.
library Excerpts {
    /// @notice Reverts with the name of the excerpt unless `shown` leads to `root`.
    function check(bytes32 root, Excerpt memory shown, string memory part) internal pure {
        if (!contains(root, shown)) revert IReferee.InvalidExcerpt(part);
    }

    /// @notice Whether the leaves stand at their places under `root`, and no sibling is left over.
    function contains(bytes32 root, Excerpt memory shown) internal pure returns (bool) {
        uint256 low = shown.first;
        uint256 high = low + shown.leaves.length;
        if (high == low || high > shown.count) return false;
        high -= 1;

        bytes32[] memory nodes = _hashes(shown.leaves);
        uint256 used;
        // As many levels as the last position has bits.
        for (uint256 last = uint256(shown.count) - 1; last != 0; last >>= 1) {
            used = _climb(nodes, low, high, shown.siblings, used);
            if (used > shown.siblings.length) return false;
            low >>= 1;
            high >>= 1;
        }
        return used == shown.siblings.length
            && keccak256(abi.encodePacked(bytes1(0x02), shown.count, nodes[0])) == root;
    }

    /// @dev Replaces the nodes `low` to `high` of a level by their parents, in place, and returns how many siblings are
    /// used up by now; more than there are means that one was missing.
    function _climb(bytes32[] memory nodes, uint256 low, uint256 high, bytes32[] memory siblings, uint256 used)
        private
        pure
        returns (uint256)
    {
        // A sibling beside an odd first place, and one beside an even last place.
        uint256 needed = used + (low & 1) + (~high & 1);
        if (needed > siblings.length) return needed;
        // Safe: reads the nodes of the run and the siblings just counted. A parent is written where both its children,
        // or the children before them, stood. The pair is laid out behind the free memory pointer, where nothing is
        // kept.
        assembly ("memory-safe") {
            let sibling := add(add(siblings, 32), shl(5, used))
            let from := add(nodes, 32)
            let to := from
            let end := add(from, shl(5, add(sub(high, low), 1)))
            let pair := mload(0x40)
            mstore8(pair, 1)
            let left := add(pair, 1)
            let right := add(pair, 33)
            if and(low, 1) {
                mstore(left, mload(sibling))
                mstore(right, mload(from))
                mstore(to, keccak256(pair, 65))
                sibling := add(sibling, 32)
                from := add(from, 32)
                to := add(to, 32)
            }
            for {} lt(add(from, 32), end) {} {
                mcopy(left, from, 64)
                mstore(to, keccak256(pair, 65))
                from := add(from, 64)
                to := add(to, 32)
            }
            if lt(from, end) {
                mstore(left, mload(from))
                mstore(right, mload(sibling))
                mstore(to, keccak256(pair, 65))
            }
        }
        return needed;
    }

    /// @dev keccak256(0x00, leaf) of each.
    function _hashes(bytes[] memory leaves) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](leaves.length);
        // Safe: the word of a leaf's length holds the prefix, a zero byte, for as long as it takes to hash; else only
        // `nodes` is written, which is as long as `leaves`.
        assembly ("memory-safe") {
            let end := shl(5, mload(leaves))
            for { let i := 32 } iszero(gt(i, end)) { i := add(i, 32) } {
                let leaf := mload(add(leaves, i))
                let length := mload(leaf)
                mstore(leaf, 0)
                mstore(add(nodes, i), keccak256(add(leaf, 31), add(length, 1)))
                mstore(leaf, length)
            }
        }
    }
}
