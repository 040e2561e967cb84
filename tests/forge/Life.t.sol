// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Handler} from "./Handler.sol";

/// @title LifeTest
/// @notice One life in which every call is accepted at least once: a contract that refused everything would keep all
/// invariants.
/// @dev Arguments are chosen for what the handler makes of them.
contract LifeTest {
    Handler internal _handler;

    error NeverAccepted(string action);

    function setUp() external {
        _handler = new Handler();
    }

    function test_EveryCallCanBeAccepted() external {
        _aRoundOfSilence();
        _aRoundThatIsRefuted();
        _aRoundThatIsTakenBack();
        _aRoundThatStands();
        _anotherCommittee();
        _theEnd();
        _handler.checkSolvency();
        _handler.everybodyLeaves();
    }

    /// @dev An update that is none, one that is shown on demand, one that is not, and one that is not revealed; then a
    /// report with a leaf that is shown and one that is not.
    function _aRoundOfSilence() private {
        _handler.commit(0, 0);
        for (uint256 i = 1; i < 4; ++i) _handler.commit(i, 2);
        _handler.reveal(0, 0, 4);
        _handler.reveal(1, 0, 4);
        _handler.revealMany(0, 3);
        _handler.demandUpdate(1, 0, false, 1);
        _handler.demandUpdate(1, 0, false, 1);
        _handler.answer(0, 0, 1);
        _handler.demandUpdate(2, 0, false, 1);
        _handler.wait(29);
        _handler.convictSilent(0, 0);
        _handler.convictMalformed(0, 0, false, 2);
        _accepted("reveal", "revealMany", "demandUpdate", "answerUpdate");
        _accepted("convictSilentUpdate", "convictMalformed", "bond", "seat");

        _handler.report(1, 1, 0);
        _handler.demandLeaf(0, 0);
        _handler.answer(0, 0, 1);
        _handler.demandLeaf(1, 0);
        _handler.wait(29);
        _handler.convictSilent(0, 0);
        _handler.collect(0);
        _accepted("report", "demandLeaf", "answerLeaf", "convictSilentLeaf");
        _accepted("collect", "commit", "join", "collect");
    }

    function _aRoundThatIsRefuted() private {
        _upToTheReport();
        _handler.reportAlone(1, 0, 0);
        _handler.refute(0, 1, 5);
        _accepted("reportAlone", "refute", "reportAlone", "refute");
    }

    function _aRoundThatIsTakenBack() private {
        _upToTheReport();
        _handler.report(1, 1, 0);
        _handler.voidReport(1);
        _accepted("voidReport", "voidReport", "voidReport", "voidReport");
    }

    function _aRoundThatStands() private {
        _upToTheReport();
        _handler.report(1, 1, 0);
        for (uint256 i; i < 4; ++i) _handler.wait(39);
        _handler.everybodyClaims();
        _handler.penalize(3, 0);
        _handler.exit(0);
        _handler.withdraw(5);
        _accepted("claim", "penalize", "exit", "withdraw");
    }

    function _anotherCommittee() private {
        _handler.refuteEquivocation(1, 0, 2, 4);
        _handler.unbond(0);
        _handler.withdrawBond(6);
        _handler.scheduleCommittee(1, 1);
        _handler.wait(992);
        _handler.wait(992);
        _bonds();
        _handler.seat(0, true);
        _accepted("refuteEquivocation", "unbond", "withdrawBond", "scheduleCommittee");
    }

    function _theEnd() private {
        _handler.fund(0, 5);
        _handler.pause(1);
        _handler.unpause();
        _handler.cancel(1);
        _handler.reclaim(1);
        _accepted("fund", "pause", "unpause", "cancel");
        _accepted("reclaim", "reclaim", "reclaim", "reclaim");
    }

    function _upToTheReport() private {
        _bonds();
        _handler.seat(0, false);
        for (uint256 i = 1; i < 4; ++i) _handler.commit(i, 2);
        _handler.revealMany(0, 3);
    }

    function _bonds() private {
        for (uint256 i; i < 6; ++i) _handler.bond(i, 5_998);
    }

    function _accepted(bytes32 one, bytes32 two, bytes32 three, bytes32 four) private view {
        bytes32[4] memory actions = [one, two, three, four];
        for (uint256 i; i < 4; ++i) {
            if (_handler.timesAccepted(actions[i]) == 0) revert NeverAccepted(string(bytes.concat(actions[i])));
        }
    }
}
