// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    Admission,
    Bond,
    Demand,
    Exit,
    IFederation,
    Live,
    Member,
    Pool,
    Report,
    Reports,
    Terms
} from "./interfaces/IFederation.sol";
import {IReferee} from "./interfaces/IReferee.sol";
import {Committee} from "./libraries/Committee.sol";

/// @title State
/// @notice What a federation keeps, and the guards that everything else shares.
abstract contract State is IFederation {
    /* CONSTANTS */

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,bytes32 evidenceRoot,"
        "uint64 total)"
    );

    /// @dev A missing reveal costs one part in this many: 5 %. No stake or bond may be smaller than that.
    uint64 internal constant PENALTY_DIVISOR = 20;

    /// @dev A demand brings one part in this many of the smallest stake, rounded up: 0.5 %.
    uint64 internal constant DEMAND_DIVISOR = 200;

    /// @dev The reporter's part of what is taken: a tenth.
    uint64 internal constant BOUNTY_DIVISOR = 10;

    /// @dev Of the bonds behind a refuted report, half is taken; behind bytes nobody showed, a tenth.
    uint64 internal constant REFUTED_DIVISOR = 2;
    uint64 internal constant UNAVAILABLE_DIVISOR = 10;

    /// @dev Of a participant's stake, for an update that is none, and for one that nobody showed.
    uint64 internal constant MALFORMED_PERCENT = 20;
    uint64 internal constant UNAVAILABLE_PERCENT = 10;

    /// @dev The shortest report and challenge windows, in seconds.
    uint32 internal constant MIN_WINDOW = 4;

    /* IMMUTABLES */

    bytes32 internal immutable CIRCUIT;
    bytes32 internal immutable MODEL;
    bytes32 internal immutable VALIDATION;
    bytes32 internal immutable VALIDATION_ROOT;
    IReferee internal immutable REFEREE;

    /// @dev Seconds from a round's start to the end of each of its phases.
    uint256 internal immutable COMMIT_END;
    uint256 internal immutable REVEAL_END;
    uint256 internal immutable REPORT_END;

    /// @dev Seconds from a round's start to half of its report phase: from then on an oracle may report alone.
    uint256 internal immutable REPORT_HALF;

    /// @dev Seconds to answer a demand, and the gwei that it must bring.
    uint256 internal immutable ANSWER_WINDOW;
    uint64 internal immutable DEMAND_BOND;

    uint32 internal immutable CHALLENGE_WINDOW;
    uint32 internal immutable UNBONDING_WINDOW;
    uint64 internal immutable MIN_STAKE;
    uint64 internal immutable REWARD_PER_ROUND;
    uint64 internal immutable MAX_NORM;
    uint64 internal immutable ORACLE_BOND;
    uint16 internal immutable MIN_REVEALS;
    address internal immutable SPONSOR;
    address internal immutable GUARDIAN;
    uint40 internal immutable GUARDIAN_EXPIRY;

    /// @dev The hash of the founding committee.
    bytes32 internal immutable FOUNDERS;

    /// @dev The domain separator on the chain of the deployment, and that chain.
    bytes32 internal immutable DOMAIN;
    uint256 internal immutable CHAIN_ID;

    /* STORAGE */

    mapping(address => Member) internal _members;
    mapping(address => Exit) internal _exits;

    /// @dev Rounds that ended without a standing report. Written when the next round opens after an expiry, and by a
    /// void; never on the ordinary path.
    mapping(uint16 => bool) internal _lapsed;

    Live internal _live;
    Reports internal _reports;
    bytes32[2] internal _rewards;

    /// @dev The hashes of the filings of the two reports.
    bytes32[2] internal _filings;

    Pool internal _pool;

    /// @dev The committee in force where it is not the founding one.
    bytes32 internal _rotated;

    bytes32 internal _scheduled;
    uint40 internal _effectiveAt;

    mapping(address => Bond) internal _bonds;

    /// @dev The committee that an oracle last took its seat in: it is seated now if that is the committee in force.
    mapping(address => bytes32) internal _seatOf;

    /// @inheritdoc IFederation
    mapping(address => uint64) public credit;

    /// @dev By the hash of what is demanded.
    mapping(bytes32 => Demand) internal _demands;

    /// @dev Who has paid for an offence in which round: participants, and oracles that signed two reports.
    mapping(address => mapping(uint16 => bool)) internal _convicted;
    mapping(address => mapping(uint16 => bool)) internal _equivocated;

    /* CONSTRUCTOR */

    /// @param terms_ What the sponsor fixes.
    /// @param oracles The committee, ascending.
    constructor(Terms memory terms_, address[] memory oracles) payable {
        _requireValid(terms_);

        CIRCUIT = terms_.circuit;
        MODEL = terms_.model;
        VALIDATION = terms_.validation;
        VALIDATION_ROOT = terms_.validationRoot;
        REFEREE = IReferee(terms_.referee);
        COMMIT_END = terms_.commitWindow;
        REVEAL_END = uint256(terms_.commitWindow) + terms_.revealWindow;
        REPORT_END = uint256(terms_.commitWindow) + terms_.revealWindow + terms_.reportWindow;
        REPORT_HALF = uint256(terms_.commitWindow) + terms_.revealWindow + terms_.reportWindow / 2;
        ANSWER_WINDOW = _min(terms_.reportWindow, terms_.challengeWindow) / 4;
        // Safe cast: a 200th of 64 bits, rounded up.
        DEMAND_BOND = uint64((uint256(terms_.minStake) + DEMAND_DIVISOR - 1) / DEMAND_DIVISOR);
        CHALLENGE_WINDOW = terms_.challengeWindow;
        UNBONDING_WINDOW = terms_.unbondingWindow;
        MIN_STAKE = terms_.minStake;
        REWARD_PER_ROUND = terms_.rewardPerRound;
        MAX_NORM = terms_.maxNorm;
        ORACLE_BOND = terms_.oracleBond;
        MIN_REVEALS = terms_.minReveals;
        SPONSOR = terms_.sponsor;
        GUARDIAN = terms_.guardian;
        GUARDIAN_EXPIRY = terms_.guardianExpiry;
        CHAIN_ID = block.chainid;
        DOMAIN = _domain();
        FOUNDERS = Committee.hash(oracles);

        // Roots are never zero from here on, so that the first two reports cost what all others do. A claim cannot
        // meet these: no report is active before one was made.
        _rewards = [bytes32(uint256(1)), bytes32(uint256(1))];
        _filings = [bytes32(uint256(1)), bytes32(uint256(1))];
        _reports.slot = 1;

        emit Deployed(terms_, oracles);
    }

    /* VIEWS */

    /// @inheritdoc IFederation
    function committee() public view returns (bytes32) {
        // The flag shares a slot with the budget, so that a report of the founders does not read another one.
        return _pool.rotated ? _rotated : FOUNDERS;
    }

    /* INTERNAL: SHARED */

    /// @dev The newest report past its challenge window, and where its root is; round 0 where there is none.
    function _active() internal view returns (uint16 round, uint40 activeAt, uint64 total, uint256 slot) {
        Reports storage reports = _reports;
        slot = reports.slot;
        if (block.timestamp >= reports.latestActiveAt) {
            return (reports.latestRound, reports.latestActiveAt, reports.latestTotal, slot);
        }
        return (reports.previousRound, reports.previousActiveAt, reports.previousTotal, slot ^ 1);
    }

    /// @dev The EIP-712 domain separator on this chain.
    function _domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("qfl-chain"), keccak256("1"), block.chainid, address(this))
        );
    }

    /// @dev The EIP-712 digest that the committee signs.
    function _digest(Report memory r) internal view returns (bytes32) {
        // A signature does not outlive a fork that changes the chain id.
        bytes32 domain = block.chainid == CHAIN_ID ? DOMAIN : _domain();
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(REPORT_TYPEHASH, r))));
    }

    function _min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    /* INTERNAL: GUARDS */

    /// @dev Reverts where joining and committing are stopped.
    function _requireAdmission(Admission admission) internal view {
        if (admission == Admission.OPEN) return;
        if (admission == Admission.CANCELLED) revert FederationCancelled();
        if (block.timestamp < GUARDIAN_EXPIRY) revert FederationPaused();
    }

    /// @dev Reverts outside the phase of `round` that lies between these two offsets from its start.
    function _requireRound(Live memory round, uint256 opens, uint256 closes) internal view {
        if (round.start == 0) revert WrongPhase(type(uint256).max, type(uint256).max);
        _requireWindow(round.start + opens, round.start + closes);
    }

    /// @dev Reverts outside [opensAt, closesAt).
    function _requireWindow(uint256 opensAt, uint256 closesAt) internal view {
        if (block.timestamp < opensAt || block.timestamp >= closesAt) revert WrongPhase(opensAt, closesAt);
    }

    function _requireGuardian() internal view {
        if (msg.sender != GUARDIAN) revert NotGuardian(msg.sender);
        if (block.timestamp >= GUARDIAN_EXPIRY) revert GuardianExpired(GUARDIAN_EXPIRY);
    }

    function _requireSponsor() internal view {
        if (msg.sender != SPONSOR) revert NotSponsor(msg.sender);
    }

    /// @dev Reverts where a term cannot be.
    function _requireValid(Terms memory t) internal view {
        if (t.commitWindow == 0) revert InvalidTerms("commitWindow");
        if (t.revealWindow == 0) revert InvalidTerms("revealWindow");
        // A quarter of it is the time to answer a demand.
        if (t.reportWindow < MIN_WINDOW) revert InvalidTerms("reportWindow");
        uint256 untilReport = uint256(t.commitWindow) + t.revealWindow;
        // The latest report must be active or void before the next can come, because only two are remembered; and the
        // window of a report by one oracle alone is `untilReport`, which must be the longer one.
        if (t.challengeWindow < MIN_WINDOW || t.challengeWindow >= untilReport) revert InvalidTerms("challengeWindow");
        // Stake must outlast every dispute about what it did.
        if (t.unbondingWindow <= untilReport + t.reportWindow + t.challengeWindow) {
            revert InvalidTerms("unbondingWindow");
        }
        // Below this a penalty would round down to nothing.
        if (t.minStake < PENALTY_DIVISOR) revert InvalidTerms("minStake");
        if (t.oracleBond < PENALTY_DIVISOR) revert InvalidTerms("oracleBond");
        if (t.minReveals == 0) revert InvalidTerms("minReveals");
        if (t.sponsor == address(0)) revert InvalidTerms("sponsor");
        if (t.referee.code.length == 0) revert InvalidTerms("referee");
    }
}
