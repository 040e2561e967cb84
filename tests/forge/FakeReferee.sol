// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Excerpt, Fault, IReferee} from "../../contracts/interfaces/IReferee.sol";

/// @title FakeReferee
/// @notice Says what the test tells it in the proof, and checks that the federation told it the facts.
contract FakeReferee is IReferee {
    /// @notice The federation vouched for something else than what happened.
    error WrongFacts(Case facts);

    /// @inheritdoc IReferee
    /// @dev `proof` says whether to convict, and the hash of the facts.
    function judge(Fault fault, Case calldata facts, bytes calldata proof) external pure {
        if (fault == Fault.UNAVAILABLE) revert NotJudged(fault);
        (bool guilty, bytes32 expected) = abi.decode(proof, (bool, bytes32));
        if (keccak256(abi.encode(facts)) != expected) revert WrongFacts(facts);
        if (!guilty) revert NoFault(fault);
    }

    /// @inheritdoc IReferee
    function malformed(bytes32, uint64, uint16, bytes calldata payload, bytes calldata) external pure returns (bool) {
        return payload.length == 0 || payload[0] != 0;
    }

    /// @inheritdoc IReferee
    function revealAt(uint184 accumulator, bytes calldata reveals, uint256 index)
        external
        pure
        returns (address participant, uint64 stake, bytes32 digest)
    {
        uint184 folded;
        for (uint256 i; i < reveals.length / 60; ++i) {
            folded = uint184(uint256(keccak256(abi.encodePacked(folded, reveals[60 * i:60 * i + 60]))));
        }
        if (folded != accumulator || reveals.length % 60 != 0) revert WrongReveals(accumulator, folded);
        if (index >= reveals.length / 60) revert OutOfRange("reveal", index, reveals.length / 60);
        bytes calldata one = reveals[60 * index:];
        return (address(bytes20(one)), uint64(bytes8(one[20:])), bytes32(one[28:60]));
    }

    /// @inheritdoc IReferee
    /// @dev A `row` that is not empty answers nothing.
    function answers(bytes32, uint32, Excerpt calldata, bytes calldata row) external pure {
        if (row.length != 0) revert InvalidExcerpt("leaf");
    }
}
