// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Vm
/// @notice What these tests ask of forge, beyond the chain.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function deal(address account, uint256 balance) external;
    function deployCode(string calldata artifact, bytes calldata arguments, uint256 value) external returns (address);
    function deployCode(string calldata artifact) external returns (address);
    function chainId(uint256 id) external;
    function etch(address target, bytes calldata code) external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata reason) external;
    function expectRevert() external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseUint(string calldata text) external pure returns (uint256);
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function readFile(string calldata path) external view returns (string memory);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function toString(uint256 value) external pure returns (string memory);
    function warp(uint256 time) external;
    function writeLine(string calldata path, string calldata line) external;
}

/// @dev Where forge answers: keccak256("hevm cheat code") as an address.
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev The functions of one contract that an invariant campaign calls. forge reads lists of these.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

error Unequal(string what, uint256 left, uint256 right);
error Untrue(string what);

/// @dev `what` says what would hold.
function require_(bool condition, string memory what) pure {
    if (!condition) revert Untrue(what);
}

function requireEqual(uint256 left, uint256 right, string memory what) pure {
    if (left != right) revert Unequal(what, left, right);
}

/// @dev A number of [low, high], from any.
function within(uint256 any, uint256 low, uint256 high) pure returns (uint256) {
    return low + any % (high - low + 1);
}
