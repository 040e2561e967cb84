// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ISimulator} from "./interfaces/ISimulator.sol";
import {Circuit} from "./libraries/Circuit.sol";

/// @title Simulator
/// @notice A contract of its own because a referee with it would be larger than a contract may be (EIP-170).
contract Simulator is ISimulator {
    /// @inheritdoc ISimulator
    function loss(
        bytes calldata circuit,
        bytes calldata parameters,
        bytes calldata features,
        uint8 label,
        uint8 classes
    ) external pure returns (int256) {
        return Circuit.loss(circuit, parameters, features, label, classes);
    }
}
