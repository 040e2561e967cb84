// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation} from "../../../contracts/interfaces/IFederation.sol";
import {Committee} from "../../../contracts/libraries/Committee.sol";
import {Gwei} from "../../../contracts/libraries/Gwei.sol";
import {RewardTree} from "../../../contracts/libraries/RewardTree.sol";
import {vm} from "../Vm.sol";

/// @title SymbolicTest
/// @notice What halmos proves for every input at once, with hashes as functions nobody can invert: `make halmos`.
contract SymbolicTest {
    function fromWei(uint256 value) external pure returns (uint256) {
        return Gwei.fromWei(value);
    }

    function toUint64(uint256 amount) external pure returns (uint64) {
        return Gwei.toUint64(amount);
    }

    function contains(bytes32 root, uint256 total, address account, uint64 amount, uint256 index, bytes calldata proof)
        external
        pure
        returns (bool)
    {
        return RewardTree.contains(root, total, account, amount, index, proof);
    }

    /* GWEI */

    function check_WholeGweiPassAndNothingElse(uint256 value) external view {
        (bool passed, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.fromWei, (value)));
        assert(passed == (value != 0 && value % 1 gwei == 0));
        if (passed) assert(abi.decode(answer, (uint256)) == value / 1 gwei);
    }

    function check_64BitsPassAndNothingElse(uint256 amount) external view {
        (bool passed, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.toUint64, (amount)));
        assert(passed == (amount <= type(uint64).max));
        if (passed) assert(abi.decode(answer, (uint64)) == amount);
    }

    /* COMMITTEE */

    function check_TwoQuorumsShareAnHonestOracle(uint256 n) external pure {
        vm.assume(n > 0 && n <= 256);
        uint256 liars = (n - 1) / 3;
        uint256 quorum = Committee.quorum(n);
        assert(2 * quorum > n + liars);
        assert(quorum <= n - liars);
        assert(2 * (quorum - 1) <= n + liars);
    }

    /* THE TREE */

    /// @dev A tree of two: nobody claims another amount, place or account, whatever the sums.
    function check_ATreeOfTwoPaysWhatItHolds(
        address left,
        uint64 leftAmount,
        address right,
        uint64 rightAmount,
        address claimant,
        uint64 amount,
        uint256 index
    ) external view {
        bytes32 leftLeaf = keccak256(abi.encodePacked(bytes1(0x00), left, leftAmount));
        bytes32 rightLeaf = keccak256(abi.encodePacked(bytes1(0x00), right, rightAmount));
        bytes32 root = keccak256(abi.encodePacked(leftLeaf, leftAmount, rightLeaf, rightAmount));
        uint256 total = uint256(leftAmount) + rightAmount;
        bytes memory sibling =
            index & 1 == 0 ? abi.encodePacked(rightLeaf, rightAmount) : abi.encodePacked(leftLeaf, leftAmount);
        bool contained = this.contains(root, total, claimant, amount, index, sibling);
        bool isLeft = index == 0 && claimant == left && amount == leftAmount;
        bool isRight = index == 1 && claimant == right && amount == rightAmount;
        assert(contained == (isLeft || isRight));
    }

    /// @dev Whatever two steps a proof takes, it shows no more than the total.
    function check_NoClaimIsAboveTheTotal(
        bytes32 root,
        uint256 total,
        address account,
        uint64 amount,
        uint256 index,
        bytes32 first,
        uint64 firstSum,
        bytes32 second,
        uint64 secondSum
    ) external view {
        bytes memory proof = abi.encodePacked(first, firstSum, second, secondSum);
        if (!this.contains(root, total, account, amount, index, proof)) return;
        assert(amount <= total);
        assert(uint256(amount) + firstSum + secondSum == total);
        assert(index < 4);
    }

    function check_AProofIsWholeSteps(bytes32 root, uint256 total, address account, uint64 amount, bytes1 extra)
        external
        view
    {
        assert(!this.contains(root, total, account, amount, 0, abi.encodePacked(extra)));
    }
}
