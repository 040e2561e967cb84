// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregateProof, Case, Excerpt, Fault, IReferee, ModelProof} from "../interfaces/IReferee.sol";
import {Aggregation} from "./Aggregation.sol";
import {Evidence} from "./Evidence.sol";

/// @title Models
/// @notice Proofs that a model named by the evidence is not what the updates make of the base model.
/// @dev A model is replayed from all that goes into it. Nothing of it can be left out or replaced: the evidence says
/// which updates there are, and every block must hash to the digest that names it.
library Models {
    /// @notice MODEL: a coalition's model is not the base plus its members' aggregate, weighted by stake.
    /// @dev Takes as given who the players are, what they sent, and their stakes (STANDING, PLAYERS).
    function proveModel(Case memory facts, ModelProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        (Evidence.Coalition memory coalition,) = Evidence.openCoalition(facts, shown.coalition);

        for (uint256 i; i < standings.length; ++i) {
            Evidence.Standing memory one = standings[i];
            // A player beyond the mask is no member: a shift by so much leaves nothing.
            bool member = one.status == Evidence.ACCEPTED && (coalition.mask >> one.player) & 1 == 1;
            one.weight = member ? one.stake : 0;
        }
        bytes32 model = _replay(facts, shown.rules, standings, shown.base, shown.deltas);
        if (model == coalition.model) revert IReferee.NoFault(Fault.MODEL);
    }

    /// @notice AGGREGATE: the candidate is not the base plus the aggregate of the updates, by their weights.
    /// @dev Takes as given the weights (CONTRIBUTION, WEIGHT) and what MODEL does.
    function proveAggregate(Case memory facts, AggregateProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        Evidence.Aggregate memory verdict = Evidence.openAggregate(facts, shown.aggregate);

        bytes32 model = _replay(facts, shown.rules, standings, shown.base, shown.deltas);
        if (model == verdict.candidate) revert IReferee.NoFault(Fault.AGGREGATE);
    }

    /// @dev The digest of the model that follows from the updates with a weight above zero. An update without one
    /// changes nothing under any rule.
    function _replay(
        Case memory facts,
        Excerpt memory shownRules,
        Evidence.Standing[] memory standings,
        bytes memory base,
        bytes memory deltas
    ) private pure returns (bytes32) {
        Evidence.Rules memory rules = Evidence.openRules(facts, shownRules);
        bytes32 found = sha256(base);
        if (found != facts.baseModel) revert IReferee.WrongBytes("base", facts.baseModel, found);
        uint256 count = Aggregation.countParameters(base);

        bytes32[] memory digests = new bytes32[](standings.length);
        uint256[] memory weights = new uint256[](standings.length);
        uint256 used;
        for (uint256 i; i < standings.length; ++i) {
            Evidence.Standing memory one = standings[i];
            if (one.weight == 0) continue;
            (digests[used], weights[used]) = (one.digest, one.weight);
            ++used;
        }
        // Safe: shortens the arrays to the words just written.
        assembly ("memory-safe") {
            mstore(digests, used)
            mstore(weights, used)
        }
        Aggregation.checkUpdates(facts.circuit, facts.report.round, count, digests, deltas);
        int256[] memory change = Aggregation.aggregate(rules.rule, deltas, weights, count);
        return sha256(Aggregation.modelBlock(facts.circuit, facts.report.round, base, change));
    }
}
