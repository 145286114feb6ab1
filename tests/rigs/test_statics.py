"""Load sharing of the virtual treadmill against closed forms and against the rigs' own read-out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.wrench import COMPONENTS, apply_matrix, centre_of_pressure
from daq.errors import RigError
from daq.rig import load_rig, shipped_rigs
from rigs.sources import Load
from rigs.statics import CellLayout, load_sharing, unit_wrenches
from rigs.virtual import belt_centres, sensors_of

CORNERS = np.array([[0.70, 0.30, 0.0], [0.70, -0.30, 0.0], [-0.70, 0.30, 0.0], [-0.70, -0.30, 0.0]])
BELOW = np.array([0.0, 0.0, 0.20])

forces = st.floats(-3000, 3000).filter(lambda x: x == 0 or abs(x) > 1e-3)


def four_cells(carries="deck", h=0.0):
    return CellLayout(CORNERS - BELOW * h / 0.20, (2, 2, 2, 2), carries)


O5_N = np.array([267.857, 375.000, 148.810, 208.333])


def test_o5_four_cells_share_a_load():
    """O5 shares by the product rule (beams on beams), a rigid body adds the two slopes.

    What differs is a warp that balances itself, so both read out as the same load at the same place.
    """
    f = load_sharing(four_cells()) @ Load((0, 0, 1000), 0.20, -0.05).wrench()[0]
    np.testing.assert_allclose(f, 250 + np.array([1, 1, -1, -1]) * 1000 / 14 + np.array([-1, 1, -1, 1]) * 125 / 3)
    warp = (O5_N - f) / (O5_N - f)[0]
    np.testing.assert_allclose(warp, [1, -1, -1, 1], atol=1e-4)
    for cells in (f, O5_N):
        x, y = centre_of_pressure((unit_wrenches(CORNERS, (2, 2, 2, 2)) @ cells)[:, np.newaxis])
        np.testing.assert_allclose([x[0], y[0]], [0.200, -0.050], atol=1e-6)


@pytest.mark.parametrize("carries", ["deck", "whole"])
def test_o6_braking_moves_the_apparent_cop_forward(carries):
    h, x_true = 0.20, 0.10
    f = load_sharing(four_cells(carries, h)) @ Load((-200, 0, 700), x_true, 0.0).wrench()[0]
    x_app = CORNERS[:, 0] @ f / f.sum()
    assert (x_app - x_true) * 1000 == pytest.approx(57.143, abs=5e-4)
    assert x_app + h * -200 / 700 == pytest.approx(x_true, abs=1e-12)
    assert f[:2].sum() > f[2:].sum()  # the foot pushes the belt forward: the front cells go up


def test_sideways_force_moves_the_apparent_cop_too():
    f = load_sharing(four_cells(h=0.20)) @ Load((0, 70, 700), 0.0, 0.05).wrench()[0]
    assert CORNERS[:, 1] @ f / f.sum() == pytest.approx(0.05 - 0.20 * 70 / 700, abs=1e-12)


@pytest.mark.parametrize("name", shipped_rigs())
@given(data=st.data())
def test_read_out_returns_the_wrench_it_can_observe(name, data):
    rig = load_rig(name)
    sensors, belts = sensors_of(rig), rig.belts()
    observable = belts[0].observable
    horizontal = {"Fx", "Fy"} <= observable
    wrench = np.zeros((len(belts), 6))
    for belt in range(len(belts)):
        for row, component in enumerate(COMPONENTS):
            if component in ("Fz", "Mx", "My") or (component in observable) or (horizontal and component == "Mz"):
                wrench[belt, row] = data.draw(forces)
    counts = np.einsum("cbw,bw->c", sensors.gain, wrench)
    for number, belt in enumerate(belts):
        read = apply_matrix(belt.matrix, counts[:, np.newaxis])[:, 0]
        for row, component in enumerate(COMPONENTS):
            if component in observable:
                assert read[row] == pytest.approx(wrench[number, row], rel=1e-9, abs=1e-6), component


@pytest.mark.parametrize("name", ["deck_4z", "split_belt"])
def test_deck_rigs_see_braking_only_as_a_moment(name):
    rig = load_rig(name)
    h = rig.machine.belt_height_mm / 1000
    belts = rig.belts()
    wrench = np.zeros((len(belts), 6))
    wrench[0] = -200, 50, 700, 20, -30, 5
    counts = np.einsum("cbw,bw->c", sensors_of(rig).gain, wrench)
    read = apply_matrix(belts[0].matrix, counts[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(read, [0, 0, 700, 20 - h * 50, -30 + h * -200, 0], atol=1e-9)


def test_redundant_cells_share_as_springs_do():
    """Eight cells: three independent hand calculations of an indeterminate rig."""
    h = 0.20
    position = np.vstack([CORNERS - BELOW, [[0, 0.3, -h], [0, -0.3, -h], [0.7, 0, -h], [-0.7, 0, -h]]])
    share = load_sharing(CellLayout(position, (2, 2, 2, 2, 0, 0, 1, 1), "whole"))
    np.testing.assert_allclose(share @ [0, 0, 800, 0, 0, 0], [200] * 4 + [0] * 4, atol=1e-9)
    dz = h * 100 / (4 * 0.70)
    np.testing.assert_allclose(share @ [-100, 0, 0, 0, 0, 0], [dz, dz, -dz, -dz, -50, -50, 0, 0], atol=1e-9)
    yaw = 10 / (2 * 0.3**2 + 2 * 0.7**2)  # stiffness × angle, per metre of lever
    expected = [0] * 4 + [-0.3 * yaw, 0.3 * yaw, 0.7 * yaw, -0.7 * yaw]
    np.testing.assert_allclose(share @ [0, 0, 0, 0, 0, 10], expected, atol=1e-9)


def test_a_soft_cell_takes_less_and_the_sum_stays():
    layout = CellLayout(CORNERS[[0, 1, 2, 3, 0]] * [[1], [1], [1], [1], [0]], (2,) * 5, "deck", (1, 1, 1, 1, 0.5))
    f = load_sharing(layout) @ [0, 0, 900, 0, 0, 0]
    np.testing.assert_allclose(f, [200, 200, 200, 200, 100], atol=1e-9)


def test_cells_on_a_line_are_refused():
    with pytest.raises(RigError, match="not on one line"):
        load_sharing(CellLayout(np.array([[0.7, 0, 0], [0, 0, 0], [-0.7, 0, 0]]), (2, 2, 2), "deck"))


def test_a_load_on_a_split_belt_lies_on_one_belt():
    rig = load_rig("split_belt")
    centres = belt_centres(rig)
    wrench = Load((0, 0, 500), 0.1, -0.2).wrench(centres)
    counts = np.einsum("cbw,bw->c", sensors_of(rig).gain, wrench)
    left, right = (apply_matrix(belt.matrix, counts[:, np.newaxis]) for belt in rig.belts())
    assert np.abs(left).max() < 1e-9
    x, y = centre_of_pressure(right)
    assert (x[0], y[0] + centres[1][1]) == pytest.approx((0.1, -0.2))
