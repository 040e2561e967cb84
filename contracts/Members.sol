// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Admission, Exit, IFederation, Live, Member, Offence, Outcome, Reports} from "./interfaces/IFederation.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {State} from "./State.sol";

/// @title Members
/// @notice Stakes: in, out, and what faults take of them.
abstract contract Members is State {
    /* TYPES */

    /// @dev What a participant is convicted of, and the percentage it costs. In memory, so that the compiler keeps one
    /// copy of the code that takes it.
    struct Charge {
        address participant;
        uint16 round;
        Offence offence;
        uint64 percent;
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

    /* PENALTIES */

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

    /* INTERNAL */

    /// @dev Takes the value sent into the pool.
    function _fund() internal {
        uint256 amount = Gwei.fromWei(msg.value);
        uint64 funded = Gwei.toUint64(_pool.funded + amount);

        _pool.funded = funded;

        // Safe cast: the amount is part of what is funded.
        emit Funded(msg.sender, uint64(amount), funded);
    }

    /// @dev What became of an opened round, and the time it is decided by at the latest where it is OPEN.
    /// The longest challenge window is that of a report by one oracle alone.
    function _outcome(uint16 number, Live memory round) internal view returns (Outcome, uint256) {
        if (number == round.number && round.start != 0) {
            uint256 end = round.start + REPORT_END;
            return block.timestamp < end ? (Outcome.OPEN, end + REVEAL_END) : (Outcome.LAPSED, 0);
        }
        Reports memory reports = _reports;
        if (number == reports.latestRound && block.timestamp < reports.latestActiveAt) {
            return (Outcome.OPEN, reports.latestActiveAt);
        }
        return (_lapsed[number] ? Outcome.LAPSED : Outcome.REPORTED, 0);
    }

    /// @dev Clears a commitment that was left unrevealed in a decided round, and moves the penalty to the pool if that
    /// round was reported.
    /// @return penalty What was taken. Zero as well where convictions have left less than a penalty can divide.
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

    /// @dev Takes the charge's part of the participant's stake and exit, stake first, and gives all but the bounty to
    /// the pool.
    /// @return convicted Whether it did: not where the participant has paid for this round, or has nothing to take.
    /// @return bounty What the caller must be paid at the end.
    function _convict(Charge memory charge) internal returns (bool convicted, uint64 bounty) {
        (address participant, uint16 round) = (charge.participant, charge.round);
        Member storage account = _members[participant];
        Exit storage pending = _exits[participant];
        (uint64 stake, uint64 exiting) = (account.stake, pending.amount);
        // Safe cast: a part of an amount of ether, which is below 2^64 gwei.
        uint64 amount = uint64((uint256(stake) + exiting) * charge.percent / 100);
        if (amount == 0 || _convicted[participant][round]) return (false, 0);

        _convicted[participant][round] = true;
        // Something always stays, so an exit never shrinks to nothing.
        (stake, exiting) = amount <= stake ? (stake - amount, exiting) : (0, exiting - (amount - stake));
        account.stake = stake;
        pending.amount = exiting;
        bounty = amount / BOUNTY_DIVISOR;
        _pool.funded += amount - bounty;

        emit Convicted(participant, round, charge.offence, amount, stake, exiting, msg.sender, bounty);
        return (true, bounty);
    }
}
