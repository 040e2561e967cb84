// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Excerpt, IReferee} from "../interfaces/IReferee.sol";
import {Excerpts} from "./Excerpts.sol";

/// @title Evidence
/// @notice Opens the leaves of a report's evidence and of the validation set, and reads them.
/// @dev The Python twin is `qfl_chain.protocol.evidence`. Leaf 0 is the header, leaves 1 to `revealed` are the
/// standings, the last one is the aggregate, those between are the coalitions. An excerpt that shows other places
/// reverts with `WrongExcerpt`, a leaf whose bytes are not canonical with `UnreadableLeaf`.
/// @dev Everything big-endian, the first byte a tag::
///
///     1 header     federation 20 | round u16 | inputs u184 | circuit 32 | base model 32 | validation 32 | budget u64
///                  | previous total u64 | scale u64 | reveals u16 | coalitions u32 | samples u32 | samples x index u32
///     2 standing   participant 20 | stake u64 | digest 32 | status u8 | player u16 | phi i256 | weight u256
///                  | reward u64 | cumulative u64
///     3 coalition  width u16 | mask (width bytes, minimal) | model 32 | loss i64 | row 32
///     4 aggregate  candidate 32 | before i64 | after i64 | accepted u8 | model 32 | row 32
library Evidence {
    /// @dev What became of an update; the order of `qfl_chain.protocol.evidence.Status`.
    uint256 internal constant ACCEPTED = 0;
    uint256 internal constant MALFORMED = 1;
    uint256 internal constant UNAVAILABLE = 2;
    uint256 internal constant DUPLICATE = 3;

    /// @dev The `player` of an update that takes no part.
    uint256 internal constant NOT_A_PLAYER = 0xFFFF;

    /// @dev Masks are read into one word.
    uint256 internal constant MAX_PLAYERS = 256;

    /// @dev Lengths, without the samples and without the mask.
    uint256 private constant HEADER = 176;
    uint256 private constant STANDING = 144;
    uint256 private constant COALITION = 75;
    uint256 private constant AGGREGATE = 114;
    uint256 private constant RULES = 12;

    struct Header {
        address federation;
        uint16 round;
        uint184 inputs;
        bytes32 circuit;
        bytes32 baseModel;
        bytes32 validation;
        uint64 budget;
        uint64 previousTotal;
        uint64 scale;
        uint16 reveals;
        uint32 coalitions;
        uint32[] subset;
    }

    struct Standing {
        address participant;
        uint64 stake;
        bytes32 digest;
        uint8 status;
        uint16 player;
        int256 phi;
        uint256 weight;
        uint64 reward;
        uint64 cumulative;
    }

    /// @dev `row` is the hash of the losses, here and below. `wide` is set where the mask has more than `MAX_PLAYERS`
    /// bits; what is in `mask` then means nothing.
    struct Coalition {
        bool wide;
        uint256 mask;
        bytes32 model;
        int64 loss;
        bytes32 row;
    }

    struct Aggregate {
        bytes32 candidate;
        int64 before;
        int64 afterwards;
        bool accepted;
        bytes32 model;
        bytes32 row;
    }

    /// @dev How updates are judged: leaf 0 under the validation root. `rule` is 0 for the weighted mean, 1 for the
    /// trimmed mean, 2 for the median, as in `qfl_chain.protocol.aggregation.RULES`.
    struct Rules {
        uint8 rule;
        uint16 subset;
        uint16 permutations;
        uint32 samples;
        uint16 features;
        uint8 classes;
    }

    /* OPENING */

    /// @notice The header.
    function openHeader(Case memory facts, Excerpt memory shown) internal pure returns (Header memory) {
        _show(facts.report.evidenceRoot, shown, shown.first == 0 && shown.leaves.length == 1, "header");
        return _readHeader(shown.leaves[0]);
    }

    /// @notice One standing, and its position among all standings.
    function openStanding(Case memory facts, Excerpt memory shown)
        internal
        pure
        returns (Standing memory standing, uint256 position)
    {
        bool one = shown.first != 0 && shown.first <= facts.revealed && shown.leaves.length == 1;
        _show(facts.report.evidenceRoot, shown, one, "standing");
        _readStanding(shown.leaves[0], shown.first, standing);
        position = shown.first - 1;
    }

    /// @notice The standings of the whole round, in order.
    function openStandings(Case memory facts, Excerpt memory shown) internal pure returns (Standing[] memory all) {
        bool whole = shown.first == 1 && shown.leaves.length == facts.revealed;
        _show(facts.report.evidenceRoot, shown, whole, "standings");
        all = new Standing[](shown.leaves.length);
        for (uint256 i; i < all.length; ++i) {
            _readStanding(shown.leaves[i], i + 1, all[i]);
        }
    }

    /// @notice One coalition, and its position among all coalitions.
    function openCoalition(Case memory facts, Excerpt memory shown) internal pure returns (Coalition memory, uint256) {
        bool one = shown.leaves.length == 1 && _isCoalition(facts, shown);
        _show(facts.report.evidenceRoot, shown, one, "coalition");
        return (_narrow(_readCoalition(shown.leaves[0], shown.first)), shown.first - facts.revealed - 1);
    }

    /// @notice The coalitions of the whole round, in order.
    function openCoalitions(Case memory facts, Excerpt memory shown) internal pure returns (Coalition[] memory) {
        (Coalition[] memory all, uint256 from, uint256 count) = openSomeCoalitions(facts, shown);
        if (from != 0 || all.length != count) revert IReferee.WrongExcerpt("coalitions");
        for (uint256 i; i < count; ++i) {
            _narrow(all[i]);
        }
        return all;
    }

    /// @notice Some neighbouring coalitions, wide ones too, the position of the first among all, and the number of all.
    function openSomeCoalitions(Case memory facts, Excerpt memory shown)
        internal
        pure
        returns (Coalition[] memory some, uint256 from, uint256 count)
    {
        _show(facts.report.evidenceRoot, shown, _isCoalition(facts, shown), "coalitions");
        some = new Coalition[](shown.leaves.length);
        for (uint256 i; i < some.length; ++i) {
            some[i] = _readCoalition(shown.leaves[i], shown.first + i);
        }
        return (some, shown.first - facts.revealed - 1, shown.count - facts.revealed - 2);
    }

    /// @notice The aggregate.
    function openAggregate(Case memory facts, Excerpt memory shown) internal pure returns (Aggregate memory) {
        _show(facts.report.evidenceRoot, shown, _isAggregate(facts, shown), "aggregate");
        return _readAggregate(shown.leaves[0], shown.first);
    }

    /// @notice What was scored, a coalition's model or the candidate: its digest, its loss, the hash of its losses.
    function openScored(Case memory facts, Excerpt memory shown)
        internal
        pure
        returns (bytes32 model, int64 loss, bytes32 row)
    {
        bool candidate = _isAggregate(facts, shown);
        bool one = candidate || (shown.leaves.length == 1 && _isCoalition(facts, shown));
        _show(facts.report.evidenceRoot, shown, one, "leaf");
        if (candidate) {
            Aggregate memory aggregate = _readAggregate(shown.leaves[0], shown.first);
            return (aggregate.candidate, aggregate.afterwards, aggregate.row);
        }
        Coalition memory coalition = _readCoalition(shown.leaves[0], shown.first);
        return (coalition.model, coalition.loss, coalition.row);
    }

    /// @notice The rules, from the validation set's tree.
    function openRules(Case memory facts, Excerpt memory shown) internal pure returns (Rules memory rules) {
        _show(facts.validationRoot, shown, shown.first == 0 && shown.leaves.length == 1, "rules");
        bytes memory leaf = shown.leaves[0];
        if (leaf.length != RULES) revert IReferee.UnreadableBytes("rules");
        // Safe casts: each field is read with its own width.
        rules.rule = uint8(readUint(leaf, 0, 1));
        rules.subset = uint16(readUint(leaf, 1, 2));
        rules.permutations = uint16(readUint(leaf, 3, 2));
        rules.samples = uint32(readUint(leaf, 5, 4));
        rules.features = uint16(readUint(leaf, 9, 2));
        rules.classes = uint8(readUint(leaf, 11, 1));
        if (rules.subset == 0 || rules.permutations == 0 || rules.permutations & 1 == 1 || rules.samples == 0) {
            revert IReferee.UnreadableBytes("rules");
        }
    }

    /// @notice A validation sample: its label, and its features as they stand in the leaf, 4 bytes each.
    function openSample(Case memory facts, Excerpt memory shown, uint256 index, Rules memory rules)
        internal
        pure
        returns (uint8 label, bytes memory features)
    {
        _show(facts.validationRoot, shown, shown.first == index + 1 && shown.leaves.length == 1, "sample");
        bytes memory leaf = shown.leaves[0];
        if (leaf.length != 1 + 4 * uint256(rules.features)) revert IReferee.UnreadableBytes("sample");
        label = uint8(leaf[0]);
        features = new bytes(leaf.length - 1);
        // Safe: both are as long as the copy, the source from its second byte on.
        assembly ("memory-safe") {
            mcopy(add(features, 32), add(leaf, 33), mload(features))
        }
    }

    /// @dev Reverts unless the excerpt leads to the root and shows the places that it should.
    function _show(bytes32 root, Excerpt memory shown, bool placed, string memory part) private pure {
        Excerpts.check(root, shown, part);
        if (!placed) revert IReferee.WrongExcerpt(part);
    }

    /* SHAPE */

    /// @notice Whether these bytes could stand at this place of a report's evidence.
    /// @dev A tree without a place for every standing, a coalition and the aggregate has no right leaf at all.
    function isCanonical(uint256 revealed, uint256 count, uint256 position, bytes memory leaf)
        internal
        pure
        returns (bool)
    {
        if (count < revealed + 3) return false;
        if (position == 0) return _isHeaderLeaf(leaf);
        if (position <= revealed) return _isStandingLeaf(leaf);
        return position == count - 1 ? _isAggregateLeaf(leaf) : _isCoalitionLeaf(leaf);
    }

    /// @notice Whether a leaf of the evidence commits to losses, and their hash. It may be anything, zero too.
    /// @dev For the bytes of any leaf, whether its place is known or not.
    function rowOf(bytes memory leaf) internal pure returns (bool commits, bytes32 row) {
        commits = _isCoalitionLeaf(leaf) || _isAggregateLeaf(leaf);
        if (commits) row = bytes32(readUint(leaf, leaf.length - 32, 32));
    }

    /// @notice The big-endian number in `size` bytes, 1 to 32, at an offset that the caller knows to be inside.
    function readUint(bytes memory data, uint256 offset, uint256 size) internal pure returns (uint256 value) {
        // Safe: reads only. What the word holds behind the field is shifted out.
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), mload(add(add(data, 32), offset)))
        }
    }

    function _isCoalition(Case memory facts, Excerpt memory shown) private pure returns (bool) {
        return shown.first > facts.revealed && uint256(shown.first) + shown.leaves.length < shown.count;
    }

    function _isAggregate(Case memory facts, Excerpt memory shown) private pure returns (bool) {
        return shown.first > facts.revealed && uint256(shown.first) + 1 == shown.count && shown.leaves.length == 1;
    }

    function _isHeaderLeaf(bytes memory leaf) private pure returns (bool) {
        return leaf.length >= HEADER && leaf[0] == 0x01 && leaf.length == HEADER + 4 * readUint(leaf, HEADER - 4, 4);
    }

    function _isStandingLeaf(bytes memory leaf) private pure returns (bool) {
        return leaf.length == STANDING && readUint(leaf, 0, 1) == 2 && readUint(leaf, 61, 1) <= DUPLICATE;
    }

    function _isCoalitionLeaf(bytes memory leaf) private pure returns (bool) {
        if (leaf.length < COALITION || leaf[0] != 0x03) return false;
        uint256 width = readUint(leaf, 1, 2);
        return leaf.length == COALITION + width && (width == 0 || leaf[3] != 0);
    }

    function _isAggregateLeaf(bytes memory leaf) private pure returns (bool) {
        return leaf.length == AGGREGATE && leaf[0] == 0x04 && uint8(leaf[49]) <= 1;
    }

    /* READING */

    function _readHeader(bytes memory leaf) private pure returns (Header memory header) {
        if (!_isHeaderLeaf(leaf)) revert IReferee.UnreadableLeaf(0);
        // Safe casts, here and below: each field is read with its own width.
        header.federation = address(uint160(readUint(leaf, 1, 20)));
        header.round = uint16(readUint(leaf, 21, 2));
        header.inputs = uint184(readUint(leaf, 23, 23));
        header.circuit = bytes32(readUint(leaf, 46, 32));
        header.baseModel = bytes32(readUint(leaf, 78, 32));
        header.validation = bytes32(readUint(leaf, 110, 32));
        header.budget = uint64(readUint(leaf, 142, 8));
        header.previousTotal = uint64(readUint(leaf, 150, 8));
        header.scale = uint64(readUint(leaf, 158, 8));
        header.reveals = uint16(readUint(leaf, 166, 2));
        header.coalitions = uint32(readUint(leaf, 168, 4));
        uint32[] memory subset = new uint32[](readUint(leaf, 172, 4));
        for (uint256 i; i < subset.length; ++i) {
            subset[i] = uint32(readUint(leaf, HEADER + 4 * i, 4));
        }
        header.subset = subset;
    }

    /// @dev Fills `standing`, so that nothing is set aside twice.
    function _readStanding(bytes memory leaf, uint256 position, Standing memory standing) private pure {
        if (!_isStandingLeaf(leaf)) revert IReferee.UnreadableLeaf(position);
        // Safe: reads inside of the leaf or behind it, and shifts out what is no part of the field; writes the nine
        // words of the struct. A round's standings are read for most proofs, so this is worth it.
        assembly ("memory-safe") {
            let bytes_ := add(leaf, 32)
            mstore(standing, shr(96, mload(add(bytes_, 1))))
            mstore(add(standing, 32), shr(192, mload(add(bytes_, 21))))
            mstore(add(standing, 64), mload(add(bytes_, 29)))
            mstore(add(standing, 96), shr(248, mload(add(bytes_, 61))))
            mstore(add(standing, 128), shr(240, mload(add(bytes_, 62))))
            mstore(add(standing, 160), mload(add(bytes_, 64)))
            mstore(add(standing, 192), mload(add(bytes_, 96)))
            mstore(add(standing, 224), shr(192, mload(add(bytes_, 128))))
            mstore(add(standing, 256), shr(192, mload(add(bytes_, 136))))
        }
    }

    function _readCoalition(bytes memory leaf, uint256 position) private pure returns (Coalition memory coalition) {
        if (!_isCoalitionLeaf(leaf)) revert IReferee.UnreadableLeaf(position);
        uint256 width = leaf.length - COALITION;
        coalition.wide = width * 8 > MAX_PLAYERS;
        coalition.mask = width == 0 || coalition.wide ? 0 : readUint(leaf, 3, width);
        coalition.model = bytes32(readUint(leaf, 3 + width, 32));
        coalition.loss = int64(uint64(readUint(leaf, 35 + width, 8)));
        coalition.row = bytes32(readUint(leaf, 43 + width, 32));
    }

    /// @dev The coalition, whose mask must fit one word: with more players nothing is judged.
    function _narrow(Coalition memory coalition) private pure returns (Coalition memory) {
        if (coalition.wide) revert IReferee.OutOfRange("mask", MAX_PLAYERS + 8, MAX_PLAYERS + 1);
        return coalition;
    }

    function _readAggregate(bytes memory leaf, uint256 position) private pure returns (Aggregate memory aggregate) {
        if (!_isAggregateLeaf(leaf)) revert IReferee.UnreadableLeaf(position);
        aggregate.candidate = bytes32(readUint(leaf, 1, 32));
        aggregate.before = int64(uint64(readUint(leaf, 33, 8)));
        aggregate.afterwards = int64(uint64(readUint(leaf, 41, 8)));
        aggregate.accepted = readUint(leaf, 49, 1) == 1;
        aggregate.model = bytes32(readUint(leaf, 50, 32));
        aggregate.row = bytes32(readUint(leaf, 82, 32));
    }
}
