"""Which proof shows that a posted report is wrong: the first fault, in their order, that its leaves differ by.

A proof takes what stands before its fault as given. So the leaves are compared with one's own in the order of
:class:`~qfl_chain.protocol.faults.Fault`: at the first that differs, everything the referee computes from is right,
and what it computes is one's own value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eth_hash.auto import keccak

from qfl_chain.errors import MalformedPayload, ProtocolError
from qfl_chain.protocol.contribution import EXACT_UP_TO
from qfl_chain.protocol.evidence import (
    LOSS_BYTES,
    Standing,
    Status,
    read_aggregate,
    read_coalition,
    read_header,
    read_standing,
    row_losses,
)
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import Excerpt, excerpt, tree_root
from qfl_chain.protocol.proofs import (
    AggregateProof,
    AnyProof,
    CoalitionsProof,
    ContributionProof,
    HeaderProof,
    LeafProof,
    LossProof,
    ModelProof,
    PlayersProof,
    RewardsProof,
    SplitProof,
    StandingProof,
    SubsetProof,
    SumProof,
    VerdictProof,
    WeightProof,
    encode_proof,
    packed_accounts,
    packed_reveals,
)
from qfl_chain.protocol.trial import Compared, Scored, Trial, Withheld, coalition_name


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that a report is wrong.

    Attributes:
        data: as ``refute`` takes it.
        finding: what is wrong, in words.
    """

    fault: Fault
    data: bytes
    finding: str


Finding = tuple[AnyProof, str]
NOTHING_SHOWN = Excerpt(0, 0, (), ())


def find_fault(trial: Trial) -> Proof | Withheld | None:
    """The first fault of a report, with its smallest proof; None where it is right.

    Raises:
        ProtocolError: leaves that do not lead to the report's root; demand them.
    """
    if tree_root(trial.leaves) != trial.report.evidence_root:
        raise ProtocolError(
            f"round {trial.report.round}: the leaves are not those under the report's root; demand them"
        )
    unreadable = _unreadable_leaf(trial)
    if unreadable is not None:
        return _encoded(unreadable)
    compared = Compared(trial)
    for search in _SEARCHES:
        found = search(compared)
        if isinstance(found, Withheld):
            return found
        if found is not None:
            return _encoded(found)
    return None


def _encoded(finding: Finding) -> Proof:
    return Proof(*encode_proof(finding[0]), finding[1])


def _unreadable_leaf(trial: Trial) -> Finding | None:
    revealed, count = len(trial.facts.reveals), len(trial.leaves)
    if count < revealed + 3:
        return LeafProof(excerpt(trial.leaves, 0)), f"{count} leaves, a round of {revealed} reveals has more"
    for position, leaf in enumerate(trial.leaves):
        try:
            _reader(position, revealed, count)(leaf)
        except MalformedPayload as error:
            return LeafProof(excerpt(trial.leaves, position)), f"leaf {position} cannot be read: {error}"
    return None


def _reader(position: int, revealed: int, count: int) -> Callable[[bytes], object]:
    if position == 0:
        return read_header
    if position <= revealed:
        return read_standing
    return read_aggregate if position == count - 1 else read_coalition


def _header(compared: Compared) -> Finding | None:
    for name in ("federation", "round", "inputs", "circuit", "base_model", "validation", "budget", "previous_total"):
        said, is_ = getattr(compared.header, name), getattr(compared.own.header, name)
        if said != is_:
            return HeaderProof(compared.shown(0)), f"header: {_differs(name.replace('_', ' '), said, is_)}"
    if compared.header.reveals != compared.revealed:
        finding = f"header: {_differs('reveals', compared.header.reveals, compared.revealed)}"
        return HeaderProof(compared.shown(0)), finding
    return None


def _subset(compared: Compared) -> Finding | None:
    said, drawn = compared.header.subset, compared.own.header.subset
    if said == drawn:
        return None
    finding = f"it scores on other samples than were drawn ({len(said)} are named, {len(drawn)} were drawn)"
    return SubsetProof(compared.shown(0), compared.rules), finding


