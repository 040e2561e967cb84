// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Excerpt, Fault} from "./IReferee.sol";

/// @notice What the sponsor fixed at deployment.
/// @dev Windows are seconds, amounts are gwei, `circuit`, `model` and `validation` are sha2-256 digests of content.
/// `validationRoot` is the Merkle root over the validation block's rules and samples; `referee` judges disputes.
struct Terms {
    bytes32 circuit;
    bytes32 model;
    bytes32 validation;
    bytes32 validationRoot;
    uint32 commitWindow;
    uint32 revealWindow;
    uint32 reportWindow;
    uint32 challengeWindow;
    uint32 unbondingWindow;
    uint64 minStake;
    uint64 rewardPerRound;
    uint64 maxNorm;
    uint64 oracleBond;
    uint16 minReveals;
    address sponsor;
    address guardian;
    uint40 guardianExpiry;
    address referee;
}

/// @notice A participant's account. One storage slot.
/// @dev `round` is the last round it committed in, `commitment` is zero once revealed or settled.
/// @dev Warning: `stake` does not yet reflect the penalty of a missing reveal that nobody has settled.
struct Member {
    uint64 stake;
    uint64 claimed;
    uint16 round;
    uint112 commitment;
}

/// @notice Stake on its way out.
struct Exit {
    uint64 amount;
    uint40 withdrawableAt;
}

/// @notice Whether anyone may join and commit.
/// @dev Warning: PAUSED has no effect from the guardian's expiry on; ask `paused()`.
enum Admission {
    OPEN,
    PAUSED,
    CANCELLED
}

/// @notice The current round. One storage slot.
/// @dev `start` is zero once a report or a void closed the round. `accumulator` is the running hash of its reveals.
/// @dev Warning: an expired round keeps its `start` until the next one opens; ask `phase()`.
/// @dev Warning: `start` ends in the year 2106. A round opened later has expired at birth: nobody can reveal or
/// report, and every stake can leave.
struct Live {
    uint16 number;
    uint32 start;
    Admission admission;
    uint16 revealed;
    uint184 accumulator;
}

/// @notice The phase of the current round. IDLE: the next commit opens a round.
enum Phase {
    IDLE,
    COMMIT,
    REVEAL,
    REPORT
}

/// @notice What became of a round.
/// @dev OPEN: not decided. REPORTED: a standing report past its challenge window. LAPSED: expired or voided.
enum Outcome {
    OPEN,
    REPORTED,
    LAPSED
}

/// @notice The latest report that was not voided and the one before it. One storage slot.
/// @dev `slot` says which of the two stored reward roots and filings is the latest report's. `seated`: every oracle of
/// the committee had its bond when that was last looked at, and none was slashed or paid out since.
struct Reports {
    uint16 latestRound;
    uint40 latestActiveAt;
    uint64 latestTotal;
    uint16 previousRound;
    uint40 previousActiveAt;
    uint64 previousTotal;
    uint8 slot;
    bool seated;
}

/// @notice A report as the contract remembers it. All zero where there is none.
struct Standing {
    uint16 round;
    uint40 activeAt;
    uint64 total;
    bytes32 rewards;
}

/// @notice Money that is not stake. `funded` is all ever paid in, less reclaims; `paid` is all ever claimed. One
/// storage slot.
/// @dev `budget` is what the live round pays if its model is accepted, fixed when it opens. `rotated`: another
/// committee than the founding one is in force.
struct Pool {
    uint64 funded;
    uint64 paid;
    uint64 budget;
    bool rotated;
}

/// @notice An oracle's bond, slashable until it is withdrawn. `withdrawableAt` is zero unless it is leaving.
struct Bond {
    uint64 amount;
    uint40 withdrawableAt;
}

/// @notice A report with what the contract knew when it took it. The contract keeps its hash alone.
/// @dev The hash is keccak256(abi.encode(filing)). `signed` has a bit for each oracle of `committee` that answers for
/// the report; one bit where it reported alone. Everything here stands in the logs.
struct Filing {
    Report report;
    uint256 signed;
    bytes32 committee;
    uint40 reportedAt;
    uint40 activeAt;
    uint64 budget;
    uint16 revealed;
}

/// @notice What a participant can be convicted of besides a missing reveal.
enum Offence {
    MALFORMED,
    UNAVAILABLE
}

/// @notice What became of a demand.
enum DemandState {
    NONE,
    OPEN,
    ANSWERED,
    SETTLED
}

