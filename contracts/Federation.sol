// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    Admission,
    Exit,
    IFederation,
    Live,
    Member,
    Opening,
    Outcome,
    Phase,
    Pool,
    Report,
    Reports,
    Standing,
    Terms
} from "./interfaces/IFederation.sol";
import {Committee} from "./libraries/Committee.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {RewardTree} from "./libraries/RewardTree.sol";

/// @title Federation
/// @notice One federation for its whole life: immutable, no proxy, no owner beyond the roles in its terms.
contract Federation is IFederation {
    /* CONSTANTS */

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,bytes32 evidenceRoot,"
        "uint64 total)"
    );

    /// @dev A missing reveal costs one part in this many: 5 %.
    uint64 internal constant PENALTY_DIVISOR = 20;

    /* IMMUTABLES */

    bytes32 internal immutable CIRCUIT;
    bytes32 internal immutable MODEL;
    bytes32 internal immutable VALIDATION;

    /// @dev Seconds from a round's start to the end of each of its phases.
    uint256 internal immutable COMMIT_END;
    uint256 internal immutable REVEAL_END;
    uint256 internal immutable REPORT_END;

    uint32 internal immutable CHALLENGE_WINDOW;
    uint32 internal immutable UNBONDING_WINDOW;
    uint64 internal immutable MIN_STAKE;
    uint64 internal immutable REWARD_PER_ROUND;
    uint64 internal immutable MAX_NORM;
    uint16 internal immutable MIN_REVEALS;
    address internal immutable SPONSOR;
    address internal immutable GUARDIAN;
    uint40 internal immutable GUARDIAN_EXPIRY;

    /// @inheritdoc IFederation
    bytes32 public immutable committee;
    /// @inheritdoc IFederation
    uint256 public immutable quorum;

    /* STORAGE */

    mapping(address => Member) internal _members;
    mapping(address => Exit) internal _exits;

    /// @dev Rounds that ended without a standing report. Written when the next round opens after an expiry, and by a
    /// void; never on the ordinary path.
    mapping(uint16 => bool) internal _lapsed;

    Live internal _live;
    Reports internal _reports;
    bytes32[2] internal _rewards;
    Pool internal _pool;

    /* CONSTRUCTOR */

    /// @param terms_ What the sponsor fixes.
    /// @param oracles The committee, ascending.
    constructor(Terms memory terms_, address[] memory oracles) payable {
        _requireValid(terms_);

        CIRCUIT = terms_.circuit;
        MODEL = terms_.model;
        VALIDATION = terms_.validation;
        COMMIT_END = terms_.commitWindow;
        REVEAL_END = uint256(terms_.commitWindow) + terms_.revealWindow;
        REPORT_END = uint256(terms_.commitWindow) + terms_.revealWindow + terms_.reportWindow;
        CHALLENGE_WINDOW = terms_.challengeWindow;
        UNBONDING_WINDOW = terms_.unbondingWindow;
        MIN_STAKE = terms_.minStake;
        REWARD_PER_ROUND = terms_.rewardPerRound;
        MAX_NORM = terms_.maxNorm;
        MIN_REVEALS = terms_.minReveals;
        SPONSOR = terms_.sponsor;
        GUARDIAN = terms_.guardian;
        GUARDIAN_EXPIRY = terms_.guardianExpiry;
        committee = Committee.hash(oracles);
        quorum = Committee.quorum(oracles.length);

        // Roots are never zero from here on, so that the first two reports cost what all others do. A claim cannot
        // meet these: no report is active before one was made.
        _rewards = [bytes32(uint256(1)), bytes32(uint256(1))];
        _reports.slot = 1;

        emit Deployed(terms_, oracles);
        if (msg.value != 0) _fund();
    }

    /* MONEY AND MEMBERSHIP */

    /// @inheritdoc IFederation
    function fund() external payable {
        if (_live.admission == Admission.CANCELLED) revert FederationCancelled();

        _fund();
    }

    /// @inheritdoc IFederation
    function join() external payable {
        _requireAdmission(_live.admission);
        uint256 amount = Gwei.fromWei(msg.value);
        Member storage account = _members[msg.sender];
        uint64 stake = Gwei.toUint64(account.stake + amount);
        if (stake < MIN_STAKE) revert StakeTooLow(stake, MIN_STAKE);

        account.stake = stake;

        // Safe cast: the amount is part of the stake.
        emit Joined(msg.sender, uint64(amount), stake);
    }

    /* ROUNDS */

    /// @inheritdoc IFederation
    function commit(uint16 number, uint112 commitment) external {
        if (commitment == 0) revert ZeroCommitment();
        Live memory round = _live;
        _requireAdmission(round.admission);
        if (round.start == 0 || block.timestamp >= round.start + REPORT_END) round = _openRound(round);
        else _requireWindow(round.start, round.start + COMMIT_END);
        if (number != round.number) revert WrongRound(number, round.number);
        Member storage account = _members[msg.sender];
        if (account.round == round.number) revert AlreadyCommitted(round.number);

        _settle(account, msg.sender, round);
        if (account.stake < MIN_STAKE) revert StakeTooLow(account.stake, MIN_STAKE);
        account.round = round.number;
        account.commitment = commitment;

        emit Committed(msg.sender, round.number, commitment);
    }

    /// @inheritdoc IFederation
    function reveal(address participant, bytes32 digest, bytes16 salt) external {
        Live memory round = _live;
        _requireRound(round, COMMIT_END, REVEAL_END);
        if (!_reveal(round, participant, digest, salt)) revert NothingToReveal(participant);
        _live.revealed = round.revealed;
        _live.accumulator = round.accumulator;
    }

    /// @inheritdoc IFederation
    function revealMany(Opening[] calldata openings) external {
        Live memory round = _live;
        _requireRound(round, COMMIT_END, REVEAL_END);

        for (uint256 i; i < openings.length; ++i) {
            Opening calldata opening = openings[i];
            _reveal(round, opening.participant, opening.digest, opening.salt);
        }
        _live.revealed = round.revealed;
        _live.accumulator = round.accumulator;
    }

    /// @inheritdoc IFederation
    function report(Report calldata r, uint256 signed, bytes calldata signers, bytes calldata signatures) external {
        Live memory round = _live;
        _requireRound(round, REVEAL_END, REPORT_END);
        Reports memory reports = _reports;
        _requireFitting(r, round, reports);
        if (keccak256(signers) != committee) revert WrongCommittee();
        Committee.check(signers, signed, signatures, quorum, _digest(r));

        // The report that leaves the pair is older than an active one: the latest became active before this round's
        // reveals ended, because the challenge window is no longer than commit and reveal together.
        reports.previousRound = reports.latestRound;
        reports.previousActiveAt = reports.latestActiveAt;
        reports.previousTotal = reports.latestTotal;
        reports.latestRound = r.round;
        // Safe cast: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        reports.latestActiveAt = uint40(block.timestamp + CHALLENGE_WINDOW);
        reports.latestTotal = r.total;
        reports.slot ^= 1;
        _reports = reports;
        _rewards[reports.slot] = r.rewards;
        _closeRound(round);

        emit Reported(r.round, r.inputs, r.rewards, r.model, r.evidence, r.evidenceRoot, r.total, signed);
    }

    /* CLAIMS AND PENALTIES */

    /// @inheritdoc IFederation
    function claim(uint64 cumulative, uint256 index, bytes calldata proof) external {
        (uint16 round,, uint64 total, uint256 slot) = _active();
        if (round == 0) revert NoActiveReport();
        if (!RewardTree.contains(_rewards[slot], total, msg.sender, cumulative, index, proof)) revert InvalidProof();
        Member storage account = _members[msg.sender];
        uint64 claimed = account.claimed;
        if (cumulative <= claimed) revert NothingToClaim(cumulative, claimed);
        uint64 amount = cumulative - claimed;
        // A tree binds the sum of one report, not of the claims on all reports: a colluding committee could leave out
        // those who have claimed. This line keeps the pool solvent all the same.
        uint256 paid = uint256(_pool.paid) + amount;
        if (paid > total) revert TotalExceeded(paid, total);

        account.claimed = cumulative;
        // Safe cast: the check above bounds it by 64 bits.
        _pool.paid = uint64(paid);

        emit Claimed(msg.sender, amount, cumulative);

        Gwei.send(msg.sender, amount);
    }

    /// @inheritdoc IFederation
    function penalize(address participant) external {
        if (_settle(_members[participant], participant, _live) == 0) revert NothingToPenalize(participant);
    }

    /* LEAVING */

    /// @inheritdoc IFederation
    function exit() external {
        uint40 pending = _exits[msg.sender].withdrawableAt;
        if (pending != 0) revert ExitPending(pending);
        Member storage account = _members[msg.sender];
        if (account.stake == 0) revert NoStake();

        _settle(account, msg.sender, _live);
        uint64 amount = account.stake;
        // Safe cast: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        uint40 withdrawableAt = uint40(block.timestamp + UNBONDING_WINDOW);
        account.stake = 0;
        _exits[msg.sender] = Exit(amount, withdrawableAt);

        emit Exited(msg.sender, amount, withdrawableAt);
    }

    /// @inheritdoc IFederation
    function withdraw() external {
        Exit memory pending = _exits[msg.sender];
        if (pending.amount == 0) revert NothingToWithdraw();
        _requireWindow(pending.withdrawableAt, type(uint256).max);

        delete _exits[msg.sender];

        emit Withdrawn(msg.sender, pending.amount);

        Gwei.send(msg.sender, pending.amount);
    }

    /* GUARDIAN */

    /// @inheritdoc IFederation
    function pause() external {
        _requireGuardian();
        _requireAdmission(_live.admission);

        _live.admission = Admission.PAUSED;

        emit Paused();
    }

    /// @inheritdoc IFederation
    function unpause() external {
        _requireGuardian();
        if (!paused()) revert NotPaused();

        _live.admission = Admission.OPEN;

        emit Unpaused();
    }

    /// @inheritdoc IFederation
    function voidReport() external {
        _requireGuardian();
        Reports memory reports = _reports;
        if (block.timestamp >= reports.latestActiveAt) revert NoPendingReport();

        _lapsed[reports.latestRound] = true;
        emit ReportVoided(reports.latestRound);
        reports.latestRound = reports.previousRound;
        reports.latestActiveAt = reports.previousActiveAt;
        reports.latestTotal = reports.previousTotal;
        reports.previousRound = 0;
        reports.previousActiveAt = 0;
        reports.previousTotal = 0;
        reports.slot ^= 1;
        _reports = reports;

        // A round that is open now opened after the report, so it trains on a model that no longer stands.
        Live memory round = _live;
        if (round.start != 0) {
            _lapsed[round.number] = true;
            emit RoundVoided(round.number);
            _closeRound(round);
        }
    }

    /* SPONSOR */

    /// @inheritdoc IFederation
    function cancel() external {
        _requireSponsor();
        if (_live.admission == Admission.CANCELLED) revert FederationCancelled();

        _live.admission = Admission.CANCELLED;

        emit Cancelled();
    }

    /// @inheritdoc IFederation
    function reclaim() external {
        _requireSponsor();
        if (_live.admission != Admission.CANCELLED) revert NotCancelled();
        Reports memory reports = _reports;
        uint256 start = _live.start;
        _requireWindow(start == 0 ? reports.latestActiveAt : start + REPORT_END, type(uint256).max);
        uint64 amount = _pool.funded - reports.latestTotal;
        if (amount == 0) revert NothingToReclaim();

        _pool.funded = reports.latestTotal;

        emit Reclaimed(SPONSOR, amount);

        Gwei.send(SPONSOR, amount);
    }

    /* VIEWS */

    /// @inheritdoc IFederation
    function terms() external view returns (Terms memory t) {
        t.circuit = CIRCUIT;
        t.model = MODEL;
        t.validation = VALIDATION;
        // Safe casts: differences of sums of 32-bit windows give the windows back.
        t.commitWindow = uint32(COMMIT_END);
        t.revealWindow = uint32(REVEAL_END - COMMIT_END);
        t.reportWindow = uint32(REPORT_END - REVEAL_END);
        t.challengeWindow = CHALLENGE_WINDOW;
        t.unbondingWindow = UNBONDING_WINDOW;
        t.minStake = MIN_STAKE;
        t.rewardPerRound = REWARD_PER_ROUND;
        t.maxNorm = MAX_NORM;
        t.minReveals = MIN_REVEALS;
        t.sponsor = SPONSOR;
        t.guardian = GUARDIAN;
        t.guardianExpiry = GUARDIAN_EXPIRY;
    }

    /// @inheritdoc IFederation
    function domainSeparator() public view returns (bytes32) {
        // Not cached, so that a signature does not outlive a fork that changes the chain id.
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("qfl-chain"), keccak256("1"), block.chainid, address(this))
        );
    }

    /// @inheritdoc IFederation
    function live() external view returns (Live memory) {
        return _live;
    }

    /// @inheritdoc IFederation
    function phase() external view returns (Phase current, uint256 opensAt, uint256 closesAt) {
        uint256 start = _live.start;
        uint256 elapsed = block.timestamp - start;
        if (start == 0) return (Phase.IDLE, 0, type(uint256).max);
        if (elapsed < COMMIT_END) return (Phase.COMMIT, start, start + COMMIT_END);
        if (elapsed < REVEAL_END) return (Phase.REVEAL, start + COMMIT_END, start + REVEAL_END);
        if (elapsed < REPORT_END) return (Phase.REPORT, start + REVEAL_END, start + REPORT_END);
        return (Phase.IDLE, start + REPORT_END, type(uint256).max);
    }

    /// @inheritdoc IFederation
    function paused() public view returns (bool) {
        return _live.admission == Admission.PAUSED && block.timestamp < GUARDIAN_EXPIRY;
    }

    /// @inheritdoc IFederation
    function pool() external view returns (uint64 funded, uint64 paid) {
        return (_pool.funded, _pool.paid);
    }

    /// @inheritdoc IFederation
    function member(address participant)
        external
        view
        returns (uint64 stake, uint64 claimed, uint16 round, uint112 commitment, uint64 exiting, uint40 withdrawableAt)
    {
        Member memory account = _members[participant];
        Exit memory pending = _exits[participant];
        return (
            account.stake, account.claimed, account.round, account.commitment, pending.amount, pending.withdrawableAt
        );
    }

    /// @inheritdoc IFederation
    function latestReport() external view returns (Standing memory) {
        Reports memory reports = _reports;
        return Standing(reports.latestRound, reports.latestActiveAt, reports.latestTotal, _rewards[reports.slot]);
    }

    /// @inheritdoc IFederation
    function activeReport() external view returns (Standing memory) {
        (uint16 round, uint40 activeAt, uint64 total, uint256 slot) = _active();
        return Standing(round, activeAt, total, _rewards[slot]);
    }

    /* INTERNAL: ROUNDS */

    /// @dev Opens the round after `round`, which is closed or expired. A commit that is refused after this takes the
    /// opening back with it.
    function _openRound(Live memory round) internal returns (Live memory) {
        if (round.number == type(uint16).max) revert RoundsExhausted();
        if (round.start != 0) {
            _lapsed[round.number] = true;
            emit RoundExpired(round.number);
        }

        // The cast cuts times after 2106: rounds opened then have expired at birth, and stakes can leave.
        // OPEN also ends a pause that outlived the guardian.
        Live memory next = Live(round.number + 1, uint32(block.timestamp), Admission.OPEN, 0, 0);
        _live = next;

        // Safe cast: a budget is at most the reward per round.
        emit RoundOpened(next.number, next.start, uint64(_budget(_reports)));
        return next;
    }

    /// @dev Writes `round` as closed: no start, nothing revealed.
    function _closeRound(Live memory round) internal {
        _live = Live(round.number, 0, round.admission, 0, 0);
    }

    /// @dev What the next report may add to the latest total. The pool always covers that total.
    function _budget(Reports memory reports) internal view returns (uint256) {
        uint256 unallocated = _pool.funded - reports.latestTotal;
        return unallocated < REWARD_PER_ROUND ? unallocated : REWARD_PER_ROUND;
    }

    /// @dev Clears the participant's commitment and folds the reveal into `round` in memory, which the caller writes.
    /// @return Whether there was a commitment to clear: no if the participant has revealed in this round.
    function _reveal(Live memory round, address participant, bytes32 digest, bytes16 salt) internal returns (bool) {
        Member memory account = _members[participant];
        if (account.round != round.number) revert NothingToReveal(participant);
        if (account.commitment == 0) return false;
        bytes32 commitment = keccak256(abi.encodePacked(address(this), round.number, participant, digest, salt));
        // Here and below, casts keep the low bits of a hash on purpose.
        if (account.commitment != uint112(uint256(commitment))) revert WrongOpening(participant);

        _members[participant].commitment = 0;
        round.revealed += 1;
        round.accumulator =
            uint184(uint256(keccak256(abi.encodePacked(round.accumulator, participant, account.stake, digest))));

        emit Revealed(participant, round.number, account.stake, digest);
        return true;
    }

    /// @dev What became of an opened round, and the time it is decided by at the latest where it is OPEN.
    function _outcome(uint16 number, Live memory round) internal view returns (Outcome, uint256) {
        if (number == round.number && round.start != 0) {
            uint256 end = round.start + REPORT_END;
            return block.timestamp < end ? (Outcome.OPEN, end + CHALLENGE_WINDOW) : (Outcome.LAPSED, 0);
        }
        Reports memory reports = _reports;
        if (number == reports.latestRound && block.timestamp < reports.latestActiveAt) {
            return (Outcome.OPEN, reports.latestActiveAt);
        }
        return (_lapsed[number] ? Outcome.LAPSED : Outcome.REPORTED, 0);
    }

    /// @dev Clears a commitment that was left unrevealed in a decided round, and moves the penalty to the pool if that
    /// round was reported.
    /// @return penalty What was taken; never zero when something was, because the stake was at least MIN_STAKE.
    function _settle(Member storage account, address participant, Live memory round)
        internal
        returns (uint64 penalty)
    {
        if (account.commitment == 0) return 0;
        (Outcome result, uint256 until) = _outcome(account.round, round);
        if (result == Outcome.OPEN) revert OutcomeOpen(account.round, until);

        account.commitment = 0;
        if (result == Outcome.LAPSED) return 0;
        penalty = account.stake / PENALTY_DIVISOR;
        account.stake -= penalty;
        // Cannot overflow, and so cannot hold up an exit, where all ether is less than 2^64 gwei.
        _pool.funded += penalty;

        emit Penalized(participant, account.round, penalty, account.stake);
    }

    /* INTERNAL: REPORTS AND MONEY */

    /// @dev Reverts where the report is not about this round and what the chain saw of it, or takes too much.
    function _requireFitting(Report calldata r, Live memory round, Reports memory reports) internal view {
        if (r.round != round.number) revert WrongRound(r.round, round.number);
        if (r.inputs != round.accumulator) revert WrongInputs(r.inputs, round.accumulator);
        if (round.revealed < MIN_REVEALS) revert TooFewReveals(round.revealed, MIN_REVEALS);
        uint256 minimum = reports.latestTotal;
        uint256 maximum = minimum + _budget(reports);
        if (r.total < minimum || r.total > maximum) revert TotalOutOfRange(r.total, minimum, maximum);
    }

    /// @dev The EIP-712 digest that the committee signs.
    function _digest(Report calldata r) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), keccak256(abi.encode(REPORT_TYPEHASH, r))));
    }

    /// @dev The newest report past its challenge window, and where its root is; round 0 where there is none.
    function _active() internal view returns (uint16 round, uint40 activeAt, uint64 total, uint256 slot) {
        Reports storage reports = _reports;
        slot = reports.slot;
        if (block.timestamp >= reports.latestActiveAt) {
            return (reports.latestRound, reports.latestActiveAt, reports.latestTotal, slot);
        }
        return (reports.previousRound, reports.previousActiveAt, reports.previousTotal, slot ^ 1);
    }

    /// @dev Takes the value sent into the pool.
    function _fund() internal {
        uint256 amount = Gwei.fromWei(msg.value);
        uint64 funded = Gwei.toUint64(_pool.funded + amount);

        _pool.funded = funded;

        // Safe cast: the amount is part of what is funded.
        emit Funded(msg.sender, uint64(amount), funded);
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
    function _requireValid(Terms memory t) internal pure {
        if (t.commitWindow == 0) revert InvalidTerms("commitWindow");
        if (t.revealWindow == 0) revert InvalidTerms("revealWindow");
        if (t.reportWindow == 0) revert InvalidTerms("reportWindow");
        uint256 untilReport = uint256(t.commitWindow) + t.revealWindow;
        // The latest report must be active or void before the next can come: only two are remembered.
        if (t.challengeWindow > untilReport) revert InvalidTerms("challengeWindow");
        // Stake must outlast every dispute about what it did.
        if (t.unbondingWindow <= untilReport + t.reportWindow + t.challengeWindow) {
            revert InvalidTerms("unbondingWindow");
        }
        // Below this a penalty would round down to nothing.
        if (t.minStake < PENALTY_DIVISOR) revert InvalidTerms("minStake");
        if (t.minReveals == 0) revert InvalidTerms("minReveals");
        if (t.sponsor == address(0)) revert InvalidTerms("sponsor");
    }
}
