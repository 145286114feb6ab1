"""Cell signals to forces, moments and centre of pressure: the oracles O5 and O6, and the signs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.wrench import FX, FZ, MX, MY, MZ, Belt, apply_matrix, centre_of_pressure, force_belt, free_moment

UP, FORWARD, LEFT = np.eye(3)[[2, 0, 1]]
CORNERS = {"FL": (0.70, 0.30), "FR": (0.70, -0.30), "RL": (-0.70, 0.30), "RR": (-0.70, -0.30)}


def statics(height, *, floating=False):
    """(6, C) wrench about the belt surface of a unit force in each cell; cells lie `height` below the surface."""
    cells = [(np.array([x, y, -height]), UP) for x, y in CORNERS.values()]
    if floating:  # the whole machine stands on the cells: fore-aft and sideways force is carried as well
        cells += [(np.array([-0.9, 0.0, -height]), FORWARD), (np.array([0.6, 0.0, -height]), LEFT)]
        cells += [(np.array([-0.6, 0.0, -height]), LEFT)]
    return np.array([np.concatenate((force, np.cross(place, force))) for place, force in cells]).T


def cell_loads(matrix, force, place, twist=0.0):
    """What the cells carry when `force` (the ground reaction) acts at (x, y) of the belt."""
    x, y = place
    wrench = np.concatenate((force, np.cross([x, y, 0.0], force)))
    wrench[MZ] += twist
    loads, *_ = np.linalg.lstsq(matrix, wrench, rcond=None)
    np.testing.assert_allclose(matrix @ loads, wrench, atol=1e-9)
    return loads


def test_O5_four_cells():
    matrix = statics(0.0)
    loads = dict(zip(CORNERS, [267.857, 375.000, 148.810, 208.333], strict=True))
    channels = np.array(list(loads.values()))[:, None]
    wrench = apply_matrix(matrix, channels)
    assert wrench[FZ, 0] == pytest.approx(1000.0, abs=1e-3)
    x, y = centre_of_pressure(wrench)
    assert (x[0], y[0]) == (pytest.approx(0.200, abs=1e-5), pytest.approx(-0.050, abs=1e-5))


def test_O6_vertical_cells_see_braking_as_a_shift_towards_the_midfoot():
    """The foot pushes the belt forward, so the front cells go up: +57.143 mm at h 0.20 m, Fx −200 N, Fz 700 N."""
    force, place = np.array([-200.0, 0.0, 700.0]), (0.100, 0.050)
    full = statics(0.20, floating=True)
    loads = cell_loads(full, force, place)
    pushed, unpushed = loads[:4], cell_loads(full, force * [0, 1, 1], place)[:4]
    assert (pushed[:2] > unpushed[:2]).all(), "front cells go up"
    assert (pushed[2:] < unpushed[2:]).all(), "rear cells go down"
    assert pushed.sum() == pytest.approx(unpushed.sum())
    apparent = apply_matrix(full[:, :4], loads[:4, None])
    x, _ = centre_of_pressure(apparent)
    assert (x[0] - place[0]) * 1e3 == pytest.approx(57.143, abs=1e-3)
    x, y = centre_of_pressure(apply_matrix(full, loads[:, None]))
    assert (x[0], y[0]) == (pytest.approx(0.100, abs=1e-9), pytest.approx(0.050, abs=1e-9))


@given(st.floats(-0.6, 0.6), st.floats(-0.25, 0.25), st.floats(-300, 300), st.floats(-80, 80), st.floats(-20, 20))
def test_centre_of_pressure_and_free_moment_of_any_load(x, y, fx, fy, twist):
    matrix = statics(0.15, floating=True)
    loads = cell_loads(matrix, np.array([fx, fy, 900.0]), (x, y), twist)
    wrench = apply_matrix(matrix, loads[:, None])
    got = centre_of_pressure(wrench)
    np.testing.assert_allclose([got[0][0], got[1][0]], [x, y], atol=1e-9)
    assert free_moment(wrench)[0] == pytest.approx(twist, abs=1e-7)


def test_no_centre_of_pressure_below_200_N():
    wrench = np.zeros((6, 4))
    wrench[FZ] = [0.0, np.nextafter(200.0, 0), 200.0, 900.0]
    wrench[MY], wrench[MX] = 20.0, 9.0
    x, y = centre_of_pressure(wrench)
    assert np.isnan(x).tolist() == np.isnan(y).tolist() == [True, True, False, False]
    assert np.isnan(free_moment(wrench)).tolist() == [True, True, False, False]
    assert (x[2], y[2]) == (-0.1, 0.045)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 70))
def test_a_samples_wrench_has_the_same_bits_alone_and_in_a_block(seed, channels, n):
    rng = np.random.default_rng(seed)
    matrix, values = rng.normal(size=(6, channels)), 1e6 * rng.normal(size=(channels, n))
    matrix[rng.random(matrix.shape) < 0.3] = 0.0
    whole = apply_matrix(matrix, values)
    np.testing.assert_allclose(whole, matrix @ values, atol=1e-6)
    alone = np.concatenate([apply_matrix(matrix, values[:, i : i + 1]) for i in range(n)], axis=1)
    assert alone.tobytes() == whole.tobytes()


def test_force_belt_passes_components_through():
    belt = force_belt({"Fz": 2, "Fx": 0}, name="L", channels=4)
    wrench = apply_matrix(belt.matrix, np.arange(4.0)[:, None] + 1.0)
    assert (wrench[FX, 0], wrench[FZ, 0]) == (1.0, 3.0)
    assert wrench[[1, 3, 4, 5], 0].tolist() == [0.0] * 4
    assert belt.measures_braking
    assert not force_belt({"Fz": 0}).measures_braking


@pytest.mark.parametrize(
    "wrong", [{"matrix": np.zeros((3, 8))}, {"matrix": np.zeros(6)}, {"observable": frozenset({"fz"})}]
)
def test_a_belt_that_makes_no_sense_is_refused(wrong):
    right = {"name": "L", "matrix": np.zeros((6, 8)), "observable": frozenset({"Fz"})}
    with pytest.raises(AnalysisError, match="belt 'L'"):
        Belt(**(right | wrong))