/// @notice A demand for bytes, and who put down the bond. One storage slot.
struct Demand {
    address demander;
    uint40 deadline;
    DemandState state;
}

/// @notice The preimage of a commitment.
struct Opening {
    address participant;
    bytes32 digest;
    bytes16 salt;
}

/// @notice What the committee signs (EIP-712 type `Report`).
/// @dev `inputs` is the round's accumulator, `rewards` the root of the Merkle-sum tree of cumulative rewards, `total`
/// its sum; `model` and `evidence` are digests of content, `evidenceRoot` is the Merkle root of the evidence.
struct Report {
    uint16 round;
    uint184 inputs;
    bytes32 rewards;
    bytes32 model;
    bytes32 evidence;
    bytes32 evidenceRoot;
    uint64 total;
}

/// @title IFederation
/// @notice One federation: stake, rounds, reports, claims and exits.
/// @dev All amounts are integer gwei; a value that is not a whole number of gwei is refused, so dust cannot exist.
/// @dev A round is commit [0, C), reveal [C, C + R), report [C + R, C + R + P), counted from its start. Nobody ticks.
/// @dev At all times: balance = stakes + exiting stakes + `funded` - `paid`, but for ether forced in by a
/// self-destruct or as a block's fee recipient, which stays here for ever.
interface IFederation {
    /* ERRORS */

    /// @notice The call is accepted in [opensAt, closesAt).
    /// @dev `closesAt` is the maximum where the window has no end. Both are the maximum where no round is open, so
    /// that waiting alone does not help: somebody must commit.
    error WrongPhase(uint256 opensAt, uint256 closesAt);
    /// @notice A term of the deployment cannot be; `field` is its name.
    error InvalidTerms(string field);
    /// @notice The committee must hold 1 to 256 addresses, ascending, none twice, none zero.
    error InvalidCommittee();
    /// @notice The value is not a whole number of gwei.
    error NotWholeGwei(uint256 value);
    /// @notice The amount or the balance it leads to does not fit 64 bits of gwei.
    error AmountTooLarge(uint256 amount);
    /// @notice The call must bring ether.
    error ZeroAmount();
    /// @notice The recipient refused the ether.
    error TransferFailed();
    /// @notice The stake is below the minimum: top up first.
    error StakeTooLow(uint256 stake, uint256 minimum);
    /// @notice Joining and committing are paused.
    error FederationPaused();
    /// @notice The federation is cancelled: no new round opens, nobody joins or funds.
    error FederationCancelled();
    /// @notice The federation is not paused.
    error NotPaused();
    /// @notice The sponsor has not cancelled the federation.
    error NotCancelled();
    /// @notice Only the sponsor may call this.
    error NotSponsor(address caller);
    /// @notice Only the guardian may call this.
    error NotGuardian(address caller);
    /// @notice The guardian's powers ended at `expiry`.
    error GuardianExpired(uint256 expiry);
    /// @notice A commitment must not be zero.
    error ZeroCommitment();
    /// @notice The caller has already committed in this round.
    error AlreadyCommitted(uint16 round);
    /// @notice Round numbers are used up.
    error RoundsExhausted();
    /// @notice The caller left a commitment unrevealed in a round that is not decided yet; it is by `until`.
    error OutcomeOpen(uint16 round, uint256 until);
    /// @notice The participant has no unrevealed commitment in this round.
    error NothingToReveal(address participant);
    /// @notice The opening is not the preimage of the participant's commitment.
    error WrongOpening(address participant);
    /// @notice The report or the commitment is for another round than the live one.
    error WrongRound(uint16 round, uint16 live);
    /// @notice The report was built from other reveals than the chain saw.
    error WrongInputs(uint184 inputs, uint184 accumulator);
    /// @notice The round had too few reveals and can only expire.
    error TooFewReveals(uint256 revealed, uint256 minimum);
    /// @notice The total of all rewards must be `minimum`, or `maximum` where the round pays.
    error TotalOutOfRange(uint256 total, uint256 minimum, uint256 maximum);
    /// @notice The addresses given are not the committee's.
    error WrongCommittee();
    /// @notice Too few oracles signed.
    error QuorumMissing(uint256 signatures, uint256 quorum);
    /// @notice A bit of `signed` stands for no oracle.
    error UnknownSigner(uint256 signed);
    /// @notice The signatures do not have 64 bytes for each oracle that signed.
    error SignaturesLength(uint256 length, uint256 expected);
    /// @notice The signature is not this oracle's, or is malleable (high s).
    error WrongSignature(address oracle);
    /// @notice No report is active yet.
    error NoActiveReport();
    /// @notice The proof does not lead to the root and total of the active report.
    error InvalidProof();
    /// @notice The caller has claimed `claimed` of `cumulative` already.
    error NothingToClaim(uint64 cumulative, uint64 claimed);
    /// @notice The claim would pay out more than the active report's total: its tree is not solvent.
    error TotalExceeded(uint256 paid, uint256 total);
    /// @notice The participant has no missing reveal in a reported round.
    error NothingToPenalize(address participant);
    /// @notice The caller has no stake.
    error NoStake();
    /// @notice An earlier exit must be withdrawn first.
    error ExitPending(uint256 withdrawableAt);
    /// @notice The caller has no exit to withdraw.
    error NothingToWithdraw();
    /// @notice No report is in its challenge window.
    error NoPendingReport();
    /// @notice Everything in the pool belongs to participants.
    error NothingToReclaim();
    /// @notice A member of the committee has no whole bond: top up, then `seat`.
    error BondTooLow(address oracle, uint256 bond, uint256 minimum);
    /// @notice The committee is not seated: each of its oracles needs a bond, then anybody calls `seat`.
    error NotSeated();
    /// @notice The oracle has given notice that it leaves.
    error OracleLeaving(address oracle);
    /// @notice The oracle has no bond, or has not given notice to take it out.
    error NoBond();
    /// @notice A bond cannot leave while a report is pending.
    error ReportPending(uint256 activeAt);
    /// @notice The caller is not the oracle at this place of the committee.
    error NotOracle(address caller);
    /// @notice The filing is not that of the report in question.
    error WrongFiling(bytes32 expected, bytes32 found);
    /// @notice Nothing is in dispute: the report is no longer in its challenge window.
    error DisputeOver(uint256 activeAt);
    /// @notice The two reports are one, or for different rounds or reveals.
    error NoEquivocation();
    /// @notice The payload is a well-formed update.
    error NotMalformed();
    /// @notice The penalty for this was taken already, or nothing is left to take.
    error AlreadyConvicted(address participant, uint16 round);
    /// @notice The demand must bring exactly this bond, in gwei.
    error WrongDemandBond(uint256 value, uint256 bond);
    /// @notice The same was demanded before.
    error AlreadyDemanded(bytes32 key);
    /// @notice There is no open demand for this.
    error NothingDemanded(bytes32 key);
    /// @notice Demands are answered by an account without code, in a transaction of its own, so that the bytes stand in
    /// the transaction's input for everybody.
    error AnswerThroughCode(address caller);
    /// @notice The round is neither live in its report phase nor the latest reported.
    error NotInDispute(uint16 round);
    /// @notice The caller has no credit to collect.
    error NothingToCollect();

