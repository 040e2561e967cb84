// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Filing, IFederation, Report} from "../../contracts/interfaces/IFederation.sol";
import {Excerpt, Fault} from "../../contracts/interfaces/IReferee.sol";
import {Oracles} from "./Oracles.sol";
import {requireEqual, require_, within} from "./Vm.sol";

/// @title Disputes
/// @notice Proofs, demands and answers, true ones and others, from anybody and at any time.
abstract contract Disputes is Oracles {
    uint256 internal constant ANSWER_WINDOW = 30;
    uint64 internal constant DEMAND_BOND = 5;

    /* REFUTATIONS */

    /// @param twist In four of eight: no fault, another filing, another committee, a fault no referee judges.
    function refute(uint256 sender, uint256 fault, uint256 twist) public atItsTime {
        twist %= 8;
        Filing memory filing = latest;
        if (twist == 1) filing.signed ^= 8;
        bytes memory signers = _packed(twist == 2 ? (seatedFrom + 1) % 3 : _seatsOf(latest.committee));
        bytes memory proof = abi.encode(twist != 0, _facts());
        Fault which = twist == 3 ? Fault.UNAVAILABLE : Fault(fault % uint256(Fault.UNAVAILABLE));
        uint64[SEATS] memory before = _bonds(latest.committee);
        address from = _anyone(sender);
        bytes memory data = abi.encodeCall(IFederation.refute, (which, filing, previous, signers, proof));
        uint256 money = from.balance;
        if (!_call("refute", from, 0, data)) return;
        require_(twist > 3 || (twist == 2 && _isPacked(signers, latest.committee)), "only a true proof refutes");
        _slashed(before, 2, from, money);
        _voided();
    }

    /// @dev Each signer of the latest report has lost one part in `divisor` of its bond; a tenth went to `reporter`.
    function _slashed(uint64[SEATS] memory before, uint64 divisor, address reporter, uint256 money) private {
        uint256 total;
        uint64[SEATS] memory afterwards = _bonds(latest.committee);
        for (uint256 i; i < SEATS; ++i) {
            bool signed = latest.signed >> i & 1 == 1;
            require_(signed || afterwards[i] == before[i], "who did not sign loses nothing");
            if (!signed) continue;
            uint64 lost = before[i] - afterwards[i];
            requireEqual(lost, before[i] / divisor, "a signer loses its part, rounded down");
            total += lost;
        }
        requireEqual(reporter.balance, money + total / 10 * 1 gwei, "the bounty is a tenth");
        burned += total - total / 10;
    }

    /// @notice Two reports of an oracle for one round, or what only looks like it.
    /// @param twist In four of eight: one report twice, two rounds, another's signature, other reveals.
    function refuteEquivocation(uint256 who, uint256 sender, uint256 seed, uint256 twist) external atItsTime {
        twist %= 8;
        Report memory first = _report(seed, 0);
        Report memory second = _report(seed ^ 1, 0);
        (first.round, second.round) = (uint16(within(seed, 0, number)), uint16(within(seed, 0, number)));
        if (twist == 0) second = first;
        if (twist == 1) second.round += 1;
        second.inputs = first.inputs;
        if (twist == 3) second.inputs ^= 1;
        uint256 key = oracleKeys[who % ORACLES];
        bytes memory one = _signature(key, _digest(first));
        bytes memory two = _signature(twist == 2 ? oracleKeys[(who % ORACLES + 1) % ORACLES] : key, _digest(second));
        address oracle = _oracle(who);
        uint64 before = _bond(oracle);
        address from = _anyone(sender);
        uint256 money = from.balance;
        bytes memory data = abi.encodeCall(IFederation.refuteEquivocation, (oracle, first, one, second, two));
        if (!_call("refuteEquivocation", from, 0, data)) return;
        require_(twist > 3, "only a true proof convicts");
        require_(!equivocated[first.round][oracle], "one equivocation a round");
        equivocated[first.round][oracle] = true;
        requireEqual(_bond(oracle), 0, "equivocation costs the whole bond");
        requireEqual(from.balance, money + uint256(before) / 10 * 1 gwei, "the bounty is a tenth");
        burned += before - before / 10;
        require_(before != 0, "nothing is punished with nothing");
    }

    /* CONVICTIONS OF PARTICIPANTS */

    function convictMalformed(uint256 who, uint256 sender, bool pastRound, uint256 twist) public atItsTime {
        _reach(150, sender);
        uint16 round = pastRound ? latest.report.round : number;
        address participant = _participant(who);
        Opened memory opening = opened[round][participant];
        if (twist % 8 == 0) opening.payload = bytes.concat(hex"01", opening.payload);
        uint256 before = _atStake(participant);
        uint256 index = twist % 8 == 1 ? twist % PARTICIPANTS : _place(round, participant);
        address from = _anyone(sender);
        bytes memory data = abi.encodeCall(
            IFederation.convictMalformed, (round, latest, reveals[round], index, opening.payload, "")
        );
        if (!_call("convictMalformed", from, 0, data)) return;
        require_(twist % 8 != 0 && index == _place(round, participant), "only what was revealed is judged");
        require_(opening.revealed && opening.payload[0] != 0, "a well-formed update is never convicted");
        _convicted(participant, round, before, 5);
    }

    /// @dev The participant has lost one part in `divisor` of all that was at stake.
    function _convicted(address participant, uint16 round, uint256 before, uint256 divisor) private {
        requireEqual(_atStake(participant), before - before / divisor, "a conviction costs its part, rounded down");
        require_(!convicted[round][participant], "one conviction a round");
        convicted[round][participant] = true;
    }

    /* DEMANDS */

    function demandUpdate(uint256 who, uint256 sender, bool pastRound, uint256 twist) public atItsTime {
        _reach(150, sender);
        uint16 round = pastRound ? latest.report.round : number;
        address participant = _participant(who);
        bytes32 digest = opened[round][participant].digest;
        uint64 value = twist % 8 == 0 ? DEMAND_BOND + 1 : DEMAND_BOND;
        address from = _anyone(sender);
        bytes memory data =
            abi.encodeCall(IFederation.demandUpdate, (round, latest, reveals[round], _place(round, participant)));
        if (!_call("demandUpdate", from, value, data)) return;
        require_(twist % 8 != 0, "a demand brings its bond exactly");
        require_(opened[round][participant].revealed, "what was not revealed cannot be demanded");
        if (round == number && start != 0) {
            require_(time >= start + 150 && time + ANSWER_WINDOW <= start + 250, "a demand leaves time to report");
        } else {
            require_(time + 2 * ANSWER_WINDOW <= latest.activeAt, "a demand leaves time to convict");
        }
        uint40 deadline = FEDERATION.updateDemand(round, participant, digest).deadline;
        requireEqual(deadline, time + ANSWER_WINDOW, "a demand has its time");
        _asked(Asked(round, participant, digest, 0, 0, deadline, true));
    }

    function demandLeaf(uint32 index, uint256 sender) public atItsTime {
        index %= 4;
        address from = _anyone(sender);
        if (!_call("demandLeaf", from, DEMAND_BOND, abi.encodeCall(IFederation.demandLeaf, (index)))) return;
        require_(time + 2 * ANSWER_WINDOW <= latest.activeAt, "a demand leaves time to convict");
        bytes32 which = keccak256(abi.encode(latest));
        uint40 deadline = FEDERATION.leafDemand(index).deadline;
        requireEqual(deadline, time + ANSWER_WINDOW, "a demand has its time");
        _asked(Asked(latest.report.round, address(0), 0, which, index, deadline, true));
    }

    function _asked(Asked memory one) private {
        bytes32 key = keccak256(abi.encode(one.round, one.participant, one.digest, one.filed, one.index));
        require_(!wasAsked[key], "the same is demanded once");
        wasAsked[key] = true;
        asked.push(one);
        ++openDemands;
        require_(one.participant == address(0) || !_silentAt(one, one.deadline - 1), "nobody is silent too early");
    }

    /// @param twist In one of four the bytes are others.
    function answer(uint256 which, uint256 sender, uint256 twist) external atItsTime {
        if (asked.length == 0) return;
        Asked storage one = asked[asked.length - 1 - which % (asked.length < 8 ? asked.length : 8)];
        address from = _anyone(sender);
        bool leaf = one.participant == address(0);
        uint256 money = from.balance;
        bytes memory payload = opened[one.round][one.participant].payload;
        if (twist % 4 == 0) payload = bytes.concat(payload, hex"00");
        Excerpt memory excerpt;
        bytes memory data = leaf
            ? abi.encodeCall(IFederation.answerLeaf, (filed[one.filed], one.index, excerpt, twist % 4 == 0 ? bytes(hex"01") : bytes("")))
            : abi.encodeCall(IFederation.answerUpdate, (one.round, one.participant, payload));
        if (!_call(leaf ? bytes32("answerLeaf") : bytes32("answerUpdate"), from, 0, data)) return;
        require_(twist % 4 != 0, "other bytes answer nothing");
        require_(one.open && time < one.deadline, "an answer comes once and in time");
        require_(leaf || !_silentAt(one, one.deadline), "who has answered is never silent");
        requireEqual(from.balance, money + DEMAND_BOND * 1 gwei, "the bond pays the answer");
        one.open = false;
        --openDemands;
    }

    function convictSilent(uint256 which, uint256 sender) external atItsTime {
        if (asked.length == 0) return;
        _convictSilent(asked[asked.length - 1 - which % (asked.length < 8 ? asked.length : 8)], _anyone(sender));
    }

    function _convictSilent(Asked storage one, address from) internal returns (bool) {
        bool leaf = one.participant == address(0);
        Filing memory filing = leaf ? filed[one.filed] : latest;
        bytes memory signers = _packed(_seatsOf(filing.committee));
        bytes memory data = leaf
            ? abi.encodeCall(IFederation.convictSilentLeaf, (one.index, filing, signers))
            : abi.encodeCall(
                IFederation.convictSilentUpdate, (one.round, one.participant, one.digest, filing, signers)
            );
        uint64[SEATS] memory before = _bonds(latest.committee);
        uint256 staked = _atStake(one.participant);
        uint256 money = from.balance;
        if (!_call(leaf ? bytes32("convictSilentLeaf") : bytes32("convictSilentUpdate"), from, 0, data)) return false;
        require_(one.open && time >= one.deadline, "silence is what was not answered in time");
        require_(leaf || (_silentAt(one, time) && !_silentAt(one, one.deadline - 1)), "and is remembered with its time");
        one.open = false;
        --openDemands;
        _silenced(one, before, staked, from, money);
        return true;
    }

    /// @dev What was still to be answered when its round was reported is the oracles' fault while the report is
    /// pending, what was silent before is the participant's; of older rounds it is nobody's.
    function _silenced(Asked storage one, uint64[SEATS] memory before, uint256 staked, address from, uint256 money)
        private
    {
        bool isLive = start != 0 && one.round == number;
        bool leaf = one.participant == address(0);
        bool reported = leaf ? one.filed == keccak256(abi.encode(latest)) : !isLive && one.round == latest.report.round;
        bool late = leaf || one.deadline > latest.reportedAt;
        if (reported && late && _pending()) {
            _slashed(before, 10, from, money);
            _voided();
        } else if (!leaf && (isLive || (reported && !late)) && !convicted[one.round][one.participant]) {
            if (staked >= 10) _convicted(one.participant, one.round, staked, 10);
        } else {
            require_(leaf || _atStake(one.participant) == staked, "nobody is punished for old demands");
        }
    }

    function collect(uint256 who) external atItsTime {
        address from = _anyone(who);
        uint64 amount = FEDERATION.credit(from);
        uint256 money = from.balance;
        if (!_call("collect", from, 0, abi.encodeCall(IFederation.collect, ()))) return;
        requireEqual(from.balance, money + uint256(amount) * 1 gwei, "a credit is paid");
        requireEqual(FEDERATION.credit(from), 0, "a credit is paid once");
    }

    /* READING */

    function _silentAt(Asked memory one, uint256 at) private view returns (bool) {
        return FEDERATION.silentAt(one.round, one.participant, one.digest, at);
    }

    /// @dev Where a committee starts among the oracles.
    function _seatsOf(bytes32 committee) internal view returns (uint256 from) {
        for (; from < ORACLES - SEATS; ++from) if (keccak256(_packed(from)) == committee) break;
    }

    function _isPacked(bytes memory signers, bytes32 committee) private pure returns (bool) {
        return keccak256(signers) == committee;
    }

    function _bonds(bytes32 committee) internal view returns (uint64[SEATS] memory amounts) {
        uint256 from = _seatsOf(committee);
        for (uint256 i; i < SEATS; ++i) amounts[i] = _bond(oracles[from + i]);
    }

    /// @dev The place of a participant among a round's reveals; past the end where it has none.
    function _place(uint16 round, address participant) internal view returns (uint256 place) {
        bytes memory all = reveals[round];
        for (; place < all.length / 60; ++place) {
            address one;
            assembly ("memory-safe") {
                one := shr(96, mload(add(add(all, 32), mul(60, place))))
            }
            if (one == participant) break;
        }
    }
}
