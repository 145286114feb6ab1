"""What must hold for any run (O17): scale, offset, shift in time, order in time, closure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, ap_sine, half_sine_with_impact, one_belt, ticks, train, two_mass

from analysis.bodyweight import weight_closure
from analysis.protocol import get_protocol
from analysis.setup import Setup
from analysis.steps import COLUMNS
from analysis.wrench import Belt

NEWTON = [c.name for c in COLUMNS if c.name.endswith("_N")]
RELATIVE = [c.name for c in COLUMNS if c.name.endswith(("_BW", "_BW_s"))]
SECONDS = [
    c.name for c in COLUMNS if c.kind == "float" and c.name.endswith(("_s", "_ms", "_spm")) and "_BW" not in c.name
]


def uneven_run(seed, n_steps=14):
    """Fz and Fx of steps that differ in size and shape."""
    rng = np.random.default_rng(seed)
    sizes, shapes = rng.uniform(0.85, 1.15, n_steps), rng.integers(0, 2, n_steps)
    n = train(two_mass, n_steps, 0.35).size
    channels = np.zeros((2, n))
    for k in range(n_steps):
        shape = (half_sine_with_impact, two_mass)[shapes[k]]
        channels[0] += sizes[k] * train(shape, n_steps, 0.35, every=n_steps, phase=k)
        channels[1] += sizes[k] * train(ap_sine, n_steps, 0.35, every=n_steps, phase=k)
    return channels


def setup(bw):
    return one_belt(bw=bw, Fz=0, Fx=1)


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.6, 1.7))
def test_scaling_force_and_body_weight_scales_newtons_and_leaves_body_weights(seed, k):
    channels = uneven_run(seed)
    table, pipeline = analyse(channels, setup(None))
    # thresholds in newtons would move the events: they are scaled as well
    protocol = get_protocol()
    scaled_protocol = type(protocol)(
        **(protocol.as_dict() | {n: k * getattr(protocol, n) for n in ("on_N", "off_N", "ref_N")})
    )
    scaled_setup = Setup(1000.0, 1e6, setup(None).belts, scaled_protocol, None)
    scaled, scaled_pipeline = analyse(k * channels, scaled_setup)
    assert scaled_pipeline.bw_N == pytest.approx(k * pipeline.bw_N, rel=1e-9)
    assert scaled.rows == table.rows == 14
    for name in NEWTON:
        np.testing.assert_allclose(scaled[name], k * table[name], rtol=1e-9, err_msg=name)
    for name in [*RELATIVE, *SECONDS]:
        if name not in ("contact_time_20N_ms", "valr_200N_BW_s"):
            # An uncertainty is a small difference of numbers; that of a fit, of numbers found by iteration.
            near = 1e-4 if name.startswith("u_two_mass") else 1e-5 if name.startswith("u_") else 1e-8
            np.testing.assert_allclose(scaled[name], table[name], rtol=near, atol=1e-9, err_msg=name)
    weight = weight_closure(scaled_pipeline.loads.impulse_Ns, scaled_pipeline.loads.time_s, scaled_pipeline.bw_N)
    assert weight == pytest.approx(1.0, abs=1e-9), "closure is 1 if body weight is what the strides say"


@settings(max_examples=15, deadline=None)
@given(seeds, st.lists(st.floats(-500, 500), min_size=4, max_size=4))
def test_a_constant_in_every_cell_is_taken_away_by_zeroing(seed, offsets):
    """Four vertical cells and one fore-aft cell, each with an offset of its own."""
    corners = np.array([(0.7, 0.3), (0.7, -0.3), (-0.7, 0.3), (-0.7, -0.3)])
    matrix = np.zeros((6, 5))
    matrix[2, :4], matrix[3, :4], matrix[4, :4] = 1.0, corners[:, 1], -corners[:, 0]
    matrix[0, 4] = 1.0
    rig = Setup(1000.0, 1e6, [Belt("", matrix, frozenset({"Fx", "Fz"}))], get_protocol(), BW)
    fz, fx = uneven_run(seed)
    cells = np.stack([0.3 * fz, 0.2 * fz, 0.35 * fz, 0.15 * fz, fx])
    table, _ = analyse(cells, rig)
    moved, _ = analyse(cells + np.array([*offsets, offsets[0]])[:, None], rig)
    assert moved.rows == table.rows == 14
    for name in [*NEWTON, *RELATIVE, *SECONDS]:
        np.testing.assert_allclose(moved[name], table[name], rtol=1e-9, atol=1e-9, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(0, 2**52))
def test_a_shift_of_the_device_clock_changes_nothing(seed, shift):
    channels = uneven_run(seed)
    table, _ = analyse(channels, setup(BW))
    later, _ = analyse(channels, setup(BW), tick=ticks(channels.shape[1], start=shift))
    assert later.equals(table), "session time counts from the first sample"


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(1, 2000))
def test_empty_belt_before_the_run_only_shifts_times(seed, rows):
    channels = uneven_run(seed)
    table, _ = analyse(channels, setup(BW))
    later, _ = analyse(np.pad(channels, ((0, 0), (rows, 0))), setup(BW))
    assert later.rows == table.rows
    for name in [*NEWTON, *RELATIVE, *SECONDS]:
        shift = rows / 1000.0 if name in ("touchdown_s", "toe_off_s") else 0.0
        split = name.startswith(("hf_", "u_hf_"))  # the 10 Hz low-pass is read between points of a grid of its own
        rtol, atol = (1e-4, 2e-5) if split else (1e-5, 1e-9)
        np.testing.assert_allclose(later[name], table[name] + shift, rtol=rtol, atol=atol, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_time_reversal_keeps_what_has_no_direction(seed):
    channels = uneven_run(seed)
    forward, _ = analyse(channels, setup(BW))
    back, _ = analyse(channels[:, ::-1].copy(), setup(BW))
    assert back.rows == forward.rows == 14
    for name in (
        "contact_time_ms",
        "contact_time_5pctBW_ms",
        "active_peak_BW",
        "vertical_impulse_BW_s",
        "braking_peak_BW",
        "braking_impulse_BW_s",
        "propulsive_impulse_BW_s",
    ):
        np.testing.assert_allclose(back[name][::-1], forward[name], rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(back["flight_time_ms"][-2::-1], forward["flight_time_ms"][:-1], rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_body_weights_are_newtons_over_body_weight_and_times_add_up(seed):
    table, pipeline = analyse(uneven_run(seed), setup(None))
    np.testing.assert_allclose(table["active_peak_BW"] * pipeline.bw_N, table["active_peak_N"], rtol=1e-12)
    np.testing.assert_allclose(
        table["contact_time_ms"] + table["flight_time_ms"], table["step_time_ms"], rtol=1e-9, equal_nan=True
    )
    np.testing.assert_allclose(table["cadence_spm"], 60e3 / table["step_time_ms"], rtol=1e-9)
    np.testing.assert_allclose(np.diff(table["touchdown_s"]) * 1e3, table["step_time_ms"][:-1], rtol=1e-9)
