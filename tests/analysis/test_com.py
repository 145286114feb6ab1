"""Vertical motion of the centre of mass: closed forms, another integration, and what must be null."""

from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, times_of, wrench_of
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import BW, analyse, half_sine, one_belt, train, two_mass
from scipy.integrate import cumulative_trapezoid, trapezoid
from scipy.signal import resample_poly

from analysis.com import com_columns, course, lowest, rise, whole_strides
from analysis.flags import SampleFlag
from analysis.protocol import G
from analysis.ragged import Span
from analysis.setup import Runner, Setup
from analysis.touch import touches
from analysis.wrench import COMPONENTS, force_belt

START = 0.3137
NAMES = (
    "vertical_oscillation_mm",
    "vertical_ratio_pct",
    "com_fall_contact_mm",
    "com_rise_flight_mm",
    "lowest_time_ms",
)


def runner(**known):
    return replace(one_belt(), runner=Runner(**known))


def measured(wrench, setup=None, **cut):
    batch = batch_of(wrench, setup or runner(belt_speed_m_s=3.0), **cut)
    return com_columns(batch, times_of(batch))


def motion_of(shape, period, rate=1000.0, steps=6):
    """Motion in each step, counted from the exact beginning of the curve."""
    force = train(shape, steps, period, rate)
    at = (START + period * np.arange(steps)) * rate
    origin = np.floor(at[:-1]).astype(np.int64)
    whole = course(force, Span(origin, at[:-1] - origin, at[1:] - origin), 1.0 / rate)
    n = np.arange(steps - 2)
    return rise(whole.of(n), whole.of(n + 1), G)


@pytest.mark.parametrize(("rate", "tolerance"), [(1000.0, 5e-4), (2400.0, 5e-4), (300.0, 1e-3)])
def test_O1_half_sine_from_its_exact_beginning(rate, tolerance):
    motion = motion_of(half_sine, 0.35, rate)
    bottom, when = lowest(motion, np.full(4, 0.25))
    np.testing.assert_allclose(np.ptp(motion.height_m, axis=1), 0.0722118, rtol=tolerance)
    np.testing.assert_allclose(-bottom, 0.0599535, rtol=tolerance)
    np.testing.assert_allclose(when, 0.125, atol=1e-5)
    np.testing.assert_allclose(1509.61648e-3 / -bottom, 25.1798, rtol=tolerance)


@pytest.mark.parametrize("rate", [1000.0, 2400.0])
def test_O2_two_mass_model_from_its_exact_beginning(rate):
    motion = motion_of(two_mass, 0.34, rate)
    bottom, _ = lowest(motion, np.full(4, 0.24))
    np.testing.assert_allclose(np.ptp(motion.height_m, axis=1), 0.0765588, rtol=5e-4)
    np.testing.assert_allclose(-bottom, 0.0595957, rtol=5e-4)
    np.testing.assert_allclose(2.6478e-3 * BW / -bottom, 30.499, rtol=5e-4)
    np.testing.assert_allclose(motion.velocity_m_s[:, 0], -0.576804, rtol=5e-4)
    at_toe_off = [np.interp(0.24, np.linspace(0.0, 0.34, row.size), row) for row in motion.velocity_m_s]
    np.testing.assert_allclose(at_toe_off, 0.403864, rtol=5e-4)


@pytest.mark.parametrize("on_N", [20.0, 50.0, 100.0])
def test_O1_from_steps_cut_at_any_threshold(on_N):
    """The spring-mass numbers belong to the whole contact, so the threshold that found it must not matter."""
    setup = runner(belt_speed_m_s=3.0)
    setup = replace(setup, protocol=replace(setup.protocol, on_N=on_N, ref_N=on_N, off_N=20.0))
    columns = measured(wrench_of(Fz=train(half_sine, 8, 0.35)), setup, on_N=on_N)
    for name, value in zip(NAMES, (72.2118, 6.877314, 59.9535, 12.2583), strict=False):
        np.testing.assert_allclose(columns[name][:-2], value, rtol=3e-3, err_msg=name)
    late = 1e3 * np.arcsin(on_N / 1509.61648) * 0.25 / np.pi
    np.testing.assert_allclose(columns["lowest_time_ms"][:-2], 125.0 - late, atol=0.02)


def test_O1_through_the_whole_pipeline():
    table, _ = analyse(train(half_sine, 20, 0.35), one_belt())
    for name, value in (
        ("vertical_oscillation_mm", 72.2118),
        ("com_fall_contact_mm", 59.9535),
        ("com_rise_flight_mm", 12.2583),
    ):
        np.testing.assert_allclose(table[name][:-2], value, rtol=3e-3 if "rise" not in name else 1e-2, err_msg=name)
        assert np.isnan(table[name][-2:]).all()


def test_touches_are_where_the_force_begins_and_ends():
    batch = batch_of(wrench_of(Fz=train(half_sine, 8, 0.35)), runner())
    begin, end = touches(batch)
    times = (batch.stances.tick[batch.stances.start[0]] * 1e-3, batch.stances.start[0])
    offset = times[0] - times[1] - 1e3 * START
    np.testing.assert_allclose((end - begin)[:-1], 250.0, atol=0.05)
    assert (batch.stances.on + begin + offset)[0] == pytest.approx(0.0, abs=0.05)


