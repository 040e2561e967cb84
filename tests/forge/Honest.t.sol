// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Case, Fault, IReferee} from "../../contracts/interfaces/IReferee.sol";
import {require_, vm, within} from "./Vm.sol";

/// @dev A federation where every demand was answered.
contract NeverSilent {
    function silentAt(uint16, address, bytes32, uint256) external pure returns (bool) {
        return false;
    }
}

/// @title HonestTest
/// @notice I10: no proof convicts an honest report. tests/vectors/honest.json has one, and true proofs about all of it.
contract HonestTest {
    IReferee internal _referee;
    Case internal _facts;
    Fault[] internal _faults;
    bytes[] internal _proofs;

    error Convicted(Fault fault, bytes proof);

    function setUp() external {
        _referee = IReferee(vm.deployCode("Referee.sol:Referee"));
        string memory json = vm.readFile("tests/vectors/honest.json");
        _facts = abi.decode(vm.parseJsonBytes(json, ".facts"), (Case));
        vm.etch(_facts.federation, address(new NeverSilent()).code);
        uint256 count = vm.parseJsonUint(json, ".count");
        for (uint256 i; i < count; ++i) {
            string memory one = string.concat(".proofs[", vm.toString(i), "]");
            _faults.push(Fault(vm.parseJsonUint(json, string.concat(one, ".fault"))));
            _proofs.push(vm.parseJsonBytes(json, string.concat(one, ".data")));
        }
    }

    function test_EveryTrueProofShowsNoFault() external view {
        for (uint256 i; i < _proofs.length; ++i) {
            bytes memory reason = _refused(_faults[i], _proofs[i]);
            bytes memory expected = abi.encodeWithSelector(IReferee.NoFault.selector, _faults[i]);
            require_(keccak256(reason) == keccak256(expected), "the referee looked, and found no fault");
        }
    }

    function testFuzz_NoChangedProofConvicts(uint256 which, uint256 seed) external view {
        uint256 i = which % _proofs.length;
        bytes memory proof = _proofs[i];
        for (uint256 changes = within(seed, 1, 3); changes != 0; --changes) {
            seed = uint256(keccak256(abi.encode(seed)));
            proof = _changed(proof, seed);
        }
        _refused(_faults[i], proof);
    }

    function testFuzz_NoProofConvictsOfAnotherFault(uint256 which, uint8 fault) external view {
        _refused(Fault(fault % 17), _proofs[which % _proofs.length]);
    }

    function testFuzz_NoBytesConvict(uint8 fault, bytes calldata proof) external view {
        _refused(Fault(fault % 17), proof);
    }

    /// @dev What the referee says; fails where it convicts.
    function _refused(Fault fault, bytes memory proof) private view returns (bytes memory reason) {
        try _referee.judge{gas: 16_777_216}(fault, _facts, proof) {
            revert Convicted(fault, proof);
        } catch (bytes memory told) {
            return told;
        }
    }

    /// @dev Another bit, another word, a word's neighbour, another place's word, an end cut off or put on.
    function _changed(bytes memory proof, uint256 seed) private pure returns (bytes memory) {
        if (proof.length < 64) return proof;
        uint256 at = (seed >> 8) % (proof.length / 32);
        uint256 how = seed % 8;
        uint256 word = _word(proof, at);
        if (how == 0) word ^= 1 << (seed >> 128) % 256;
        if (how == 1) word = uint256(keccak256(abi.encode(seed)));
        if (how == 2) word = _word(proof, (seed >> 128) % (proof.length / 32));
        unchecked {
            if (how == 3) word += 1;
            if (how == 4) word -= 1;
        }
        if (how == 5) word = (seed >> 128) % 64;
        if (how == 6) return _cut(proof, (seed >> 128) % proof.length);
        if (how == 7) return bytes.concat(proof, new bytes(within(seed >> 128, 1, 64)));
        assembly ("memory-safe") {
            mstore(add(add(proof, 32), mul(32, at)), word)
        }
        return proof;
    }

    function _word(bytes memory proof, uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(proof, 32), mul(32, at)))
        }
    }

    function _cut(bytes memory proof, uint256 length) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(proof, length)
        }
        return proof;
    }
}
