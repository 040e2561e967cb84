// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Filing, IFederation, Live, Offence, Report, Reports} from "./interfaces/IFederation.sol";
import {Case, Fault, IReferee} from "./interfaces/IReferee.sol";
import {Committee} from "./libraries/Committee.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {Bonds} from "./Bonds.sol";

/// @title Disputes
/// @notice Proofs against reports, oracles and updates.
abstract contract Disputes is Bonds {
    /* CONSTANTS */

    /// @dev A `Filing` in calldata.
    uint256 internal constant FILING_BYTES = 13 * 32;

    /* REPORTS */

    /// @inheritdoc IFederation
    function refute(
        Fault fault,
        Filing calldata filing,
        Filing calldata base,
        bytes calldata signers,
        bytes calldata proof
    ) external {
        Reports memory reports = _reports;
        _requirePending(reports);
        _requireFiling(filing, reports.slot);
        bool based = reports.previousRound != 0;
        if (based) _requireFiling(base, reports.slot ^ 1);
        Case memory facts = Case({
            federation: address(this),
            circuit: CIRCUIT,
            validation: VALIDATION,
            validationRoot: VALIDATION_ROOT,
            maxNorm: MAX_NORM,
            report: filing.report,
            reportedAt: filing.reportedAt,
            budget: filing.budget,
            revealed: filing.revealed,
            baseModel: based ? base.report.model : MODEL,
            baseRewards: based ? base.report.rewards : bytes32(0),
            baseTotal: based ? base.report.total : 0
        });
        REFEREE.judge(fault, facts, proof);

        _convictReport(reports, _ruling(fault, filing, REFUTED_DIVISOR), signers);
    }

    /// @inheritdoc IFederation
    function refuteEquivocation(
        address oracle,
        Report memory first,
        bytes calldata firstSignature,
        Report memory second,
        bytes calldata secondSignature
    ) external {
        uint16 round = first.round;
        if (_bonds[oracle].amount == 0) revert NoBond();
        if (_equivocated[oracle][round]) revert AlreadyConvicted(oracle, round);
        // Reports of other reveals are no equivocation: a reorg can ask an honest oracle twice.
        if (round != second.round || first.inputs != second.inputs) revert NoEquivocation();
        if (_signed(oracle, first, firstSignature) == _signed(oracle, second, secondSignature)) revert NoEquivocation();

        _equivocated[oracle][round] = true;
        Reports memory reports = _reports;
        (uint64 bounty, uint64 burned) = _share(_slash(reports, oracle, round, 1));
        _reports = reports;

        emit Equivocated(oracle, round, msg.sender, bounty, burned);

        _pay(bounty, burned);
    }

    /* UPDATES */

    /// @inheritdoc IFederation
    function convictMalformed(
        uint16 round,
        Filing calldata filing,
        bytes calldata reveals,
        uint256 index,
        bytes calldata payload,
        bytes calldata circuit
    ) external {
        (uint184 accumulator,) = _accumulatorOf(round, filing);
        (address participant, bytes32 digest) = _revealAt(accumulator, reveals, index);
        bytes32 found = sha256(payload);
        if (found != digest) revert IReferee.WrongBytes("payload", digest, found);
        if (!REFEREE.malformed(CIRCUIT, MAX_NORM, round, payload, circuit)) revert NotMalformed();

        (bool convicted, uint64 bounty) =
            _convict(Charge(participant, round, Offence.MALFORMED, MALFORMED_PERCENT));
        if (!convicted) revert AlreadyConvicted(participant, round);

        Gwei.send(msg.sender, bounty);
    }

    /* INTERNAL */

    /// @dev Slashes the signers of the pending report, voids it, and pays.
    function _convictReport(Reports memory reports, Ruling memory ruling, bytes calldata signers) internal {
        (uint64 bounty, uint64 burned) = _share(_slashSigners(reports, ruling, signers));

        emit Refuted(ruling.round, ruling.fault, msg.sender, bounty, burned);
        _void(reports);

        _pay(bounty, burned);
    }

    /// @dev The digest of a report, which the oracle must have signed.
    function _signed(address oracle, Report memory r, bytes calldata signature)
        internal
        view
        returns (bytes32 digest)
    {
        digest = _digest(r);
        Committee.requireSigned(oracle, digest, signature);
    }

    /// @dev What a report is convicted of.
    function _ruling(Fault fault, Filing calldata filing, uint64 divisor) internal pure returns (Ruling memory) {
        return Ruling(fault, divisor, filing.report.round, filing.committee, filing.signed);
    }

    /// @dev The accumulator over all reveals of the live round in its report phase, or of the latest report's round;
    /// and the time by which a demand about them must be settled, an answer window before which it must be made.
    function _accumulatorOf(uint16 round, Filing calldata filing)
        internal
        view
        returns (uint184 accumulator, uint256 settledBy)
    {
        Live memory current = _live;
        if (current.start != 0 && round == current.number) {
            _requireRound(current, REVEAL_END, REPORT_END);
            return (current.accumulator, current.start + REPORT_HALF + ANSWER_WINDOW);
        }
        Reports memory reports = _reports;
        if (round == 0 || round != reports.latestRound) revert NotInDispute(round);
        _requireFiling(filing, reports.slot);
        return (filing.report.inputs, filing.activeAt);
    }

    /// @dev Whose update the reveal at this index is, and its digest.
    function _revealAt(uint184 accumulator, bytes calldata reveals, uint256 index)
        internal
        view
        returns (address participant, bytes32 digest)
    {
        (participant,, digest) = REFEREE.revealAt(accumulator, reveals, index);
    }

    /// @dev Reverts where no report is in its challenge window.
    function _requirePending(Reports memory reports) internal view {
        if (block.timestamp >= reports.latestActiveAt) revert DisputeOver(reports.latestActiveAt);
    }

    /// @dev What the contract remembers of a report: keccak256(abi.encode(filing)).
    function _hash(Filing calldata filing) internal pure returns (bytes32 hash) {
        // A struct of fixed size stands in the calldata as it is encoded: 13 words. Bits beyond a field's type are
        // hashed as well, and no report was filed with any. Safe assembly: it writes above the free memory pointer,
        // and reads there alone. It saves a kilobyte of code.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, filing, FILING_BYTES)
            hash := keccak256(free, FILING_BYTES)
        }
    }

    /// @dev Reverts where this is not the filing of the report in this slot.
    function _requireFiling(Filing calldata filing, uint8 slot) internal view {
        (bytes32 expected, bytes32 found) = (_filings[slot], _hash(filing));
        if (found != expected) revert WrongFiling(expected, found);
    }
}
