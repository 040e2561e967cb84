// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, DecreaseProof, Fault, IReferee, RewardsProof, SplitProof, VerdictProof} from "../interfaces/IReferee.sol";
import {Aggregation} from "./Aggregation.sol";
import {Evidence} from "./Evidence.sol";
import {SumTree} from "./SumTree.sol";
import {Sort} from "./Sort.sol";

/// @title Rewards
/// @notice Proofs about the verdict on the candidate, the split of the budget, and the tree of cumulative rewards.
/// @dev The Python twins are `qfl_chain.protocol.report` and `qfl_chain.protocol.rewards`.
library Rewards {
    /// @notice VERDICT: the losses compared, whether the candidate was accepted, the model or the total.
    /// @dev Takes as given the losses (LOSS, SUM), the weights (WEIGHT) and the candidate (AGGREGATE).
    function proveVerdict(Case memory facts, VerdictProof memory shown) internal pure {
        uint256 weight = _total(Evidence.openStandings(facts, shown.standings));
        (Evidence.Coalition memory nobody, uint256 position) = Evidence.openCoalition(facts, shown.coalition);
        if (position != 0) revert IReferee.WrongExcerpt("coalition");
        Evidence.Aggregate memory verdict = Evidence.openAggregate(facts, shown.aggregate);

        bool accepted = weight != 0 && verdict.afterwards <= nobody.loss;
        bool right = verdict.before == nobody.loss && verdict.accepted == accepted
            && verdict.model == (accepted ? verdict.candidate : facts.baseModel)
            && facts.report.model == verdict.model
            && facts.report.total == uint256(facts.baseTotal) + (accepted ? facts.budget : 0);
        if (right) revert IReferee.NoFault(Fault.VERDICT);
    }

    /// @notice SPLIT: a reward of the round is not the budget's share by the weights, or not zero where nothing is paid.
    /// @dev Takes as given the weights (WEIGHT) and whether the candidate was accepted (VERDICT).
    function proveSplit(Case memory facts, SplitProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        Evidence.Aggregate memory verdict = Evidence.openAggregate(facts, shown.aggregate);
        uint256 total = _total(standings);

        uint256[] memory shares = verdict.accepted && total != 0
            ? _split(facts.budget, standings, total)
            : new uint256[](standings.length);
        for (uint256 i; i < shares.length; ++i) {
            if (standings[i].reward != shares[i]) return;
        }
        revert IReferee.NoFault(Fault.SPLIT);
    }

    /// @notice REWARDS: the report's tree is not that of the accounts before plus the rewards of the round.
    /// @dev Takes as given whose the standings are (STANDING), the rewards (SPLIT) and the total (VERDICT).
    function proveRewards(Case memory facts, RewardsProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        uint256[] memory accounts = SumTree.unpack(shown.accounts);
        if (!SumTree.isTree(facts.baseRewards, facts.baseTotal, accounts)) revert IReferee.InvalidClaim("accounts");

        (uint256[] memory paid, bool right) = _pay(accounts, standings);
        if (right && SumTree.isTree(facts.report.rewards, facts.report.total, paid)) {
            revert IReferee.NoFault(Fault.REWARDS);
        }
    }

    /// @notice DECREASE: an account has less in the report's tree than in the one before.
    function proveDecrease(Case memory facts, DecreaseProof memory shown) internal pure {
        if (
            !SumTree.contains(
                facts.baseRewards, facts.baseTotal, shown.account, shown.before, shown.beforeIndex, shown.beforeProof
            )
        ) revert IReferee.InvalidClaim("before");
        if (
            !SumTree.contains(
                facts.report.rewards,
                facts.report.total,
                shown.account,
                shown.afterwards,
                shown.afterIndex,
                shown.afterProof
            )
        ) revert IReferee.InvalidClaim("after");
        if (shown.afterwards >= shown.before) revert IReferee.NoFault(Fault.DECREASE);
    }

    /// @dev The sum of all weights. A standing without a part in the round has none.
    function _total(Evidence.Standing[] memory standings) private pure returns (uint256 total) {
        for (uint256 i; i < standings.length; ++i) {
            uint256 weight = standings[i].weight;
            if (weight >= Aggregation.WEIGHT_BOUND) {
                revert IReferee.OutOfRange("weight", weight, Aggregation.WEIGHT_BOUND);
            }
            total += weight;
        }
    }

    /// @dev Largest remainders: everybody the quotient, and one more to those with the largest remainders, of equal
    /// ones to the lower index, until the budget is used up. Whoever has no weight has no remainder.
    function _split(uint256 budget, Evidence.Standing[] memory standings, uint256 total)
        private
        pure
        returns (uint256[] memory shares)
    {
        shares = new uint256[](standings.length);
        uint256[] memory ranked = new uint256[](standings.length);
        uint256 missing = budget;
        for (uint256 i; i < shares.length; ++i) {
            // 64 bits of a budget, 192 of a weight.
            uint256 product = budget * standings[i].weight;
            shares[i] = product / total;
            missing -= shares[i];
            // A remainder is below `total`, which has 208 bits, so 16 are free for the index: the lower, the larger.
            ranked[i] = ((product % total) << 16) | (type(uint16).max - i);
        }
        ranked = Sort.ascending(ranked, new uint256[](ranked.length));
        for (uint256 k = shares.length; missing != 0; --missing) {
            ++shares[type(uint16).max - (ranked[--k] & type(uint16).max)];
        }
    }

    /// @dev The accounts after the round, ascending, and whether every standing's cumulative reward is what it had
    /// plus its reward. An account that never earned anything stays out.
    function _pay(uint256[] memory accounts, Evidence.Standing[] memory standings)
        private
        pure
        returns (uint256[] memory paid, bool right)
    {
        uint256[] memory order = _byParticipant(standings);
        paid = new uint256[](accounts.length + standings.length);
        uint256 next;
        uint256 used;
        for (uint256 i; i < order.length; ++i) {
            Evidence.Standing memory standing = standings[order[i] & type(uint16).max];
            uint256 participant = uint160(standing.participant);
            for (; next < accounts.length && SumTree.accountOf(accounts[next]) < participant; ++next) {
                paid[used++] = accounts[next];
            }
            uint256 sum = standing.reward;
            if (next < accounts.length && SumTree.accountOf(accounts[next]) == participant) {
                sum += SumTree.amountOf(accounts[next++]);
            }
            if (sum != standing.cumulative) return (paid, false);
            if (sum != 0) paid[used++] = SumTree.pack(standing.participant, standing.cumulative);
        }
        for (; next < accounts.length; ++next) {
            paid[used++] = accounts[next];
        }
        // Safe: shortens the array to the words just written.
        assembly ("memory-safe") {
            mstore(paid, used)
        }
        return (paid, true);
    }

    /// @dev The standings in ascending order of their participants: the address, and the position in the low 16 bits.
    function _byParticipant(Evidence.Standing[] memory standings) private pure returns (uint256[] memory) {
        uint256[] memory order = new uint256[](standings.length);
        for (uint256 i; i < order.length; ++i) {
            order[i] = (uint256(uint160(standings[i].participant)) << 16) | i;
        }
        return Sort.ascending(order, new uint256[](order.length));
    }
}
