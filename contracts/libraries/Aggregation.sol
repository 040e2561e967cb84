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
    /// 8! or 2^16 such differences. So no true weight comes near this bound, and below it nothing here overflows: 32
    /// bits of a delta and 16 for the number of updates make 240.
    uint256 internal constant WEIGHT_BOUND = 1 << 192;

    /// @dev Below this total, a sum over updates fits half a word.
    uint256 private constant LANE_BOUND = 1 << 96;

    /// @dev What is added to a delta so that it is not negative; the same for eight deltas in a word. A flipped sign
    /// bit adds it.
    uint256 private constant BIAS = 1 << 31;
    uint256 private constant BIASES = 0x8000000080000000800000008000000080000000800000008000000080000000;

    /// @dev The lowest delta of each half of a word; the lower half; the weight under a biased delta.
    uint256 private constant LANES = 0x00ffffffff000000000000000000000000ffffffff;
    uint256 private constant LOWER = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant WEIGHT = type(uint256).max >> 32;

    /// @dev The lowest of four parameters in a word.
    uint256 private constant PARAMETER_MASK = 0xffffffffffffffff;

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
    /// @param change As `aggregate` returns it, with room for whole words behind it.
    function modelBlock(bytes32 circuit, uint16 round, bytes memory base, int256[] memory change)
        internal
        pure
        returns (bytes memory result)
    {
        // Room for whole words of four parameters.
        result = new bytes(base.length + 24);
        // Safe: there is room for the head and for whole words of four, as there is behind `change`. What the last word
        // of the base holds behind its parameters goes behind the block. A parameter and a change, 64 bits each, sum
        // without overflow; what does not fit 64 bits is cut, and only where the base was no model: those stay below
        // 2^62 in size.
        assembly ("memory-safe") {
            mstore(result, mload(base))
            let from := add(base, add(32, HEAD))
            let to := add(result, add(32, HEAD))
            let at := add(change, 32)
            let end := add(at, shl(5, mload(change)))
            for {} lt(at, end) { at := add(at, 128) } {
                let word := mload(from)
                let sum := shl(192, add(sar(192, word), mload(at)))
                sum := or(sum, shl(128, and(add(sar(192, shl(64, word)), mload(add(at, 32))), PARAMETER_MASK)))
                sum := or(sum, shl(64, and(add(sar(192, shl(128, word)), mload(add(at, 64))), PARAMETER_MASK)))
                sum := or(sum, and(add(word, mload(add(at, 96))), PARAMETER_MASK))
                mstore(to, sum)
                from := add(from, 32)
                to := add(to, 32)
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
        if (rule > MEDIAN) revert IReferee.UnreadableBytes("rules");
        // Room for whole words of eight deltas.
        change = new int256[](count + 7);
        // Safe: shortens the array; what is behind it stays allocated.
        assembly ("memory-safe") {
            mstore(change, count)
        }
        if (weights.length == 0) return change;
        uint256 total = _total(weights);
        if (rule == WEIGHTED_MEAN && total < LANE_BOUND) {
            _weightedMean(deltas, weights, total, change);
        } else {
            _ranked(rule, deltas, weights, total, change);
        }
    }

    /// @dev floor(sum w_i delta_i / sum w_i) of every coordinate, eight at a time: one word of each update.
    ///
    /// 2^31 is added to every delta, which adds as much to the mean, so that nothing here is negative. Then a word
    /// holds two sums side by side: of coordinates 0 and 4 of the eight, of 1 and 5, of 2 and 6, of 3 and 7.
    function _weightedMean(bytes memory deltas, uint256[] memory weights, uint256 total, int256[] memory change)
        private
        pure
    {
        // Safe: a sum is below 2^32 times `total`, so by LANE_BOUND it stays in its half of a word. `change` has room
        // for whole words of eight; what the last word of an update holds behind its deltas goes into sums that are
        // never looked at. Nothing else is written.
        assembly ("memory-safe") {
            let stride := mul(DELTA, mload(change))
            let last := add(weights, shl(5, mload(weights)))
            let at := add(change, 32)
            let end := add(at, shl(5, mload(change)))
            for { let column := add(deltas, 32) } lt(at, end) { column := add(column, 32) } {
                let a := 0
                let b := 0
                let c := 0
                let d := 0
                let from := column
                for { let w := weights } lt(w, last) {} {
                    w := add(w, 32)
                    let weight := mload(w)
                    let word := xor(mload(from), BIASES)
                    a := add(mul(and(shr(96, word), LANES), weight), a)
                    b := add(mul(and(shr(64, word), LANES), weight), b)
                    c := add(mul(and(shr(32, word), LANES), weight), c)
                    d := add(mul(and(word, LANES), weight), d)
                    from := add(from, stride)
                }
                mstore(at, sub(div(shr(128, a), total), BIAS))
                mstore(add(at, 32), sub(div(shr(128, b), total), BIAS))
                mstore(add(at, 64), sub(div(shr(128, c), total), BIAS))
                mstore(add(at, 96), sub(div(shr(128, d), total), BIAS))
                mstore(add(at, 128), sub(div(and(a, LOWER), total), BIAS))
                mstore(add(at, 160), sub(div(and(b, LOWER), total), BIAS))
                mstore(add(at, 192), sub(div(and(c, LOWER), total), BIAS))
                mstore(add(at, 224), sub(div(and(d, LOWER), total), BIAS))
                at := add(at, 256)
            }
        }
    }

    /// @dev The rules on each coordinate's deltas in ascending order. The mean is the one that trims nothing.
    function _ranked(
        uint256 rule,
        bytes memory deltas,
        uint256[] memory weights,
        uint256 total,
        int256[] memory change
    ) private pure {
        uint256[] memory column = new uint256[](weights.length);
        uint256[] memory scratch = new uint256[](weights.length);
        uint256 cut = rule == TRIMMED_MEAN ? total * TRIM_PERCENT / 100 : 0;
        for (uint256 j; j < change.length; ++j) {
            _readColumn(deltas, weights, j, change.length, column);
            uint256[] memory sorted = Sort.ascending(column, scratch);
            uint256 value = rule == MEDIAN ? _median(sorted, total) : _trimmedMean(sorted, cut, total - cut);
            // Safe cast: 32 bits.
            change[j] = int256(value) - int256(BIAS);
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
                let delta := xor(shr(224, mload(from)), BIAS)
                mstore(add(column, i), or(shl(224, delta), mload(add(weights, i))))
                from := add(from, mul(DELTA, count))
            }
        }
    }

    /// @dev Weighted mean of the weight between `low` and `high`, counted from the least delta up; rounded down. An
    /// update that straddles a cut keeps the part of its weight that lies inside. Deltas have 2^31 added.
    function _trimmedMean(uint256[] memory sorted, uint256 low, uint256 high) private pure returns (uint256) {
        // Safe unchecked: weights, their sums and the sum over deltas are bounded by WEIGHT_BOUND, and `end` lies above
        // `start`. All words together reach `high`, so the loop ends at one of them.
        unchecked {
            uint256 upper;
            uint256 start = low;
            uint256 sum;
            for (uint256 i; start != high; ++i) {
                uint256 word = sorted[i];
                upper += word & WEIGHT;
                if (upper <= start) continue;
                uint256 end = upper < high ? upper : high;
                sum += (end - start) * (word >> 224);
                start = end;
            }
            return sum / (high - low);
        }
    }

    /// @dev The least delta, with 2^31 added, that at least half of the weight does not exceed.
    function _median(uint256[] memory sorted, uint256 total) private pure returns (uint256) {
        // Safe unchecked: the sum of weights is below 2^208. The last word reaches `total`, so the loop ends there.
        unchecked {
            uint256 i;
            for (uint256 upper = sorted[0] & WEIGHT; 2 * upper < total; upper += sorted[i] & WEIGHT) {
                ++i;
            }
            return sorted[i] >> 224;
        }
    }

    /// @dev The sum of the weights, which are positive.
    function _total(uint256[] memory weights) private pure returns (uint256 total) {
        for (uint256 i; i < weights.length; ++i) {
            uint256 weight = weights[i];
            if (weight >= WEIGHT_BOUND) revert IReferee.OutOfRange("weight", weight, WEIGHT_BOUND);
            total += weight;
        }
    }
}