    /* EVENTS */

    event Deployed(Terms terms, address[] oracles);
    event Funded(address indexed from, uint64 amount, uint64 funded);
    event Joined(address indexed participant, uint64 amount, uint64 stake);
    /// @dev `budget` is what this round's rewards may add to the total when the round opens.
    event RoundOpened(uint16 indexed round, uint32 start, uint64 budget);
    /// @dev Warning: emitted when the next round opens, not when time runs out.
    event RoundExpired(uint16 indexed round);
    event Committed(address indexed participant, uint16 indexed round, uint112 commitment);
    event Revealed(address indexed participant, uint16 indexed round, uint64 stake, bytes32 digest);
    event Reported(
        uint16 indexed round,
        uint184 inputs,
        bytes32 rewards,
        bytes32 model,
        bytes32 evidence,
        bytes32 evidenceRoot,
        uint64 total,
        uint256 signed,
        uint40 activeAt
    );
    event Claimed(address indexed participant, uint64 amount, uint64 cumulative);
    event Penalized(address indexed participant, uint16 indexed round, uint64 amount, uint64 stake);
    event Exited(address indexed participant, uint64 amount, uint40 withdrawableAt);
    event Withdrawn(address indexed participant, uint64 amount);
    event Paused();
    event Unpaused();
    event ReportVoided(uint16 indexed round);
    /// @dev A live round that had opened on a report that was then voided.
    event RoundVoided(uint16 indexed round);
    event Cancelled();
    event Reclaimed(address indexed to, uint64 amount);
    event Bonded(address indexed oracle, uint64 amount, uint64 bond);
    event Unbonding(address indexed oracle, uint64 bond, uint40 withdrawableAt);
    event BondWithdrawn(address indexed oracle, uint64 amount);
    event CommitteeScheduled(address[] oracles, uint40 effectiveAt);
    event CommitteeSeated(bytes32 indexed committee);
    event CommitteeUnseated(bytes32 indexed committee);
    event Slashed(address indexed oracle, uint16 indexed round, uint64 amount, uint64 bond);
    /// @dev A report was proven wrong. `bounty` went to the reporter, `burned` to nobody; together they are what was
    /// slashed. `ReportVoided` follows.
    event Refuted(uint16 indexed round, Fault fault, address indexed reporter, uint64 bounty, uint64 burned);
    event Equivocated(
        address indexed oracle, uint16 indexed round, address indexed reporter, uint64 bounty, uint64 burned
    );
    /// @dev `amount` was taken, of stake and stake on its way out; `bounty` of it went to the reporter, the rest to
    /// the pool. `stake` and `exiting` are what is left.
    event Convicted(
        address indexed participant,
        uint16 indexed round,
        Offence offence,
        uint64 amount,
        uint64 stake,
        uint64 exiting,
        address reporter,
        uint64 bounty
    );
    event UpdateDemanded(
        uint16 indexed round,
        address indexed participant,
        bytes32 digest,
        address demander,
        uint64 bond,
        uint40 deadline
    );
    /// @dev The bytes are in the transaction's input. The bond went to the answerer.
    event UpdateAnswered(uint16 indexed round, address indexed participant, bytes32 digest, address answerer, uint64 bond);
    event LeafDemanded(uint16 indexed round, uint32 indexed index, address demander, uint64 bond, uint40 deadline);
    event LeafAnswered(uint16 indexed round, uint32 indexed index, address answerer, uint64 bond);
    /// @dev A demand was left unanswered; its bond is credited to the demander.
    event Credited(address indexed account, uint64 amount);
    event Collected(address indexed account, uint64 amount);

