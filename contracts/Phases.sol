// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Admission, Filing, IFederation, Live, Member, Opening, Report, Reports} from "./interfaces/IFederation.sol";
import {Committee} from "./libraries/Committee.sol";
import {Members} from "./Members.sol";

/// @title Phases
/// @notice Commit, reveal, report; and the void that takes a report back.
abstract contract Phases is Members {
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
    function report(Report memory r, uint256 signed, bytes calldata signers, bytes calldata signatures) external {
        Live memory round = _live;
        _requireRound(round, REVEAL_END, REPORT_END);
        Reports memory reports = _reports;
        if (!reports.seated) revert NotSeated();
        bytes32 current = _requireCommittee(signers);
        Committee.check(signers, signed, signatures, _digest(r));

        _file(r, signed, current, round, reports, CHALLENGE_WINDOW);
    }

    /// @inheritdoc IFederation
    function reportAlone(Report memory r, uint256 index, bytes calldata signers) external {
        Live memory round = _live;
        _requireRound(round, REPORT_HALF, REPORT_END);
        bytes32 current = _requireCommittee(signers);
        if (Committee.at(signers, index) != msg.sender) revert NotOracle(msg.sender);
        uint64 amount = _bonds[msg.sender].amount;
        if (amount < ORACLE_BOND) revert BondTooLow(msg.sender, amount, ORACLE_BOND);

        _file(r, 1 << index, current, round, _reports, REVEAL_END);
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

        uint64 budget = _budget();
        _pool.budget = budget;

        emit RoundOpened(next.number, next.start, budget);
        return next;
    }

    /// @dev Writes `round` as closed: no start, nothing revealed.
    function _closeRound(Live memory round) internal {
        _live = Live(round.number, 0, round.admission, 0, 0);
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

    /* INTERNAL: REPORTS */

    /// @dev What the rewards of a round that opens now may add to the latest total. The pool always covers both.
    function _budget() internal view returns (uint64) {
        uint64 unallocated = _pool.funded - _reports.latestTotal;
        return unallocated < REWARD_PER_ROUND ? unallocated : REWARD_PER_ROUND;
    }

    /// @dev Reverts where the report is not about this round and what the chain saw of it, or takes anything but
    /// nothing or the round's budget.
    /// @return budget The round's.
    function _requireFitting(Report memory r, Live memory round, Reports memory reports)
        internal
        view
        returns (uint64 budget)
    {
        if (r.round != round.number) revert WrongRound(r.round, round.number);
        if (r.inputs != round.accumulator) revert WrongInputs(r.inputs, round.accumulator);
        if (round.revealed < MIN_REVEALS) revert TooFewReveals(round.revealed, MIN_REVEALS);
        budget = _pool.budget;
        uint64 minimum = reports.latestTotal;
        // Cannot overflow: the pool covered both when the round opened, and only a reclaim takes anything out of it.
        uint64 maximum = minimum + budget;
        if (r.total != minimum && r.total != maximum) revert TotalOutOfRange(r.total, minimum, maximum);
    }

    /// @dev The committee in force; reverts where these are not its packed addresses.
    function _requireCommittee(bytes calldata signers) internal view returns (bytes32 current) {
        current = committee();
        if (keccak256(signers) != current) revert WrongCommittee();
    }

    /// @dev Closes the round with a report, whose signers have been checked.
    function _file(
        Report memory r,
        uint256 signed,
        bytes32 by,
        Live memory round,
        Reports memory reports,
        uint256 window
    ) internal {
        uint64 budget = _requireFitting(r, round, reports);
        // Safe casts: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        uint40 activeAt = uint40(block.timestamp + window);

        // The report that leaves the pair is older than an active one: the latest became active before this round's
        // reveals ended, because no challenge window is longer than commit and reveal together.
        reports.previousRound = reports.latestRound;
        reports.previousActiveAt = reports.latestActiveAt;
        reports.previousTotal = reports.latestTotal;
        reports.latestRound = r.round;
        reports.latestActiveAt = activeAt;
        reports.latestTotal = r.total;
        reports.slot ^= 1;
        _reports = reports;
        _rewards[reports.slot] = r.rewards;
        // The encoding of a `Filing`: a struct of fixed size is encoded as its fields are.
        _filings[reports.slot] =
            keccak256(abi.encode(r, signed, by, uint40(block.timestamp), activeAt, budget, round.revealed));
        _closeRound(round);

        emit Reported(
            r.round, r.inputs, r.rewards, r.model, r.evidence, r.evidenceRoot, r.total, signed, activeAt
        );
    }

    /// @dev Takes the latest report back, and with it the live round, which trains on a model that no longer stands.
    function _void(Reports memory reports) internal {
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

        Live memory round = _live;
        if (round.start != 0) {
            _lapsed[round.number] = true;
            emit RoundVoided(round.number);
            _closeRound(round);
        }
    }
}
