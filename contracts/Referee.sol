// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Simulator} from "./Simulator.sol";
import {Case, Excerpt, Fault, IReferee} from "./interfaces/IReferee.sol";
import {ISimulator} from "./interfaces/ISimulator.sol";
import {Basis} from "./libraries/Basis.sol";
import {Contributions} from "./libraries/Contributions.sol";
import {Evidence} from "./libraries/Evidence.sol";
import {Excerpts} from "./libraries/Excerpts.sol";
import {Losses} from "./libraries/Losses.sol";
import {Models} from "./libraries/Models.sol";
import {Proofs} from "./libraries/Proofs.sol";
import {Rewards} from "./libraries/Rewards.sol";
import {Updates} from "./libraries/Updates.sol";

/// @title Referee
/// @notice Says whether a report is wrong. It keeps nothing, owns nothing and has no owner.
contract Referee is IReferee {
    /// @notice Where circuits run. It is made with the referee.
    /// @dev Warning: compare the code at this address too.
    ISimulator public immutable SIMULATOR = new Simulator();

    /* JUDGEMENT */

    /// @inheritdoc IReferee
    function judge(Fault fault, Case calldata facts, bytes calldata proof) external view {
        Case memory case_ = facts;
        if (fault == Fault.LEAF) return Basis.proveLeaf(case_, Proofs.leaf(proof)[0]);
        if (fault == Fault.HEADER) return Basis.proveHeader(case_, Proofs.header(proof)[0]);
        if (fault == Fault.SUBSET) return Basis.proveSubset(case_, Proofs.subset(proof)[0]);
        if (fault == Fault.STANDING) return Basis.proveStanding(case_, Proofs.standing(proof)[0]);
        if (fault == Fault.PLAYERS) return Basis.provePlayers(case_, Proofs.players(proof)[0]);
        if (fault == Fault.COALITIONS) return Basis.proveCoalitions(case_, Proofs.coalitions(proof)[0]);
        if (fault == Fault.MODEL) return Models.proveModel(case_, Proofs.model(proof)[0]);
        if (fault == Fault.LOSS) return Losses.proveLoss(case_, Proofs.loss(proof)[0], SIMULATOR);
        if (fault == Fault.SUM) return Losses.proveSum(case_, Proofs.sum(proof)[0]);
        if (fault == Fault.CONTRIBUTION) return Contributions.proveContribution(case_, Proofs.contribution(proof)[0]);
        if (fault == Fault.WEIGHT) return Contributions.proveWeight(case_, Proofs.weight(proof)[0]);
        if (fault == Fault.AGGREGATE) return Models.proveAggregate(case_, Proofs.aggregate(proof)[0]);
        if (fault == Fault.VERDICT) return Rewards.proveVerdict(case_, Proofs.verdict(proof)[0]);
        if (fault == Fault.SPLIT) return Rewards.proveSplit(case_, Proofs.split(proof)[0]);
        if (fault == Fault.REWARDS) return Rewards.proveRewards(case_, Proofs.rewards(proof)[0]);
        if (fault == Fault.DECREASE) return Rewards.proveDecrease(case_, Proofs.decrease(proof)[0]);
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