def test_touches_reach_no_further_than_half_of_the_flight():
    """A force that fades slowly would otherwise be followed far into the flight."""

    def slow(t):
        return np.interp(t, [0.0, 0.01, 0.12, 0.30, 0.335, 0.34], [0.0, 400.0, 1500.0, 60.0, 25.0, 0.0])

    batch = batch_of(wrench_of(Fz=train(slow, 8, 0.34)), runner())
    _, end = touches(batch)
    middle = 0.5 * (batch.at_ref.toe_off + batch.following)
    np.testing.assert_allclose(end[:-1], middle[:-1])
    assert end[-1] == batch.at_ref.toe_off[-1], "no flight is known behind the last step"


@pytest.mark.parametrize(("gain", "offset"), [(1.05, 0.0), (0.9, 0.0), (1.0, 5.0), (1.0, -5.0)])
def test_gain_cancels_and_a_wrong_zero_all_but_cancels(gain, offset):
    force = train(half_sine, 8, 0.35)
    exact = measured(wrench_of(Fz=force))
    columns = measured(wrench_of(Fz=gain * force + offset))
    for name in ("vertical_oscillation_mm", "com_fall_contact_mm"):
        np.testing.assert_allclose(columns[name][:-2], exact[name][:-2], rtol=1e-3 if offset == 0.0 else 0.015)


def test_on_an_incline_gravity_acts_with_its_cosine():
    level = measured(wrench_of(Fz=train(half_sine, 8, 0.35)))
    uphill = measured(wrench_of(Fz=train(half_sine, 8, 0.35)), runner(belt_speed_m_s=3.0, incline_deg=8.0))
    for name in NAMES[:4]:
        np.testing.assert_allclose(uphill[name][:-2], np.cos(np.deg2rad(8.0)) * level[name][:-2], rtol=1e-9)


def limping(left_s, right_s, n_steps=10):
    """Two legs of different contact time and force; each stride carries its own weight."""
    t = np.arange(round((START + n_steps * 0.35 + 0.4) * 1000.0)) / 1000.0
    force = np.zeros(t.size)
    for k in range(n_steps):
        local, width = t - START - 0.35 * k, (left_s, right_s)[k % 2]
        inside = (local > 0) & (local < width)
        height = (1.0 + 0.2 * (-1) ** k) * BW * 0.35 * np.pi / (2.0 * width)
        force += np.where(inside, height * np.sin(np.pi * local / width), 0.0)
    return force


def integrate_once_more(force, rate, begin, end, gravity=G):
    """Height over one stride by the formulas of the specification on a fine grid, written anew: the truth here."""
    t = np.arange(force.size) / rate
    fine = np.linspace(begin, end, 20001)
    f = np.interp(fine, t, force)
    weight = trapezoid(f, fine) / (end - begin)
    v = cumulative_trapezoid(gravity * (f / weight - 1.0), fine, initial=0.0)
    v -= np.mean(v[:-1])
    return fine, cumulative_trapezoid(v, fine, initial=0.0), v


def test_unequal_legs_against_a_plain_integration():
    force = limping(0.24, 0.27)
    batch = batch_of(wrench_of(Fz=force), runner())
    columns = com_columns(batch, times_of(batch))
    tick = batch.stances.tick[batch.stances.on] * 1e-6
    touchdown, toe_off, after = (
        tick + at * 1e-3 for at in (batch.at_ref.touchdown, batch.at_ref.toe_off, batch.following)
    )
    for k in range(7):
        time, z, _ = integrate_once_more(force, 1000.0, touchdown[k], after[k + 1])
        step, contact = time <= after[k], time <= toe_off[k]
        assert columns["vertical_oscillation_mm"][k] == pytest.approx(1e3 * np.ptp(z[step]), rel=1e-3)
        low = np.argmin(np.where(contact, z, np.inf))
        assert columns["lowest_time_ms"][k] == pytest.approx(1e3 * (time[low] - touchdown[k]), abs=0.1)
        assert columns["com_fall_contact_mm"][k] == pytest.approx(-1e3 * z[low], abs=2.5)  # from the first touch
        assert columns["com_fall_contact_mm"][k] > -1e3 * z[low]
    assert abs(np.diff(columns["vertical_oscillation_mm"][:7])).min() > 1.0, "the legs do differ"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_body_is_at_the_stride_end_where_it_was_at_its_beginning(seed):
    rng = np.random.default_rng(seed)
    widths = rng.uniform(0.2, 0.3, 2)
    batch = batch_of(wrench_of(Fz=limping(*widths)), runner())
    strides = whole_strides(batch)
    steps = course(batch.stances.total_N, strides.span, batch.interval_s)
    motion = rise(steps.of(strides.row), steps.of(strides.row + 1), G)
    for first, second in zip(range(len(strides.step)), range(1, len(strides.step)), strict=False):
        ends = motion.height_m[first, -1] + motion.height_m[second, -1]
        assert abs(ends) < 2e-4, "alternate strides of a periodic run share their steps"
        jump = motion.velocity_m_s[first, -1] - motion.velocity_m_s[second, 0]
        assert abs(jump) < 2e-3


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_same_bits_in_batches_of_any_size(seed):
    rng = np.random.default_rng(seed)
    force = limping(*rng.uniform(0.2, 0.3, 2), n_steps=9)
    force += rng.normal(0.0, 2.0, force.size) * (force > 60.0)
    batch = batch_of(wrench_of(Fz=force), runner(belt_speed_m_s=3.0), rows=None)
    whole = com_columns(batch, times_of(batch))
    for step in (1, 2, 5):
        parts = apart(com_columns, batch, times_of, step=step)
        for name in NAMES:
            assert parts[name].tobytes() == whole[name].tobytes(), (name, step)


