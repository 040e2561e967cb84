"""Geometry that lacked a block when its evidence was read, computed when a store has the block after all."""

from __future__ import annotations

import numpy as np

from qfl_chain.analysis.index.database import Index
from qfl_chain.analysis.index.geometry import Geometry, Shape, round_geometry
from qfl_chain.protocol.evidence import Standing, Status
from qfl_chain.types import Address, Digest, Gwei

_INCOMPLETE = """
SELECT round, base_model, model, evidence FROM reports r
WHERE evidence_status = 'read' AND (step IS NULL OR drift IS NULL OR EXISTS (
    FROM standings s WHERE s.evidence = r.evidence AND s.round = r.round AND s.status = 'accepted' AND s.norm IS NULL
)) ORDER BY round
"""


def measure_again(index: Index, geometry: Geometry) -> None:
    """Complete the rounds whose blocks were missing, as far as they are there now.

    Raises:
        RunError: the index cannot be written.
    """
    for number, base, model, evidence in index.query(_INCOMPLETE):
        standings = _standings(index, evidence, number)
        base_model = geometry.initial if base is None else Digest(base)
        shape = round_geometry(geometry, base_model, Digest(model), standings)
        if _known(shape) > _kept(index, evidence, number):
            _write(index, evidence, number, shape)


def _standings(index: Index, evidence: bytes, number: int) -> tuple[Standing, ...]:
    """The round's standings; the geometry needs no players."""
    rows = index.query(
        "SELECT participant, stake, digest, status, phi, weight, reward, cumulative FROM standings "
        "WHERE evidence = ? AND round = ? ORDER BY place",
        (evidence, number),
    )
    return tuple(
        Standing(
            Address(participant),
            Gwei(stake),
            Digest(digest),
            Status[status.upper()],
            None,
            phi,
            weight,
            Gwei(reward),
            Gwei(cumulative),
        )
        for participant, stake, digest, status, phi, weight, reward, cumulative in rows
    )


def _known(shape: Shape) -> int:
    """How many figures there are."""
    single = sum(one is not None for one in (shape.agreement, shape.step, shape.drift))
    return single + sum(int(np.isfinite(one).sum()) for one in (shape.norms, shape.cosines, shape.moved))


def _kept(index: Index, evidence: bytes, number: int) -> int:
    ((single, many),) = index.query(
        "SELECT (SELECT count(agreement) + count(step) + count(drift) FROM evidence WHERE digest = $1 AND round = $2), "
        "(SELECT count(norm) + count(cosine) + count(moved) FROM standings WHERE evidence = $1 AND round = $2)",
        (evidence, number),
    )
    return int(single + many)


def _write(index: Index, evidence: bytes, number: int, shape: Shape) -> None:
    arriving = {"at": np.arange(len(shape.norms)), "n": shape.norms, "c": shape.cosines, "m": shape.moved}
    known = ", ".join(
        f"{name} = CASE WHEN NOT isnan({short}) THEN {short} END"
        for name, short in (("norm", "n"), ("cosine", "c"), ("moved", "m"))
    )
    with index.writing() as connection:
        connection.register("arriving", arriving)
        connection.execute(
            f"UPDATE standings SET {known} FROM arriving WHERE place = arriving.at AND evidence = ? AND round = ?",
            [evidence, number],
        )
        connection.unregister("arriving")
        connection.execute(
            "UPDATE evidence SET agreement = ?, step = ?, drift = ? WHERE digest = ? AND round = ?",
            [shape.agreement, shape.step, shape.drift, evidence, number],
        )
