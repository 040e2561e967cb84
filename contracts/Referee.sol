// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Excerpt, Fault, IReferee} from "./interfaces/IReferee.sol";
import {Encoding} from "./libraries/Encoding.sol";
import {Evidence} from "./libraries/Evidence.sol";
import {Excerpts} from "./libraries/Excerpts.sol";
import {Rounds} from "./libraries/Rounds.sol";
import {Updates} from "./libraries/Updates.sol";

/// @title Referee
/// @notice Says whether a report is wrong. It keeps nothing, owns nothing and has no owner.
contract Referee is IReferee {
    /* JUDGEMENT */

    /// @inheritdoc IReferee
    function judge(Fault fault, Case calldata facts, bytes calldata proof) external view {
        Case memory case_ = facts;
        if (fault == Fault.LEAF) return Rounds.proveLeaf(case_, Encoding.checked(proof, "E"));
        if (fault == Fault.HEADER) return Rounds.proveHeader(case_, Encoding.checked(proof, "E"));
        if (fault == Fault.SUBSET) return Rounds.proveSubset(case_, Encoding.checked(proof, "EE"));
        if (fault == Fault.STANDING) return Rounds.proveStanding(case_, Encoding.checked(proof, "EBBB"));
        if (fault == Fault.PLAYERS) return Rounds.provePlayers(case_, Encoding.checked(proof, "E"));
        if (fault == Fault.COALITIONS) return Rounds.proveCoalitions(case_, Encoding.checked(proof, "EEEE"));
        revert NotJudged(fault);
    }

    /* BYTES */

    /// @inheritdoc IReferee
    function malformed(
        bytes32 circuitDigest,
        uint64 maxNorm,
        uint16 round,
        bytes calldata payload,
        bytes calldata circuit
    ) external pure returns (bool) {
        uint256 parameters = Updates.parametersOf(circuitDigest, circuit);
        return Updates.isMalformed(circuitDigest, parameters, maxNorm, round, payload);
    }

    /// @inheritdoc IReferee
    function revealAt(uint184 accumulator, bytes calldata reveals, uint256 index)
        external
        pure
        returns (address participant, uint64 stake, bytes32 digest)
    {
        uint256 count = Updates.checkReveals(accumulator, reveals);
        if (index >= count) revert OutOfRange("reveal", index, count);
        return Updates.revealAt(reveals, index);
    }

    /// @inheritdoc IReferee
    function answers(bytes32 evidenceRoot, uint32 index, Excerpt calldata leaf, bytes calldata row) external pure {
        Excerpts.check(evidenceRoot, leaf, "leaf");
        if (leaf.leaves.length != 1) revert WrongExcerpt("leaf");
        // The root binds how many leaves there are, so any of them shows that there is no such index.
        if (index >= leaf.count) return;
        if (leaf.first != index) revert WrongExcerpt("leaf");

        (bool commits, bytes32 committed) = Evidence.rowOf(leaf.leaves[0]);
        if (!commits) committed = keccak256("");
        bytes32 found = keccak256(row);
        if (found != committed) revert WrongBytes("row", committed, found);
    }
}
