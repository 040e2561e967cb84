// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReferee} from "../interfaces/IReferee.sol";

/// @title SumTree
/// @notice The whole Merkle-sum tree of cumulative rewards, and claims in it, from memory.
/// @dev The tree is `RewardTree`'s, which reads calldata and only ever sees one path. Here an account is a word: the
/// address above 64 bits of gwei, so that words sort like addresses.
library SumTree {
    /// @dev A packed account: address and amount.
    uint256 private constant ACCOUNT = 28;
    /// @dev A sibling's hash and its sum.
    uint256 private constant STEP = 40;

    function pack(address account, uint64 amount) internal pure returns (uint256) {
        return (uint256(uint160(account)) << 64) | amount;
    }

    function accountOf(uint256 word) internal pure returns (uint256) {
        return word >> 64;
    }

    function amountOf(uint256 word) internal pure returns (uint256) {
        return word & type(uint64).max;
    }

    /// @notice The accounts of a packed list, which must ascend.
    function unpack(bytes memory packed) internal pure returns (uint256[] memory accounts) {
        if (packed.length % ACCOUNT != 0) revert IReferee.UnreadableBytes("accounts");
        accounts = new uint256[](packed.length / ACCOUNT);
        for (uint256 i; i < accounts.length; ++i) {
            uint256 offset = 32 + ACCOUNT * i;
            uint256 word;
            // Safe: reads only. The four bytes behind the account are shifted out.
            assembly ("memory-safe") {
                word := shr(32, mload(add(packed, offset)))
            }
            if (i != 0 && accountOf(word) <= accountOf(accounts[i - 1])) revert IReferee.UnreadableBytes("accounts");
            accounts[i] = word;
        }
    }

    /// @notice Whether the tree over these accounts has this root and sum.
    /// @dev Leaves are padded to a power of two with zero hashes; no account at all is a zero hash.
    function isTree(bytes32 expected, uint256 total, uint256[] memory accounts) internal pure returns (bool) {
        uint256 width = 1;
        while (width < accounts.length) width *= 2;
        bytes32[] memory nodes = new bytes32[](width);
        uint256[] memory sums = new uint256[](width);
        for (uint256 i; i < accounts.length; ++i) {
            nodes[i] = _leaf(address(uint160(accountOf(accounts[i]))), uint64(amountOf(accounts[i])));
            sums[i] = amountOf(accounts[i]);
        }
        for (; width != 1; width /= 2) {
            for (uint256 i; i < width; i += 2) {
                nodes[i / 2] = _join(nodes[i], sums[i], nodes[i + 1], sums[i + 1]);
                sums[i / 2] = sums[i] + sums[i + 1];
            }
        }
        return nodes[0] == expected && sums[0] == total;
    }

    /// @notice See `RewardTree.contains`.
    function contains(
        bytes32 root,
        uint256 total,
        address account,
        uint64 cumulative,
        uint256 index,
        bytes memory proof
    ) internal pure returns (bool) {
        if (proof.length % STEP != 0) return false;
        bytes32 node = _leaf(account, cumulative);
        uint256 sum = cumulative;
        for (uint256 offset = 32; offset < 32 + proof.length; offset += STEP) {
            bytes32 sibling;
            uint256 beside;
            // Safe: reads only. The 24 bytes behind the sum are shifted out.
            assembly ("memory-safe") {
                sibling := mload(add(proof, offset))
                beside := shr(192, mload(add(proof, add(offset, 32))))
            }
            node = index & 1 == 0 ? _join(node, sum, sibling, beside) : _join(sibling, beside, node, sum);
            sum += beside;
            index >>= 1;
        }
        return index == 0 && node == root && sum == total;
    }

    function _leaf(address account, uint64 amount) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), account, amount));
    }

    /// @dev Safe casts: a sum beyond 64 bits is cut here, but sums never shrink, so it cannot equal a total.
    function _join(bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, uint64(leftSum), right, uint64(rightSum)));
    }
}
