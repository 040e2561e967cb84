// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title ISimulator
/// @notice Runs circuits, for a referee. It keeps nothing.
/// @dev Everything is computed exactly as `qfl_chain.circuit.scoring` computes it. Bytes that cannot be read revert
/// with `IReferee.UnreadableBytes`.
interface ISimulator {
    /// @notice The squared loss of a model on a sample, Q30.
    /// @param circuit The circuit's canonical bytes.
    /// @param parameters The model's, 8 bytes each, in units.
    /// @param features The sample's, 4 bytes each, in units.
    /// @param label The sample's class, below `classes`.
    function loss(
        bytes calldata circuit,
        bytes calldata parameters,
        bytes calldata features,
        uint8 label,
        uint8 classes
    ) external pure returns (int256);
}
