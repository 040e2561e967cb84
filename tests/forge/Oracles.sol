// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IFederation, Report} from "../../contracts/interfaces/IFederation.sol";
import {Ghost} from "./Ghost.sol";
import {SlowTree} from "./SlowTree.sol";
import {requireEqual, require_, vm, within} from "./Vm.sol";

/// @title Oracles
/// @notice What oracles do: put down bonds, leave, take their seats, report together or alone, honestly or not.
abstract contract Oracles is Ghost {
    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,bytes32 evidenceRoot,"
        "uint64 total)"
    );

    function bond(uint256 who, uint256 amount) public atItsTime {
        address from = _oracle(who);
        uint64 before = _bond(from);
        amount = within(amount, 1, 6_000);
        if (!_call("bond", from, amount, abi.encodeCall(IFederation.bond, ()))) return;
        requireEqual(_bond(from), before + amount, "what was sent is bonded");
    }

    /// @dev Seldom, so that somebody stays.
    function unbond(uint256 who) external atItsTime {
        if (who % 4 != 0) return;
        address from = _oracle(who / 4);
        if (!_call("unbond", from, 0, abi.encodeCall(IFederation.unbond, ()))) return;
        (, uint40 at) = FEDERATION.bondOf(from);
        requireEqual(at, time + 1_000, "notice lasts the unbonding window");
    }

    function withdrawBond(uint256 who) external atItsTime {
        address from = _oracle(who);
        (uint64 amount, uint40 at) = FEDERATION.bondOf(from);
        if (at > time && who % 64 < 16) {
            time = at - (who % 64 == 0 ? 1 : 0);
            vm.warp(time);
        }
        uint256 before = from.balance;
        bytes memory data = abi.encodeCall(IFederation.withdrawBond, ());
        if (!_call("withdrawBond", from, 0, data)) return;
        require_(at != 0 && time >= at && !_pending(), "a bond leaves after notice and outside of a dispute");
        requireEqual(from.balance, before + uint256(amount) * 1 gwei, "the bond is paid out");
        requireEqual(_bond(from), 0, "nothing is left");
    }

    function scheduleCommittee(uint256 from, uint256 sender) external atItsTime {
        from %= ORACLES - SEATS + 1;
        bytes memory data = abi.encodeCall(IFederation.scheduleCommittee, (_committee(from)));
        address caller = sender % 8 == 0 ? _anyone(sender / 8) : SPONSOR;
        if (!_call("scheduleCommittee", caller, 0, data)) return;
        require_(caller == SPONSOR, "only the sponsor names a committee");
        scheduledFrom = from;
        (,, uint40 effectiveAt) = FEDERATION.seating();
        requireEqual(effectiveAt, time + 1_000, "whoever distrusts the next committee can leave before");
    }

    function seat(uint256 sender, bool next) public atItsTime {
        uint256 from = next ? scheduledFrom : seatedFrom;
        (,, uint40 effectiveAt) = FEDERATION.seating();
        bytes32 before = FEDERATION.committee();
        bytes memory data = abi.encodeCall(IFederation.seat, (_packed(from)));
        if (!_call("seat", _anyone(sender), 0, data)) return;
        bytes32 afterwards = FEDERATION.committee();
        require_(afterwards == keccak256(_packed(from)), "those were seated who were named");
        for (uint256 i; i < SEATS; ++i) {
            (, uint40 leaving) = FEDERATION.bondOf(oracles[from + i]);
            require_(leaving == 0, "who leaves takes no seat");
        }
        if (afterwards != before) {
            require_(effectiveAt != 0 && time >= effectiveAt, "a committee waits for its time");
            seatedFrom = scheduledFrom;
        }
    }

    /* REPORTS */

    /// @param twist In seven of sixteen: another round, inputs, total, committee, signature, or order.
    function report(uint256 seed, uint256 signed, uint256 twist) public atItsTime {
        _reach(150, seed);
        Report memory r = _report(seed, twist % 16);
        signed = signed % 4 == 0 ? signed % 16 : 7 | signed % 16;
        (bool seated,,) = FEDERATION.seating();
        bytes memory signatures = _signatures(r, signed, twist % 16);
        bytes memory signers = _packed(twist % 16 == 4 ? (seatedFrom + 1) % (ORACLES - SEATS + 1) : seatedFrom);
        bytes memory data = abi.encodeCall(IFederation.report, (r, signed, signers, signatures));
        if (!_call("report", _anyone(seed), 0, data)) return;
        require_(seated, "a committee reports when it is seated");
        require_(twist % 16 < 1 || twist % 16 > 6, "a report that does not fit is refused");
        require_(_count(signed) >= 3, "a report has a quorum");
        require_(time >= start + 150 && time < start + 350, "a report is taken in its phase");
        _reported(r, signed, 120);
    }

    function reportAlone(uint256 seed, uint256 who, uint256 twist) external atItsTime {
        _reach(250, seed);
        Report memory r = _report(seed, twist % 16);
        uint256 index = who % SEATS;
        address from = twist % 16 == 4 ? _anyone(seed) : oracles[seatedFrom + index];
        bytes memory data = abi.encodeCall(IFederation.reportAlone, (r, index, _packed(seatedFrom)));
        if (!_call("reportAlone", from, 0, data)) return;
        require_(from == oracles[seatedFrom + index], "an oracle reports for itself");
        require_(_bond(from) >= 5_003, "an oracle that reports alone has its bond");
        require_(twist % 16 < 1 || twist % 16 > 3, "a report that does not fit is refused");
        require_(time >= start + 250 && time < start + 350, "an oracle alone waits for the others");
        _reported(r, 1 << index, 150);
    }

    /// @dev Rewards are the latest ones and some of the budget; in one of four all is given anew, as a lying
    /// committee might.
    function _report(uint256 seed, uint256 twist) internal returns (Report memory r) {
        uint64 gain = seed % 3 == 0 ? 0 : budget;
        uint64[PARTICIPANTS] memory sums = cumulative[latest.report.rewards];
        uint64 left = gain;
        if (seed % 4 == 0) (left, sums) = (latest.report.total + gain, [uint64(0), 0, 0, 0, 0]);
        for (uint256 i; i < PARTICIPANTS; ++i) {
            uint64 share = i == PARTICIPANTS - 1 ? left : uint64(within(uint256(keccak256(abi.encode(seed, i))), 0, left));
            sums[i] += share;
            left -= share;
        }
        r = Report({
            round: number,
            inputs: accumulators[number],
            rewards: _root(sums),
            model: keccak256(abi.encode(seed, "model")),
            evidence: keccak256(abi.encode(seed, "evidence")),
            evidenceRoot: keccak256(abi.encode(seed, number)),
            total: latest.report.total + gain
        });
        if (twist == 1) r.round += 1;
        if (twist == 2) r.inputs ^= 1;
        if (twist == 3) r.total += budget == 0 ? 1 : budget / 2 + 1;
        if (twist == 3 && (r.total == latest.report.total + budget)) r.total += 1;
    }

    function _root(uint64[PARTICIPANTS] memory sums) private returns (bytes32 root) {
        address[] memory accounts = new address[](PARTICIPANTS);
        uint64[] memory amounts = new uint64[](PARTICIPANTS);
        for (uint256 i; i < PARTICIPANTS; ++i) (accounts[i], amounts[i]) = (participants[i], sums[i]);
        (root,) = SlowTree.root(accounts, amounts);
        cumulative[root] = sums;
    }

    function _signatures(Report memory r, uint256 signed, uint256 twist) private view returns (bytes memory all) {
        bytes32 digest = _digest(r);
        for (uint256 i; i < SEATS; ++i) {
            if (signed >> i & 1 == 0) continue;
            uint256 key = oracleKeys[seatedFrom + i];
            if (twist == 5 && all.length == 0) key = oracleKeys[(seatedFrom + i + 1) % ORACLES];
            all = bytes.concat(all, _signature(key, digest));
        }
        if (twist == 6) all = bytes.concat(all, bytes1(0));
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, (uint256(v - 27) << 255) | uint256(s));
    }

    function _digest(Report memory r) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("qfl-chain"),
                keccak256("1"),
                block.chainid,
                address(FEDERATION)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(REPORT_TYPEHASH, r))));
    }

    function _oracle(uint256 who) internal view returns (address) {
        return oracles[who % ORACLES];
    }

    function _count(uint256 word) internal pure returns (uint256 count) {
        for (; word != 0; word >>= 1) count += word & 1;
    }
}
