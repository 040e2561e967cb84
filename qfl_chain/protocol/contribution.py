"""What each update was worth, from the scores of coalitions, in integers, the same on every machine.

The score of a coalition is ``v(S) = -sum`` of the squared losses, on the round's validation subset, of the model
that its members' deltas make (base plus their stake-weighted aggregate); ``v(empty)`` is the base model's. Up to
:data:`EXACT_UP_TO` players the Shapley value is exact and scaled by ``players!``; beyond, it is the sum of marginal
contributions over drawn permutations, each walked forwards and backwards (Mitchell et al. 2022, antithetic
sampling), scaled by their number. All draws come from a keccak counter stream over the round's accumulator.

A coalition is an integer mask: bit ``i`` is player ``i``. Rules P35 to P37. The protocol pays by the Shapley value;
:data:`CONTRIBUTIONS` holds the other ways to say what an update was worth that the incentive lab compares it with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from eth_hash.auto import keccak

from qfl_chain.errors import ChecksumError, ProtocolError
from qfl_chain.protocol.aggregation import Rule
from qfl_chain.protocol.commitment import ACCUMULATOR_BITS
from qfl_chain.protocol.packing import pack_uint
from qfl_chain.types import IntArray

EXACT_UP_TO = 8

_WORD_BITS = 64


class Draws:
    """Uniform draws from ``keccak(seed | counter uint32)``, read as four uint64 words a hash.

    ``seed = keccak(purpose | accumulator 23 bytes | round uint16)``, so no two purposes share a stream.
    """

    def __init__(self, purpose: bytes, accumulator: int, round_number: int) -> None:
        packed = pack_uint(accumulator, ACCUMULATOR_BITS, "accumulator") + pack_uint(round_number, 16, "round")
        self._words = _words(keccak(purpose + packed))

    def below(self, bound: int) -> int:
        """An integer in ``[0, bound)``; words of the incomplete last stretch are rejected, so none is likelier.

        Raises:
            ProtocolError: a bound outside ``[1, 2**64]``.
        """
        if not 1 <= bound <= 1 << _WORD_BITS:
            raise ProtocolError(f"cannot draw below {bound}; choose 1 to 2**64")
        limit = (1 << _WORD_BITS) // bound * bound
        return next(word for word in self._words if word < limit) % bound

    def sample(self, population: int, size: int) -> list[int]:
        """``size`` distinct integers below ``population``, in drawn order (Fisher and Yates, from the front)."""
        items = list(range(population))
        for index in range(min(size, population - 1)):
            other = index + self.below(population - index)
            items[index], items[other] = items[other], items[index]
        return items[:size]


def subset(accumulator: int, round_number: int, population: int, size: int) -> tuple[int, ...]:
    """The validation samples that score a round, ascending; all of them if there are no more than ``size``."""
    if size >= population:
        return tuple(range(population))
    return tuple(sorted(Draws(b"qfl-chain subset", accumulator, round_number).sample(population, size)))


@dataclass(frozen=True, slots=True)
class Plan:
    """How a round's contributions are measured; ``orders`` is empty when the value is exact."""

    players: int
    orders: tuple[tuple[int, ...], ...]

    @property
    def scale(self) -> int:
        """By what the contributions are multiplied: they sum to ``scale * (v(all) - v(none))``."""
        return len(self.orders) or factorial(self.players)


