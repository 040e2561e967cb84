// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation} from "../interfaces/IFederation.sol";

/// @title Committee
/// @notice The oracles: their hash, their quorum, and whether enough of them signed.
library Committee {
    /// @dev An address, and an EIP-2098 signature.
    uint256 internal constant ADDRESS = 20;
    uint256 internal constant SIGNATURE = 64;

    /// @dev Half the order of secp256k1: a larger s has a smaller twin, and only the smaller is accepted (EIP-2). The
    /// 255 bits of a compact signature leave little above it.
    uint256 internal constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice keccak256 of the packed addresses, which must be 1 to 256, ascending and not zero.
    function hash(address[] memory oracles) internal pure returns (bytes32) {
        if (oracles.length == 0 || oracles.length > 256) revert IFederation.InvalidCommittee();
        bytes memory packed;
        address last;
        for (uint256 i; i < oracles.length; ++i) {
            if (oracles[i] <= last) revert IFederation.InvalidCommittee();
            last = oracles[i];
            packed = bytes.concat(packed, bytes20(last));
        }
        return keccak256(packed);
    }

    /// @notice The votes of `n` oracles that decide although f = (n - 1) / 3 of them lie: two quorums share an honest
    /// oracle.
    function quorum(uint256 n) internal pure returns (uint256) {
        return (n + (n - 1) / 3) / 2 + 1;
    }

    /// @notice How many oracles these packed addresses are.
    function size(bytes calldata signers) internal pure returns (uint256) {
        return signers.length / ADDRESS;
    }

    /// @notice The oracle at this place, or zero where there is none.
    function at(bytes calldata signers, uint256 index) internal pure returns (address) {
        if (index >= size(signers)) return address(0);
        return _at(signers, index);
    }

    /// @notice Reverts unless this is `oracle`'s signature of `digest`, alone and in 64 bytes.
    function requireSigned(address oracle, bytes32 digest, bytes calldata signature) internal pure {
        if (signature.length != SIGNATURE) revert IFederation.SignaturesLength(signature.length, SIGNATURE);
        if (_recover(digest, signature, 0) != oracle) revert IFederation.WrongSignature(oracle);
    }

    /// @notice Reverts unless a quorum of different oracles signed `digest`.
    /// @param signers The committee's packed addresses, already compared with its hash.
    /// @param signed Bit i is set where the i-th oracle signed; a bit counts once, so no oracle counts twice.
    /// @param signatures One EIP-2098 signature for each bit set, in their order, and nothing else.
    function check(bytes calldata signers, uint256 signed, bytes calldata signatures, bytes32 digest) internal pure {
        uint256 count = _bits(signed);
        uint256 needed = quorum(size(signers));
        if (count < needed) revert IFederation.QuorumMissing(count, needed);
        if (signatures.length != count * SIGNATURE) {
            revert IFederation.SignaturesLength(signatures.length, count * SIGNATURE);
        }
        if (signed >> size(signers) != 0) revert IFederation.UnknownSigner(signed);

        // Safe unchecked: no bit of `signed` is beyond the signers, and there is a signature for each, so both counters
        // stay within the calldata.
        unchecked {
            uint256 offset;
            for (uint256 i; signed >> i != 0; ++i) {
                if (signed >> i & 1 == 0) continue;
                address oracle = _at(signers, i);
                if (_recover(digest, signatures, offset) != oracle) revert IFederation.WrongSignature(oracle);
                offset += SIGNATURE;
            }
        }
    }

    /// @dev The address at a place that the caller knows to be within `signers`.
    function _at(bytes calldata signers, uint256 index) private pure returns (address oracle) {
        // Safe: reads calldata only. The 12 bytes behind the address are shifted out.
        assembly ("memory-safe") {
            oracle := shr(96, calldataload(add(signers.offset, mul(index, ADDRESS))))
        }
    }

    /// @dev The signer of `digest` by the signature at this offset, which the caller knows to be within `signatures`;
    /// or zero.
    function _recover(bytes32 digest, bytes calldata signatures, uint256 offset) private pure returns (address) {
        bytes32 r;
        uint256 vs;
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            let place := add(signatures.offset, offset)
            r := calldataload(place)
            vs := calldataload(add(place, 32))
        }
        uint256 s = vs & uint256(type(int256).max);
        if (s > MAX_S) return address(0);
        // Safe cast: one bit plus 27.
        return ecrecover(digest, uint8((vs >> 255) + 27), r, bytes32(s));
    }

    /// @dev How many bits are set.
    function _bits(uint256 word) private pure returns (uint256 count) {
        for (; word != 0; word &= word - 1) ++count;
    }
}