    /* MONEY AND MEMBERSHIP */

    /// @notice Adds to the pool that rewards are paid from. Anyone may.
    /// @dev Warning: what is not rewarded goes to the sponsor after a cancellation, whoever paid it in.
    function fund() external payable;

    /// @notice Stakes the value sent, or adds it to the caller's stake.
    /// @dev The resulting stake must reach the minimum.
    /// @dev Warning: a missing reveal that is not settled yet costs 5 % of the stake after the top-up.
    function join() external payable;

    /* ROUNDS */

    /// @notice Commits to an update, and opens the next round where none is open.
    /// @dev A missing reveal of an earlier round is settled first, which can leave too little stake to commit.
    /// @dev Warning: refused while that earlier round's report is in its challenge window.
    /// @dev Warning: 112 bits withstand a second preimage, not a collision: a participant who spends about 2^56
    /// hashes can prepare two updates for one commitment, and choose at the reveal.
    /// @dev Warning: the preimage does not name the chain. A salt must be fresh for every commitment, or a reveal in
    /// a federation at the same address of another chain opens this one early.
    /// @param number The round the commitment was made for. A transaction that lands in another round is refused, and
    /// does not cost the penalty of a commitment that cannot be opened.
    /// @param commitment The low 112 bits of keccak256(federation, round, participant, digest, salt), packed.
    function commit(uint16 number, uint112 commitment) external;

    /// @notice Opens `participant`'s commitment. Anyone who holds the preimage may.
    /// @dev Warning: the salt is what keeps the digest secret; one that can be guessed gives the digest away.
    /// @param digest The sha2-256 digest of the update's payload.
    function reveal(address participant, bytes32 digest, bytes16 salt) external;

    /// @notice Opens many commitments.
    /// @dev Openings of participants who have revealed in this round are skipped, so nobody can spoil a batch by
    /// revealing first. A wrong opening reverts them all.
    function revealMany(Opening[] calldata openings) external;

    /// @notice Closes the live round with a report that a quorum of the committee signed. Anyone may transmit it.
    /// @dev The total is the one before, or that and the budget that the round opened with.
    /// @dev Warning: oracles must be accounts with a key; contract signatures (EIP-1271) are not asked for.
    /// @dev The report becomes active when its challenge window is over, unless it is voided before.
    /// @param signed Bit i is set where the i-th oracle signed.
    /// @param signers The committee: its addresses packed, ascending.
    /// @param signatures One EIP-2098 compact signature for each bit set, in their order.
    function report(Report calldata r, uint256 signed, bytes calldata signers, bytes calldata signatures) external;

