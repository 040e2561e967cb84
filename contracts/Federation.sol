// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    Admission,
    Exit,
    IFederation,
    Live,
    Member,
    Phase,
    Reports,
    Standing,
    Terms
} from "./interfaces/IFederation.sol";
import {Demands} from "./Demands.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {RewardTree} from "./libraries/RewardTree.sol";
import {State} from "./State.sol";

/// @title Federation
/// @notice One federation for its whole life: immutable, no proxy, no owner beyond the roles in its terms.
/// @dev Claims, the roles and the views; the rest is inherited, a file for each concern.
contract Federation is Demands {
    /* CONSTRUCTOR */

    /// @param terms_ What the sponsor fixes.
    /// @param oracles The first committee, ascending.
    constructor(Terms memory terms_, address[] memory oracles) payable State(terms_, oracles) {
        if (msg.value != 0) _fund();
    }

    /* CLAIMS */

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

        _void(reports);
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
    function terms() external view returns (Terms memory) {
        // The encoding of a `Terms`: a struct of fixed size is encoded as its fields are. Differences of sums of 32-bit
        // windows give the windows back.
        bytes memory encoded = abi.encode(
            CIRCUIT,
            MODEL,
            VALIDATION,
            VALIDATION_ROOT,
            COMMIT_END,
            REVEAL_END - COMMIT_END,
            REPORT_END - REVEAL_END,
            CHALLENGE_WINDOW,
            UNBONDING_WINDOW,
            MIN_STAKE,
            REWARD_PER_ROUND,
            MAX_NORM,
            ORACLE_BOND,
            MIN_REVEALS,
            SPONSOR,
            GUARDIAN,
            GUARDIAN_EXPIRY,
            REFEREE
        );
        // Safe assembly: it ends the call with the bytes above. It saves half a kilobyte of code.
        assembly ("memory-safe") {
            return(add(encoded, 32), mload(encoded))
        }
    }

    /// @inheritdoc IFederation
    function domainSeparator() external view returns (bytes32) {
        return _domain();
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

    /// @inheritdoc IFederation
    function filings() external view returns (bytes32 latest, bytes32 previous) {
        uint256 slot = _reports.slot;
        return (_filings[slot], _filings[slot ^ 1]);
    }
}