def test_null_without_a_whole_sound_stride():
    force = train(half_sine, 8, 0.35)
    flags = np.zeros(force.size, np.uint8)
    flags[round(1000 * (START + 4 * 0.35 + 0.1))] = SampleFlag.SATURATED
    columns = measured(wrench_of(Fz=force), flags=flags)
    for name in NAMES:
        assert np.isnan(columns[name]).tolist() == [False, False, False, True, False, False, True, True], name


def test_walking_has_bounce_but_no_flight():
    def walk(t):
        return np.where((t > 0) & (t < 0.45), 1100.0 * np.sin(np.pi * np.clip(t / 0.45, 0, 1)), 0.0)

    columns = measured(wrench_of(Fz=train(walk, 8, 0.5)), foot=1)
    assert (columns["vertical_oscillation_mm"][:-2] > 0.0).all()
    for name in NAMES[2:]:
        assert np.isnan(columns[name]).all(), name


def test_a_stride_of_two_gaits_is_none():
    foot = np.array([0, 0, 0, 0, 1, -1, 1, -1])
    columns = measured(wrench_of(Fz=train(half_sine, 8, 0.35)), foot=foot)
    found = ~np.isnan(columns["vertical_oscillation_mm"])
    assert found.tolist() == [True, True, True, False, True, True, False, False]
    assert (~np.isnan(columns["com_fall_contact_mm"])).tolist() == [True, True, True] + [False] * 5


def test_two_feet_that_land_at_once_make_no_step():
    batch = batch_of(wrench_of(Fz=train(half_sine, 8, 0.35)), runner())
    following = batch.following.copy()
    following[3] = batch.at_ref.touchdown[3] + 0.5
    columns = com_columns(replace(batch, following=following), times_of(batch))
    assert np.isnan(columns["vertical_oscillation_mm"]).tolist() == [i in (2, 3, 6, 7) for i in range(8)]


def test_no_steps_at_all():
    batch = batch_of(wrench_of(Fz=train(half_sine, 3, 0.35)), runner(), rows=0)
    assert all(np.isnan(values).all() for values in com_columns(batch, times_of(batch)).values())


@pytest.mark.parametrize("trial", fukuchi()[::4], ids=lambda trial: trial.name)
def test_real_runners_against_a_plain_integration(trial):
    """Unfiltered force, up-sampled, zeroed by hand, integrated stride by stride in a loop."""
    belt = force_belt({name: i for i, name in enumerate(COMPONENTS)})
    known = Runner(stature_m=trial.stature_m, belt_speed_m_s=trial.speed_m_s)
    setup = Setup(trial.sample_rate_Hz, 1e6, [belt], one_belt().protocol, trial.mass_kg * G, runner=known)
    table, _ = analyse(trial.wrench, setup)
    force = resample_poly(trial.wrench[2], 4, 1)
    in_flight = np.concatenate(
        [
            np.arange(round((off + 0.3 * ms * 1e-3) * 1200), round((off + 0.6 * ms * 1e-3) * 1200))
            for off, ms in zip(table["toe_off_s"][:-1], table["flight_time_ms"][:-1], strict=True)
        ]
    )
    force = force - np.median(force[in_flight])
    for k in range(1, table.rows - 3, 3):
        begin, end = table["touchdown_s"][k], table["touchdown_s"][k + 2]
        time, z, _ = integrate_once_more(force, 1200.0, begin, end)
        step = time <= table["touchdown_s"][k + 1]
        assert table["vertical_oscillation_mm"][k] == pytest.approx(1e3 * np.ptp(z[step]), abs=1.0)
        contact = time <= table["toe_off_s"][k]
        low = np.argmin(np.where(contact, z, np.inf))
        assert table["lowest_time_ms"][k] == pytest.approx(1e3 * (time[low] - begin), abs=2.0)
    assert 40.0 < np.nanmedian(table["vertical_oscillation_mm"]) < 120.0
    ratio = table["vertical_oscillation_mm"] * 0.1 / table["step_length_m"]
    np.testing.assert_allclose(table["vertical_ratio_pct"], ratio, rtol=1e-12)
