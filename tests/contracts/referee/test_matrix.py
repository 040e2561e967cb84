"""Every single wrong value of a report is convicted by the one proof that the table of faults names; nothing else is.

Reports and corruptions are those of :mod:`tests.protocol.corruptions`, proofs those that a watcher would send.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.merkle import excerpt
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
from qfl_chain.protocol.refutation import Proof, find_fault
from qfl_chain.protocol.trial import Compared, Trial
from tests.protocol.builders import Entry
from tests.protocol.corruptions import Corruption, corruptions

from .bench import Bench, case_of, silences
from .trials import trial

NAMES = ("every status", "nobody takes part", "refused", "ten players", "no stake left")
JUDGED = set(Fault) - {Fault.DECREASE, Fault.UNAVAILABLE}
"""A decrease is a wrong tree too, and is shown as that; silence is not the referee's to judge."""


def every_proof(posted: Trial) -> Iterator[AnyProof]:
    """All that there is to say about a report whose leaves can be read, in the order of the faults.

    Bytes behind digests are one's own: a proof can only be made of what hashes to what the report names.
    """
    one, facts, seen = Compared(posted), posted.facts, posted.seen
    header, standings, verdict = one.shown(0), one.all_standings(), one.verdict()
    places = range(len(one.coalitions) + 1)
    own = len(one.own.coalitions)
    for at in range(len(posted.leaves)):
        yield LeafProof(one.shown(at))
    yield HeaderProof(header)
    yield SubsetProof(header, one.rules)
    for index in range(one.revealed):
        packed = packed_reveals(facts.reveals)
        yield StandingProof(one.standing(index), packed, one.payload(index), posted.circuit)
    yield PlayersProof(standings)
    yield CoalitionsProof(header, standings, one.all_coalitions(), one.rules)
    for place in range(min(own, len(one.coalitions))):
        mask = one.own.coalitions[place].members
        members = [player for player in one.players if player.stake and mask >> (player.player or 0) & 1]
        yield ModelProof(standings, one.scored_leaf(place), one.rules, seen.base_model, one.deltas(members))
    for place, scored in zip(places, one.scored(), strict=True):
        row = posted.rows.get(scored.row)
        if row is None or place > own:
            continue
        for at, sample in enumerate(one.header.subset[:2]):
            shown = (one.scored_leaf(place), one.rules, one.sample(sample), row, at, one.model(place))
            yield LossProof(header, *shown, posted.circuit)
        yield SumProof(header, one.scored_leaf(place), row)
    for index in range(one.revealed):
        yield ContributionProof(standings, one.all_coalitions(), one.rules, index)
        yield WeightProof(one.standing(index))
    weighty = one.deltas(player for player in one.players if player.weight)
    yield AggregateProof(standings, verdict, one.rules, seen.base_model, weighty)
    yield VerdictProof(standings, one.scored_leaf(0), verdict)
    yield SplitProof(standings, verdict)
    yield RewardsProof(standings, packed_accounts(facts.cumulative))


@pytest.fixture(scope="module")
def all_proofs(honest: Trial) -> Sequence[AnyProof]:
    return tuple(every_proof(honest))


def judged(bench: Bench, posted: Trial, found: Proof) -> tuple[object, ...]:
    return bench.ask("judge", found.fault, case_of(posted), found.data)


@pytest.mark.parametrize("name", NAMES)
def test_no_proof_convicts_an_honest_report(bench: Bench, trials: Mapping[str, Trial], name: str) -> None:
    honest, tried = trials[name], set()
    for proof in every_proof(honest):
        fault, _ = encode_proof(proof)
        assert bench.judge(case_of(honest), proof) == ("NoFault", fault)
        tried.add(fault)
    assert tried == JUDGED


@pytest.mark.parametrize("name", NAMES)
def test_every_single_wrong_value_is_convicted_by_its_own_proof(
    bench: Bench, trials: Mapping[str, Trial], name: str
) -> None:
    for one in thinned(corruptions(trials[name]), most=1000 if name == "every status" else 3):
        found = find_fault(one.trial)
        if one.fault is None:
            continue
        assert isinstance(found, Proof)
        assert (one.name, found.fault) == (one.name, one.fault)
        assert (one.name, judged(bench, one.trial, found)) == (one.name, ())


def test_no_proof_of_an_earlier_fault_convicts_for_a_later_one(bench: Bench, honest: Trial) -> None:
    for one in thinned(corruptions(honest), most=1):
        if one.fault is None or one.fault is Fault.LEAF:
            continue
        shown: Counter[Fault] = Counter()
        for proof in every_proof(one.trial):
            fault, _ = encode_proof(proof)
            shown[fault] += 1
            if fault < one.fault and shown[fault] <= 3:
                answer = bench.judge(case_of(one.trial), proof)
                # A row that was cut short has no loss to compare, a made-up candidate no bytes to show.
                assert answer[:1] in (("NoFault",), ("OutOfRange",), ("WrongBytes",)), (one.name, fault)


def thinned(every: Iterator[Corruption], most: int) -> Iterator[Corruption]:
    """At most so many for each fault, spread over all there are."""
    by_fault: dict[Fault | None, list[Corruption]] = {}
    for one in every:
        by_fault.setdefault(one.fault, []).append(one)
    for some in by_fault.values():
        yield from some[:: -(-len(some) // most)]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.none() | st.lists(st.integers(-(2**26), 2**26), min_size=3, max_size=3), min_size=1, max_size=4),
    st.sampled_from(sorted(RULES)),
    st.integers(1, 2**16 - 1),
    st.data(),
)
def test_no_honest_report_of_any_round_is_convicted(
    bench: Bench, contents: Sequence[Sequence[int] | None], rule: str, number: int, data: st.DataObject
) -> None:
    honest = trial(
        [Entry(one) for one in contents], federation=bench.federation, rules=Rules(rule, 3), round_number=number
    )
    silences(bench, honest)
    proofs = list(every_proof(honest))
    for proof in data.draw(st.lists(st.sampled_from(range(len(proofs))), min_size=5, max_size=10, unique=True)):
        fault, encoded = encode_proof(proofs[proof])
        assert bench.ask("judge", fault, case_of(honest), encoded) == ("NoFault", fault)
        other, _ = encode_proof(proofs[(proof + 1) % len(proofs)])
        assert bench.ask("judge", other, case_of(honest), encoded)[0] in ("NoFault", "UnreadableBytes", "WrongExcerpt")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_proof_convicts_an_honest_report(
    bench: Bench, honest: Trial, all_proofs: Sequence[AnyProof], data: st.DataObject
) -> None:
    fault, encoded = encode_proof(data.draw(st.sampled_from(all_proofs)))
    at = data.draw(st.integers(0, len(encoded) - 1))
    changed = encoded[:at] + bytes([data.draw(st.integers(0, 255))]) + encoded[at + 1 :]
    assert bench.ask("judge", fault, case_of(honest), changed) != ()


def test_a_proof_convicts_one_report_only(bench: Bench, honest: Trial) -> None:
    """The wrong value is under the root of the report it was found in, and of no other."""
    one = next(corruption for corruption in corruptions(honest) if corruption.fault is Fault.HEADER)
    found = find_fault(one.trial)
    assert isinstance(found, Proof)
    assert judged(bench, one.trial, found) == ()
    assert judged(bench, honest, found) == ("InvalidExcerpt", "header")
    later = replace(honest, leaves=(*honest.leaves[:1], *honest.leaves[2:]))
    assert bench.judge(case_of(honest), HeaderProof(excerpt(later.leaves, 0))) == ("InvalidExcerpt", "header")
