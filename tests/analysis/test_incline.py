"""A belt that climbs: forces in its own frame from cells that tilt with it, and from cells that stay level."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.incline import (
    Hinge,
    gravity_share_BW,
    inclined_belt,
    level_to_belt,
    normal_share_BW,
    raised_height_m,
    seen_incline_deg,
)
from analysis.wrench import Belt, force_belt

BW, CONTACT_S, STEP_S, RATE = 700.0, 0.25, 0.35, 1000.0
REAR = Hinge(x_m=-0.8)


def runner_on(incline_deg, steps=20):
    """A runner at steady speed on an inclined belt, in the belt's frame: (6, n) and the time of whole steps.

    Across the belt a half-sine that carries BW·cos θ, along it the same shape with BW·sin θ, braking and propulsion of
    0.2 BW upon it; the foot stands 0.15 m before the centre and rides back.
    """
    theta = math.radians(incline_deg)
    t = (np.arange(round(steps * STEP_S * RATE)) + 0.5) / RATE
    since = t % STEP_S
    on = since < CONTACT_S
    pulse = np.where(on, np.pi / 2 * STEP_S / CONTACT_S * np.sin(np.pi * since / CONTACT_S), 0.0)  # mean 1
    fz = BW * math.cos(theta) * pulse
    fx = BW * math.sin(theta) * pulse - np.where(on, 0.2 * BW * np.sin(2 * np.pi * since / CONTACT_S), 0.0)
    fy = 0.05 * fz
    x, y = 0.15 - 3.0 * since, 0.04
    return np.stack([fx, fy, fz, y * fz, -x * fz, x * fy - y * fx])


def seen_by_level_cells(wrench, incline_deg, hinge):
    """The same load on the level belt's centre: turned to the level frame, and moved from where the centre is now.

    Written out point by point: the belt's centre sits at hinge + R·(−hinge), R turning x towards z.
    """
    theta = math.radians(incline_deg)
    c, s = math.cos(theta), math.sin(theta)
    up_belt, off_belt = np.array([c, 0.0, s]), np.array([-s, 0.0, c])
    centre = np.array([hinge.x_m, 0.0, hinge.z_m]) - hinge.x_m * up_belt - hinge.z_m * off_belt
    across = np.array([0.0, 1.0, 0.0])
    axes = np.stack([up_belt, across, off_belt])
    force, moment = axes.T @ wrench[:3], axes.T @ wrench[3:]
    return np.concatenate([force, moment + np.cross(centre, force.T).T])


@pytest.mark.parametrize("incline_deg", [-10.0, -5.0, 0.0, 5.0, 10.0])
@pytest.mark.parametrize("hinge", [REAR, Hinge(0.0), Hinge(-0.7, -0.2)])
def test_level_cells_give_the_belts_frame(incline_deg, hinge):
    wrench = runner_on(incline_deg)
    level = seen_by_level_cells(wrench, incline_deg, hinge)
    np.testing.assert_allclose(level_to_belt(incline_deg, hinge) @ level, wrench, atol=1e-9)
    assert level[2].mean() == pytest.approx(BW, rel=1e-4)  # to level cells a steady runner weighs BW …
    assert level[0].mean() == pytest.approx(0.0, abs=0.05)  # … and pushes nowhere


@pytest.mark.parametrize("incline_deg", [-10.0, 5.0])
def test_both_mountings_agree(incline_deg):
    wrench = runner_on(incline_deg)
    whole = force_belt({name: row for row, name in enumerate(("Fx", "Fy", "Fz", "Mx", "My", "Mz"))})
    tilting = inclined_belt(whole, incline_deg, cells_tilt=True, hinge=REAR)
    level = inclined_belt(whole, incline_deg, cells_tilt=False, hinge=REAR)
    seen = seen_by_level_cells(wrench, incline_deg, REAR)
    np.testing.assert_allclose(tilting.matrix @ wrench, level.matrix @ seen, atol=1e-9)


@pytest.mark.parametrize("incline_deg", [-10.0, -3.0, 0.0, 7.0])
def test_gravity_leaves_the_balance(incline_deg):
    wrench = runner_on(incline_deg)
    net = np.array([wrench[0].sum() / RATE / BW])
    time = np.array([wrench.shape[1] / RATE])
    assert net[0] / time[0] == pytest.approx(gravity_share_BW(incline_deg), abs=1e-4)
    assert wrench[2].mean() / BW == pytest.approx(normal_share_BW(incline_deg), rel=1e-4)
    assert seen_incline_deg(wrench[0].mean(), wrench[2].mean()) == pytest.approx(incline_deg, abs=0.01)


def test_downhill_brakes():
    downhill, uphill = runner_on(-10.0), runner_on(10.0)
    braking = {name: -w[0].clip(max=0).sum() for name, w in (("down", downhill), ("up", uphill))}
    assert braking["down"] > 5.0 * braking["up"]
    assert gravity_share_BW(-10.0) < 0.0 < gravity_share_BW(10.0)
    np.testing.assert_allclose([gravity_share_BW(30.0), normal_share_BW(60.0)], [0.5, 0.5])


def test_without_fore_aft_cells_only_the_cosine_is_left():
    """Four level vertical cells: F_Z·cos θ and the COP along the belt; fore-aft force stays unseen."""
    incline_deg, height = 5.0, 0.2
    wrench = runner_on(incline_deg)
    level = seen_by_level_cells(wrench, incline_deg, REAR)
    cells = np.array([[0.7, 0.3], [0.7, -0.3], [-0.7, 0.3], [-0.7, -0.3]])
    matrix = np.zeros((6, 4))
    matrix[2], matrix[3], matrix[4] = 1.0, cells[:, 1], -cells[:, 0]
    plain = Belt("", matrix, frozenset({"Fz", "Mx", "My"}))
    about_cells = np.stack([level[3] - height * level[1], level[4] + height * level[0]])  # moments in their plane
    design = np.stack([np.ones(4), cells[:, 1], -cells[:, 0], np.array([1.0, -1.0, -1.0, 1.0])])
    load = np.linalg.solve(design, np.stack([level[2], *about_cells, 0 * level[2]]))
    seen = inclined_belt(plain, incline_deg, cells_tilt=False, hinge=REAR).matrix @ load
    theta = math.radians(incline_deg)
    np.testing.assert_allclose(seen[2], level[2] * math.cos(theta), atol=1e-9)
    assert not seen[[0, 1, 5]].any()
    assert np.abs(seen[2] - wrench[2]).max() < 0.03 * BW
    assert seen[2].mean() == pytest.approx(wrench[2].mean(), rel=1e-4)
    raised = raised_height_m(height, incline_deg, REAR)
    assert raised == pytest.approx(height + 0.8 * math.sin(theta))
    loaded = wrench[2] > 200.0
    x = -wrench[4, loaded] / wrench[2, loaded]
    shift = -seen[4, loaded] / seen[2, loaded] - x
    unseen = level[0, loaded] / level[2, loaded]
    np.testing.assert_allclose(shift, -(raised / math.cos(theta) + x * math.tan(theta)) * unseen, atol=1e-9)


@given(st.floats(-20, 20), st.floats(-1, 1), st.floats(-0.3, 0.3))
def test_turning_there_and_back_changes_nothing(incline_deg, x_m, z_m):
    wrench = runner_on(3.0, steps=1)
    level = seen_by_level_cells(wrench, incline_deg, Hinge(x_m, z_m))
    back = level_to_belt(incline_deg, Hinge(x_m, z_m)) @ level
    np.testing.assert_allclose(back, wrench, atol=1e-8)
    np.testing.assert_allclose(np.hypot(level[0], level[2]), np.hypot(wrench[0], wrench[2]), rtol=1e-12, atol=1e-9)
    assert raised_height_m(0.2, 0.0, Hinge(x_m, z_m)) == 0.2
