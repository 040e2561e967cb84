// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title RewardTree
/// @notice Proofs in the Merkle-sum tree of cumulative rewards.
/// @dev A leaf is keccak256(0x00, account, cumulative), a node keccak256(left, left sum, right, right sum), sums in
/// 64 bits. Leaves hash 29 bytes and nodes 80, so one cannot pass for the other.
library RewardTree {
    /// @dev A sibling's hash and its sum.
    uint256 internal constant STEP = 40;

    /// @notice Whether `account` has `cumulative` at position `index` of the tree with this root and sum.
    /// @dev Every node binds the sums of both children, so the sum along the path must come out as `total` exactly.
    function contains(
        bytes32 root,
        uint256 total,
        address account,
        uint64 cumulative,
        uint256 index,
        bytes calldata proof
    ) internal pure returns (bool) {
        if (proof.length % STEP != 0) return false;
        bytes32 node = keccak256(abi.encodePacked(bytes1(0x00), account, cumulative));
        uint256 sum = cumulative;
        // Safe unchecked: the length is a multiple of a step, so the offset ends on it; the sum of fewer than 2^192 steps
        // of 64 bits does not overflow.
        unchecked {
            for (uint256 at; at != proof.length; at += STEP) {
                bytes32 sibling;
                uint256 beside;
                // Safe: reads the 40 bytes of this step; the 24 behind them are shifted out.
                assembly ("memory-safe") {
                    let step := add(proof.offset, at)
                    sibling := calldataload(step)
                    beside := shr(192, calldataload(add(step, 32)))
                }
                // A sum beyond 64 bits is cut in the hash, but it never shrinks, so it cannot equal `total` below.
                node = index & 1 == 0 ? _node(node, sum, sibling, beside) : _node(sibling, beside, node, sum);
                sum += beside;
                index >>= 1;
            }
        }
        return index == 0 && node == root && sum == total;
    }

    /// @dev keccak256(left, left sum, right, right sum), sums in 64 bits.
    function _node(bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum) private pure returns (bytes32 hash) {
        // Safe: writes behind the free memory pointer, where nothing is kept; each word overwrites what the one before
        // left behind its field.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, left)
            mstore(add(free, 32), shl(192, leftSum))
            mstore(add(free, 40), right)
            mstore(add(free, 72), shl(192, rightSum))
            hash := keccak256(free, 80)
        }
    }
}
