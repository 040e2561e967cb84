// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReferee} from "../interfaces/IReferee.sol";
import {Amplitudes} from "./Amplitudes.sol";

/// @title Circuit
/// @notice Runs the canonical bytes of a circuit on one sample, in integers.
/// @dev The Python twins are `qfl_chain.circuit.gates` for the bytes and `qfl_chain.circuit.scoring` for the
/// arithmetic; every value is the same to the bit. Bytes that `Circuit.from_bytes` refuses revert with
/// `UnreadableBytes("circuit")`. Big-endian::
///
///     header       "QFLC" 1 | qubits u8 | features u16 | parameters u16 | gates u16 | observables u8
///     gate         opcode u8 | wire u8 | second wire u8 | source u8 | index u16 | constant u32 | scale i32
///     observable   mask u16, bit w set when wire w carries a Z
library Circuit {
    uint256 private constant HEAD = 13;
    uint256 private constant GATE = 14;
    uint256 private constant MASK = 2;

    /// @dev "QFLC", version 1.
    uint256 private constant MAGIC = 0x51464c4301;
    uint256 private constant MAX_QUBITS = 14;

    /// @dev Opcodes. RX, RY and RZ are 3 to 5.
    uint256 private constant H = 1;
    uint256 private constant X = 2;
    uint256 private constant RX = 3;
    uint256 private constant RY = 4;
    uint256 private constant RZ = 5;
    uint256 private constant CNOT = 6;
    uint256 private constant CZ = 7;

    /// @dev What an angle reads besides its constant: an index of `Program.inputs`.
    uint256 private constant NOTHING = 0;
    uint256 private constant FEATURE = 1;
    uint256 private constant PARAMETER = 2;

    /// @dev Bytes of a parameter and of a feature.
    uint256 private constant PARAMETER_SIZE = 8;
    uint256 private constant FEATURE_SIZE = 4;

    int256 private constant ONE = 1 << 30;

    /// @dev Inputs of one kind: how many there are, the bytes each takes, and the address of the first. To read nothing
    /// is to read the only one of a kind that takes no bytes.
    struct Inputs {
        uint256 count;
        uint256 size;
        uint256 at;
    }

    struct Program {
        uint256 qubits;
        uint256 gates;
        uint256 observables;
        Inputs[3] inputs;
        uint256[8] series;
    }

    /* INTERFACE */

    /// @notice How many parameters the circuit has.
    /// @dev Reads the header alone. The federation's circuit is what its terms say; whether it runs is for `run`.
    function parameters(bytes memory circuit) internal pure returns (uint256) {
        return _readHead(circuit).inputs[PARAMETER].count;
    }

    /// @notice The loss of a sample, Q30: the sum over outputs of their squared distance from +1 or -1.
    /// @dev Two classes have one output, +1 for class 1. More have one each, +1 for the sample's own class.
    /// @param values The parameters as in a model's block, 8 bytes each.
    /// @param features The features as in a sample's leaf, 4 bytes each.
    function loss(bytes memory circuit, bytes memory values, bytes memory features, uint256 label, uint256 classes)
        internal
        pure
        returns (int256 sum)
    {
        int256[] memory outputs = expectations(circuit, values, features);
        if (classes < 2 || label >= classes) revert IReferee.UnreadableBytes("sample");
        if (outputs.length != (classes == 2 ? 1 : classes)) revert IReferee.UnreadableBytes("circuit");
        uint256 first = classes == 2 ? 1 : 0;
        for (uint256 i; i < outputs.length; ++i) {
            int256 distance = outputs[i] - (label == i + first ? ONE : -ONE);
            sum += (distance * distance) >> 30;
        }
    }

    /// @notice The expectation values of the circuit's observables, Q30.
    function expectations(bytes memory circuit, bytes memory values, bytes memory features)
        internal
        pure
        returns (int256[] memory outputs)
    {
        Program memory program = _readHead(circuit);
        _place(program.inputs[PARAMETER], values, "model");
        _place(program.inputs[FEATURE], features, "sample");
        program.series = series();
        uint256 at = _start(circuit) + HEAD;
        Amplitudes.State memory state = Amplitudes.ground(program.qubits);
        // Safe: `at` stays an address inside of the circuit, whose length fits its header.
        unchecked {
            for (uint256 end = at + GATE * program.gates; at < end; at += GATE) {
                _apply(state, program, _word(at));
            }
            outputs = new int256[](program.observables);
            Amplitudes.square(state);
            for (uint256 i; i < outputs.length; ++i) {
                outputs[i] = Amplitudes.signed(state, _mask(program.qubits, _word(at + MASK * i) >> 240));
            }
        }
    }

    /* READING */

    function _readHead(bytes memory circuit) private pure returns (Program memory program) {
        if (circuit.length < HEAD) _refuse();
        uint256 head = _word(_start(circuit)) >> (256 - 8 * HEAD);
        program.observables = head & 0xFF;
        program.gates = (head >> 8) & 0xFFFF;
        program.inputs[NOTHING].count = 1;
        program.inputs[PARAMETER].count = (head >> 24) & 0xFFFF;
        program.inputs[PARAMETER].size = PARAMETER_SIZE;
        program.inputs[FEATURE].count = (head >> 40) & 0xFFFF;
        program.inputs[FEATURE].size = FEATURE_SIZE;
        program.qubits = (head >> 56) & 0xFF;
        if (head >> 64 != MAGIC || program.qubits == 0 || program.qubits > MAX_QUBITS || program.observables == 0) {
            _refuse();
        }
        if (circuit.length != HEAD + GATE * program.gates + MASK * program.observables) _refuse();
    }

    function _place(Inputs memory inputs, bytes memory data, string memory part) private pure {
        if (data.length != inputs.size * inputs.count) revert IReferee.UnreadableBytes(part);
        inputs.at = _start(data);
    }

    /// @dev Bit w of an observable's mask is wire w, which is bit `qubits - 1 - w` of a basis state.
    function _mask(uint256 qubits, uint256 wires) private pure returns (uint256 mask) {
        if (wires == 0 || wires >> qubits != 0) _refuse();
        for (uint256 wire; wire < qubits; ++wire) {
            mask = (mask << 1) | ((wires >> wire) & 1);
        }
    }

    /// @dev The word at an address. What it holds behind the field that is asked for is masked or shifted out.
    function _word(uint256 at) private pure returns (uint256 word) {
        // Safe: reads only.
        assembly ("memory-safe") {
            word := mload(at)
        }
    }

    function _start(bytes memory data) private pure returns (uint256 at) {
        // Safe: an address only.
        assembly ("memory-safe") {
            at := add(data, 32)
        }
    }

    function _refuse() private pure {
        revert IReferee.UnreadableBytes("circuit");
    }

    /* GATES */

    /// @dev Checks one gate, which stands in the first 14 bytes of a word, and applies it.
    function _apply(Amplitudes.State memory state, Program memory program, uint256 gate) private pure {
        uint256 opcode = gate >> 248;
        uint256 bit = _bit(program, gate >> 240);
        if (opcode == RY) {
            (uint256 sine, uint256 cosine) = sineCosine(program.series, _angle(program, gate));
            Amplitudes.rotateY(state, bit, cosine, sine);
        } else if (opcode == RZ) {
            (uint256 sine, uint256 cosine) = sineCosine(program.series, _angle(program, gate) << 1);
            Amplitudes.rotateZ(state, bit, cosine, sine);
        } else if (opcode == RX) {
            (uint256 sine, uint256 cosine) = sineCosine(program.series, _angle(program, gate));
            Amplitudes.rotateX(state, bit, cosine, sine);
        } else if (opcode == CNOT || opcode == CZ) {
            uint256 other = _bit(program, gate >> 232);
            // Eleven bytes that mean nothing.
            if (other == bit || (gate << 24) >> 168 != 0) _refuse();
            if (opcode == CNOT) Amplitudes.flipWhere(state, bit, other);
            else Amplitudes.negateWhere(state, bit, other);
        } else {
            // Twelve bytes that mean nothing.
            if ((opcode != H && opcode != X) || (gate << 16) >> 160 != 0) _refuse();
            if (opcode == H) Amplitudes.hadamard(state, bit);
            else Amplitudes.flip(state, bit);
        }
    }

    /// @dev The place, in the number of a basis state, of the wire in a field's lowest byte.
    function _bit(Program memory program, uint256 field) private pure returns (uint256) {
        uint256 wire = field & 0xFF;
        uint256 qubits = program.qubits;
        if (wire >= qubits) _refuse();
        // Safe: by the line above.
        unchecked {
            return qubits - 1 - wire;
        }
    }

    /// @dev `(constant + ((scale * value) >> 24)) mod 2^32`; scale and source are zero together.
    function _angle(Program memory program, uint256 gate) private pure returns (uint256 angle) {
        // With the second wire, which means nothing, in front.
        uint256 source = (gate >> 224) & 0xFFFF;
        if (source > PARAMETER) _refuse();
        Inputs[3] memory kinds = program.inputs;
        uint256 index = (gate >> 208) & 0xFFFF;
        bool right;
        // Safe: reads one of three structs, and one input. Inputs that are not there, or of no bytes, are words of memory
        // all the same; the former are refused, the latter multiplied by 0. The product has less than 96 bits. The sum is
        // meant modulo 2^32, of which 2^256 is a multiple.
        assembly ("memory-safe") {
            let inputs := mload(add(kinds, shl(5, source)))
            let size := mload(add(inputs, 0x20))
            // The four bytes from bit 144 on, with their sign; so the value.
            let scale := sar(224, shl(80, gate))
            let value := sar(sub(256, shl(3, size)), mload(add(mload(add(inputs, 0x40)), mul(size, index))))
            right := and(lt(index, mload(inputs)), eq(iszero(scale), iszero(source)))
            angle := and(add(sar(24, mul(scale, value)), shr(176, gate)), 0xFFFFFFFF)
        }
        if (!right) _refuse();
    }

    /// @dev The low halves of two lanes of 128 bits, for a sine and, above it, a cosine.
    uint256 private constant LANES = 0x0000000000000000FFFFFFFFFFFFFFFF0000000000000000FFFFFFFFFFFFFFFF;

    /// @dev 2^61, the bias of a lane before a shift by 30 bits, and half a unit.
    uint256 private constant ROUNDING = 0x2000000020000000;

    /// @dev 2 pi * 2^29, rounded.
    uint256 private constant RADIANS_PER_PHASE = 3373259426;

    /// @dev Taylor coefficients, `2^30 / k!` rounded, highest first. `START` is 0 for the sine and 2 for the cosine, with
    /// the bias of both lanes. The others are `(cosine * 2^128 + sine) * 2^30` modulo 2^256, of -296 and -27, 26631 and
    /// 2959, -1491308 and -213044, 44739243 and 8947849, -536870912 and -178956971, 1073741824 and 0: what they are
    /// added to is shifted by 30 bits afterwards.
    uint256 private constant START = 0x0000000000000000000000008000000200000000000000000000000080000000;
    uint256 private constant STEP_1 = 0xFFFFFFFFFFFFFFFFFFFFFFB5FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF940000000;
    uint256 private constant STEP_2 = 0x000000000000000000001A01C00000000000000000000000000002E3C0000000;
    uint256 private constant STEP_3 = 0xFFFFFFFFFFFFFFFFFFFA4FA4FFFFFFFFFFFFFFFFFFFFFFFFFFFF2FF300000000;
    uint256 private constant STEP_4 = 0x000000000000000000AAAAAAC000000000000000000000000022222240000000;
    uint256 private constant STEP_5 = 0xFFFFFFFFFFFFFFFFF7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD55555540000000;
    uint256 private constant STEP_6 = 0x0000000000000000100000000000000000000000000000000000000000000000;

    /// @notice What `sineCosine` needs, in memory: its constants are long, and cost more where they are used.
    function series() internal pure returns (uint256[8] memory) {
        return [LANES, START, STEP_1, STEP_2, STEP_3, STEP_4, STEP_5, STEP_6];
    }

    /// @notice Sine and cosine of a phase in `[0, 2^33)`, Q30, as signed words; 2^33 phases are a turn.
    /// @dev Both polynomials are in the same variable `u`, so they take their steps together, in two lanes of one word
    /// with a bias of 2^31 as in `Amplitudes`. A sine has one coefficient less, so its lane begins with 0.
    function sineCosine(uint256[8] memory steps, uint256 phase) internal pure returns (uint256 sine, uint256 cosine) {
        // Safe: reads the eight words alone. Every product of `t`, `u` and a lane stays below 2^61 in size
        // (docs/fixed-point.md).
        assembly ("memory-safe") {
            let quadrant := shr(31, add(phase, 0x40000000))
            let t := sar(32, add(mul(sub(phase, shl(31, quadrant)), RADIANS_PER_PHASE), 0x80000000))
            let u := shr(30, add(mul(t, t), 0x20000000))
            let rounding := sub(ROUNDING, shl(31, u))
            rounding := add(rounding, shl(128, rounding))

            let lanes := mload(steps)
            let r := mload(add(steps, 0x20))
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0x40))), rounding)), lanes)
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0x60))), rounding)), lanes)
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0x80))), rounding)), lanes)
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0xa0))), rounding)), lanes)
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0xc0))), rounding)), lanes)
            r := and(shr(30, add(add(mul(u, r), mload(add(steps, 0xe0))), rounding)), lanes)

            // Less the bias of either lane, which the lowest 64 bits hold.
            cosine := sub(shr(128, r), 0x80000000)
            sine := sub(and(r, 0xFFFFFFFFFFFFFFFF), 0x80000000)
            sine := add(t, sar(30, add(mul(t, sine), 0x20000000)))
            if and(quadrant, 1) {
                let kept := sine
                sine := cosine
                cosine := sub(0, kept)
            }
            if and(quadrant, 2) {
                sine := sub(0, sine)
                cosine := sub(0, cosine)
            }
        }
    }
}
