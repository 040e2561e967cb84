// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation, Report, Terms} from "../../contracts/interfaces/IFederation.sol";
import {Committee} from "../../contracts/libraries/Committee.sol";
import {RewardTree} from "../../contracts/libraries/RewardTree.sol";
import {FakeReferee} from "./FakeReferee.sol";
import {requireEqual, require_, vm} from "./Vm.sol";

/// @title VectorsTest
/// @notice The contract reaches what Python reached: the files of tests/vectors, which scripts/make-vectors writes.
/// @dev The federation of the vectors stands at an address and on a chain of theirs.
contract VectorsTest {
    uint256 internal constant KEY = uint256(keccak256("oracle"));
    address internal constant AT = 0xfefeFEFeFEFEFEFEFeFefefefefeFEfEfefefEfe;

    IFederation internal _federation;

    function setUp() external {
        vm.warp(1_800_000_000);
        vm.deal(address(this), 100 ether);
        address[] memory oracles = new address[](1);
        oracles[0] = vm.addr(KEY);
        Terms memory terms;
        (terms.commitWindow, terms.revealWindow, terms.reportWindow) = (100, 50, 200);
        (terms.challengeWindow, terms.unbondingWindow, terms.minReveals) = (120, 1_000, 1);
        (terms.minStake, terms.oracleBond, terms.sponsor) = (1_000, 1_000, address(this));
        terms.referee = address(new FakeReferee());
        address deployed = vm.deployCode("Federation.sol:Federation", abi.encode(terms, oracles), 0);
        vm.etch(AT, deployed.code);
        // Only now, so that the separator which the constructor kept is not used.
        vm.chainId(1337);
        _federation = IFederation(AT);
    }

    function test_ACommitmentOfPythonOpens() external {
        string memory json = vm.readFile("tests/vectors/commitment.json");
        address participant = _account(json, ".commitment.participant");
        uint112 commitment = uint112(_hexUint(json, ".commitment.commitment"));
        _join(participant, 1_000);
        _openRounds(participant, uint16(vm.parseJsonUint(json, ".commitment.round")) - 1);
        uint16 round = _federation.live().number + 1;
        vm.prank(participant);
        _federation.commit(round, commitment);
        vm.warp(block.timestamp + 100);
        _federation.reveal(
            participant, _word(json, ".commitment.digest"), bytes16(vm.parseJsonBytes(json, ".commitment.salt"))
        );
        requireEqual(_federation.live().revealed, 1, "the opening is the commitment's");
    }

    function test_RevealsFoldToTheAccumulatorOfPython() external {
        string memory json = vm.readFile("tests/vectors/commitment.json");
        for (uint256 i; i < 3; ++i) {
            string memory one = string.concat(".accumulator[", vm.toString(i), "]");
            address participant = _account(json, string.concat(one, ".participant"));
            _join(participant, vm.parseUint(vm.parseJsonString(json, string.concat(one, ".stake"))));
            bytes32 digest = _word(json, string.concat(one, ".digest"));
            bytes memory packed = abi.encodePacked(AT, uint16(1), participant, digest, bytes16(0));
            vm.prank(participant);
            _federation.commit(1, uint112(uint256(keccak256(packed))));
        }
        vm.warp(block.timestamp + 100);
        for (uint256 i; i < 3; ++i) {
            string memory one = string.concat(".accumulator[", vm.toString(i), "]");
            address participant = _account(json, string.concat(one, ".participant"));
            _federation.reveal(participant, _word(json, string.concat(one, ".digest")), 0);
            uint256 expected = _hexUint(json, string.concat(one, ".accumulator"));
            requireEqual(_federation.live().accumulator, expected, "the accumulator is Python's");
        }
    }

    function test_TheDomainAndTheDigestOfAReportAreThoseOfPython() external {
        string memory json = vm.readFile("tests/vectors/eip712.json");
        require_(_federation.domainSeparator() == _word(json, ".domain.separator"), "the domain is Python's");
        Report memory first = Report({
            round: uint16(vm.parseJsonUint(json, ".report.round")),
            inputs: uint184(_hexUint(json, ".report.inputs")),
            rewards: _word(json, ".report.rewards"),
            model: _word(json, ".report.model"),
            evidence: _word(json, ".report.evidence"),
            evidenceRoot: _word(json, ".report.evidenceRoot"),
            total: uint64(vm.parseUint(vm.parseJsonString(json, ".report.total")))
        });
        bytes32 typed = keccak256(
            "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,bytes32 evidenceRoot,"
            "uint64 total)"
        );
        Report memory second = abi.decode(abi.encode(first), (Report));
        second.model = ~second.model;
        bytes32 other = keccak256(
            abi.encodePacked(hex"1901", _federation.domainSeparator(), keccak256(abi.encode(typed, second)))
        );
        vm.deal(vm.addr(KEY), 1 ether);
        vm.prank(vm.addr(KEY));
        _federation.bond{value: 1_000 gwei}();
        // The contract believes a signature only over the digest that it computes itself.
        _federation.refuteEquivocation(
            vm.addr(KEY), first, _signature(_word(json, ".report.digest")), second, _signature(other)
        );
        (uint64 left,) = _federation.bondOf(vm.addr(KEY));
        requireEqual(left, 0, "the digest is Python's");
    }

    function test_TheCommitteeAndItsQuorumAreThoseOfPython() external {
        string memory json = vm.readFile("tests/vectors/eip712.json");
        bytes memory packed = vm.parseJsonBytes(json, ".committee.packed");
        address[] memory oracles = new address[](packed.length / 20);
        for (uint256 i; i < oracles.length; ++i) {
            bytes20 one;
            assembly ("memory-safe") {
                one := mload(add(add(packed, 32), mul(20, i)))
            }
            oracles[i] = address(one);
        }
        _federation.scheduleCommittee(oracles);
        (, bytes32 scheduled,) = _federation.seating();
        require_(scheduled == keccak256(packed), "the committee is Python's");
        for (uint256 n = 1; n <= 16; ++n) {
            uint256 quorum = vm.parseJsonUint(json, string.concat(".quorum.", vm.toString(n)));
            requireEqual(Committee.quorum(n), quorum, "the quorum is Python's");
        }
    }

    function test_ClaimsOfPythonAreInTheirTrees() external view {
        string memory json = vm.readFile("tests/vectors/rewards.json");
        uint256[4] memory sizes = [uint256(0), 1, 2, 5];
        for (uint256 i; i < sizes.length; ++i) {
            string memory tree = string.concat(".tree[", vm.toString(i), "]");
            for (uint256 j; j < sizes[i]; ++j) {
                string memory one = string.concat(tree, ".claims[", vm.toString(j), "]");
                require_(
                    this.contains(
                        _word(json, string.concat(tree, ".root")),
                        vm.parseUint(vm.parseJsonString(json, string.concat(tree, ".total"))),
                        _account(json, string.concat(one, ".account")),
                        uint64(vm.parseUint(vm.parseJsonString(json, string.concat(one, ".cumulative")))),
                        vm.parseJsonUint(json, string.concat(one, ".index")),
                        _bytes(json, string.concat(one, ".proof"))
                    ),
                    "the claim is in the tree"
                );
            }
        }
    }

    function contains(bytes32 root, uint256 total, address account, uint64 amount, uint256 index, bytes calldata proof)
        external
        pure
        returns (bool)
    {
        return RewardTree.contains(root, total, account, amount, index, proof);
    }

    receive() external payable {}

    /* MAKING */

    function _join(address participant, uint256 stake) private {
        vm.deal(participant, stake * 1 gwei);
        vm.prank(participant);
        _federation.join{value: stake * 1 gwei}();
    }

    /// @dev Rounds that expire, until the live one has this number.
    function _openRounds(address participant, uint16 number) private {
        for (uint16 i = 1; i <= number; ++i) {
            vm.warp(block.timestamp + 400);
            vm.prank(participant);
            _federation.commit(i, 1);
        }
        vm.warp(block.timestamp + 400);
    }

    function _signature(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        return abi.encodePacked(r, (uint256(v - 27) << 255) | uint256(s));
    }

    function _bytes(string memory json, string memory key) private pure returns (bytes memory) {
        return bytes(vm.parseJsonString(json, key)).length == 0 ? bytes("") : vm.parseJsonBytes(json, key);
    }

    function _word(string memory json, string memory key) private pure returns (bytes32) {
        return bytes32(vm.parseJsonBytes(json, key));
    }

    function _account(string memory json, string memory key) private pure returns (address) {
        return address(bytes20(vm.parseJsonBytes(json, key)));
    }

    function _hexUint(string memory json, string memory key) private pure returns (uint256) {
        return vm.parseUint(string.concat("0x", vm.parseJsonString(json, key)));
    }
}
