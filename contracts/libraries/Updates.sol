// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReferee} from "../interfaces/IReferee.sol";
import {Evidence} from "./Evidence.sol";

/// @title Updates
/// @notice Reveals, and whether the payload behind one is an update.
/// @dev The Python twins are `qfl_chain.protocol.commitment.accumulate` and `qfl_chain.protocol.codec.check_update`.
library Updates {
    /// @dev Bytes of a packed reveal: participant 20, stake 8, digest 32.
    uint256 private constant REVEAL = 60;

    /// @dev Bytes of an update before its deltas, and of a circuit before its gates.
    uint256 private constant UPDATE_HEAD = 43;
    uint256 private constant CIRCUIT_HEAD = 13;

    /// @dev "QFLU" and "QFLC", version 1.
    uint256 private constant UPDATE_MAGIC = 0x51464c5501;
    uint256 private constant CIRCUIT_MAGIC = 0x51464c4301;

    /// @notice Reverts unless these are whole reveals that fold to the accumulator. Returns how many they are.
    function checkReveals(uint184 accumulator, bytes memory reveals) internal pure returns (uint256 count) {
        if (reveals.length % REVEAL != 0) revert IReferee.UnreadableBytes("reveals");
        count = reveals.length / REVEAL;
        uint184 found;
        // Safe: reads inside of `reveals`, writes behind the free memory pointer, where nothing is kept.
        assembly ("memory-safe") {
            let free := mload(0x40)
            let end := add(add(reveals, 32), mload(reveals))
            for { let at := add(reveals, 32) } lt(at, end) { at := add(at, REVEAL) } {
                mstore(free, shl(72, found))
                mcopy(add(free, 23), at, REVEAL)
                found := shr(72, shl(72, keccak256(free, 83)))
            }
        }
        if (found != accumulator) revert IReferee.WrongReveals(accumulator, found);
    }

    /// @notice One of the packed reveals, which must be there.
    function revealAt(bytes memory reveals, uint256 index)
        internal
        pure
        returns (address participant, uint64 stake, bytes32 digest)
    {
        uint256 at = index * REVEAL;
        // Safe casts: each field is read with its own width.
        participant = address(uint160(Evidence.readUint(reveals, at, 20)));
        stake = uint64(Evidence.readUint(reveals, at + 20, 8));
        digest = bytes32(Evidence.readUint(reveals, at + 28, 32));
    }

    /// @notice Whether a reveal before this one, which must be there, has the same digest.
    function isRepeated(bytes memory reveals, uint256 index) internal pure returns (bool) {
        (,, bytes32 digest) = revealAt(reveals, index);
        for (uint256 i; i < index; ++i) {
            if (bytes32(Evidence.readUint(reveals, i * REVEAL + 28, 32)) == digest) return true;
        }
        return false;
    }

    /// @notice How many parameters the circuit has whose bytes must hash to `digest`.
    function parametersOf(bytes32 digest, bytes memory circuit) internal pure returns (uint256) {
        bytes32 found = sha256(circuit);
        if (found != digest) revert IReferee.WrongBytes("circuit", digest, found);
        if (circuit.length < CIRCUIT_HEAD || Evidence.readUint(circuit, 0, 5) != CIRCUIT_MAGIC) {
            revert IReferee.UnreadableBytes("circuit");
        }
        return Evidence.readUint(circuit, 8, 2);
    }

    /// @notice Whether a payload is anything but an update of this circuit and round, with so many deltas and a
    /// Euclidean norm of at most `maxNorm`.
    function isMalformed(
        bytes32 circuitDigest,
        uint256 parameters,
        uint64 maxNorm,
        uint16 round,
        bytes memory payload
    ) internal pure returns (bool) {
        return payload.length != UPDATE_HEAD + 4 * parameters
            || Evidence.readUint(payload, 0, 5) != UPDATE_MAGIC
            || bytes32(Evidence.readUint(payload, 5, 32)) != circuitDigest
            || Evidence.readUint(payload, 37, 2) != round
            || Evidence.readUint(payload, 39, 4) != parameters
            || _squares(payload) > uint256(maxNorm) * maxNorm;
    }

    /// @dev The sum of the squared deltas of an update whose head was read.
    function _squares(bytes memory payload) private pure returns (uint256 sum) {
        // Safe: reads inside of `payload`. A square has at most 62 bits, and there are at most 2^16 of them.
        assembly ("memory-safe") {
            let end := add(add(payload, 32), mload(payload))
            for { let at := add(payload, 75) } lt(at, end) { at := add(at, 4) } {
                let delta := sar(224, mload(at))
                sum := add(sum, mul(delta, delta))
            }
        }
    }
}
