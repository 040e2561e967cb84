// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation} from "../../contracts/interfaces/IFederation.sol";
import {Committee} from "../../contracts/libraries/Committee.sol";
import {Gwei} from "../../contracts/libraries/Gwei.sol";
import {RewardTree} from "../../contracts/libraries/RewardTree.sol";
import {requireEqual, require_, vm, within} from "./Vm.sol";
import {SlowTree} from "./SlowTree.sol";

/// @title LibrariesTest
/// @notice The libraries of the federation against slow and obvious versions, on random input.
contract LibrariesTest {
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function fromWei(uint256 value) external pure returns (uint256) {
        return Gwei.fromWei(value);
    }

    function toUint64(uint256 amount) external pure returns (uint64) {
        return Gwei.toUint64(amount);
    }

    function contains(
        bytes32 root,
        uint256 total,
        address account,
        uint64 cumulative,
        uint256 index,
        bytes calldata proof
    ) external pure returns (bool) {
        return RewardTree.contains(root, total, account, cumulative, index, proof);
    }

    function check(bytes calldata signers, uint256 signed, bytes calldata signatures, bytes32 digest) external pure {
        Committee.check(signers, signed, signatures, digest);
    }

    /* GWEI */

    function testFuzz_OnlyPositiveWholeGweiPass(uint256 value, bool whole) external {
        value = whole ? value / 1 gwei * 1 gwei : value;
        if (value == 0) vm.expectRevert(IFederation.ZeroAmount.selector);
        else if (value % 1 gwei != 0) vm.expectRevert(abi.encodeWithSelector(IFederation.NotWholeGwei.selector, value));
        requireEqual(this.fromWei(value) * 1 gwei, value % 1 gwei == 0 ? value : 0, "the gwei of a value are that value");
    }

    function testFuzz_AmountsBeyond64BitsAreRefused(uint256 amount, uint8 shift) external {
        amount >>= shift;
        if (amount > type(uint64).max) {
            vm.expectRevert(abi.encodeWithSelector(IFederation.AmountTooLarge.selector, amount));
            this.toUint64(amount);
        } else {
            requireEqual(this.toUint64(amount), amount, "an amount stays what it is");
        }
    }

    /* COMMITTEE */

    function testFuzz_TwoQuorumsShareAnHonestOracle(uint16 size) external pure {
        uint256 n = within(size, 1, 256);
        uint256 liars = (n - 1) / 3;
        uint256 quorum = Committee.quorum(n);
        require_(2 * quorum > n + liars, "two quorums share more oracles than lie");
        require_(quorum <= n - liars, "the honest are a quorum");
        require_(2 * (quorum - 1) <= n + liars, "no smaller number would do");
    }

    function testFuzz_OnlyTheSignaturesOfTheOraclesCount(
        uint256 seed,
        uint8 size,
        uint256 signed,
        bytes32 digest,
        uint256 flip
    ) external {
        uint256 n = within(size, 1, 7);
        signed &= (1 << n) - 1;
        (bytes memory signers, bytes memory signatures, uint256 count) = _signed(_keys(seed, n), signed, digest);
        uint256 quorum = Committee.quorum(n);
        if (count < quorum) {
            vm.expectRevert(abi.encodeWithSelector(IFederation.QuorumMissing.selector, count, quorum));
            this.check(signers, signed, signatures, digest);
            return;
        }
        this.check(signers, signed, signatures, digest);
        // Any bit that changes leads to another signer or to none.
        uint256 bit = flip % (signatures.length * 8);
        signatures[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert();
        this.check(signers, signed, signatures, digest);
    }

    function testFuzz_AHighSIsRefused(uint256 key, bytes32 digest) external {
        key = within(key, 1, ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        bytes memory twin = abi.encodePacked(r, (uint256(v == 27 ? 1 : 0) << 255) | (ORDER - uint256(s)));
        vm.expectRevert(abi.encodeWithSelector(IFederation.WrongSignature.selector, vm.addr(key)));
        this.check(abi.encodePacked(vm.addr(key)), 1, twin, digest);
    }

    /* REWARD TREE */

    function testFuzz_EveryLeafOfATreeIsInIt(uint256 seed, uint8 size, uint8 which) external view {
        (address[] memory accounts, uint64[] memory amounts) = _leaves(seed, within(size, 1, 17));
        (bytes32 root, uint256 total) = SlowTree.root(accounts, amounts);
        uint256 i = which % accounts.length;
        bytes memory proof = SlowTree.proof(accounts, amounts, i);
        require_(this.contains(root, total, accounts[i], amounts[i], i, proof), "the leaf is in the tree");
    }

    function testFuzz_NothingElseIsInATree(uint256 seed, uint8 size, uint8 which, uint8 part, uint256 change)
        external
        view
    {
        (address[] memory accounts, uint64[] memory amounts) = _leaves(seed, within(size, 1, 17));
        (bytes32 root, uint256 total) = SlowTree.root(accounts, amounts);
        uint256 i = which % accounts.length;
        bytes memory proof = SlowTree.proof(accounts, amounts, i);
        address account = accounts[i];
        uint64 amount = amounts[i];
        uint256 index = i;
        part %= 7;
        if (part == 0) root = bytes32(uint256(root) ^ (1 << (change % 256)));
        if (part == 1) total ^= 1 << (change % 256);
        if (part == 2) account = address(uint160(account) ^ uint160(1 << (change % 160)));
        if (part == 3) amount ^= uint64(1 << (change % 64));
        if (part == 4) index ^= 1 << (change % 256);
        if (part == 5 && proof.length == 0) part = 6;
        if (part == 5) proof[change % proof.length] ^= bytes1(uint8(1 << (change >> 8) % 8));
        if (part == 6) proof = bytes.concat(proof, new bytes(within(change, 1, 80)));
        require_(!this.contains(root, total, account, amount, index, proof), "a changed claim is not in the tree");
    }

    /* MAKING */

    function _keys(uint256 seed, uint256 n) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](n);
        for (uint256 i; i < n; ++i) keys[i] = within(uint256(keccak256(abi.encode(seed, i))), 1, ORDER - 1);
    }

    function _signed(uint256[] memory keys, uint256 signed, bytes32 digest)
        internal
        pure
        returns (bytes memory signers, bytes memory signatures, uint256 count)
    {
        for (uint256 i; i < keys.length; ++i) {
            signers = bytes.concat(signers, bytes20(vm.addr(keys[i])));
            if (signed >> i & 1 == 0) continue;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            signatures = abi.encodePacked(signatures, r, (uint256(v - 27) << 255) | uint256(s));
            ++count;
        }
    }

    function _leaves(uint256 seed, uint256 n)
        internal
        pure
        returns (address[] memory accounts, uint64[] memory amounts)
    {
        accounts = new address[](n);
        amounts = new uint64[](n);
        for (uint256 i; i < n; ++i) {
            bytes32 one = keccak256(abi.encode(seed, i));
            accounts[i] = address(bytes20(one));
            amounts[i] = uint64(uint256(one) & type(uint64).max) >> 5;
        }
    }
}