def _standing(compared: Compared) -> Finding | None:
    reveals = compared.trial.facts.reveals
    wrong = [
        (index, name)
        for index, (said, own) in enumerate(_pairs(compared))
        for name in ("participant", "stake", "digest", "status")
        if getattr(said, name) != getattr(own, name)
    ]
    if not wrong:
        return None
    index, name = min(wrong, key=lambda one: len(compared.payload(one[0])) if _is_ruling(compared, *one) else 0)
    said, own = (getattr(side[index], name) for side in (compared.standings, compared.own.standings))
    needed = (compared.payload(index), compared.trial.circuit) if _is_ruling(compared, index, name) else (b"", b"")
    proof = StandingProof(compared.standing(index), packed_reveals(reveals), *needed)
    return proof, f"reveal {index} of {reveals[index].participant}: {_differs(name, said, own)}"


def _is_ruling(compared: Compared, index: int, name: str) -> bool:
    """Whether the update's bytes decide: not where a fact of the chain is wrong, one of which is silence."""
    statuses = compared.standings[index].status, compared.own.standings[index].status
    return name == "status" and Status.UNAVAILABLE not in statuses


def _players(compared: Compared) -> Finding | None:
    index = _first(said.player != own.player for said, own in _pairs(compared))
    if index is None:
        return None
    said, own = compared.standings[index].player, compared.own.standings[index].player
    return PlayersProof(compared.all_standings()), f"reveal {index}: {_differs('player', said, own)}"


def _coalitions(compared: Compared) -> Finding | None:
    said, own = compared.header, compared.own.header
    masks, scored = ([one.members for one in side.coalitions] for side in (compared, compared.own))
    if said.scale == own.scale and said.coalitions == own.coalitions and masks == scored:
        return None
    finding = next(
        _differs(name, one, other)
        for name, one, other in (
            ("the scale", said.scale, own.scale),
            ("the number of coalitions", said.coalitions, own.coalitions),
            ("the coalitions scored", masks, scored),
        )
        if one != other
    )
    place = _first(mask != own_mask for mask, own_mask in zip(masks, scored, strict=False)) or 0
    excerpts = compared.shown(0), compared.all_standings(), compared.scored_leaf(place), compared.rules
    return CoalitionsProof(*excerpts), finding


def _model(compared: Compared) -> Finding | None:
    pairs = zip(compared.coalitions, compared.own.coalitions, strict=True)
    wrong = [place for place, (said, own) in enumerate(pairs) if said.model != own.model]
    if not wrong:
        return None
    place = min(wrong, key=lambda one: compared.coalitions[one].members.bit_count())
    said, own = compared.coalitions[place], compared.own.coalitions[place]
    # An update without a weight changes nothing, so the referee takes none of those.
    members = [one for one in compared.players if one.stake and said.members >> (one.player or 0) & 1]
    proof = ModelProof(
        compared.all_standings(),
        compared.scored_leaf(place),
        compared.rules,
        compared.trial.seen.base_model,
        compared.deltas(members),
    )
    return proof, f"{coalition_name(said.members)}: {_differs('model', said.model, own.model)}"


def _loss(compared: Compared) -> Finding | Withheld | None:
    missing = []
    for one in compared.scored():
        own = compared.own_rows[one.place]
        if one.row == keccak(own) or not _is_own_model(compared, one):
            continue
        row = compared.trial.rows.get(one.row)
        if row is None:
            missing.append(1 + compared.revealed + one.place)
        elif len(row) == len(own):
            return _wrong_loss(compared, one, row)
    return Withheld(tuple(missing)) if missing else None


def _is_own_model(compared: Compared, one: Scored) -> bool:
    """Whether it is the model one scored oneself; a false candidate is a fault that comes later."""
    return one.place < len(compared.coalitions) or one.model == compared.own.aggregate.candidate


def _wrong_loss(compared: Compared, one: Scored, row: bytes) -> Finding:
    said, own = row_losses(row), row_losses(compared.own_rows[one.place])
    at = next(index for index, (mine, other) in enumerate(zip(own, said, strict=True)) if mine != other)
    sample = compared.header.subset[at]
    proof = LossProof(
        compared.shown(0),
        compared.scored_leaf(one.place),
        compared.rules,
        compared.sample(sample),
        row,
        at,
        compared.model(one.place),
        compared.trial.circuit,
    )
    return proof, f"{one.name}, sample {sample}: {_differs('loss', said[at], own[at])}"


