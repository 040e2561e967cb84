"""Where updates pointed: their lengths, how they agreed, and who moved the model. In radians.

Floats: nothing here is money, and nobody has to agree on it to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qfl_chain.circuit.units import to_radians
from qfl_chain.errors import ContentError, MalformedPayload
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import decode_model, decode_update
from qfl_chain.protocol.evidence import Standing, Status
from qfl_chain.types import Digest, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One round's geometry, the arrays (standings,) with NaN and the others None where a block is missing.

    Attributes:
        norms: of the updates.
        cosines: between each update and the model's step; NaN where the model stayed.
        moved: the share of the step's length that the update's weighted delta makes.
        agreement: mean cosine between pairs of accepted updates; None below two.
        step: length of the model's change.
        drift: distance of the model from the initial one.
    """

    norms: FloatArray
    cosines: FloatArray
    moved: FloatArray
    agreement: float | None
    step: float | None
    drift: float | None


class Geometry:
    """Models as points, each read once.

    Args:
        store: where blocks are.
        initial: digest of the sponsor's model.
    """

    def __init__(self, store: ContentStore, initial: Digest) -> None:
        self.store = store
        self.initial = initial
        self._models: dict[Digest, FloatArray | None] = {}

    def model(self, digest: Digest) -> FloatArray | None:
        """A model's parameters (parameters,), radians; None where its block is missing or is none."""
        if digest not in self._models:
            try:
                self._models[digest] = to_radians(decode_model(self.store.get(digest)).parameters)
            except (ContentError, MalformedPayload):
                return None
        return self._models[digest]

    def update(self, digest: Digest) -> FloatArray | None:
        """An update's deltas (parameters,), radians; None where its block is missing or is none."""
        try:
            return to_radians(decode_update(self.store.get(digest)).deltas)
        except (ContentError, MalformedPayload):
            return None


def round_geometry(geometry: Geometry, base: Digest, model: Digest, standings: Sequence[Standing]) -> Shape:
    """The geometry of one round that started from ``base`` and left ``model`` standing."""
    accepted = [place for place, one in enumerate(standings) if one.status is Status.ACCEPTED]
    found = {place: geometry.update(standings[place].digest) for place in accepted}
    start, end, initial = (geometry.model(digest) for digest in (base, model, geometry.initial))
    step = None if start is None or end is None else _difference(end, start)
    deltas = {place: delta for place, delta in found.items() if delta is not None and _fits(delta, step)}
    norms, cosines, moved = _per_update(deltas, step, standings)
    return Shape(
        norms,
        cosines,
        moved,
        _agreement(deltas) if len(deltas) == len(accepted) else None,
        None if step is None else float(np.linalg.norm(step)),
        None if end is None or initial is None or end.shape != initial.shape else float(np.linalg.norm(end - initial)),
    )


def _difference(end: FloatArray, start: FloatArray) -> FloatArray | None:
    return end - start if end.shape == start.shape else None


def _fits(delta: FloatArray, step: FloatArray | None) -> bool:
    return step is None or delta.shape == step.shape


def _per_update(
    deltas: dict[int, FloatArray], step: FloatArray | None, standings: Sequence[Standing]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    norms, cosines, moved = (np.full(len(standings), np.nan) for _ in range(3))
    length = 0.0 if step is None else float(np.linalg.norm(step))
    total = sum(one.weight for one in standings)
    for place, delta in deltas.items():
        norms[place] = np.linalg.norm(delta)
        if step is None or not length:
            continue
        along = float(delta @ step) / length
        if norms[place]:
            cosines[place] = along / norms[place]
        if total:
            moved[place] = standings[place].weight / total * along / length
    return norms, cosines, moved


def _agreement(deltas: dict[int, FloatArray]) -> float | None:
    """Mean cosine over pairs: the squared length of the sum of directions counts every pair twice and each one once."""
    lengths = {place: float(np.linalg.norm(delta)) for place, delta in deltas.items()}
    directions = [delta / lengths[place] for place, delta in deltas.items() if lengths[place]]
    count = len(directions)
    if count < 2 or len({direction.shape for direction in directions}) > 1:
        return None
    together = np.sum(directions, axis=0)
    return float((together @ together - count) / (count * (count - 1)))
