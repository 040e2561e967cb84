// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation} from "../interfaces/IFederation.sol";
import {
    Case,
    CoalitionsProof,
    Excerpt,
    Fault,
    HeaderProof,
    IReferee,
    LeafProof,
    PlayersProof,
    StandingProof,
    SubsetProof
} from "../interfaces/IReferee.sol";
import {Draws} from "./Draws.sol";
import {Evidence} from "./Evidence.sol";
import {Excerpts} from "./Excerpts.sol";
import {Sort} from "./Sort.sol";
import {Updates} from "./Updates.sol";

/// @title Basis
/// @notice Proofs about what a report started from: the round, its samples, whose updates take part, and which
/// coalitions are scored.
/// @dev The Python twins are `qfl_chain.protocol.report` and `qfl_chain.protocol.contribution`.
library Basis {
    /// @dev Up to so many players every coalition is scored.
    uint256 internal constant EXACT_UP_TO = 8;

    /// @notice LEAF: bytes that are no leaf of their place, or a tree that is too small for the round.
    function proveLeaf(Case memory facts, LeafProof memory proof) internal pure {
        Excerpt memory shown = proof.leaf;
        Excerpts.check(facts.report.evidenceRoot, shown, "leaf");
        if (shown.leaves.length != 1) revert IReferee.WrongExcerpt("leaf");
        if (Evidence.isCanonical(facts.revealed, shown.count, shown.first, shown.leaves[0])) {
            revert IReferee.NoFault(Fault.LEAF);
        }
    }

    /// @notice HEADER: a field of the header that the chain says otherwise.
    function proveHeader(Case memory facts, HeaderProof memory shown) internal pure {
        Evidence.Header memory header = Evidence.openHeader(facts, shown.header);
        if (
            header.federation == facts.federation && header.round == facts.report.round
                && header.inputs == facts.report.inputs && header.circuit == facts.circuit
                && header.baseModel == facts.baseModel && header.validation == facts.validation
                && header.budget == facts.budget && header.previousTotal == facts.baseTotal
                && header.reveals == facts.revealed
        ) revert IReferee.NoFault(Fault.HEADER);
    }

    /// @notice SUBSET: other samples than those that the round draws, ascending.
    function proveSubset(Case memory facts, SubsetProof memory shown) internal pure {
        uint32[] memory said = Evidence.openHeader(facts, shown.header).subset;
        Evidence.Rules memory rules = Evidence.openRules(facts, shown.rules);
        if (_isSubset(facts, rules, said)) revert IReferee.NoFault(Fault.SUBSET);
    }

    /// @notice STANDING: another participant, stake or digest than was revealed, or a wrong status.
    /// @dev The first that holds is the status: unavailable, malformed, duplicate, accepted. The payload is looked at
    /// only where it decides.
    function proveStanding(Case memory facts, StandingProof memory shown) internal view {
        (Evidence.Standing memory said, uint256 index) = Evidence.openStanding(facts, shown.standing);
        uint256 count = Updates.checkReveals(facts.report.inputs, shown.reveals);
        if (index >= count) revert IReferee.OutOfRange("reveal", index, count);

        (address participant, uint64 stake, bytes32 digest) = Updates.revealAt(shown.reveals, index);
        if (said.participant != participant || said.stake != stake || said.digest != digest) return;

        uint16 round = facts.report.round;
        bool silent = IFederation(facts.federation).silentAt(round, participant, digest, facts.reportedAt);
        if (silent != (said.status == Evidence.UNAVAILABLE)) return;
        if (silent || said.status == _ruling(facts, shown, index, digest)) revert IReferee.NoFault(Fault.STANDING);
    }

    /// @notice PLAYERS: the players are not the accepted updates, in order, from 0 on.
    /// @dev Takes as given the statuses (STANDING).
    function provePlayers(Case memory facts, PlayersProof memory shown) internal pure {
        Evidence.Standing[] memory standings = Evidence.openStandings(facts, shown.standings);
        uint256 players;
        for (uint256 i; i < standings.length; ++i) {
            bool accepted = standings[i].status == Evidence.ACCEPTED;
            if (standings[i].player != (accepted ? players++ : Evidence.NOT_A_PLAYER)) return;
        }
        revert IReferee.NoFault(Fault.PLAYERS);
    }

    /// @notice COALITIONS: another number of coalitions or another scale than follow from the players, or a mask that
    /// is not the one of its place.
    /// @dev Takes as given the statuses (STANDING). Any neighbouring coalitions will do: what is wrong is among them,
    /// or it is the number of all.
    function proveCoalitions(Case memory facts, CoalitionsProof memory shown) internal pure {
        Evidence.Header memory header = Evidence.openHeader(facts, shown.header);
        uint256 players = countPlayers(Evidence.openStandings(facts, shown.standings));
        (Evidence.Coalition[] memory some, uint256 from, uint256 count) =
            Evidence.openSomeCoalitions(facts, shown.coalitions);
        Evidence.Rules memory rules = Evidence.openRules(facts, shown.rules);

        (uint256[] memory masks, uint256 scale) = _scored(facts, rules, players);
        if (header.scale != scale || header.coalitions != masks.length || count != masks.length) return;
        for (uint256 i; i < some.length; ++i) {
            if (some[i].wide || some[i].mask != masks[from + i]) return;
        }
        revert IReferee.NoFault(Fault.COALITIONS);
    }

    /* WHAT IS RIGHT */

    /// @notice How many updates take part.
    function countPlayers(Evidence.Standing[] memory standings) internal pure returns (uint256 players) {
        for (uint256 i; i < standings.length; ++i) {
            if (standings[i].status == Evidence.ACCEPTED) ++players;
        }
    }

    /// @notice The orders in which the players are walked, each of them backwards too; for more than `EXACT_UP_TO`.
    function drawOrders(Case memory facts, Evidence.Rules memory rules, uint256 players)
        internal
        pure
        returns (uint256[][] memory orders)
    {
        if (players > Evidence.MAX_PLAYERS) {
            revert IReferee.OutOfRange("players", players, Evidence.MAX_PLAYERS + 1);
        }
        Draws.Stream memory stream =
            Draws.open("qfl-chain permutations", facts.report.inputs, facts.report.round);
        orders = new uint256[][](rules.permutations / 2);
        for (uint256 i; i < orders.length; ++i) {
            orders[i] = Draws.sample(stream, players, players);
        }
    }

    /// @dev What becomes of an update whose bytes are there.
    function _ruling(Case memory facts, StandingProof memory shown, uint256 index, bytes32 digest)
        private
        pure
        returns (uint256)
    {
        bytes32 found = sha256(shown.payload);
        if (found != digest) revert IReferee.WrongBytes("payload", digest, found);
        uint256 parameters = Updates.parametersOf(facts.circuit, shown.circuit);
        if (Updates.isMalformed(facts.circuit, parameters, facts.maxNorm, facts.report.round, shown.payload)) {
            return Evidence.MALFORMED;
        }
        return Updates.isRepeated(shown.reveals, index) ? Evidence.DUPLICATE : Evidence.ACCEPTED;
    }

    function _isSubset(Case memory facts, Evidence.Rules memory rules, uint32[] memory said)
        private
        pure
        returns (bool)
    {
        bool all = rules.subset >= rules.samples;
        if (said.length != (all ? rules.samples : rules.subset)) return false;
        uint256[] memory drawn;
        if (!all) {
            Draws.Stream memory stream = Draws.open("qfl-chain subset", facts.report.inputs, facts.report.round);
            drawn = _sorted(Draws.sample(stream, rules.samples, rules.subset));
        }
        for (uint256 i; i < said.length; ++i) {
            if (said[i] != (all ? i : drawn[i])) return false;
        }
        return true;
    }

    /// @dev The masks of the coalitions that are scored, ascending, and what a contribution is multiplied by.
    function _scored(Case memory facts, Evidence.Rules memory rules, uint256 players)
        private
        pure
        returns (uint256[] memory masks, uint256 scale)
    {
        if (players > EXACT_UP_TO) {
            return (_prefixes(drawOrders(facts, rules, players), players), rules.permutations);
        }
        scale = 1;
        for (uint256 i = 2; i <= players; ++i) {
            scale *= i;
        }
        masks = new uint256[](1 << players);
        for (uint256 i; i < masks.length; ++i) {
            masks[i] = i;
        }
    }

    /// @dev The coalitions that the walks pass through, forwards and backwards, each once, ascending.
    function _prefixes(uint256[][] memory orders, uint256 players) private pure returns (uint256[] memory masks) {
        // Safe: there are at most MAX_PLAYERS, so nothing is shifted out but the bits above the last player.
        uint256 all = type(uint256).max >> (Evidence.MAX_PLAYERS - players);
        masks = new uint256[](2 * orders.length * (players + 1));
        uint256 used;
        for (uint256 i; i < orders.length; ++i) {
            uint256 mask;
            // Walked backwards, it passes through what a walk forwards has yet to come to.
            (masks[used++], masks[used++]) = (mask, all);
            for (uint256 k; k < players; ++k) {
                mask |= 1 << orders[i][k];
                (masks[used++], masks[used++]) = (mask, all ^ mask);
            }
        }
        return _unique(_sorted(masks));
    }

    /// @dev Sorted words, each once, in place.
    function _unique(uint256[] memory words) private pure returns (uint256[] memory) {
        uint256 kept;
        for (uint256 i; i < words.length; ++i) {
            if (i == 0 || words[i] != words[i - 1]) words[kept++] = words[i];
        }
        // Safe: shortens the array to the words just written.
        assembly ("memory-safe") {
            mstore(words, kept)
        }
        return words;
    }

    function _sorted(uint256[] memory words) private pure returns (uint256[] memory) {
        return Sort.ascending(words, new uint256[](words.length));
    }
}
