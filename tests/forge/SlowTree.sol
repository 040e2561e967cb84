// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title SlowTree
/// @notice The Merkle-sum tree of cumulative rewards, built level by level in the order given.
library SlowTree {
    struct Node {
        bytes32 hash;
        uint64 sum;
    }

    /// @notice The root of a tree and its sum.
    function root(address[] memory accounts, uint64[] memory amounts) internal pure returns (bytes32, uint64) {
        Node[] memory level = _leaves(accounts, amounts);
        while (level.length > 1) level = _above(level);
        return (level[0].hash, level[0].sum);
    }

    /// @notice Each sibling's hash and sum on the way from the leaf at `index` to the root.
    function proof(address[] memory accounts, uint64[] memory amounts, uint256 index)
        internal
        pure
        returns (bytes memory steps)
    {
        for (Node[] memory level = _leaves(accounts, amounts); level.length > 1; level = _above(level)) {
            Node memory sibling = level[index ^ 1];
            steps = abi.encodePacked(steps, sibling.hash, sibling.sum);
            index >>= 1;
        }
    }

    /// @dev Padded to a power of two with nothing.
    function _leaves(address[] memory accounts, uint64[] memory amounts) private pure returns (Node[] memory level) {
        uint256 width = 1;
        while (width < accounts.length) width *= 2;
        level = new Node[](width);
        for (uint256 i; i < accounts.length; ++i) {
            level[i] = Node(keccak256(abi.encodePacked(bytes1(0x00), accounts[i], amounts[i])), amounts[i]);
        }
    }

    function _above(Node[] memory below) private pure returns (Node[] memory level) {
        level = new Node[](below.length / 2);
        for (uint256 i; i < level.length; ++i) {
            (Node memory left, Node memory right) = (below[2 * i], below[2 * i + 1]);
            level[i] = Node(keccak256(abi.encodePacked(left.hash, left.sum, right.hash, right.sum)), left.sum + right.sum);
        }
    }
}
