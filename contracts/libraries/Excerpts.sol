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

    /// @dev Replaces the nodes `low` to `high` of a level by their parents, in place: a parent is written where both
    /// its children, or the children before them, stood. Returns how many siblings are used up by now; more than there
    /// are means that one was missing.
    function _climb(bytes32[] memory nodes, uint256 low, uint256 high, bytes32[] memory siblings, uint256 used)
        private
        pure
        returns (uint256)
    {
        if (used + (low & 1) + (~high & 1) > siblings.length) return siblings.length + 1;
        uint256 end = high >> 1;
        for (uint256 parent = low >> 1; parent <= end; ++parent) {
            uint256 child = parent << 1;
            bytes32 left = child < low ? siblings[used++] : nodes[child - low];
            bytes32 right = child == high ? siblings[used++] : nodes[child + 1 - low];
            nodes[parent - (low >> 1)] = _node(left, right);
        }
        return used;
    }

    /// @dev keccak256(0x00, leaf) of each.
    function _hashes(bytes[] memory leaves) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) {
            bytes memory leaf = leaves[i];
            bytes32 hashed;
            // Safe: the word of the length holds the prefix, a zero byte, for as long as it takes to hash; nothing
            // else is written.
            assembly ("memory-safe") {
                let length := mload(leaf)
                mstore(leaf, 0)
                hashed := keccak256(add(leaf, 31), add(length, 1))
                mstore(leaf, length)
            }
            nodes[i] = hashed;
        }
    }

    /// @dev keccak256(0x01, left, right).
    function _node(bytes32 left, bytes32 right) private pure returns (bytes32 hashed) {
        // Safe: writes behind the free memory pointer, where nothing is kept.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            hashed := keccak256(free, 65)
        }
    }
}
