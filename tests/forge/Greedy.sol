// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Greedy
/// @notice A participant that makes its last call once more whenever it is paid.
contract Greedy {
    bytes internal _again;

    /// @notice Whether it was ever served twice.
    bool public served;

    function arm(bytes calldata again) external {
        _again = again;
    }

    receive() external payable {
        if (_again.length == 0) return;
        bytes memory again = _again;
        delete _again;
        (bool accepted,) = msg.sender.call(again);
        if (accepted) served = true;
    }
}
