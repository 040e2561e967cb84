// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation} from "../interfaces/IFederation.sol";

/// @title Gwei
/// @notice Amounts are whole gwei in 64 bits, on their way in and out.
library Gwei {
    /// @notice The gwei in `value` wei, which must be a positive whole number of them.
    function fromWei(uint256 value) internal pure returns (uint256) {
        if (value == 0) revert IFederation.ZeroAmount();
        if (value % 1 gwei != 0) revert IFederation.NotWholeGwei(value);
        return value / 1 gwei;
    }

    /// @notice `amount` in 64 bits, or an error.
    function toUint64(uint256 amount) internal pure returns (uint64) {
        if (amount > type(uint64).max) revert IFederation.AmountTooLarge(amount);
        // Safe cast: the line above.
        return uint64(amount);
    }

    /// @notice Sends `amount` gwei to `to` with all gas; the caller must have finished its effects.
    function send(address to, uint64 amount) internal {
        (bool success,) = to.call{value: uint256(amount) * 1 gwei}("");
        if (!success) revert IFederation.TransferFailed();
    }
}
