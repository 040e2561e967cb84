// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation, Opening, Phase, Standing} from "../../contracts/interfaces/IFederation.sol";
import {Ghost} from "./Ghost.sol";
import {requireEqual, require_, vm, within} from "./Vm.sol";

/// @title Participants
/// @notice What participants do, in every order: join, commit, reveal, claim, settle, leave.
abstract contract Participants is Ghost {
    function join(uint256 who, uint256 amount) public atItsTime {
        address from = _participant(who);
        uint256 before = _atStake(from);
        amount = within(amount, 1, 3_000);
        if (!_call("join", from, amount, abi.encodeCall(IFederation.join, ()))) return;
        requireEqual(_atStake(from), before + amount, "what was sent is staked");
    }

    /// @param how In one of eight an unreadable payload, in one of eight somebody else's commitment.
    function commit(uint256 who, uint256 how) public atItsTime {
        address from = _participant(who);
        uint16 round = _nextRound();
        bytes memory payload = abi.encodePacked(how % 8 == 0 ? uint8(1) : uint8(0), from, round, how);
        Opened memory opening = Opened(payload, sha256(payload), bytes16(keccak256(payload)), false);
        uint112 commitment = _commitment(round, from, opening);
        bool copied = how % 8 == 1;
        if (copied) (,,, commitment,,) = FEDERATION.member(_participant(who % PARTICIPANTS + 1));
        uint256 expected = _budget();
        (uint64 stake,, uint16 last,,,) = FEDERATION.member(from);
        if (!_call("commit", from, 0, abi.encodeCall(IFederation.commit, (round, commitment)))) return;
        if (round != number) _opened(round, expected);
        (uint64 left,,,,,) = FEDERATION.member(from);
        if (left != stake) _missed(from, last, stake, left);
        require_(time >= start && time < start + 100, "a commitment is taken in its phase");
        if (!copied) opened[round][from] = opening;
    }

    function _opened(uint16 round, uint256 expected) private {
        require_(start == 0 || time >= start + 350, "a round opens when none is live");
        if (start != 0) isVoid[number] = true;
        number = round;
        start = time;
        budget = uint64(expected);
    }

    /// @param twist In four of eight: another's opening, another salt, another round's, another digest.
    function reveal(uint256 who, uint256 sender, uint256 twist) external atItsTime {
        _reach(100, sender);
        address participant = _participant(who);
        Opened memory opening = opened[number][participant];
        if (twist % 8 == 0) opening = opened[number][_participant(who % PARTICIPANTS + 1)];
        if (twist % 8 == 1) opening.salt ^= bytes16(uint128(1));
        if (twist % 8 == 2) opening = opened[number - (number == 0 ? 0 : 1)][participant];
        if (twist % 8 == 3) opening.digest ^= bytes32(uint256(1));
        (uint64 stake,,,,,) = FEDERATION.member(participant);
        bytes memory data = abi.encodeCall(IFederation.reveal, (participant, opening.digest, opening.salt));
        if (_call("reveal", _anyone(sender), 0, data)) _revealed(participant, stake, opening.digest, opening.salt);
    }

    /// @notice Everybody who has committed, in this order; those who have revealed are skipped.
    function revealMany(uint256 sender, uint256 left) public atItsTime {
        _reach(100, sender);
        Opening[] memory openings = new Opening[](PARTICIPANTS);
        uint256 count;
        for (uint256 i; i < PARTICIPANTS; ++i) {
            Opened memory one = opened[number][participants[i]];
            if (one.digest == 0 || left % 8 == i) continue;
            openings[count++] = Opening(participants[i], one.digest, one.salt);
        }
        if (count == 0) return;
        assembly ("memory-safe") {
            mstore(openings, count)
        }
        if (!_call("revealMany", _anyone(sender), 0, abi.encodeCall(IFederation.revealMany, (openings)))) return;
        for (uint256 i; i < count; ++i) {
            address participant = openings[i].participant;
            if (opened[number][participant].revealed) continue;
            (uint64 stake,,,,,) = FEDERATION.member(participant);
            _revealed(participant, stake, openings[i].digest, openings[i].salt);
        }
    }

    function _revealed(address participant, uint64 stake, bytes32 digest, bytes16 salt) private {
        require_(start != 0 && time >= start + 100 && time < start + 150, "nothing is revealed out of its phase");
        Opened storage opening = opened[number][participant];
        require_(!opening.revealed, "a commitment opens once");
        require_(
            opening.digest != 0 && opening.digest == digest && opening.salt == salt,
            "a commitment opens only for its sender and its round"
        );
        opening.revealed = true;
        bytes memory one = abi.encodePacked(participant, stake, digest);
        reveals[number] = bytes.concat(reveals[number], one);
        accumulators[number] = uint184(uint256(keccak256(abi.encodePacked(accumulators[number], one))));
    }

    /// @param twist In three of eight: another's claim, another amount, another report's tree.
    function claim(uint256 who, uint256 twist) public atItsTime {
        uint256 index = who % PARTICIPANTS;
        bytes32 root = FEDERATION.activeReport().rewards;
        if (twist % 8 == 1) root = latest.report.rewards;
        if (twist % 8 == 2) root = previous.report.rewards;
        uint64 amount = cumulative[root][index];
        if (twist % 8 == 0) amount += 1;
        bytes memory proof = _proof(root, index);
        address from = participants[twist % 8 == 3 ? (index + 1) % PARTICIPANTS : index];
        (uint64 funded, uint64 paid) = FEDERATION.pool();
        if (!_call("claim", from, 0, abi.encodeCall(IFederation.claim, (amount, index, proof)))) return;
        Standing memory standing = FEDERATION.activeReport();
        require_(!isVoid[standing.round] && standing.round != 0, "a voided report pays nothing");
        require_(from == participants[index] && amount == cumulative[standing.rewards][index], "a claim is its own");
        (uint64 fundedAfter, uint64 paidAfter) = FEDERATION.pool();
        requireEqual(paidAfter, uint256(paid) + amount - claimed[from], "a claim pays what was not claimed before");
        require_(fundedAfter == funded && paidAfter <= standing.total, "claims stay within the active total");
        claimed[from] = amount;
    }

    function penalize(uint256 who, uint256 sender) external atItsTime {
        address participant = _participant(who);
        (uint64 stake,, uint16 round,,,) = FEDERATION.member(participant);
        if (!_call("penalize", _anyone(sender), 0, abi.encodeCall(IFederation.penalize, (participant)))) return;
        (uint64 left,,,,,) = FEDERATION.member(participant);
        _missed(participant, round, stake, left);
    }

    /// @dev Seldom, so that somebody stays.
    function exit(uint256 who) external atItsTime {
        if (who % 4 != 0) return;
        address from = _participant(who / 4);
        (uint64 stake,, uint16 round, uint112 commitment,,) = FEDERATION.member(from);
        if (!_call("exit", from, 0, abi.encodeCall(IFederation.exit, ()))) return;
        (uint64 left,,,, uint64 exiting,) = FEDERATION.member(from);
        require_(left == 0, "an exit leaves no stake");
        if (exiting == stake) return;
        require_(commitment != 0, "an exit costs nothing but a missing reveal");
        _missed(from, round, stake, exiting);
    }

    /// @dev `left` is the stake after a missing reveal was settled.
    function _missed(address participant, uint16 round, uint64 stake, uint64 left) private {
        requireEqual(left, stake - stake / 20, "a missing reveal costs a twentieth, rounded down");
        require_(!penalized[round][participant], "a missing reveal costs once");
        require_(!opened[round][participant].revealed && !isVoid[round], "it was missing, and the round counts");
        penalized[round][participant] = true;
    }

    function withdraw(uint256 who) external atItsTime {
        address from = _participant(who);
        (,,,, uint64 exiting, uint40 at) = FEDERATION.member(from);
        if (at > time && who % 64 < 16) {
            time = at - (who % 64 == 0 ? 1 : 0);
            vm.warp(time);
        }
        uint256 before = from.balance;
        if (!_call("withdraw", from, 0, abi.encodeCall(IFederation.withdraw, ()))) return;
        require_(time >= at, "a stake leaves after its unbonding");
        requireEqual(from.balance, before + uint256(exiting) * 1 gwei, "a withdrawal pays the exit");
    }

    /// @dev The round that a commitment now is for.
    function _nextRound() internal view returns (uint16) {
        (Phase phase,,) = FEDERATION.phase();
        return FEDERATION.live().number + (phase == Phase.IDLE ? 1 : 0);
    }

    /// @dev What a round that opens now may pay.
    function _budget() internal view returns (uint256) {
        (uint64 funded,) = FEDERATION.pool();
        uint256 free = funded - latest.report.total;
        return free < 600 ? free : 600;
    }

    function _commitment(uint16 round, address from, Opened memory opening) private view returns (uint112) {
        bytes memory packed = abi.encodePacked(address(FEDERATION), round, from, opening.digest, opening.salt);
        return uint112(uint256(keccak256(packed)));
    }
}