def _sum(compared: Compared) -> Finding | None:
    size = LOSS_BYTES * len(compared.header.subset)
    for one in compared.scored():
        row = compared.trial.rows.get(one.row)
        if row is not None and (len(row) != size or sum(row_losses(row)) != one.loss):
            proof = SumProof(compared.shown(0), compared.scored_leaf(one.place), row)
            return proof, f"{one.name}: {_differs('sum of its losses', one.loss, sum(row_losses(row)))}"
    return None


def _contribution(compared: Compared) -> Finding | None:
    index = _first(said.phi != own.phi for said, own in _pairs(compared))
    if index is None:
        return None
    takes_part = compared.standings[index].player is not None
    coalitions = compared.all_coalitions() if takes_part else NOTHING_SHOWN
    rules = compared.rules if takes_part and len(compared.players) > EXACT_UP_TO else NOTHING_SHOWN
    said, own = compared.standings[index].phi, compared.own.standings[index].phi
    return ContributionProof(
        compared.all_standings(), coalitions, rules, index
    ), f"reveal {index}: {_differs('contribution', said, own)}"


def _weight(compared: Compared) -> Finding | None:
    index = _first(said.weight != own.weight for said, own in _pairs(compared))
    if index is None:
        return None
    said, own = compared.standings[index].weight, compared.own.standings[index].weight
    return WeightProof(compared.standing(index)), f"reveal {index}: {_differs('weight', said, own)}"


def _aggregate(compared: Compared) -> Finding | None:
    said, own = compared.aggregate.candidate, compared.own.aggregate.candidate
    if said == own:
        return None
    proof = AggregateProof(
        compared.all_standings(),
        compared.verdict(),
        compared.rules,
        compared.trial.seen.base_model,
        compared.deltas(one for one in compared.players if one.weight),
    )
    return proof, _differs("the candidate", said, own)


def _verdict(compared: Compared) -> Finding | None:
    said, own = compared.aggregate, compared.own.aggregate
    report, right = compared.trial.report, compared.trial.outcome.report
    for name, one, other in (
        ("the loss before", said.before, own.before),
        ("whether the candidate was accepted", said.accepted, own.accepted),
        ("the model in the evidence", said.model, own.model),
        ("the report's model", report.model, right.model),
        ("the report's total", report.total, right.total),
    ):
        if one != other:
            proof = VerdictProof(compared.all_standings(), compared.scored_leaf(0), compared.verdict())
            return proof, _differs(name, one, other)
    return None


def _split(compared: Compared) -> Finding | None:
    index = _first(said.reward != own.reward for said, own in _pairs(compared))
    if index is None:
        return None
    said, own = compared.standings[index].reward, compared.own.standings[index].reward
    finding = f"reveal {index}: {_differs('reward', said, own)}"
    return SplitProof(compared.all_standings(), compared.verdict()), finding


def _rewards(compared: Compared) -> Finding | None:
    index = _first(said.cumulative != own.cumulative for said, own in _pairs(compared))
    report, right = compared.trial.report, compared.trial.outcome.report
    if index is None and report.rewards == right.rewards:
        return None
    finding = _differs("the root of the rewards", report.rewards, right.rewards)
    if index is not None:
        said, own = compared.standings[index].cumulative, compared.own.standings[index].cumulative
        finding = f"reveal {index}: {_differs('cumulative reward', said, own)}"
    accounts = packed_accounts(compared.trial.facts.cumulative)
    return RewardsProof(compared.all_standings(), accounts), finding


_SEARCHES: tuple[Callable[[Compared], Finding | Withheld | None], ...] = (
    _header,
    _subset,
    _standing,
    _players,
    _coalitions,
    _model,
    _loss,
    _sum,
    _contribution,
    _weight,
    _aggregate,
    _verdict,
    _split,
    _rewards,
)
"""In the order of the faults. A decrease is a wrong tree of rewards too, and is shown as that."""


def _pairs(compared: Compared) -> Iterator[tuple[Standing, Standing]]:
    return zip(compared.standings, compared.own.standings, strict=True)


def _first(differ: Iterator[bool]) -> int | None:
    return next((index for index, one in enumerate(differ) if one), None)


def _differs(what: str, said: object, own: object) -> str:
    return f"{what} is {_shown(said)}, should be {_shown(own)}"


def _shown(value: object) -> str:
    if isinstance(value, Status):
        return value.name.lower()
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
