// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Demand, DemandState, Filing, IFederation, Live, Offence, Reports} from "./interfaces/IFederation.sol";
import {Excerpt, Fault} from "./interfaces/IReferee.sol";
import {Gwei} from "./libraries/Gwei.sol";
import {Disputes} from "./Disputes.sol";

/// @title Demands
/// @notice Bytes that nobody publishes: demanded with a bond, answered by anyone, convicted where nobody does.
/// @dev A demand ends in one of two ways, whatever became of its report: answered in time, the bond is paid to the
/// answerer; run out, it is credited to the demander.
abstract contract Demands is Disputes {
    /* DEMANDS */

    /// @inheritdoc IFederation
    function demandUpdate(uint16 round, Filing calldata filing, bytes calldata reveals, uint256 index)
        external
        payable
    {
        (uint184 accumulator, uint256 settledBy) = _accumulatorOf(round, filing);
        _requireTimeToAnswer(settledBy);
        (address participant, bytes32 digest) = _revealAt(accumulator, reveals, index);

        uint40 deadline = _demand(_updateKey(round, participant, digest));

        emit UpdateDemanded(round, participant, digest, msg.sender, DEMAND_BOND, deadline);
    }

    /// @inheritdoc IFederation
    function demandLeaf(uint32 index) external payable {
        Reports memory reports = _reports;
        _requirePending(reports);
        _requireTimeToAnswer(reports.latestActiveAt);

        uint40 deadline = _demand(_leafKey(_filings[reports.slot], index));

        emit LeafDemanded(reports.latestRound, index, msg.sender, DEMAND_BOND, deadline);
    }

    /* ANSWERS */

    /// @inheritdoc IFederation
    function answerUpdate(uint16 round, address participant, bytes calldata payload) external {
        bytes32 digest = sha256(payload);

        _answer(_updateKey(round, participant, digest));

        emit UpdateAnswered(round, participant, digest, msg.sender, DEMAND_BOND);

        Gwei.send(msg.sender, DEMAND_BOND);
    }

    /// @inheritdoc IFederation
    function answerLeaf(Filing calldata filing, uint32 index, Excerpt calldata leaf, bytes calldata row) external {
        // No other filing than one that stood when the leaf was demanded has a demand.
        _answer(_leafKey(_hash(filing), index));
        REFEREE.answers(filing.report.evidenceRoot, index, leaf, row);

        emit LeafAnswered(filing.report.round, index, msg.sender, DEMAND_BOND);

        Gwei.send(msg.sender, DEMAND_BOND);
    }

    /* SILENCE */

    /// @inheritdoc IFederation
    function convictSilentUpdate(
        uint16 round,
        address participant,
        bytes32 digest,
        Filing calldata filing,
        bytes calldata signers
    ) external {
        uint40 deadline = _settleDemand(_updateKey(round, participant, digest));
        Live memory current = _live;
        bool live = current.start != 0 && round == current.number;
        Reports memory reports = _reports;
        // A round that is neither was superseded or lapsed: it is too late for a penalty, and the bond goes back.
        if (!live && round != reports.latestRound) return;
        if (!live) _requireFiling(filing, reports.slot);

        if (live || deadline <= filing.reportedAt) {
            (, uint64 bounty) = _convict(Charge(participant, round, Offence.UNAVAILABLE, UNAVAILABLE_PERCENT));
            Gwei.send(msg.sender, bounty);
        } else if (block.timestamp < reports.latestActiveAt) {
            _convictReport(reports, _ruling(Fault.UNAVAILABLE, filing, UNAVAILABLE_DIVISOR), signers);
        }
    }

    /// @inheritdoc IFederation
    function convictSilentLeaf(uint32 index, Filing calldata filing, bytes calldata signers) external {
        bytes32 filed = _hash(filing);
        _settleDemand(_leafKey(filed, index));
        Reports memory reports = _reports;
        // Where the report is active or void by now, only the bond goes back.
        if (block.timestamp >= reports.latestActiveAt || filed != _filings[reports.slot]) return;

        _convictReport(reports, _ruling(Fault.UNAVAILABLE, filing, UNAVAILABLE_DIVISOR), signers);
    }

    /// @inheritdoc IFederation
    function collect() external {
        uint64 amount = credit[msg.sender];
        if (amount == 0) revert NothingToCollect();

        credit[msg.sender] = 0;

        emit Collected(msg.sender, amount);

        Gwei.send(msg.sender, amount);
    }

    /* VIEWS */

    /// @inheritdoc IFederation
    function updateDemand(uint16 round, address participant, bytes32 digest) external view returns (Demand memory) {
        return _demands[_updateKey(round, participant, digest)];
    }

    /// @inheritdoc IFederation
    function leafDemand(uint32 index) external view returns (Demand memory) {
        return _demands[_leafKey(_filings[_reports.slot], index)];
    }

    /// @inheritdoc IFederation
    function silentAt(uint16 round, address participant, bytes32 digest, uint256 time) external view returns (bool) {
        Demand memory demand = _demands[_updateKey(round, participant, digest)];
        return demand.state != DemandState.NONE && demand.state != DemandState.ANSWERED && demand.deadline <= time;
    }

    /// @inheritdoc IFederation
    function demandTerms() external view returns (uint64 bond, uint256 answerWindow) {
        return (DEMAND_BOND, ANSWER_WINDOW);
    }

    /* INTERNAL */

    /// @dev Opens a demand with the value sent.
    function _demand(bytes32 key) internal returns (uint40 deadline) {
        uint256 value = Gwei.fromWei(msg.value);
        if (value != DEMAND_BOND) revert WrongDemandBond(value, DEMAND_BOND);
        if (_demands[key].state != DemandState.NONE) revert AlreadyDemanded(key);

        // Safe cast: a time and 32 bits of seconds stay within 40 bits for 30,000 years.
        deadline = uint40(block.timestamp + ANSWER_WINDOW);
        _demands[key] = Demand(msg.sender, deadline, DemandState.OPEN);
    }

    /// @dev Closes a demand before its deadline.
    function _answer(bytes32 key) internal {
        // Bytes that reach this call through code stand in no transaction's input, and nobody else would learn them.
        // A delegated account (EIP-7702) has code as well.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert AnswerThroughCode(msg.sender);
        Demand storage demand = _demands[key];
        if (demand.state != DemandState.OPEN) revert NothingDemanded(key);
        _requireWindow(0, demand.deadline);

        demand.state = DemandState.ANSWERED;
    }

    /// @dev Closes a demand that has run out, and credits its bond to the demander.
    function _settleDemand(bytes32 key) internal returns (uint40 deadline) {
        Demand storage demand = _demands[key];
        if (demand.state != DemandState.OPEN) revert NothingDemanded(key);
        deadline = demand.deadline;
        _requireWindow(deadline, type(uint256).max);

        demand.state = DemandState.SETTLED;
        // Cannot overflow where all ether is less than 2^64 gwei.
        credit[demand.demander] += DEMAND_BOND;

        emit Credited(demand.demander, DEMAND_BOND);
    }

    /// @dev The time to answer must end one more such time before `settledBy`, so that silence can be shown.
    function _requireTimeToAnswer(uint256 settledBy) internal view {
        _requireWindow(0, settledBy + 1 - 2 * ANSWER_WINDOW);
    }

    /// @dev Keys of updates hash 96 bytes and those of leaves 64, so one cannot pass for the other.
    function _updateKey(uint16 round, address participant, bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(round, participant, digest));
    }

    function _leafKey(bytes32 filed, uint32 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(filed, index));
    }
}