    /* CLAIMS AND PENALTIES */

    /// @notice Pays the caller what the active report owes it and it has not claimed.
    /// @dev Warning: a contract that cannot receive ether cannot claim.
    /// @param cumulative All rewards of the caller since the beginning.
    /// @param index The position of the caller's leaf.
    /// @param proof For each level from the leaf up, the sibling's hash (32 bytes) and sum (8 bytes).
    function claim(uint64 cumulative, uint256 index, bytes calldata proof) external;

    /// @notice Takes 5 % of the stake, rounded down, from a participant who did not reveal in a reported round.
    /// @dev The amount goes to the pool. Each missing reveal costs once.
    function penalize(address participant) external;

    /* ORACLES */

    /// @notice Puts the value sent down as the caller's bond, or adds it.
    /// @dev Warning: half of it is burned when a report the oracle signed is refuted, all of it when it signed two.
    function bond() external payable;

    /// @notice Gives notice: the caller's bond can leave after the unbonding window, and stays slashable until it has.
    function unbond() external;

    /// @notice Pays the caller's bond out, not while a report is pending. Unseats the committee if it is a member.
    function withdrawBond() external;

    /// @notice Names the next committee. It can be seated after the unbonding window, so that whoever does not trust
    /// it can leave before. The sponsor's; a later call replaces an earlier one.
    function scheduleCommittee(address[] calldata oracles) external;

    /// @notice Seats the committee, or the scheduled one whose time has come. Anyone may. Every member must have the
    /// whole bond and not be leaving.
    /// @param signers The committee's addresses packed, ascending.
    function seat(bytes calldata signers) external;

    /// @notice Closes the live round with a report of one oracle of the committee, from half of the report phase on.
    /// @dev The oracle needs its whole bond; the committee need not be seated. The challenge window is as long as
    /// commit and reveal together.
    /// @param index The caller's place in the committee.
    function reportAlone(Report calldata r, uint256 index, bytes calldata signers) external;

    /* DISPUTES */

    /// @notice Proves that the report in its challenge window is wrong: voids it, and slashes half of the bond of
    /// every oracle that signed it. A tenth of that goes to the caller, the rest is burned.
    /// @dev Warning: whoever sees the proof before it is mined can send it first and take the bounty.
    /// @param filing That report's. @param base That of the report it builds on; all zero where there is none.
    /// @param signers The addresses of the filing's committee, packed.
    /// @param proof See `IReferee.judge`.
    function refute(
        Fault fault,
        Filing calldata filing,
        Filing calldata base,
        bytes calldata signers,
        bytes calldata proof
    ) external;

