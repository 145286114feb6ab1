"""What is assumed of cells that nobody calibrated, against machines drawn with just those errors."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hidden_machine import NINE, REACH_M, RIGS, machine

from analysis.directions import TYPICAL, compress_directions
from analysis.tolerances import assumed_directions
from analysis.wrench import COMPONENTS, FX, FY, FZ, MX, MY, force_belt
from daq.rig import load_rig

DRAWS = 300 * int(os.environ.get("STANCE_TRIALS", "5"))


def erred(rig, belt, rng, gain, place_m, shared):
    """What a belt truly is that the file says is `belt`, by its cells and not by its matrix."""
    cells = [cell for cell in rig.cells if (cell.belt or "") == belt.name]
    centre = next((b.centre_mm for b in rig.file.belts if b.name == belt.name), (0.0, 0.0))
    matrix = np.zeros((6, 8))
    common = 1 + shared * rng.standard_normal()
    for cell in cells:
        axis = np.eye(3)["xyz".index(cell.axis)]
        arm = np.array([*np.subtract(cell.position_mm, centre), -rig.machine.belt_height_mm]) / 1e3
        arm = arm + place_m * rng.standard_normal(3) * (axis == 0)
        scale = cell.sign * rig.newtons_per_count(cell) * (1 + gain * rng.standard_normal()) * common
        matrix[:, cell.channel] = scale * np.concatenate([axis, np.cross(arm, axis)])
    return matrix * np.array([[name in belt.observable] for name in COMPONENTS])


@pytest.mark.parametrize("name", RIGS)
def test_assumed_directions_are_those_of_machines_drawn_with_these_errors(name):
    rng = np.random.default_rng(0)
    rig, it = load_rig(name), machine(name)
    for b, belt in enumerate(it.belts):
        parts = assumed_directions(belt, gain=0.01, place_m=0.005, shared_gain=0.01)
        wrenches = [
            np.array([0, 0, 700, 700 * y, -700 * x, 0]) for x, y in np.multiply(list(NINE.values()), REACH_M[belt.name])
        ]
        wrenches += [200.0 * np.eye(6)[FX], 100.0 * np.eye(6)[FY]] if belt.measures_braking else []
        stacked = np.zeros((len(wrenches), len(it.belts), 6))
        stacked[:, b] = wrenches
        counts = np.array([it.counts(one) for one in stacked])
        drawn = np.array([erred(rig, belt, rng, 0.01, 0.005, 0.01) @ counts.T for _ in range(DRAWS)])
        truth = drawn.std(axis=0)
        told = np.sqrt((np.einsum("dkl,pl->dkp", parts, wrenches) ** 2).sum(axis=0))
        large = truth > 0.004 * TYPICAL[:, None]
        assert large.any()
        np.testing.assert_allclose(told[large], truth[large], rtol=0.12)


def test_four_vertical_cells_by_hand():
    """Gains of four cells, 1 % each, and 1 % of all: Fz in the middle is good to √(1 + 1/4) %."""
    belt = machine("deck_4z").belts[0]
    parts = assumed_directions(belt)
    off = np.sqrt(((parts @ (700.0 * np.eye(6)[FZ])) ** 2).sum(axis=0))
    assert off[FZ] / 7.0 == pytest.approx(np.sqrt(1.25), rel=0.01)
    assert off[MY] / 0.7 == pytest.approx(np.hypot(0.5 * 0.01 * 600, 0.5 * 5.0), rel=0.02), "600 mm, 5 mm"
    assert off[MX] / 0.7 == pytest.approx(np.hypot(0.5 * 0.01 * 250, 0.5 * 5.0), rel=0.02)
    assert off[[FX, FY]].tolist() == [0, 0]
    assert len(parts) <= 9


@pytest.mark.parametrize("name", RIGS)
def test_what_is_not_seen_has_no_error(name):
    for belt in machine(name).belts:
        parts = assumed_directions(belt)
        hidden = [k for k, component in enumerate(COMPONENTS) if component not in belt.observable]
        assert not parts[:, hidden].any()
        assert not parts[:, :, hidden].any()
        assert replace(belt, directions=parts).directions is parts


def test_sign_and_scale_of_counts_do_not_matter():
    belt = machine("frame_8").belts[0]
    turned = replace(belt, matrix=belt.matrix * [1, -1, 3, -3, 1, -0.1, 1, 1])
    one, other = (np.einsum("dkl,dij->klij", p, p) for p in map(assumed_directions, (belt, turned)))
    np.testing.assert_allclose(other, one, atol=1e-9 * np.abs(one).max())


def test_a_belt_without_cells_of_force_has_none():
    assert assumed_directions(force_belt({"Mx": 0})).shape == (0, 6, 6)


def test_without_error_there_is_no_direction():
    belt = machine("deck_4z").belts[0]
    assert assumed_directions(belt, gain=0.0, place_m=0.0, shared_gain=0.0).shape == (0, 6, 6)


def test_compression_keeps_the_effect_with_fewer():
    rng = np.random.default_rng(1)
    shapes = rng.normal(size=(5, 6, 6)) * TYPICAL[:, None] / TYPICAL
    parts = np.einsum("ks,sij->kij", rng.normal(size=(200, 5)), shapes)
    few = compress_directions(parts, frozenset(COMPONENTS))
    assert len(few) <= 5
    scaled = [
        np.einsum("dkl,dkl->k", p * TYPICAL / TYPICAL[:, None], p * TYPICAL / TYPICAL[:, None]) for p in (parts, few)
    ]
    assert (scaled[1] <= scaled[0] * (1 + 1e-9)).all()
    assert scaled[1].sum() / scaled[0].sum() > 0.98
    assert (scaled[1] / scaled[0] > 0.98).all()


def test_a_small_uncertainty_is_kept_beside_a_large_one():
    """The force known to 0.03 %, its place to 2 mm: both survive."""
    parts = np.zeros((20, 6, 6))
    for i in range(19):
        parts[i, (MX, MY)[i % 2], (FZ, MX, MY)[i % 3]] = 0.002
    parts[19, FZ, FZ] = 0.0003
    few = compress_directions(parts, frozenset({"Fz", "Mx", "My"}))
    assert np.sqrt((few[:, FZ, FZ] ** 2).sum()) == pytest.approx(0.0003, rel=0.02)
