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
        for (; proof.length != 0; proof = proof[STEP:]) {
            // Safe cast: a sum beyond 64 bits is cut here, but it never shrinks, so it cannot equal `total` below.
            node = index & 1 == 0
                ? keccak256(abi.encodePacked(node, uint64(sum), proof[:STEP]))
                : keccak256(abi.encodePacked(proof[:STEP], node, uint64(sum)));
            // Safe unchecked: a proof would need 2^192 steps to overflow.
            unchecked {
                sum += uint64(bytes8(proof[32:]));
            }
            index >>= 1;
        }
        return index == 0 && node == root && sum == total;
    }
}
