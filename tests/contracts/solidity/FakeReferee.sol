// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Excerpt, Fault, IReferee} from "../../../contracts/interfaces/IReferee.sol";

/// @title FakeReferee
/// @notice Believes whoever knows what the federation vouches for, and so shows tests that it vouches for the truth.
contract FakeReferee is IReferee {
    /// @inheritdoc IReferee
    /// @dev `proof` must be the hash of the fault and the facts.
    function judge(Fault fault, Case calldata facts, bytes calldata proof) external pure {
        if (bytes32(proof) != keccak256(abi.encode(fault, facts))) revert NoFault(fault);
    }

    /// @inheritdoc IReferee
    /// @dev `circuit` must be the hash of the facts; a payload that begins with a zero is no update.
    function malformed(
        bytes32 circuitDigest,
        uint64 maxNorm,
        uint16 round,
        bytes calldata payload,
        bytes calldata circuit
    ) external pure returns (bool) {
        if (bytes32(circuit) != keccak256(abi.encode(circuitDigest, maxNorm, round))) revert UnreadableBytes("circuit");
        return payload[0] == 0;
    }

    /// @inheritdoc IReferee
    function revealAt(uint184 accumulator, bytes calldata reveals, uint256 index)
        external
        pure
        returns (address participant, uint64 stake, bytes32 digest)
    {
        uint184 found;
        for (uint256 i; i < reveals.length; i += 60) {
            found = uint184(uint256(keccak256(abi.encodePacked(found, reveals[i:i + 60]))));
        }
        if (found != accumulator) revert WrongReveals(accumulator, found);
        if (index >= reveals.length / 60) revert OutOfRange("reveal", index, reveals.length / 60);
        bytes calldata one = reveals[index * 60:];
        return (address(bytes20(one)), uint64(bytes8(one[20:])), bytes32(one[28:]));
    }

    /// @inheritdoc IReferee
    /// @dev `row` must be the hash of the root and the index.
    function answers(bytes32 evidenceRoot, uint32 index, Excerpt calldata leaf, bytes calldata row) external pure {
        if (leaf.count == 0 || bytes32(row) != keccak256(abi.encode(evidenceRoot, index))) revert WrongExcerpt("leaf");
    }
}
