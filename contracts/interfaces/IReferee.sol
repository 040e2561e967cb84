// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Report} from "./IFederation.sol";

/// @notice What can be wrong with a report. Each has one proof, and each proof takes what stands before it as given.
/// @dev LEAF: bytes that are no leaf of their place. HEADER: a fact of the chain. SUBSET: the samples drawn.
/// STANDING: whose update it was, and what became of it. PLAYERS: who took part. COALITIONS: which coalitions are
/// scored, and the scale. MODEL: a coalition's model. LOSS: one sample's loss. SUM: a sum of losses. CONTRIBUTION: a
/// Shapley value. WEIGHT: stake times contribution. AGGREGATE: the candidate model. VERDICT: whether it became the
/// model and was paid. SPLIT: the rewards of the round. REWARDS: the tree of cumulative rewards. DECREASE: a
/// cumulative reward below that of the report before. UNAVAILABLE: a demand nobody answered; the referee does not
/// judge it.
enum Fault {
    LEAF,
    HEADER,
    SUBSET,
    STANDING,
    PLAYERS,
    COALITIONS,
    MODEL,
    LOSS,
    SUM,
    CONTRIBUTION,
    WEIGHT,
    AGGREGATE,
    VERDICT,
    SPLIT,
    REWARDS,
    DECREASE,
    UNAVAILABLE
}

/// @notice What the federation vouches for in a dispute about a report.
/// @dev `baseModel`, `baseRewards` and `baseTotal` are of the report it builds on, or the sponsor's model and zeros.
struct Case {
    address federation;
    bytes32 circuit;
    bytes32 validation;
    bytes32 validationRoot;
    uint64 maxNorm;
    Report report;
    uint40 reportedAt;
    uint64 budget;
    uint16 revealed;
    bytes32 baseModel;
    bytes32 baseRewards;
    uint64 baseTotal;
}

/// @notice A run of neighbouring leaves of a tree, and what leads from them to its root.
/// @dev The tree has `count` leaves, padded to a power of two with zero hashes. A leaf is keccak256(0x00, bytes), a
/// node keccak256(0x01, left, right), the root keccak256(0x02, count as uint32, top node). `siblings` are the hashes
/// beside the run, level by level from the leaves up, on each level the left one first.
struct Excerpt {
    uint32 count;
    uint32 first;
    bytes[] leaves;
    bytes32[] siblings;
}

/* PROOFS: `judge` takes the ABI encoding of one of these */

struct LeafProof {
    Excerpt leaf;
}

struct HeaderProof {
    Excerpt header;
}

/// @dev `rules` is leaf 0 under the validation root, here and below.
struct SubsetProof {
    Excerpt header;
    Excerpt rules;
}

/// @dev `reveals` are all of the round in order, packed: participant 20, stake 8, digest 32. `payload` is the update
/// behind the digest, empty where a demand for it was left unanswered.
struct StandingProof {
    Excerpt standing;
    bytes reveals;
    bytes payload;
    bytes circuit;
}

/// @dev `standings` are those of the whole round, here and below.
struct PlayersProof {
    Excerpt standings;
}

/// @dev `coalitions` are neighbouring ones, of which one is wrong; any, where the scale or the number of all is.
struct CoalitionsProof {
    Excerpt header;
    Excerpt standings;
    Excerpt coalitions;
    Excerpt rules;
}

/// @dev `base` is the block of the base model. `deltas` are those of the members' updates, in the order of players,
/// each 4 bytes: what the blocks hold behind their heads, which follow from circuit and round.
struct ModelProof {
    Excerpt standings;
    Excerpt coalition;
    Excerpt rules;
    bytes base;
    bytes deltas;
}

/// @dev `leaf` is a coalition's or the aggregate's, `row` its losses, `position` the place in the row. `sample` is
/// leaf 1 + index under the validation root.
struct LossProof {
    Excerpt header;
    Excerpt leaf;
    Excerpt rules;
    Excerpt sample;
    bytes row;
    uint32 position;
    bytes model;
    bytes circuit;
}

struct SumProof {
    Excerpt header;
    Excerpt leaf;
    bytes row;
}

