// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, ContributionProof, Fault, IReferee, WeightProof} from "../interfaces/IReferee.sol";
import {Basis} from "./Basis.sol";
import {Evidence} from "./Evidence.sol";

/// @title Contributions
/// @notice Proofs about what an update was worth, and what it weighs.
/// @dev The Python twin is `qfl_chain.protocol.contribution`.
library Contributions {
    /// @notice CONTRIBUTION: a standing's phi is not its Shapley value, or not zero where it took no part.
    /// @dev Takes as given who the players are (PLAYERS), which coalitions are scored (COALITIONS) and their losses
    /// (LOSS, SUM). Where the standing took no part, coalitions and rules are not looked at.
    function proveContribution(Case memory facts, ContributionProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        if (shown.standing >= standings.length) {
            revert IReferee.OutOfRange("standing", shown.standing, standings.length);
        }
        Evidence.Standing memory standing = standings[shown.standing];
        int256 phi;
        if (standing.status == Evidence.ACCEPTED) {
            uint256 players = Basis.countPlayers(standings);
            if (standing.player >= players) revert IReferee.OutOfRange("player", standing.player, players);
            Evidence.Coalition[] memory coalitions = Evidence.openCoalitions(facts, shown.coalitions);
            if (players <= Basis.EXACT_UP_TO) {
                phi = _exact(coalitions, players, standing.player);
            } else {
                Evidence.Rules memory rules = Evidence.openRules(facts, shown.rules);
                phi = _sampled(coalitions, Basis.drawOrders(facts, rules, players), standing.player);
            }
        }
        if (phi == standing.phi) revert IReferee.NoFault(Fault.CONTRIBUTION);
    }

    /// @notice WEIGHT: a standing's weight is not its stake times its phi, or zero where that is negative.
    /// @dev Takes as given stake (STANDING) and phi (CONTRIBUTION).
    function proveWeight(Case memory facts, WeightProof memory shown) internal pure {
        (Evidence.Standing memory standing,) = Evidence.openStanding(facts, shown.standing);
        // Safe cast: not negative.
        uint256 gain = standing.phi > 0 ? uint256(standing.phi) : 0;
        // A product that does not fit is no weight: a true phi has 81 bits, a stake 64.
        bool fits = standing.stake == 0 || gain <= type(uint256).max / standing.stake;
        if (fits && standing.weight == standing.stake * gain) revert IReferee.NoFault(Fault.WEIGHT);
    }

    /// @dev Shapley 1953: a coalition of s others precedes a player in s! (players - s - 1)! of all orders. The
    /// coalition at position m is the one with mask m.
    function _exact(Evidence.Coalition[] memory coalitions, uint256 players, uint256 player)
        private
        pure
        returns (int256 phi)
    {
        if (coalitions.length != 1 << players) revert IReferee.WrongExcerpt("coalitions");
        int256[] memory orders = _ordersBySize(players);
        for (uint256 mask; mask < coalitions.length; ++mask) {
            if ((mask >> player) & 1 == 1) continue;
            // A score is a loss negated.
            int256 gain = int256(coalitions[mask].loss) - coalitions[mask | (1 << player)].loss;
            phi += orders[_size(mask)] * gain;
        }
    }

    /// @dev s! (players - s - 1)! for every size s. At most 7!.
    function _ordersBySize(uint256 players) private pure returns (int256[] memory orders) {
        orders = new int256[](players);
        for (uint256 size; size < players; ++size) {
            int256 product = 1;
            // Safe casts: at most EXACT_UP_TO.
            for (uint256 i = 2; i <= size; ++i) product *= int256(i);
            for (uint256 i = 2; i < players - size; ++i) product *= int256(i);
            orders[size] = product;
        }
    }

    function _size(uint256 mask) private pure returns (uint256 members) {
        for (; mask != 0; mask &= mask - 1) ++members;
    }

    /// @dev The sum of what the player added in every walk. Walked backwards, whoever came after it is there before.
    function _sampled(Evidence.Coalition[] memory coalitions, uint256[][] memory orders, uint256 player)
        private
        pure
        returns (int256 phi)
    {
        uint256 all = coalitions[coalitions.length - 1].mask;
        for (uint256 i; i < orders.length; ++i) {
            uint256 before;
            for (uint256 k; orders[i][k] != player; ++k) before |= 1 << orders[i][k];
            uint256 later = all & ~before & ~(1 << player);
            phi += _gain(coalitions, before, player) + _gain(coalitions, later, player);
        }
    }

    /// @dev What the player adds to the coalition of the others.
    function _gain(Evidence.Coalition[] memory coalitions, uint256 others, uint256 player)
        private
        pure
        returns (int256)
    {
        return _lossOf(coalitions, others) - _lossOf(coalitions, others | (1 << player));
    }

    /// @dev The loss of the coalition with this mask: coalitions ascend by their masks.
    function _lossOf(Evidence.Coalition[] memory coalitions, uint256 mask) private pure returns (int256) {
        uint256 low;
        uint256 high = coalitions.length - 1;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (coalitions[middle].mask < mask) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Only where COALITIONS holds: one that is needed is missing.
        if (coalitions[low].mask != mask) revert IReferee.WrongExcerpt("coalitions");
        return coalitions[low].loss;
    }
}
