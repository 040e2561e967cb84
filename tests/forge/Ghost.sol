// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Filing, IFederation, Report, Standing, Terms} from "../../contracts/interfaces/IFederation.sol";
import {Case} from "../../contracts/interfaces/IReferee.sol";
import {FakeReferee} from "./FakeReferee.sol";
import {Greedy} from "./Greedy.sol";
import {SlowTree} from "./SlowTree.sol";
import {requireEqual, require_, vm} from "./Vm.sol";

/// @title Ghost
/// @notice A federation with everybody in it, and what the calls so far must have led to, kept without looking at how
/// the contract keeps it.
abstract contract Ghost {
    /// @dev What a participant committed to in a round. `digest` is zero where it did not, or copied somebody else.
    struct Opened {
        bytes payload;
        bytes32 digest;
        bytes16 salt;
        bool revealed;
    }

    /// @dev A demand's kind is told by `participant`: zero for a leaf, of the report with the filing `filed`.
    struct Asked {
        uint16 round;
        address participant;
        bytes32 digest;
        bytes32 filed;
        uint32 index;
        uint256 deadline;
        bool open;
    }

    uint256 internal constant PARTICIPANTS = 5;
    uint256 internal constant ORACLES = 6;
    uint256 internal constant SEATS = 4;
    uint256 internal constant WEALTH = 1_000_000_000;
    bytes32 internal constant BASE_MODEL = keccak256("model");

    IFederation internal immutable FEDERATION;
    Greedy internal immutable GREEDY = new Greedy();
    address internal immutable SPONSOR = vm.addr(uint256(keccak256("sponsor")));
    address internal immutable GUARDIAN = vm.addr(uint256(keccak256("guardian")));
    uint256 internal immutable BIRTH;

    address[PARTICIPANTS] internal participants;
    uint256[ORACLES] internal oracleKeys;
    address[ORACLES] internal oracles;
    address[] internal people;

    /// @dev forge's clock does not always outlive a call.
    uint256 internal time;

    /* WHAT MUST BE */

    /// @dev The first oracle of the committee, and of the scheduled one: a committee is SEATS oracles in a row.
    uint256 internal seatedFrom;
    uint256 internal scheduledFrom;
    uint16 internal number;
    uint256 internal start;
    uint64 internal budget;
    mapping(uint16 round => mapping(address => Opened)) internal opened;
    mapping(uint16 round => bytes) internal reveals;
    mapping(uint16 round => uint184) internal accumulators;
    mapping(uint16 round => bool) internal isVoid;
    mapping(bytes32 root => uint64[PARTICIPANTS]) internal cumulative;
    mapping(bytes32 hash => Filing) internal filed;
    Filing internal latest;
    Filing internal previous;
    Asked[] internal asked;
    mapping(bytes32 key => bool) internal wasAsked;

    mapping(uint16 round => mapping(address => bool)) internal penalized;
    mapping(uint16 round => mapping(address => bool)) internal convicted;
    mapping(uint16 round => mapping(address => bool)) internal equivocated;
    mapping(address => uint64) internal claimed;
    Standing internal active;
    uint256 internal openDemands;
    uint256 internal burned;
    uint256 internal forced;
    uint256 internal wealth;

    /* WHAT WAS DONE */

    bytes32[] internal actions;
    mapping(bytes32 action => uint256) internal accepted;
    mapping(bytes32 action => uint256) internal refused;

    constructor() {
        BIRTH = block.timestamp + 1_800_000_000;
        time = BIRTH;
        vm.warp(time);
        _people();
        vm.deal(address(this), 3_000 gwei);
        FEDERATION = IFederation(
            vm.deployCode("Federation.sol:Federation", abi.encode(_terms(), _committee(0)), 3_000 gwei)
        );
        for (uint256 i; i < people.length; ++i) {
            vm.deal(people[i], WEALTH * 1 gwei);
            wealth += WEALTH * 1 gwei;
        }
        wealth += address(FEDERATION).balance;
    }

    /* CALLING */

    modifier atItsTime() {
        vm.warp(time);
        _;
    }

    /// @dev In half of the cases, moves on to this second of the live round, so that a call is not always too early.
    function _reach(uint256 offset, uint256 seed) internal {
        if (start == 0 || seed >> 128 & 1 == 1 || time >= start + offset) return;
        time = start + offset;
        vm.warp(time);
    }

    /// @dev A call with `value` gwei. A refusal must be one of the contract's own errors: no panic, no bare revert.
    function _call(bytes32 action, address from, uint256 value, bytes memory data) internal returns (bool) {
        if (from == address(GREEDY)) GREEDY.arm(data);
        vm.prank(from);
        (bool success, bytes memory answer) = address(FEDERATION).call{value: value * 1 gwei}(data);
        if (accepted[action] + refused[action] == 0) actions.push(action);
        if (success) {
            ++accepted[action];
            return true;
        }
        ++refused[action];
        bytes4 selector = bytes4(answer);
        bool own = answer.length >= 4 && selector != 0x4e487b71 && selector != 0x08c379a0;
        if (!own || selector == FakeReferee.WrongFacts.selector) revert Refused(action, answer);
        return false;
    }

    error Refused(bytes32 action, bytes answer);

    /* THE REPORTS */

    /// @dev What the federation must vouch for in a dispute about the latest report.
    function _facts() internal view returns (bytes32) {
        Terms memory t = FEDERATION.terms();
        bool based = previous.report.round != 0;
        Case memory facts = Case({
            federation: address(FEDERATION),
            circuit: t.circuit,
            validation: t.validation,
            validationRoot: t.validationRoot,
            maxNorm: t.maxNorm,
            report: latest.report,
            reportedAt: latest.reportedAt,
            budget: latest.budget,
            revealed: latest.revealed,
            baseModel: based ? previous.report.model : t.model,
            baseRewards: based ? previous.report.rewards : bytes32(0),
            baseTotal: previous.report.total
        });
        return keccak256(abi.encode(facts));
    }

    /// @dev What follows from a report of `signed` that was accepted.
    function _reported(Report memory r, uint256 signed, uint256 challenge) internal {
        previous = latest;
        latest = Filing({
            report: r,
            signed: signed,
            committee: keccak256(_packed(seatedFrom)),
            reportedAt: uint40(time),
            activeAt: uint40(time + challenge),
            budget: budget,
            revealed: uint16(reveals[r.round].length / 60)
        });
        start = 0;
        (bytes32 now_, bytes32 before) = FEDERATION.filings();
        require_(now_ == keccak256(abi.encode(latest)), "the filing of a report is what happened");
        filed[now_] = latest;
        if (previous.report.round != 0) {
            require_(before == keccak256(abi.encode(previous)), "the filing before it is remembered");
        }
    }

    /// @dev What follows from a void: the report before stands, and no round is live.
    function _voided() internal {
        require_(time < latest.activeAt, "only a pending report is voided");
        isVoid[latest.report.round] = true;
        if (start != 0) isVoid[number] = true;
        start = 0;
        latest = previous;
        delete previous;
        Standing memory stands = FEDERATION.latestReport();
        require_(stands.round == latest.report.round, "after a void the report before stands");
        requireEqual(stands.total, latest.report.total, "after a void the total before stands");
        requireEqual(FEDERATION.live().start, 0, "a void ends the live round");
    }

    function _pending() internal view returns (bool) {
        return latest.report.round != 0 && time < latest.activeAt;
    }

    /* MONEY */

    /// @dev All that a participant could lose.
    function _atStake(address who) internal view returns (uint256) {
        (uint64 stake,,,, uint64 exiting,) = FEDERATION.member(who);
        return uint256(stake) + exiting;
    }

    function _bond(address oracle) internal view returns (uint64 amount) {
        (amount,) = FEDERATION.bondOf(oracle);
    }

    /* EVERYBODY */

    function _people() private {
        for (uint256 i; i < PARTICIPANTS - 1; ++i) {
            participants[i] = vm.addr(uint256(keccak256(abi.encode("participant", i))));
        }
        participants[PARTICIPANTS - 1] = address(GREEDY);
        _sortOracles();
        for (uint256 i; i < PARTICIPANTS; ++i) people.push(participants[i]);
        for (uint256 i; i < ORACLES; ++i) people.push(oracles[i]);
        people.push(SPONSOR);
        people.push(GUARDIAN);
        people.push(vm.addr(uint256(keccak256("outsider"))));
    }

    /// @dev Keys in the order of their addresses.
    function _sortOracles() private {
        for (uint256 i; i < ORACLES; ++i) {
            uint256 key = uint256(keccak256(abi.encode("oracle", i)));
            uint256 at = i;
            for (; at > 0 && oracles[at - 1] > vm.addr(key); --at) {
                (oracles[at], oracleKeys[at]) = (oracles[at - 1], oracleKeys[at - 1]);
            }
            (oracles[at], oracleKeys[at]) = (vm.addr(key), key);
        }
    }

    function _terms() private returns (Terms memory) {
        return Terms({
            circuit: keccak256("circuit"),
            model: BASE_MODEL,
            validation: keccak256("validation"),
            validationRoot: keccak256("validation root"),
            commitWindow: 100,
            revealWindow: 50,
            reportWindow: 200,
            challengeWindow: 120,
            unbondingWindow: 1_000,
            minStake: 1_000,
            rewardPerRound: 600,
            maxNorm: 2 ** 40,
            oracleBond: 5_003,
            minReveals: 1,
            sponsor: SPONSOR,
            guardian: GUARDIAN,
            guardianExpiry: uint40(BIRTH + 40_000),
            referee: address(new FakeReferee())
        });
    }

    function _committee(uint256 from) internal view returns (address[] memory members) {
        members = new address[](SEATS);
        for (uint256 i; i < SEATS; ++i) members[i] = oracles[from + i];
    }

    function _packed(uint256 from) internal view returns (bytes memory packed) {
        for (uint256 i; i < SEATS; ++i) packed = bytes.concat(packed, bytes20(oracles[from + i]));
    }

    /// @dev Anybody at all.
    function _anyone(uint256 who) internal view returns (address) {
        return people[who % people.length];
    }

    function _participant(uint256 who) internal view returns (address) {
        return participants[who % PARTICIPANTS];
    }

    /* REWARDS */

    function _tree(bytes32 root) internal view returns (address[] memory accounts, uint64[] memory amounts) {
        accounts = new address[](PARTICIPANTS);
        amounts = new uint64[](PARTICIPANTS);
        for (uint256 i; i < PARTICIPANTS; ++i) (accounts[i], amounts[i]) = (participants[i], cumulative[root][i]);
    }

    function _proof(bytes32 root, uint256 index) internal view returns (bytes memory) {
        (address[] memory accounts, uint64[] memory amounts) = _tree(root);
        return SlowTree.proof(accounts, amounts, index);
    }
}
