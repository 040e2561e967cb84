// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Circuit} from "../../../contracts/libraries/Circuit.sol";

/// @notice The library's functions, to be called.
contract CircuitHarness {
    function expectations(bytes memory circuit, bytes memory values, bytes memory features)
        external
        pure
        returns (int256[] memory)
    {
        return Circuit.expectations(circuit, values, features);
    }

    function loss(bytes memory circuit, bytes memory values, bytes memory features, uint256 label, uint256 classes)
        external
        pure
        returns (int256)
    {
        return Circuit.loss(circuit, values, features, label, classes);
    }

    function sineCosine(uint256 phase) external pure returns (uint256 sine, uint256 cosine) {
        return Circuit.sineCosine(Circuit.series(), phase);
    }

    function parameters(bytes memory circuit) external pure returns (uint256) {
        return Circuit.parameters(circuit);
    }
}
