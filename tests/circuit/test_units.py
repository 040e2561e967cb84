from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfl_chain.circuit.units import UNIT, features_to_units, parameters_to_units, to_radians
from qfl_chain.errors import CircuitError


@given(st.floats(-np.pi, np.pi, exclude_max=True))
def test_a_feature_inside_the_turn_survives_to_half_a_unit(radians: float) -> None:
    units = features_to_units([radians])
    assert abs(to_radians(units)[0] - radians) <= UNIT / 2 + 1e-15 or units[0] == 2**31 - 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_features_are_clipped_into_int32(radians: float) -> None:
    assert -(2**31) <= features_to_units([radians])[0] <= 2**31 - 1


def test_features_clip_at_pi() -> None:
    assert features_to_units([[-np.pi, np.pi], [-4.0, 4.0]]).tolist() == [[-(2**31), 2**31 - 1]] * 2


def test_parameters_keep_their_turns() -> None:
    assert parameters_to_units([2 * np.pi, -6 * np.pi, UNIT]).tolist() == [2**32, -3 * 2**32, 1]


@given(st.integers(-(2**50), 2**50))
def test_units_survive_radians_and_back(units: int) -> None:
    assert parameters_to_units(to_radians([units])).tolist() == [units]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(CircuitError, match=r"feature \(1, 0\) is -?(nan|inf): angles must be finite"):
        features_to_units([[0.0], [bad]])
    with pytest.raises(CircuitError, match=r"parameter \(0,\) is"):
        parameters_to_units([bad])


def test_a_parameter_beyond_63_bits_is_refused() -> None:
    with pytest.raises(CircuitError, match="does not fit in int64 units"):
        parameters_to_units([2.0**62 * UNIT])
