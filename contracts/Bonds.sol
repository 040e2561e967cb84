// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Bond, IFederation, Reports} from "./interfaces/IFederation.sol";
import {Fault} from "./interfaces/IReferee.sol";
import {Committee} from "./libraries/Committee.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {Phases} from "./Phases.sol";

/// @title Bonds
/// @notice What oracles answer with, and who sits in the committee.
abstract contract Bonds is Phases {
    /* TYPES */

    /// @dev What a report is convicted of, and the part of each signer's bond it costs: one in `divisor`. In memory, so
    /// that the compiler keeps one copy of the code that takes it.
    struct Ruling {
        Fault fault;
        uint64 divisor;
        uint16 round;
        bytes32 committee;
        uint256 signed;
    }

    /* BONDS */

    /// @inheritdoc IFederation
    function bond() external payable {
        Bond storage account = _bonds[msg.sender];
        if (account.withdrawableAt != 0) revert OracleLeaving(msg.sender);
        uint256 amount = Gwei.fromWei(msg.value);
        uint64 total = Gwei.toUint64(account.amount + amount);

        account.amount = total;

        // Safe cast: the amount is part of the bond.
        emit Bonded(msg.sender, uint64(amount), total);
    }

    /// @inheritdoc IFederation
    function unbond() external {
        Bond storage account = _bonds[msg.sender];
        if (account.amount == 0) revert NoBond();
        if (account.withdrawableAt != 0) revert OracleLeaving(msg.sender);
        // Safe cast: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        uint40 withdrawableAt = uint40(block.timestamp + UNBONDING_WINDOW);

        account.withdrawableAt = withdrawableAt;

        emit Unbonding(msg.sender, account.amount, withdrawableAt);
    }

    /// @inheritdoc IFederation
    function withdrawBond() external {
        Bond memory account = _bonds[msg.sender];
        if (account.withdrawableAt == 0) revert NoBond();
        _requireWindow(account.withdrawableAt, type(uint256).max);
        Reports memory reports = _reports;
        if (block.timestamp < reports.latestActiveAt) revert ReportPending(reports.latestActiveAt);

        delete _bonds[msg.sender];
        _unseat(reports, msg.sender);
        _reports = reports;

        emit BondWithdrawn(msg.sender, account.amount);

        Gwei.send(msg.sender, account.amount);
    }

    /* COMMITTEE */

    /// @inheritdoc IFederation
    function scheduleCommittee(address[] calldata oracles) external {
        _requireSponsor();

        _scheduled = Committee.hash(oracles);
        // Safe cast: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        _effectiveAt = uint40(block.timestamp + UNBONDING_WINDOW);

        emit CommitteeScheduled(oracles, _effectiveAt);
    }

    /// @inheritdoc IFederation
    function seat(bytes calldata signers) external {
        bytes32 next = keccak256(signers);
        if (next != committee()) {
            if (next != _scheduled) revert WrongCommittee();
            _requireWindow(_effectiveAt, type(uint256).max);
            _rotated = next;
            _pool.rotated = true;
            delete _scheduled;
            delete _effectiveAt;
        }

        uint256 oracles = Committee.size(signers);
        for (uint256 i; i < oracles; ++i) {
            address oracle = Committee.at(signers, i);
            Bond memory account = _bonds[oracle];
            if (account.amount < ORACLE_BOND) revert BondTooLow(oracle, account.amount, ORACLE_BOND);
            if (account.withdrawableAt != 0) revert OracleLeaving(oracle);
            _seatOf[oracle] = next;
        }
        _reports.seated = true;

        emit CommitteeSeated(next);
    }

    /// @inheritdoc IFederation
    function seating() external view returns (bool seated, bytes32 scheduled, uint40 effectiveAt) {
        return (_reports.seated, _scheduled, _effectiveAt);
    }

    /// @inheritdoc IFederation
    function bondOf(address oracle) external view returns (uint64 amount, uint40 withdrawableAt) {
        Bond memory account = _bonds[oracle];
        return (account.amount, account.withdrawableAt);
    }

    /* INTERNAL */

    /// @dev Takes one part in the ruling's divisor, rounded down, of the bond of every oracle that signed.
    /// @param reports In memory, which the caller writes.
    /// @return slashed The sum of it.
    function _slashSigners(Reports memory reports, Ruling memory ruling, bytes calldata signers)
        internal
        returns (uint64 slashed)
    {
        if (keccak256(signers) != ruling.committee) revert WrongCommittee();
        uint256 i;
        for (uint256 rest = ruling.signed; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) slashed += _slash(reports, Committee.at(signers, i), ruling.round, ruling.divisor);
            ++i;
        }
    }

    /// @dev Takes one part in `divisor`, rounded down, of an oracle's bond, on its way out or not.
    function _slash(Reports memory reports, address oracle, uint16 round, uint64 divisor)
        internal
        returns (uint64 slashed)
    {
        uint64 amount = _bonds[oracle].amount;
        slashed = amount / divisor;
        amount -= slashed;

        // A bond of nothing has no notice to keep: the oracle may bond again.
        if (amount == 0) delete _bonds[oracle];
        else _bonds[oracle].amount = amount;

        emit Slashed(oracle, round, slashed, amount);
        _unseat(reports, oracle);
    }

    /// @dev Unseats the committee in `reports` in memory, which the caller writes, if the oracle has a seat in it.
    function _unseat(Reports memory reports, address oracle) internal {
        bytes32 current = committee();
        if (!reports.seated || _seatOf[oracle] != current) return;
        reports.seated = false;
        emit CommitteeUnseated(current);
    }

    /// @dev Splits what was slashed into the caller's bounty and what is burned.
    function _share(uint64 slashed) internal pure returns (uint64 bounty, uint64 burned) {
        bounty = slashed / BOUNTY_DIVISOR;
        burned = slashed - bounty;
    }

    /// @dev Pays both out, at the very end.
    function _pay(uint64 bounty, uint64 burned) internal {
        Gwei.send(address(0), burned);
        Gwei.send(msg.sender, bounty);
    }
}
