// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Fault, IReferee, LossProof, SumProof} from "../interfaces/IReferee.sol";
import {ISimulator} from "../interfaces/ISimulator.sol";
import {Evidence} from "./Evidence.sol";

/// @title Losses
/// @notice Proofs that a loss which the evidence names is not the loss of its model.
/// @dev The Python twins are `qfl_chain.circuit.scoring` and `qfl_chain.protocol.report`.
library Losses {
    /// @dev Bytes of a loss in a row.
    uint256 private constant LOSS = 8;

    /// @dev Bytes of a model before its parameters, and of one parameter.
    uint256 private constant MODEL_HEAD = 43;
    uint256 private constant PARAMETER = 8;

    /// @dev "QFLM", version 1.
    uint256 private constant MODEL_MAGIC = 0x51464c4d01;

    /// @dev The highest bit of each of four parameters in a word.
    uint256 private constant SIGNS = 0x8000000000000000800000000000000080000000000000008000000000000000;

    /// @notice LOSS: a loss in the row is not that of the model on the sample in this place of the subset.
    /// @dev Takes as given the subset (SUBSET) and the model's digest (MODEL, AGGREGATE).
    /// @dev Bytes that are no model of this circuit have no loss, so nothing is proved with them. A report that follows
    /// the rules never names such bytes: one that does is wrong a step before, and MODEL or AGGREGATE shows that from
    /// the updates alone. The same holds where the terms themselves name a circuit, a label or a number of classes that
    /// do not fit together: no report can be right then, and none is convicted for it.
    /// @dev A row that ends too early has no loss to compare here; SUM convicts it.
    function proveLoss(Case memory facts, LossProof memory shown, ISimulator simulator) internal pure {
        (bytes32 model,, bytes32 row) = Evidence.openScored(facts, shown.leaf);
        bytes32 found = keccak256(shown.row);
        if (found != row) revert IReferee.WrongBytes("row", row, found);
        _check("model", model, shown.model);
        _check("circuit", facts.circuit, shown.circuit);

        uint32[] memory subset = Evidence.openHeader(facts, shown.header).subset;
        uint256 position = shown.position;
        uint256 length = shown.row.length / LOSS;
        if (length > subset.length) length = subset.length;
        if (position >= length) revert IReferee.OutOfRange("position", position, length);
        int256 loss = _loss(facts, shown, subset[position], simulator);
        if (_lossAt(shown.row, position) == loss) revert IReferee.NoFault(Fault.LOSS);
    }

    /// @notice SUM: a row has not one loss for each sample, or the leaf's loss is not their sum.
    /// @dev Takes as given how many samples there are (SUBSET).
    function proveSum(Case memory facts, SumProof memory shown) internal pure {
        (, int64 loss, bytes32 row) = Evidence.openScored(facts, shown.leaf);
        bytes32 found = keccak256(shown.row);
        if (found != row) revert IReferee.WrongBytes("row", row, found);

        uint256 samples = Evidence.openHeader(facts, shown.header).subset.length;
        if (shown.row.length != LOSS * samples) return;
        int256 sum;
        for (uint256 i; i < samples; ++i) {
            sum += _lossAt(shown.row, i);
        }
        if (sum == loss) revert IReferee.NoFault(Fault.SUM);
    }

    function _loss(Case memory facts, LossProof memory shown, uint256 index, ISimulator simulator)
        private
        pure
        returns (int256)
    {
        Evidence.Rules memory rules = Evidence.openRules(facts, shown.rules);
        (uint8 label, bytes memory features) = Evidence.openSample(facts, shown.sample, index, rules);
        bytes memory parameters = _parameters(facts.circuit, shown.model);
        return simulator.loss(shown.circuit, parameters, features, label, rules.classes);
    }

    /// @dev The parameters of a model's block, 8 bytes each; whether they are as many as the circuit's is for
    /// the simulator to say. Each is below 2^62 in size, as in `qfl_chain.protocol.codec.decode_model`. The round may
    /// be any: a loss does not depend on it, and the model's digest is not what is proved here.
    function _parameters(bytes32 circuit, bytes memory model) private pure returns (bytes memory parameters) {
        if (model.length < MODEL_HEAD) revert IReferee.UnreadableBytes("model");
        uint256 count = Evidence.readUint(model, 39, 4);
        if (
            Evidence.readUint(model, 0, 5) != MODEL_MAGIC || bytes32(Evidence.readUint(model, 5, 32)) != circuit
                || model.length != MODEL_HEAD + PARAMETER * count
        ) revert IReferee.UnreadableBytes("model");

        // Zeros behind the last parameter fill its word.
        parameters = new bytes(PARAMETER * count);
        uint256 beyond;
        // Safe: the source is as long as the copy after its head; the loop reads the copy, by whole words, which is
        // how memory is allocated. A number is in [-2^62, 2^62) exactly when its two highest bits are the same.
        assembly ("memory-safe") {
            let at := add(parameters, 32)
            let end := add(at, mload(parameters))
            mcopy(at, add(add(model, 32), MODEL_HEAD), mload(parameters))
            for {} lt(at, end) { at := add(at, 32) } {
                let four := mload(at)
                beyond := or(beyond, and(xor(four, shl(1, four)), SIGNS))
            }
        }
        if (beyond != 0) revert IReferee.UnreadableBytes("model");
    }

    /// @dev A loss of a row that is long enough for it.
    function _lossAt(bytes memory row, uint256 position) private pure returns (int256) {
        // Safe casts: the field has 64 bits, the highest of which is its sign.
        return int64(uint64(Evidence.readUint(row, LOSS * position, LOSS)));
    }

    function _check(string memory part, bytes32 expected, bytes memory data) private pure {
        bytes32 found = sha256(data);
        if (found != expected) revert IReferee.WrongBytes(part, expected, found);
    }
}
