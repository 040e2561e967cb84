// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Handler} from "./Handler.sol";
import {FuzzSelector} from "./Vm.sol";

/// @title FederationTest
/// @notice The invariants of docs/protocol.md after any sequence of calls. The handler also checks, after each call,
/// what that call must have done.
contract FederationTest {
    Handler internal _handler;

    function setUp() external {
        _handler = new Handler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = _actions();
    }

    function invariant_Federation() external {
        _handler.checkSolvency();
        _handler.checkClaims();
        _handler.checkRound();
        _handler.checkReports();
        _handler.checkSeats();
    }

    function afterInvariant() external {
        _handler.record(".forge/calls");
        _handler.everybodyLeaves();
    }

    function _actions() internal pure returns (bytes4[] memory) {
        bytes4[37] memory all = [
            Handler.wait.selector,
            Handler.waitForTheNextBoundary.selector,
            Handler.everythingUpToTheReport.selector,
            Handler.everybodyCommits.selector,
            Handler.everybodyReveals.selector,
            Handler.everythingUpToTheReport.selector,
            Handler.theCommitteeSitsAndReports.selector,
            Handler.theCommitteeSitsAndReports.selector,
            Handler.everybodyClaims.selector,
            bytes4(keccak256("join(uint256,uint256)")),
            bytes4(keccak256("commit(uint256,uint256)")),
            bytes4(keccak256("reveal(uint256,uint256,uint256)")),
            bytes4(keccak256("revealMany(uint256,uint256)")),
            bytes4(keccak256("claim(uint256,uint256)")),
            bytes4(keccak256("penalize(uint256,uint256)")),
            bytes4(keccak256("exit(uint256)")),
            bytes4(keccak256("withdraw(uint256)")),
            bytes4(keccak256("bond(uint256,uint256)")),
            bytes4(keccak256("unbond(uint256)")),
            bytes4(keccak256("withdrawBond(uint256)")),
            bytes4(keccak256("scheduleCommittee(uint256,uint256)")),
            bytes4(keccak256("seat(uint256,bool)")),
            bytes4(keccak256("report(uint256,uint256,uint256)")),
            bytes4(keccak256("reportAlone(uint256,uint256,uint256)")),
            bytes4(keccak256("refute(uint256,uint256,uint256)")),
            bytes4(keccak256("refuteEquivocation(uint256,uint256,uint256,uint256)")),
            bytes4(keccak256("convictMalformed(uint256,uint256,bool,uint256)")),
            bytes4(keccak256("demandUpdate(uint256,uint256,bool,uint256)")),
            bytes4(keccak256("demandLeaf(uint32,uint256)")),
            bytes4(keccak256("answer(uint256,uint256,uint256)")),
            bytes4(keccak256("convictSilent(uint256,uint256)")),
            bytes4(keccak256("collect(uint256)")),
            Handler.fund.selector,
            Handler.pause.selector,
            Handler.voidReport.selector,
            Handler.cancel.selector,
            Handler.reclaim.selector
        ];
        bytes4[] memory selectors = new bytes4[](all.length + 2);
        for (uint256 i; i < all.length; ++i) selectors[i] = all[i];
        selectors[all.length] = Handler.unpause.selector;
        selectors[all.length + 1] = Handler.force.selector;
        return selectors;
    }
}
