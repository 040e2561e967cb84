// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReferee} from "../interfaces/IReferee.sol";
import {Sort} from "./Sort.sol";

/// @title Aggregation
/// @notice From updates and weights to a model, coordinate by coordinate, in integers.
/// @dev The Python twins are `qfl_chain.protocol.aggregation` and the blocks of `qfl_chain.protocol.codec`.
library Aggregation {
    /// @dev The codes of the rules.
    uint256 internal constant WEIGHTED_MEAN = 0;
    uint256 internal constant TRIMMED_MEAN = 1;
    uint256 internal constant MEDIAN = 2;

    /// @dev Share of the total weight that the trimmed mean drops at each end of a coordinate.
    uint256 internal constant TRIM_PERCENT = 20;

    /// @dev A stake has 64 bits. A contribution has at most 81: two losses of 64 bits differ by 65, and it sums at most
    /// 8! or 2^16 such differences. So no true weight comes near this bound, and below it nothing here overflows: 31
    /// bits of a delta and 16 for the number of updates make 239.
    uint256 internal constant WEIGHT_BOUND = 1 << 192;

    /// @dev Magic, version, circuit, round and count of an update or a model; then 4 bytes a delta or 8 a parameter.
    uint256 private constant HEAD = 43;
    uint256 private constant DELTA = 4;
    uint256 private constant PARAMETER = 8;

    /* BLOCKS */

    /// @notice How many parameters a model's block holds.
    function countParameters(bytes memory base) internal pure returns (uint256) {
        if (base.length < HEAD || (base.length - HEAD) % PARAMETER != 0) revert IReferee.UnreadableBytes("base");
        return (base.length - HEAD) / PARAMETER;
    }

    /// @notice Reverts unless `deltas` are those of the updates with these digests, one after the other.
    function checkUpdates(
        bytes32 circuit,
        uint16 round,
        uint256 count,
        bytes32[] memory digests,
        bytes memory deltas
    ) internal pure {
        uint256 size = DELTA * count;
        if (deltas.length != size * digests.length) revert IReferee.UnreadableBytes("deltas");
        bytes memory update = new bytes(HEAD + size);
        _writeHead(update, "QFLU", circuit, round, count);
        for (uint256 i; i < digests.length; ++i) {
            // Safe: copies the deltas of update `i`, which are there by their length, behind the head.
            assembly ("memory-safe") {
                mcopy(add(update, add(32, HEAD)), add(add(deltas, 32), mul(size, i)), size)
            }
            bytes32 found = sha256(update);
            if (found != digests[i]) revert IReferee.WrongBytes("deltas", digests[i], found);
        }
    }

    /// @notice The canonical block of the model `base` plus a change of each of its parameters.
    /// @param circuit, round What the block is headed with; the round is not the base's.
    function modelBlock(bytes32 circuit, uint16 round, bytes memory base, int256[] memory change)
        internal
        pure
        returns (bytes memory result)
    {
        // Room for whole words: the last parameter's word ends 24 bytes behind it.
        result = new bytes(base.length + 24);
        // Safe: there is room for the head and for a word at every parameter; both blocks hold one parameter for each
        // change. Parameters are written upwards, so each overwrites what the one before left behind it. Two numbers of
        // 64 bits sum without overflow; what does not fit 64 bits is cut, and only where the base was no model: those
        // stay below 2^62 in size.
        assembly ("memory-safe") {
            mstore(result, mload(base))
            let from := add(base, add(32, HEAD))
            let to := add(result, add(32, HEAD))
            let at := add(change, 32)
            let end := add(at, shl(5, mload(change)))
            for {} lt(at, end) { at := add(at, 32) } {
                mstore(to, shl(192, add(sar(192, mload(from)), mload(at))))
                from := add(from, PARAMETER)
                to := add(to, PARAMETER)
            }
        }
        _writeHead(result, "QFLM", circuit, round, change.length);
    }

    /// @dev Writes the head of a block, which must be as long as that at least.
    function _writeHead(bytes memory target, bytes4 magic, bytes32 circuit, uint16 round, uint256 count) private pure {
        // Safe cast: nothing in memory holds 2^32 numbers.
        bytes memory head = abi.encodePacked(magic, uint8(1), circuit, round, uint32(count));
        // Safe: `head` has HEAD bytes.
        assembly ("memory-safe") {
            mcopy(add(target, 32), add(head, 32), HEAD)
        }
    }

    /* RULES */

    /// @notice The aggregate of each of `count` coordinates; zeros where there are no updates.
    /// @param deltas `count` for each update, one update after the other.
    /// @param weights Positive, one for each update.
    function aggregate(uint256 rule, bytes memory deltas, uint256[] memory weights, uint256 count)
        internal
        pure
        returns (int256[] memory change)
    {
        // Room for whole words of eight deltas.
        change = new int256[](count + 7);
        // Safe: shortens the array; what is behind it stays allocated.
        assembly ("memory-safe") {
            mstore(change, count)
        }
        if (weights.length == 0) return change;
        uint256 total = _total(weights);
        if (rule == WEIGHTED_MEAN) {
            _weightedMean(deltas, weights, total, change);
        } else if (rule == TRIMMED_MEAN || rule == MEDIAN) {
            _ranked(rule, deltas, weights, total, change);
        } else {
            revert IReferee.UnreadableBytes("rules");
        }
    }

    /// @dev floor(sum w_i delta_i / sum w_i) of every coordinate.
    function _weightedMean(bytes memory deltas, uint256[] memory weights, uint256 total, int256[] memory change)
        private
        pure
    {
        for (uint256 i; i < weights.length; ++i) {
            _addScaled(change, deltas, i, weights[i]);
        }
        for (uint256 j; j < change.length; ++j) {
            // Safe cast: `total` is below 2^208.
            change[j] = _floorDiv(change[j], int256(total));
        }
    }

    /// @dev Adds weight times delta to every sum, eight at a time: one word of the update.
    function _addScaled(int256[] memory sums, bytes memory deltas, uint256 update, uint256 weight) private pure {
        // Safe: `sums` has room for whole words of eight, and what an update's last word holds behind its deltas is
        // added there and never looked at. Sums stay below 2^239 by WEIGHT_BOUND. Shifting to the right keeps the sign.
        assembly ("memory-safe") {
            let count := mload(sums)
            let from := add(add(deltas, 32), mul(update, mul(DELTA, count)))
            let at := add(sums, 32)
            let end := add(at, shl(5, count))
            for {} lt(at, end) {} {
                let word := mload(from)
                mstore(at, add(mload(at), mul(weight, sar(224, word))))
                let next := add(at, 32)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(32, word)))))
                next := add(at, 64)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(64, word)))))
                next := add(at, 96)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(96, word)))))
                next := add(at, 128)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(128, word)))))
                next := add(at, 160)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(160, word)))))
                next := add(at, 192)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(192, word)))))
                next := add(at, 224)
                mstore(next, add(mload(next), mul(weight, sar(224, shl(224, word)))))
                from := add(from, 32)
                at := add(at, 256)
            }
        }
    }

    /// @dev The rules that put each coordinate's deltas in ascending order first.
    function _ranked(
        uint256 rule,
        bytes memory deltas,
        uint256[] memory weights,
        uint256 total,
        int256[] memory change
    ) private pure {
        uint256[] memory column = new uint256[](weights.length);
        uint256[] memory scratch = new uint256[](weights.length);
        for (uint256 j; j < change.length; ++j) {
            _readColumn(deltas, weights, j, change.length, column);
            uint256[] memory sorted = Sort.ascending(column, scratch);
            change[j] = rule == MEDIAN ? _median(sorted, total) : _trimmedMean(sorted, total);
        }
    }

    /// @dev Fills `column` with words that sort like the deltas of coordinate `j`: the delta plus 2^31 in the upper 32
    /// bits, the weight below.
    function _readColumn(
        bytes memory deltas,
        uint256[] memory weights,
        uint256 j,
        uint256 count,
        uint256[] memory column
    ) private pure {
        // Safe: `column` is as long as `weights`, and `deltas` holds `count` times 4 bytes for each of them. A weight
        // leaves the upper 64 bits free by WEIGHT_BOUND.
        assembly ("memory-safe") {
            let end := shl(5, mload(weights))
            let from := add(add(deltas, 32), mul(DELTA, j))
            for { let i := 32 } iszero(gt(i, end)) { i := add(i, 32) } {
                let delta := shr(224, mload(from))
                mstore(add(column, i), or(shl(224, xor(delta, 0x80000000)), mload(add(weights, i))))
                from := add(from, mul(DELTA, count))
            }
        }
    }

    /// @dev Weighted mean of what is left when TRIM_PERCENT of the weight is cut off at each end. An update that
    /// straddles a cut keeps the part of its weight that lies inside.
    function _trimmedMean(uint256[] memory sorted, uint256 total) private pure returns (int256) {
        // Safe unchecked: weights, their sums and the sum over deltas are bounded by WEIGHT_BOUND. `end` never falls.
        unchecked {
            uint256 low = total * TRIM_PERCENT / 100;
            uint256 high = total - low;
            uint256 upper;
            uint256 start = low;
            int256 sum;
            for (uint256 i; i < sorted.length; ++i) {
                upper += _weightOf(sorted[i]);
                uint256 end = upper < low ? low : upper > high ? high : upper;
                // Safe cast: below 2^208.
                sum += int256(end - start) * _deltaOf(sorted[i]);
                start = end;
            }
            return _floorDiv(sum, int256(high - low));
        }
    }

    /// @dev The least delta that at least half of the weight does not exceed.
    function _median(uint256[] memory sorted, uint256 total) private pure returns (int256) {
        // Safe unchecked: the sum of weights is below 2^208. The last word reaches `total`, so the loop ends there.
        unchecked {
            uint256 i;
            for (uint256 upper = _weightOf(sorted[0]); 2 * upper < total; upper += _weightOf(sorted[i])) {
                ++i;
            }
            return _deltaOf(sorted[i]);
        }
    }

    function _weightOf(uint256 word) private pure returns (uint256) {
        return word & (type(uint256).max >> 32);
    }

    function _deltaOf(uint256 word) private pure returns (int256) {
        // Safe cast: 32 bits.
        return int256(word >> 224) - (1 << 31);
    }

    /// @dev Rounds towards minus infinity, as Python does; Solidity rounds towards zero.
    function _floorDiv(int256 value, int256 divisor) private pure returns (int256) {
        // Safe unchecked: divisors are positive, so the quotient fits and is not the least integer when it shrinks
        // by one: then the divisor is at least 2.
        unchecked {
            int256 quotient = value / divisor;
            return value % divisor < 0 ? quotient - 1 : quotient;
        }
    }

    /// @dev The sum of the weights, which are positive.
    function _total(uint256[] memory weights) private pure returns (uint256 total) {
        for (uint256 i; i < weights.length; ++i) {
            if (weights[i] >= WEIGHT_BOUND) revert IReferee.OutOfRange("weight", weights[i], WEIGHT_BOUND);
            total += weights[i];
        }
        if (total == 0) revert IReferee.OutOfRange("weight", 0, 0);
    }
}
