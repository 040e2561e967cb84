// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Amplitudes
/// @notice The state of up to 14 qubits in fixed point, four amplitudes a word, and the gates on it.
/// @dev The Python twin is the section "Gates" of `qfl_chain.circuit.scoring`; `docs/fixed-point.md` derives the
/// bounds used here. An amplitude is a Q30 integer `v` with |v| < 2^31.
/// @dev A word has four lanes of 64 bits; lane 0 is the lowest. A lane holds `v + 2^31`, which is positive, so lanes
/// never borrow from one another. Basis state `i` stands in lane `i mod 4` of word `i / 4`: bits 0 and 1 of a basis
/// state are places inside of a word, higher bits tell words apart. Fewer than 2 qubits leave lanes with amplitude 0.
/// @dev One MUL multiplies four amplitudes by a sine or cosine. A sum of products of lanes by signed numbers is exact
/// modulo 2^256, whatever its lanes borrow on the way. Adding `2^61 + 2^29` less the bias's own product to every lane
/// makes all lanes positive again and below 2^62, half a unit for rounding included; after `>> 30` each lane is the
/// rounded result plus 2^31, once the bits of the lane above are masked out.
/// @dev Real parts come first in memory, imaginary parts follow. While those are all zero, `end` leaves them out.
/// Every loop below runs over words in `[real, end)`, or over pairs of such words; that is what makes it memory-safe.
library Amplitudes {
    /// @dev Addresses: the first word of the real parts, and the end of what may be other than zero. `size` is what
    /// the real parts take, and the imaginary parts again. `lanes` is LANES, here and below: a word in memory costs less
    /// than a long constant.
    struct State {
        uint256 real;
        uint256 size;
        uint256 end;
        uint256 lanes;
    }

    uint256 private constant ALL = type(uint256).max;
    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;

    /// @dev What a lane may hold after a shift by 30 bits: 34 bits.
    uint256 private constant LANES = 0x00000003FFFFFFFF00000003FFFFFFFF00000003FFFFFFFF00000003FFFFFFFF;

    /// @dev Four amplitudes 0, and twice that.
    uint256 private constant ZEROS = 0x0000000080000000000000008000000000000000800000000000000080000000;
    uint256 private constant TWICE = 0x0000000100000000000000010000000000000001000000000000000100000000;

    /// @dev 2^61, the bias before the shift, and half a unit.
    uint256 private constant ROUNDING = 0x2000000020000000;

    /// @dev 2^62 in every lane.
    uint256 private constant SUM_BIAS = 0x4000000000000000400000000000000040000000000000004000000000000000;

    /// @dev The square root of a half, Q30.
    uint256 private constant SQRT_HALF = 759250125;

    /// @dev The lanes that have a 0 in bit 0 of their number, and those that have a 0 in bit 1.
    uint256 private constant EVEN = 0x0000000000000000FFFFFFFFFFFFFFFF0000000000000000FFFFFFFFFFFFFFFF;
    uint256 private constant LOWER = 0x00000000000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF;

    /// @notice The state in which every qubit, 1 to 14 of them, is 0.
    function ground(uint256 qubits) internal pure returns (State memory state) {
        uint256 size = qubits < 2 ? 32 : 8 << qubits;
        uint256 real;
        // Safe: takes `2 * size` bytes of free memory and fills them, doubling what is filled until `real + 2 * size`.
        assembly ("memory-safe") {
            real := mload(0x40)
            let end := add(real, shl(1, size))
            mstore(0x40, end)
            mstore(real, ZEROS)
            for { let filled := 32 } lt(filled, shl(1, size)) { filled := shl(1, filled) } {
                mcopy(add(real, filled), real, filled)
            }
            // Adds 2^30 to lane 0.
            mstore(real, add(ZEROS, 0x40000000))
        }
        state.real = real;
        state.size = size;
        state.lanes = LANES;
        // Safe: an address of memory in use.
        unchecked {
            state.end = real + size;
        }
    }

    /* ROTATIONS */

    /// @notice RY. A bit, here and below, is the place of the wire in the number of a basis state.
    function rotateY(State memory state, uint256 bit, uint256 cosine, uint256 sine) internal pure {
        if (bit < 2) return _rotateInside(state, bit, cosine, sine);
        uint256 stride = 8 << bit;
        _rotate(state.lanes, state.real, state.end, stride, stride, cosine, sine);
    }

    /// @notice RX.
    function rotateX(State memory state, uint256 bit, uint256 cosine, uint256 sine) internal pure {
        _complete(state);
        if (bit < 2) return _crossInside(state, bit, cosine, sine);
        uint256 stride = 8 << bit;
        // Safe: `middle` is where the imaginary parts begin. The negative sine, and the way back from there to the real
        // parts, are meant modulo 2^256.
        unchecked {
            uint256 middle = state.end - state.size;
            _rotate(state.lanes, state.real, middle, stride, state.size + stride, cosine, 0 - sine);
            _rotate(state.lanes, middle, state.end, stride, stride - state.size, cosine, sine);
        }
    }

    /// @notice RZ, but for the global phase.
    function rotateZ(State memory state, uint256 bit, uint256 cosine, uint256 sine) internal pure {
        _complete(state);
        if (bit < 2) return _phaseInside(state, bit, cosine, sine);
        uint256 stride = 8 << bit;
        // Safe: addresses of memory in use.
        unchecked {
            _rotate(state.lanes, state.real + stride, state.end - state.size, stride, state.size, cosine, sine);
        }
    }

    /// @notice H: the rotation RY by a quarter turn, then X. That is the same to the bit: its products are the same.
    function hadamard(State memory state, uint256 bit) internal pure {
        rotateY(state, bit, SQRT_HALF, SQRT_HALF);
        flip(state, bit);
    }

    /* PERMUTATIONS AND SIGNS */

    /// @notice X.
    function flip(State memory state, uint256 bit) internal pure {
        uint256 stride = 8 << bit;
        if (bit < 2) _swapInside(state.real, state.end, state.end - state.real, bit, ALL);
        else _swap(state.real, state.end, stride, stride, stride, ALL);
    }

    /// @notice CNOT.
    function flipWhere(State memory state, uint256 control, uint256 target) internal pure {
        uint256 ones = 8 << control;
        uint256 stride = 8 << target;
        if (target < 2) {
            if (control < 2) _swapInside(state.real, state.end, state.end - state.real, target, ~_zeros(control));
            else _swapInside(state.real + ones, state.end, ones, target, ALL);
        } else if (control < 2) {
            _swap(state.real, state.end, stride, stride, stride, ~_zeros(control));
        } else if (control < target) {
            _swap(state.real + ones, state.end, stride, ones, stride, ALL);
        } else {
            _swap(state.real + ones, state.end, ones, stride, stride, ALL);
        }
    }

    /// @notice CZ; both bits are alike.
    function negateWhere(State memory state, uint256 first, uint256 second) internal pure {
        (uint256 low, uint256 high) = first < second ? (first, second) : (second, first);
        uint256 near = 8 << high;
        uint256 far = 8 << low;
        uint256 all = state.end - state.real;
        if (high < 2) _negate(state.real, state.end, all, all, ~_zeros(low) & ~_zeros(high));
        else if (low < 2) _negate(state.real + near, state.end, near, near, ~_zeros(low));
        else _negate(state.real + near + far, state.end, near, far, ALL);
    }

    /* MEASUREMENT */

    /// @notice Replaces the real parts by the squared sizes of the amplitudes, Q60, for `signed` to add.
    /// @dev The sizes of a state sum to little more than 2^60, so each fits its lane without a bias.
    function square(State memory state) internal pure {
        _complete(state);
        (uint256 real, uint256 size) = (state.real, state.size);
        // Safe: reads and writes words of the real parts, reads words of the imaginary parts.
        assembly ("memory-safe") {
            for { let end := add(real, size) } lt(real, end) { real := add(real, 32) } {
                let re := mload(real)
                let im := mload(add(real, size))
                let weights := 0
                for { let shift := 0 } lt(shift, 256) { shift := add(shift, 64) } {
                    let v := sub(and(shr(shift, re), 0x3FFFFFFFF), 0x80000000)
                    let w := sub(and(shr(shift, im), 0x3FFFFFFFF), 0x80000000)
                    weights := or(weights, shl(shift, add(mul(v, v), mul(w, w))))
                }
                mstore(real, weights)
            }
        }
    }

    /// @notice The expectation value, Q30, of Z on all bits of a mask; after `square`.
    function signed(State memory state, uint256 mask) internal pure returns (int256 value) {
        (uint256 real, uint256 size) = (state.real, state.size);
        // Safe: reads words of the real parts. Lanes of the sum borrow from one another until SUM_BIAS makes all of
        // them positive; a sum with signs is no larger than the one without.
        assembly ("memory-safe") {
            // Minus one to the number of bits that `index` has in common with `bits`; both below 2^14.
            function sign(index, bits) -> s {
                index := and(index, bits)
                index := xor(index, shr(8, index))
                index := xor(index, shr(4, index))
                // Bit k of 0x6996 is the parity of k.
                s := sub(1, shl(1, and(shr(and(index, 15), 0x6996), 1)))
            }
            let sums := 0
            for { let at := 0 } lt(at, size) { at := add(at, 32) } {
                sums := add(sums, mul(sign(shr(5, at), shr(2, mask)), mload(add(real, at))))
            }
            sums := add(sums, SUM_BIAS)
            for { let lane := 0 } lt(lane, 4) { lane := add(lane, 1) } {
                let sum := sub(and(shr(shl(6, lane), sums), 0xFFFFFFFFFFFFFFFF), 0x4000000000000000)
                value := add(value, mul(sign(lane, and(mask, 3)), sum))
            }
            value := sar(30, add(value, 0x20000000))
        }
    }

    /* LOOPS */

    /// @dev From here on imaginary parts are part of the state.
    function _complete(State memory state) private pure {
        // Safe: addresses of memory in use.
        unchecked {
            state.end = state.real + 2 * state.size;
        }
    }

    /// @dev The lanes with a 0 in this bit, 0 or 1.
    function _zeros(uint256 bit) private pure returns (uint256) {
        return bit == 0 ? EVEN : LOWER;
    }

    /// @dev `rotate(v, w, cosine, sine)` for every word `v` of `[start, end)` in runs of `stride` bytes that are
    /// `stride` apart, and the word `w` at `distance` from it, modulo 2^256.
    function _rotate(
        uint256 lanes,
        uint256 start,
        uint256 end,
        uint256 stride,
        uint256 distance,
        uint256 cosine,
        uint256 sine
    ) private pure {
        // Safe: the callers choose strides and distances such that `v` and `w` are words of the state. Runs end
        // at `end` exactly, since a part of the state is a multiple of two strides.
        assembly ("memory-safe") {
            let less := mul(ONES, sub(ROUNDING, shl(31, sub(cosine, sine))))
            let more := mul(ONES, sub(ROUNDING, shl(31, add(cosine, sine))))
            for {} lt(start, end) {} {
                let limit := add(start, stride)
                for {} lt(start, limit) { start := add(start, 32) } {
                    let other := add(start, distance)
                    let v := mload(start)
                    let w := mload(other)
                    mstore(start, and(shr(30, add(sub(mul(cosine, v), mul(sine, w)), less)), lanes))
                    mstore(other, and(shr(30, add(add(mul(sine, v), mul(cosine, w)), more)), lanes))
                }
                start := add(limit, stride)
            }
        }
    }

    /// @dev RY on a bit inside of words: lanes with a 0 get `cosine * own - sine * other`, the others
    /// `cosine * own + sine * other`.
    function _rotateInside(State memory state, uint256 bit, uint256 cosine, uint256 sine) private pure {
        (uint256 lanes, uint256 low) = (state.lanes, _zeros(bit));
        (uint256 at, uint256 end) = (state.real, state.end);
        // Safe: every word from `real` to `end`.
        assembly ("memory-safe") {
            let shift := shl(bit, 64)
            let high := not(low)
            let rounding := mul(ONES, sub(ROUNDING, shl(31, cosine)))
            rounding := add(rounding, mul(sub(and(ONES, low), and(ONES, high)), shl(31, sine)))
            for {} lt(at, end) { at := add(at, 32) } {
                let x := mload(at)
                let others := sub(and(shl(shift, x), high), and(shr(shift, x), low))
                mstore(at, and(shr(30, add(add(mul(cosine, x), mul(sine, others)), rounding)), lanes))
            }
        }
    }

    /// @dev RX on a bit inside of words: every real part with the other lane's imaginary part.
    function _crossInside(State memory state, uint256 bit, uint256 cosine, uint256 sine) private pure {
        (uint256 lanes, uint256 low) = (state.lanes, _zeros(bit));
        (uint256 at, uint256 size) = (state.real, state.size);
        // Safe: every word of the real parts, and the word of the imaginary parts at `size` from it.
        assembly ("memory-safe") {
            let shift := shl(bit, 64)
            let less := mul(ONES, sub(ROUNDING, shl(31, sub(cosine, sine))))
            let more := mul(ONES, sub(ROUNDING, shl(31, add(cosine, sine))))
            for { let end := add(at, size) } lt(at, end) { at := add(at, 32) } {
                let v := mload(at)
                let w := mload(add(at, size))
                let other := or(and(shl(shift, w), not(low)), and(shr(shift, w), low))
                mstore(at, and(shr(30, add(add(mul(cosine, v), mul(sine, other)), more)), lanes))
                other := or(and(shl(shift, v), not(low)), and(shr(shift, v), low))
                mstore(add(at, size), and(shr(30, add(sub(mul(cosine, w), mul(sine, other)), less)), lanes))
            }
        }
    }

    /// @dev RZ on a bit inside of words: lanes with a 0 stay.
    function _phaseInside(State memory state, uint256 bit, uint256 cosine, uint256 sine) private pure {
        (uint256 lanes, uint256 low) = (state.lanes, _zeros(bit));
        (uint256 at, uint256 size) = (state.real, state.size);
        // Safe: every word of the real parts, and the word of the imaginary parts at `size` from it.
        assembly ("memory-safe") {
            let moved := and(lanes, not(low))
            let less := mul(ONES, sub(ROUNDING, shl(31, sub(cosine, sine))))
            let more := mul(ONES, sub(ROUNDING, shl(31, add(cosine, sine))))
            for { let end := add(at, size) } lt(at, end) { at := add(at, 32) } {
                let v := mload(at)
                let w := mload(add(at, size))
                let turned := and(shr(30, add(sub(mul(cosine, v), mul(sine, w)), less)), moved)
                mstore(at, or(turned, and(v, low)))
                turned := and(shr(30, add(add(mul(sine, v), mul(cosine, w)), more)), moved)
                mstore(add(at, size), or(turned, and(w, low)))
            }
        }
    }

    /// @dev Exchanges lanes of words with those of the words at `distance`. The words are runs of `far` bytes that are
    /// `far` apart, in runs of `near` bytes that are `near` apart; `near` and `far` are the same for a single bit.
    function _swap(uint256 start, uint256 end, uint256 near, uint256 far, uint256 distance, uint256 lanes)
        private
        pure
    {
        // Safe: the callers choose runs that have a 0 in the bit that `distance` stands for, so that both words are
        // words of the state.
        assembly ("memory-safe") {
            for {} lt(start, end) { start := add(start, shl(1, near)) } {
                let limit := add(start, near)
                for { let run := start } lt(run, limit) { run := add(run, shl(1, far)) } {
                    for { let at := run } lt(at, add(run, far)) { at := add(at, 32) } {
                        let v := mload(at)
                        let w := mload(add(at, distance))
                        let changed := and(xor(v, w), lanes)
                        mstore(at, xor(v, changed))
                        mstore(add(at, distance), xor(w, changed))
                    }
                }
            }
        }
    }

    /// @dev Exchanges lanes that differ in a bit inside of words, in runs of `length` bytes that are `length` apart.
    function _swapInside(uint256 start, uint256 end, uint256 length, uint256 bit, uint256 lanes) private pure {
        uint256 low = _zeros(bit);
        // Safe: words of runs that begin before `end`, and end there at the latest.
        assembly ("memory-safe") {
            let shift := shl(bit, 64)
            for {} lt(start, end) { start := add(start, shl(1, length)) } {
                let limit := add(start, length)
                for { let at := start } lt(at, limit) { at := add(at, 32) } {
                    let x := mload(at)
                    let swapped := or(and(shl(shift, x), not(low)), and(shr(shift, x), low))
                    mstore(at, xor(x, and(xor(x, swapped), lanes)))
                }
            }
        }
    }

    /// @dev Changes the sign of lanes, in runs as of `_swap`.
    function _negate(uint256 start, uint256 end, uint256 near, uint256 far, uint256 lanes) private pure {
        // Safe: words of runs that have a 1 in the bits of both strides and begin before `end`.
        assembly ("memory-safe") {
            for {} lt(start, end) { start := add(start, shl(1, near)) } {
                let limit := add(start, near)
                for { let run := start } lt(run, limit) { run := add(run, shl(1, far)) } {
                    for { let at := run } lt(at, add(run, far)) { at := add(at, 32) } {
                        let x := mload(at)
                        // No lane borrows: it is below 2^32.
                        mstore(at, xor(x, and(xor(x, sub(TWICE, x)), lanes)))
                    }
                }
            }
        }
    }
}