/// @dev `standing` is the position of the participant among all standings, `coalitions` are those of the whole round.
/// The rules are looked at where there are more than 8 players. Neither is where the standing takes no part: empty
/// excerpts will do.
struct ContributionProof {
    Excerpt standings;
    Excerpt coalitions;
    Excerpt rules;
    uint16 standing;
}

struct WeightProof {
    Excerpt standing;
}

/// @dev `deltas` are those of the updates of the players with a weight above zero, in the order of players.
struct AggregateProof {
    Excerpt standings;
    Excerpt aggregate;
    Excerpt rules;
    bytes base;
    bytes deltas;
}

/// @dev `coalition` is the empty one, which comes first.
struct VerdictProof {
    Excerpt standings;
    Excerpt coalition;
    Excerpt aggregate;
}

struct SplitProof {
    Excerpt standings;
    Excerpt aggregate;
}

/// @dev `accounts` are the leaves of the rewards tree before, in order, packed: account 20, cumulative 8.
struct RewardsProof {
    Excerpt standings;
    bytes accounts;
}

/// @dev Two claims of one account, as `claim` takes them: one before, one after.
struct DecreaseProof {
    address account;
    uint64 before;
    uint256 beforeIndex;
    bytes beforeProof;
    uint64 afterwards;
    uint256 afterIndex;
    bytes afterProof;
}

/// @title IReferee
/// @notice Says whether a report is wrong, from the report, its evidence and the content it names. It keeps nothing.
/// @dev Everything is recomputed exactly as `qfl_chain.protocol` computes it; that is the specification.
/// @dev Warning: a federation believes its referee. Compare the code at its address with the artifact before joining.
interface IReferee {
    /* ERRORS */

    /// @notice What was checked is as the rules say.
    error NoFault(Fault fault);
    /// @notice The referee does not judge this fault.
    error NotJudged(Fault fault);
    /// @notice The excerpt does not lead to the root. `part` is its name in the proof.
    error InvalidExcerpt(string part);
    /// @notice The excerpt leads to the root but shows other leaves than the proof needs.
    error WrongExcerpt(string part);
    /// @notice A leaf that the proof takes as given cannot be read; prove that with LEAF.
    error UnreadableLeaf(uint256 index);
    /// @notice Bytes do not hash to the digest that names them.
    error WrongBytes(string part, bytes32 expected, bytes32 found);
    /// @notice The reveals do not fold to the round's accumulator.
    error WrongReveals(uint184 expected, uint184 found);
    /// @notice A number points outside of what it counts.
    error OutOfRange(string part, uint256 value, uint256 bound);
    /// @notice A claim of the proof does not lead to its root and total.
    error InvalidClaim(string part);
    /// @notice The bytes are not what they should be. `part` is "proof" where they are no ABI encoding of the struct
    /// named after the fault: truncated, with bytes too many, or encoded in another way than the usual one.
    error UnreadableBytes(string part);

    /* JUDGEMENT */

    /// @notice Reverts unless the proof shows the fault.
    /// @param proof The ABI encoding of the struct named after the fault.
    function judge(Fault fault, Case calldata facts, bytes calldata proof) external view;

    /// @notice Whether a payload is no update of this circuit and round, or breaks the norm bound.
    /// @param circuit The circuit's bytes; their digest must be `circuitDigest`.
    function malformed(
        bytes32 circuitDigest,
        uint64 maxNorm,
        uint16 round,
        bytes calldata payload,
        bytes calldata circuit
    ) external pure returns (bool);

    /// @notice The reveal at `index` of a round's reveals, which must fold to `accumulator`.
    /// @param reveals All of the round in order, packed: participant 20, stake 8, digest 32.
    function revealAt(uint184 accumulator, bytes calldata reveals, uint256 index)
        external
        pure
        returns (address participant, uint64 stake, bytes32 digest);

    /// @notice Reverts unless `leaf` shows the leaf at `index`, or any one leaf of a tree that has no such index.
    /// @param row The losses that the leaf commits to; empty for a leaf without any.
    function answers(bytes32 evidenceRoot, uint32 index, Excerpt calldata leaf, bytes calldata row) external pure;
}