def plan(players: int, accumulator: int, round_number: int, permutations: int) -> Plan:
    """Exact up to :data:`EXACT_UP_TO` players, ``permutations`` orders (an even number) beyond."""
    if players <= EXACT_UP_TO:
        return Plan(players, ())
    draws = Draws(b"qfl-chain permutations", accumulator, round_number)
    forward = [tuple(draws.sample(players, players)) for _ in range(permutations // 2)]
    return Plan(players, tuple(order for walk in forward for order in (walk, walk[::-1])))


def most_coalitions(players: int, permutations: int) -> int:
    """How many coalitions a round with so many accepted updates has to score, at most."""
    return 1 << players if players <= EXACT_UP_TO else permutations * (players - 1) + 2


def coalitions(planned: Plan) -> tuple[int, ...]:
    """Every coalition whose score the plan needs, once, ascending; the empty and the full one always."""
    if not planned.orders:
        return tuple(range(1 << planned.players))
    return tuple(sorted({mask for order in planned.orders for mask in _prefixes(order)}))


def coalition_models(
    base: IntArray, deltas: IntArray, stakes: Sequence[int], masks: Sequence[int], rule: Rule
) -> IntArray:
    """The models to score, (coalitions, parameters): base plus the members' aggregate, weighted by stake.

    A conviction for the round before can leave a member without any stake at its reveal. Where no member has one, the
    model is the base.
    """
    models = np.repeat(base[None, :], len(masks), axis=0)
    for row, mask in enumerate(masks):
        members = [player for player in range(len(stakes)) if mask >> player & 1]
        if any(stakes[player] for player in members):
            models[row] += rule(deltas[members], [stakes[player] for player in members])
    return models


def shapley(planned: Plan, scores: Mapping[int, int]) -> tuple[int, ...]:
    """Each player's contribution times the plan's scale.

    Args:
        planned: who plays, and in which orders.
        scores: ``v`` by coalition, for at least :func:`coalitions`.

    Raises:
        ChecksumError: the contributions do not sum to what all players gained together.
    """
    phis = _exact(planned.players, scores) if not planned.orders else _sampled(planned, scores)
    check_efficiency(phis, planned.scale * (scores[(1 << planned.players) - 1] - scores[0]))
    return phis


def check_efficiency(phis: Sequence[int], gain: int) -> None:
    """Shapley's efficiency axiom: nothing is lost and nothing made up.

    Raises:
        ChecksumError: the contributions sum to something else than the scaled gain.
    """
    if sum(phis) != gain:
        raise ChecksumError(f"contributions sum to {sum(phis)}, the scaled gain is {gain}; please report this defect")


def leave_one_out(planned: Plan, scores: Mapping[int, int]) -> tuple[int, ...]:
    """``v(all) - v(all but i)``: what would be missing without the player (Cook 1977, deletion).

    Two players with one and the same useful update are both worth nothing.
    """
    everybody = _everybody(planned)
    return tuple(scores[everybody] - scores[everybody ^ 1 << player] for player in range(planned.players))


def individual(planned: Plan, scores: Mapping[int, int]) -> tuple[int, ...]:
    """``v({i}) - v(none)``: what the player's update does alone, whatever others bring."""
    return tuple(scores[1 << player] - scores[0] for player in range(planned.players))


def equal(planned: Plan, scores: Mapping[int, int]) -> tuple[int, ...]:
    """``v(all) - v(none)`` for each, scaled by their number: the equal division value (van den Brink 2007)."""
    return (scores[_everybody(planned)] - scores[0],) * planned.players


@dataclass(frozen=True, slots=True)
class Contribution:
    """A way to say what each update was worth.

    Attributes:
        coalitions: the masks whose scores it needs, ascending, the empty one first.
        values: every player's contribution times the scale, from the scores by mask.
        scale: by what the values are multiplied.
    """

    coalitions: Callable[[Plan], tuple[int, ...]]
    values: Callable[[Plan, Mapping[int, int]], tuple[int, ...]]
    scale: Callable[[Plan], int]


def _everybody(planned: Plan) -> int:
    return (1 << planned.players) - 1


def _all_and_all_but_one(planned: Plan) -> tuple[int, ...]:
    everybody = _everybody(planned)
    return tuple(sorted({0, everybody, *(everybody ^ 1 << player for player in range(planned.players))}))


def _none_and_each_alone(planned: Plan) -> tuple[int, ...]:
    return (0, *(1 << player for player in range(planned.players)))


def _none_and_all(planned: Plan) -> tuple[int, ...]:
    return tuple(sorted({0, _everybody(planned)}))


CONTRIBUTIONS: Mapping[str, Contribution] = {
    "shapley": Contribution(coalitions, shapley, lambda planned: planned.scale),
    "leave-one-out": Contribution(_all_and_all_but_one, leave_one_out, lambda planned: 1),
    "individual": Contribution(_none_and_each_alone, individual, lambda planned: 1),
    "equal": Contribution(_none_and_all, equal, lambda planned: max(planned.players, 1)),
}
"""Ways to say what an update was worth, by name. The protocol pays by the first."""


def _exact(players: int, scores: Mapping[int, int]) -> tuple[int, ...]:
    """Shapley 1953: a coalition of s others precedes a player in ``s! (players - s - 1)!`` of all orders."""
    orders = [factorial(size) * factorial(players - size - 1) for size in range(players)]
    return tuple(
        sum(
            orders[mask.bit_count()] * (scores[mask | 1 << player] - scores[mask])
            for mask in range(1 << players)
            if not mask >> player & 1
        )
        for player in range(players)
    )


def _sampled(planned: Plan, scores: Mapping[int, int]) -> tuple[int, ...]:
    phis = [0] * planned.players
    for order in planned.orders:
        prefixes = _prefixes(order)
        for player, before, after in zip(order, prefixes, prefixes[1:], strict=False):
            phis[player] += scores[after] - scores[before]
    return tuple(phis)


def _prefixes(order: Sequence[int]) -> list[int]:
    """The coalitions a walk passes through, from the empty one to the full one."""
    masks = [0]
    for player in order:
        masks.append(masks[-1] | 1 << player)
    return masks


def _words(seed: bytes) -> Iterator[int]:
    for counter in range(1 << 32):
        block = keccak(seed + counter.to_bytes(4, "big"))
        for at in range(0, 32, 8):
            yield int.from_bytes(block[at : at + 8], "big")