    /// @notice Proves that an oracle signed two reports for one round and its reveals: its whole bond is slashed.
    /// @dev A report that was filed stands. Once for each oracle and round. Reports of different reveals are none: a
    /// reorg can ask an honest oracle twice.
    function refuteEquivocation(
        address oracle,
        Report calldata first,
        bytes calldata firstSignature,
        Report calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Proves that a revealed payload is no update: takes 20 % of the participant's stake, on its way out or
    /// not. A tenth of that goes to the caller, the rest to the pool.
    /// @dev For the live round in its report phase, or the latest report's round with its filing.
    /// @param filing The latest report's; ignored for the live round.
    /// @param reveals, index See `IReferee.revealAt`. @param payload The bytes behind the digest.
    function convictMalformed(
        uint16 round,
        Filing calldata filing,
        bytes calldata reveals,
        uint256 index,
        bytes calldata payload,
        bytes calldata circuit
    ) external;

    /// @notice Demands the bytes of a revealed update, with a bond that goes to whoever answers.
    /// @dev For the live round where the time to answer ends by half of its report phase: left unanswered, it costs
    /// the participant 10 % of its stake, and the update counts for nothing. For the latest report's round where two
    /// times to answer are left before it is active: left unanswered, the report is void and its oracles lose 10 % of
    /// their bonds.
    function demandUpdate(uint16 round, Filing calldata filing, bytes calldata reveals, uint256 index)
        external
        payable;

    /// @notice Demands a leaf of the evidence of the report in its challenge window.
    function demandLeaf(uint32 index) external payable;

    /// @notice Answers a demand with the bytes, in time. Anyone may; the bond is paid to the caller.
    function answerUpdate(uint16 round, address participant, bytes calldata payload) external;

    /// @notice Answers a demand with the leaf and the losses it commits to, or shows that there is no such leaf.
    function answerLeaf(Filing calldata filing, uint32 index, Excerpt calldata leaf, bytes calldata row) external;

    /// @notice Convicts for a demand that nobody answered in time. The bond is credited to the demander.
    /// @dev `filing` and `signers` are needed where the demand was still open when the round was reported.
    function convictSilentUpdate(
        uint16 round,
        address participant,
        bytes32 digest,
        Filing calldata filing,
        bytes calldata signers
    ) external;

    /// @notice Voids the report in its challenge window for a leaf that nobody showed in time.
    function convictSilentLeaf(uint32 index, Filing calldata filing, bytes calldata signers) external;

    /// @notice Pays the caller its credit.
    function collect() external;

    /* LEAVING */

    /// @notice Takes the whole stake out of the federation and starts its unbonding.
    /// @dev Refused while the caller has an unrevealed commitment in a round that is not decided, and while an
    /// earlier exit is not withdrawn. Both end with time. Neither the guardian nor the sponsor can stop an exit.
    function exit() external;

    /// @notice Pays the caller's stake out after the unbonding window.
    /// @dev Warning: a contract that cannot receive ether cannot withdraw.
    function withdraw() external;

    /* GUARDIAN */

    /// @notice Stops joining and committing until `unpause` or the guardian's expiry.
    /// @dev Reveals, reports, claims, exits and withdrawals go on.
    function pause() external;

    /// @notice Allows joining and committing again.
    function unpause() external;

    /// @notice Voids the report in its challenge window, and the live round that opened on it.
    /// @dev No stake moves for either round; the report before stands.
    function voidReport() external;

    /* SPONSOR */

    /// @notice Ends the federation: the live round finishes normally, no other opens.
    /// @dev Rewards stay claimable, and stakes leave through `exit`.
    function cancel() external;

    /// @notice Pays the sponsor what no report has allocated, after a cancellation and the last round's end.
    /// @dev Can be called again when a late penalty has reached the pool.
    function reclaim() external;

    /* VIEWS */

    /// @notice What the sponsor fixed.
    function terms() external view returns (Terms memory);

    /// @notice keccak256 of the committee's addresses packed, ascending.
    function committee() external view returns (bytes32);

    /// @notice Whether the committee is seated, and the next one with the time from which it can be (zero for none).
    function seating() external view returns (bool seated, bytes32 scheduled, uint40 effectiveAt);

    /// @notice An oracle's bond, and when it can leave; zero unless it gave notice.
    function bondOf(address oracle) external view returns (uint64 amount, uint40 withdrawableAt);

    /// @notice What an account can collect.
    function credit(address account) external view returns (uint64);

    /// @notice The hashes of the latest report's filing and of the one before it.
    /// @dev Warning: one where no report was filed yet, and a voided report's stays beside the one before it.
    function filings() external view returns (bytes32 latest, bytes32 previous);

    /// @notice The demand for an update's bytes.
    function updateDemand(uint16 round, address participant, bytes32 digest) external view returns (Demand memory);

    /// @notice The demand for a leaf of the latest report's evidence.
    function leafDemand(uint32 index) external view returns (Demand memory);

    /// @notice Whether a demand for the update had run out unanswered by `time`.
    function silentAt(uint16 round, address participant, bytes32 digest, uint256 time) external view returns (bool);

    /// @notice What a demand must bring, in gwei, and the seconds there are to answer it.
    function demandTerms() external view returns (uint64 bond, uint256 answerWindow);

    /// @notice The EIP-712 domain separator (name "qfl-chain", version "1", this chain, this contract).
    function domainSeparator() external view returns (bytes32);

    /// @notice The current round as stored.
    function live() external view returns (Live memory);

    /// @notice The phase by the clock, and its bounds [opensAt, closesAt); the last ends at the maximum.
    function phase() external view returns (Phase current, uint256 opensAt, uint256 closesAt);

    /// @notice Whether joining and committing are paused now.
    function paused() external view returns (bool);

    /// @notice What the pool received and paid.
    function pool() external view returns (uint64 funded, uint64 paid);

    /// @notice A participant's account and its exit.
    function member(address participant)
        external
        view
        returns (uint64 stake, uint64 claimed, uint16 round, uint112 commitment, uint64 exiting, uint40 withdrawableAt);

    /// @notice The latest report that was not voided, active or not.
    function latestReport() external view returns (Standing memory);

    /// @notice The report that claims are paid from.
    function activeReport() external view returns (Standing memory);
}
