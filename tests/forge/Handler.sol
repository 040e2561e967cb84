// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Filing, IFederation} from "../../contracts/interfaces/IFederation.sol";
import {Disputes} from "./Disputes.sol";
import {Participants} from "./Participants.sol";
import {requireEqual, require_, vm, within} from "./Vm.sol";

/// @title Handler
/// @notice Everything that can be called, by everybody: the rest of the roles, and time.
contract Handler is Participants, Disputes {
    /// @dev Begins as a federation does: everybody joins, the oracles bond, the committee sits.
    constructor() {
        for (uint256 i; i < PARTICIPANTS; ++i) join(i, 1_999 + 37 * i);
        for (uint256 i; i < ORACLES; ++i) bond(i, 5_002 + i);
        seat(0, false);
        (bool seated,,) = FEDERATION.seating();
        require_(seated && accepted["join"] == PARTICIPANTS, "a federation can begin");
    }

    /// @notice How often the contract has accepted this.
    function timesAccepted(bytes32 action) external view returns (uint256) {
        return accepted[action];
    }

    /* TIME */

    function wait(uint256 duration) external {
        time += within(duration, 1, duration % 32 == 0 ? 1_000 : 40);
    }

    /// @notice To the last second before something changes, or the first after.
    function waitForTheNextBoundary(bool early) public atItsTime {
        uint256[6] memory boundaries =
            [start + 100, start + 150, start + 250, start + 350, uint256(latest.activeAt), _deadline()];
        uint256 next = type(uint256).max;
        for (uint256 i; i < boundaries.length; ++i) {
            uint256 at = boundaries[i] - (early && boundaries[i] != 0 ? 1 : 0);
            if (at > time && at < next) next = at;
        }
        if (next != type(uint256).max) time = next;
    }

    function _deadline() private view returns (uint256) {
        return asked.length == 0 ? 0 : asked[asked.length - 1].deadline;
    }

    /* WHOLE STEPS, which chance alone would rarely put together */

    function everybodyCommits(uint256 seed) public {
        for (uint256 i; i < PARTICIPANTS; ++i) {
            if (seed >> (2 * i) & 7 != 7) commit(i, uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function everybodyReveals(uint256 seed) public {
        if (start == 0) return;
        if (time < start + 100) time = start + 100;
        revealMany(seed, seed >> 8);
    }

    /// @notice A round up to its report, unless one is live that is past its commits: that one goes on.
    function everythingUpToTheReport(uint256 seed) external {
        if (start == 0 || time < start + 100 || time >= start + 350) everybodyCommits(seed);
        everybodyReveals(seed);
        if (start != 0 && time < start + 150) time = start + 150;
    }

    function theCommitteeSitsAndReports(uint256 seed, uint256 signed) external {
        for (uint256 i; i < SEATS; ++i) {
            if (_bond(oracles[seatedFrom + i]) < 5_003) bond(seatedFrom + i, 5_999);
        }
        (bool seated,,) = FEDERATION.seating();
        if (!seated) seat(seed, false);
        if (start != 0 && time < start + 150) time = start + 150;
        report(seed, signed | 1, 0);
    }

    function everybodyClaims() external {
        for (uint256 i; i < PARTICIPANTS; ++i) claim(i, 7);
    }

    /* GUARDIAN, SPONSOR, STRANGERS */

    function fund(uint256 who, uint256 amount) external atItsTime {
        amount = within(amount, 1, 2_000);
        (uint64 funded,) = FEDERATION.pool();
        if (!_call("fund", _anyone(who), amount, abi.encodeCall(IFederation.fund, ()))) return;
        (uint64 afterwards,) = FEDERATION.pool();
        requireEqual(afterwards, funded + amount, "what was sent is in the pool");
    }

    function pause(uint256 who) external atItsTime {
        if (who % 32 > 1) return;
        address from = who % 32 == 0 ? _anyone(who / 32) : GUARDIAN;
        if (!_call("pause", from, 0, abi.encodeCall(IFederation.pause, ()))) return;
        require_(from == GUARDIAN && time < BIRTH + 40_000, "the guardian's powers end");
    }

    function unpause() external atItsTime {
        _call("unpause", GUARDIAN, 0, abi.encodeCall(IFederation.unpause, ()));
    }

    function voidReport(uint256 who) external atItsTime {
        if (who % 4 > 1) return;
        address from = who % 4 == 0 ? _anyone(who / 4) : GUARDIAN;
        if (!_call("voidReport", from, 0, abi.encodeCall(IFederation.voidReport, ()))) return;
        require_(from == GUARDIAN && time < BIRTH + 40_000, "the guardian's powers end");
        _voided();
    }

    /// @dev Seldom, for it is the end.
    function cancel(uint256 who) external atItsTime {
        if (who % 64 > 1) return;
        address from = who % 64 == 0 ? _anyone(who / 64) : SPONSOR;
        if (!_call("cancel", from, 0, abi.encodeCall(IFederation.cancel, ()))) return;
        require_(from == SPONSOR, "only the sponsor cancels");
    }

    function reclaim(uint256 who) external atItsTime {
        address from = who % 4 == 0 ? _anyone(who / 4) : SPONSOR;
        uint256 money = from.balance;
        (uint64 funded,) = FEDERATION.pool();
        if (!_call("reclaim", from, 0, abi.encodeCall(IFederation.reclaim, ()))) return;
        require_(from == SPONSOR, "only the sponsor reclaims");
        require_(!_pending() && (start == 0 || time >= start + 350), "what can still be rewarded is not reclaimed");
        requireEqual(from.balance, money + (funded - latest.report.total) * 1 gwei, "what no report allocated is paid");
    }

    /// @notice Ether that no function took.
    function force(uint256 amount) external {
        amount = within(amount, 1, 1_000);
        forced += amount;
        wealth += amount;
        vm.deal(address(FEDERATION), address(FEDERATION).balance + amount);
    }

    /* INVARIANTS */

    function checkSolvency() external view {
        (uint64 funded, uint64 paid) = FEDERATION.pool();
        uint256 owed = uint256(funded) - paid + openDemands * DEMAND_BOND;
        for (uint256 i; i < PARTICIPANTS; ++i) owed += _atStake(participants[i]);
        for (uint256 i; i < ORACLES; ++i) owed += _bond(oracles[i]);
        for (uint256 i; i < people.length; ++i) owed += FEDERATION.credit(people[i]);
        requireEqual(address(FEDERATION).balance, owed * 1 gwei + forced, "I1: the balance is what is owed");
        require_(paid <= funded && latest.report.total <= funded, "I1: the pool covers every report");
        requireEqual(address(0).balance, burned * 1 gwei, "what is slashed and not a bounty is burned");
        uint256 sum = address(FEDERATION).balance + address(0).balance;
        for (uint256 i; i < people.length; ++i) sum += people[i].balance;
        requireEqual(sum, wealth, "no ether is made or lost");
    }

    function checkClaims() external view {
        for (uint256 i; i < PARTICIPANTS; ++i) {
            (, uint64 amount,,,,) = FEDERATION.member(participants[i]);
            requireEqual(amount, claimed[participants[i]], "I2: claimed is what claims made it");
        }
        require_(!GREEDY.served(), "nobody is served twice in one call");
    }

    function checkRound() external view {
        requireEqual(FEDERATION.live().start, start, "the live round is the one that opened");
        if (start == 0) return;
        requireEqual(FEDERATION.live().accumulator, accumulators[number], "I3: the accumulator is the replay");
        requireEqual(FEDERATION.live().revealed, reveals[number].length / 60, "I3: so is the count");
    }

    function checkReports() external atItsTime {
        (uint16 round, uint64 total, bytes32 rewards) = _activeNow();
        require_(round == 0 || !isVoid[round], "I6: a voided report is never active");
        if (active.round != 0) require_(round >= active.round, "I7: an active report stays until it is superseded");
        if (round != 0 && active.round == round) {
            requireEqual(total, active.total, "I7: an active total does not change");
            require_(rewards == active.rewards, "I7: active rewards do not change");
        }
        active = FEDERATION.activeReport();
        Filing memory expected = _pending() ? previous : latest;
        requireEqual(round, expected.report.round, "the active report is the newest past its window");
        if (round != 0) requireEqual(uint256(rewards), uint256(expected.report.rewards), "with its rewards");
    }

    function checkSeats() external view {
        (bool seated,,) = FEDERATION.seating();
        if (!seated) return;
        for (uint256 i; i < SEATS; ++i) {
            require_(_bond(oracles[seatedFrom + i]) >= 5_003, "a seated oracle has its bond");
        }
        require_(FEDERATION.committee() == keccak256(_packed(seatedFrom)), "the committee is who was seated");
    }

    function _activeNow() private view returns (uint16, uint64, bytes32) {
        return (FEDERATION.activeReport().round, FEDERATION.activeReport().total, FEDERATION.activeReport().rewards);
    }

    /// @notice Whatever happened: time passes, and everybody leaves with what is its own.
    function everybodyLeaves() external {
        time += 10_000;
        vm.warp(time);
        for (uint256 i; i < asked.length; ++i) {
            if (asked[i].open) require_(_convictSilent(asked[i], SPONSOR), "I9: a demand comes to an end");
        }
        for (uint256 i; i < people.length; ++i) _startLeaving(people[i]);
        time += 1_000;
        vm.warp(time);
        for (uint256 i; i < people.length; ++i) _leave(people[i]);
        this.checkSolvency();
    }

    function _startLeaving(address who) private {
        (uint64 stake,,,, uint64 exiting,) = FEDERATION.member(who);
        if (exiting != 0) require_(_call("leave", who, 0, abi.encodeCall(IFederation.withdraw, ())), "I9: withdraws");
        if (stake != 0) require_(_call("leave", who, 0, abi.encodeCall(IFederation.exit, ())), "I9: exits");
        (uint64 amount, uint40 at) = FEDERATION.bondOf(who);
        if (amount != 0 && at == 0) {
            require_(_call("leave", who, 0, abi.encodeCall(IFederation.unbond, ())), "I9: gives notice");
        }
    }

    function _leave(address who) private {
        if (_atStake(who) != 0) {
            require_(_call("leave", who, 0, abi.encodeCall(IFederation.withdraw, ())), "I9: withdraws");
        }
        if (_bond(who) != 0) {
            require_(_call("leave", who, 0, abi.encodeCall(IFederation.withdrawBond, ())), "I9: takes its bond");
        }
        if (FEDERATION.credit(who) != 0) {
            require_(_call("leave", who, 0, abi.encodeCall(IFederation.collect, ())), "I9: collects");
        }
        require_(_atStake(who) + _bond(who) + FEDERATION.credit(who) == 0, "I9: nothing is left behind");
    }

    /// @notice What was called how often: name, accepted, refused, a line each.
    function record(string calldata path) external {
        for (uint256 i; i < actions.length; ++i) {
            (bytes32 action, uint256 yes, uint256 no) = (actions[i], accepted[actions[i]], refused[actions[i]]);
            vm.writeLine(path, string.concat(_text(action), " ", vm.toString(yes), " ", vm.toString(no)));
        }
    }

    function _text(bytes32 word) private pure returns (string memory) {
        bytes memory text = bytes.concat(word);
        uint256 length;
        while (length < 32 && text[length] != 0) ++length;
        assembly ("memory-safe") {
            mstore(text, length)
        }
        return string(text);
    }
}
