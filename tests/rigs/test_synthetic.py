"""Forces: synthetic runners against the closed forms of metrics O1 to O4, recorded ones against themselves."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from rigs.runners import load_runner
from rigs.sources import Load, Sampled, StaticLoads, Taps
from rigs.synthetic import G, HalfSine, SineAndImpact, SyntheticRunner, TwoMass
from rigs.virtual import make_source
from rigs.virtual_url import VirtualUrl
from rigs.waves import band_limit, close_seam, contacts, empty_in_flight, loop_span, split_by_side

ONE = ((0.0, 0.0),)
TWO = ((0.0, 0.25), (0.0, -0.25))


def force(shape):
    return lambda t: float(shape.force_N(np.array([t]))[0])


def impulse(shape, tc, kinks=()):
    return quad(force(shape), 0, tc, points=kinks, limit=200)[0]


def test_o1_half_sine():
    shape = HalfSine(70.0, 0.250, 0.100)
    truth = SyntheticRunner(shape, 3.0).truth
    assert truth.bw_N == pytest.approx(686.4655, abs=1e-4)
    assert truth.active_peak_N == pytest.approx(1509.61648, abs=1e-4)
    assert truth.active_peak_time_s == pytest.approx(0.125, abs=1e-6)
    assert truth.vertical_impulse_Ns == pytest.approx(240.262925, abs=1e-6)
    assert impulse(shape, 0.25) == pytest.approx(240.262925, abs=1e-6)
    assert truth.impact_peak_N is None
    lost = [2 * brentq(lambda t, f=f: force(shape)(t) - f, 0, 0.1) * 1000 for f in (5, 10, 20, 30, 50)]
    np.testing.assert_allclose(lost, [0.527, 1.054, 2.109, 3.163, 5.272], atol=5e-4)


def test_o2_two_mass():
    shape = TwoMass(70.0, 0.240, 0.100, 1.10, 0.027)
    truth = SyntheticRunner(shape).truth
    assert shape.limb_impulse_Ns == pytest.approx(15.28553, abs=1e-5)
    assert truth.vertical_impulse_Ns == pytest.approx(233.39827, abs=1e-5)
    assert impulse(shape, 0.24, (0.027, 0.054, 0.1128)) == pytest.approx(233.39827, abs=1e-5)
    assert truth.impact_peak_N / truth.bw_N == pytest.approx(1.2494, abs=5e-5)
    assert truth.impact_peak_time_s * 1000 == pytest.approx(32.591, abs=5e-4)
    assert truth.active_peak_N / truth.bw_N == pytest.approx(2.6478, abs=5e-5)
    assert truth.active_peak_time_s * 1000 == pytest.approx(112.8, abs=1e-3)


@pytest.mark.parametrize(("tc", "tf", "dv", "dt"), [(0.220, 0.120, 0.60, 0.040), (0.205, 0.135, 0.45, 0.060)])
def test_o2_soft_landings_have_no_impact_peak(tc, tf, dv, dt):
    assert SyntheticRunner(TwoMass(70.0, tc, tf, dv, dt)).truth.impact_peak_N is None


def test_o3_half_sine_and_gaussian():
    shape = SineAndImpact(70.0, 0.250, 0.100, 500.0, 0.030, 0.008)
    truth = SyntheticRunner(shape).truth
    assert shape.gauss_impulse_Ns == pytest.approx(10.026513, abs=1e-6)
    assert shape.peak_N == pytest.approx(1446.61804, abs=1e-5)
    assert truth.vertical_impulse_Ns == pytest.approx(240.262038, abs=1e-6)
    assert impulse(shape, 0.25, (0.03,)) == pytest.approx(240.262038, abs=1e-6)
    assert truth.impact_peak_time_s * 1000 == pytest.approx(32.2229, abs=1e-4)
    assert truth.impact_peak_N / truth.bw_N == pytest.approx(1.530974, abs=1e-6)
    assert truth.active_peak_time_s * 1000 == pytest.approx(125.0, abs=1e-3)
    assert truth.active_peak_N / truth.bw_N == pytest.approx(2.107343, abs=1e-6)


def test_o4_fore_aft_sine():
    runner = SyntheticRunner(HalfSine(70.0, 0.250, 0.100), braking_BW=0.25)
    fx = lambda t: float(runner.wrench(np.array([0.1 + t]))[0, 0, 0])  # noqa: E731
    assert runner.truth.braking_impulse_Ns == pytest.approx(13.656797, abs=1e-6)
    assert quad(fx, 0, 0.125)[0] == pytest.approx(-13.656797, abs=1e-6)
    assert quad(fx, 0.125, 0.25 - 1e-12)[0] == pytest.approx(13.656797, abs=1e-6)
    assert fx(0.0625) == pytest.approx(-runner.truth.braking_peak_N)
    assert runner.truth.braking_peak_N == pytest.approx(0.25 * 686.4655)
    assert runner.truth.braking_impulse_Ns / 70 == pytest.approx(0.195097, abs=1e-6)


@pytest.mark.parametrize("shape", [HalfSine(), TwoMass(), SineAndImpact()])
def test_a_runner_carries_body_weight_and_repeats_exactly(shape):
    runner = SyntheticRunner(shape)
    t = runner.shape.flight_s + np.arange(200_000) / 200_000 * 2 * runner.step_s
    fz = runner.wrench(t).sum(axis=0)[2]
    assert fz.mean() == pytest.approx(70 * G, rel=1e-5)
    np.testing.assert_allclose(runner.wrench(t + 20 * runner.step_s).sum(axis=0)[2], fz, atol=1e-6)


def test_feet_alternate_and_ride_the_belt_backwards():
    runner = SyntheticRunner(HalfSine(), 3.33, foot_x_m=0.50, step_width_m=0.10)
    steps = runner.steps(2.0)
    assert steps.side == ("L", "R", "L", "R", "L")
    np.testing.assert_allclose(steps.toe_off_s - steps.touchdown_s, 0.25)
    for touchdown, side in zip(steps.touchdown_s, steps.side, strict=True):
        since = np.linspace(0.01, 0.24, 24)
        left, right = runner.wrench(touchdown + since)
        foot, other = (left, right) if side == "L" else (right, left)
        assert not other.any()
        np.testing.assert_allclose(-foot[4] / foot[2], 0.50 - 3.33 * since, atol=1e-9)  # O7
        np.testing.assert_allclose(foot[3] / foot[2], 0.05 if side == "L" else -0.05, atol=1e-12)
        np.testing.assert_allclose(foot[5], -(foot[3] / foot[2]) * foot[0], atol=1e-9)
    before = runner.wrench(np.linspace(0, 0.0999, 50))
    assert not before.any()


def test_the_built_in_runner_loops_without_a_seam():
    runner = load_runner("davis")
    source = make_source(VirtualUrl.of("virtual").values, 1000.0, ONE)
    t = runner.period_s + np.arange(-40, 40) / 20_000
    across = source.wrench(t)[0]
    np.testing.assert_allclose(source.wrench(t + 100 * runner.period_s)[0], across, atol=1e-6)
    inside = np.abs(np.diff(source.wrench(np.arange(0, 20_000) / 20_000)[0], 4, axis=-1)).max(axis=-1)
    assert (np.abs(np.diff(across, 4, axis=-1)).max(axis=-1) <= inside).all()


def test_the_built_in_runner_keeps_its_force_and_loses_the_plates_noise_in_flight():
    runner = load_runner("davis")
    clean = empty_in_flight(runner.wrench, runner.sample_rate_Hz)
    assert clean[2].mean() == pytest.approx(runner.bw_N, rel=5e-4)
    loaded = runner.wrench[2] > 60
    np.testing.assert_array_equal(clean[:, loaded], runner.wrench[:, loaded])
    assert 0.1 < np.mean(~clean.any(axis=0)) < 0.35
    spans = contacts(runner.wrench[2], runner.sample_rate_Hz)
    assert len(spans) == 26


def test_band_limit_takes_away_what_the_adc_cannot_represent_and_nothing_else():
    fs, n = 2400.0, 4800
    t = np.arange(n) / fs
    low, high = np.sin(2 * np.pi * 100 * t), np.sin(2 * np.pi * 600 * t)
    np.testing.assert_allclose(band_limit(low + high, fs, 450.0, loop=True), low, atol=1e-9)
    np.testing.assert_allclose(band_limit(low + high, fs, 450.0, loop=False)[200:-200], low[200:-200], atol=1e-2)
    assert band_limit(low, fs, 1200.0, loop=True) is low


@pytest.mark.parametrize("rate", [500.0, 1000.0])
def test_a_runner_under_a_slower_adc_has_no_power_above_its_band(rate):
    source = make_source(VirtualUrl.of("virtual").values, rate, ONE)
    period = load_runner("davis").period_s
    fz = source.wrench(np.arange(round(period * 9600)) / 9600)[0, 2]
    power = np.abs(np.fft.rfft(fz)) ** 2
    frequency = np.fft.rfftfreq(len(fz), 1 / 9600)
    assert power[frequency > 0.47 * rate].sum() < 1e-6 * power[1:].sum()


def test_a_slow_recording_is_joined_smoothly():
    t = np.arange(300) / 300.0
    wrench = np.sin(2 * np.pi * 5 * t) * np.ones((1, 6, 1))
    source = Sampled(wrench, 300.0, loop=False)
    fine = np.linspace(0.1, 0.9, 5000)
    np.testing.assert_allclose(source.wrench(fine)[0, 2], np.sin(2 * np.pi * 5 * fine), atol=1e-5)


def test_after_its_end_a_recording_leaves_the_belt_empty_and_the_belt_runs_on():
    source = Sampled(np.full((1, 6, 100), 5.0), 100.0, loop=False, speed_m_s=np.linspace(2, 4, 100))
    after = np.array([0.99, 1.0, 7.0])
    np.testing.assert_allclose(source.wrench(after)[0, 2], [5, 0, 0])
    assert source.distance_m(np.array([0.99]))[0] == pytest.approx(3 * 0.99, rel=1e-6)
    assert np.diff(source.distance_m(np.array([5.0, 6.0])))[0] == pytest.approx(3.0)


def test_a_looped_belt_gains_the_same_way_every_lap():
    speed = 3 + np.sin(2 * np.pi * np.arange(200) / 200)
    source = Sampled(np.zeros((1, 6, 200)), 100.0, loop=True, speed_m_s=speed)
    way = source.distance_m(np.array([0.0, 0.5, 2.0, 2.5, 200.5]))
    np.testing.assert_allclose(way[[2, 3, 4]], [6, 6 + way[1], 600 + way[1]], rtol=1e-9)
    assert way[1] == pytest.approx(1.5 + (1 - np.cos(np.pi / 2)) / np.pi, rel=1e-6)


def test_one_runner_on_two_belts_steps_on_each_in_turn():
    runner = load_runner("davis")  # who wanders to the left: the sign of y alone would not do
    left, right = split_by_side(runner.wrench, runner.sample_rate_Hz)
    np.testing.assert_array_equal(left + right, runner.wrench)
    fs = runner.sample_rate_Hz
    merged = sorted([(a, "L") for a, _ in contacts(left[2], fs)] + [(a, "R") for a, _ in contacts(right[2], fs)])
    sides = [side for _, side in merged]
    assert len(sides) == 26
    assert all(a != b for a, b in itertools.pairwise(sides))


def test_the_sides_of_a_synthetic_runner_are_found():
    runner = SyntheticRunner(HalfSine(), step_width_m=0.1)
    truth = runner.wrench(np.arange(3500) / 1000)
    found = split_by_side(truth.sum(axis=0), 1000.0)
    np.testing.assert_allclose(found, truth, atol=1e-9)


def test_a_loop_is_cut_in_flight_after_an_even_number_of_contacts():
    fz = SyntheticRunner(HalfSine()).wrench(np.arange(3400) / 1000).sum(axis=0)[2]
    first, end = loop_span(fz, 1000.0)
    assert fz[first] == fz[end] == 0.0
    assert (end - first) / 1000 == pytest.approx(8 * 0.35, abs=0.003)
    seam = close_seam(np.linspace(0, 1, 500), 1000.0)
    assert seam[-1] == pytest.approx(0, abs=0.01)
    np.testing.assert_array_equal(seam[:480], np.linspace(0, 1, 500)[:480])


def test_loads_lie_one_after_the_other_and_the_last_one_stays():
    loads = [Load((0, 0, 0)), Load((-10, 5, 700), 0.2, -0.1), Load((0, 0, 100))]
    w = StaticLoads(loads, 2.0).wrench(np.array([0.5, 2.0, 3.99, 4.0, 400.0]))[0]
    np.testing.assert_array_equal(w[2], [0, 700, 700, 100, 100])
    np.testing.assert_allclose(w[:, 1], [-10, 5, 700, -70, -140, 0.2 * 5 - 0.1 * 10])
    assert not StaticLoads().wrench(np.arange(3.0)).any()


def test_taps_have_the_impulse_of_a_half_sine():
    t = np.arange(6_000_000) / 1e6
    fz = Taps(Load((0, 0, 200), 0.3, 0.1), every_s=2.0).wrench(t)[0]
    assert fz[2].sum() / 1e6 == pytest.approx(3 * 200 * 0.004 * 2 / np.pi, rel=1e-6)
    assert np.flatnonzero(fz[2])[0] == pytest.approx(1_000_000, abs=2)
    np.testing.assert_allclose(fz[4], -0.3 * fz[2])


def test_a_force_file_is_played_once_or_for_ever(tmp_path):
    path = tmp_path / "run one.csv"
    runner = SyntheticRunner(HalfSine(), 3.0)
    t = np.arange(600) / 300
    w = runner.wrench(t).sum(axis=0)
    np.savetxt(path, np.column_stack([t, w[2], w[0]]), delimiter=",", header="time_s,Fz_N,Fx_N", comments="")
    values = {"force": str(path), "belt_speed_m_s": 3.0}
    once = make_source(VirtualUrl.of("virtual", **values).values, 1000.0, ONE)
    fine = np.arange(100, 1900) / 1000
    expected = runner.wrench(fine).sum(axis=0)
    inside = (expected[2] > 400) & (np.abs(np.gradient(expected[0])) < 5)
    np.testing.assert_allclose(once.wrench(fine)[0, 2, inside], expected[2, inside], atol=3)
    assert not once.wrench(np.array([2.5])).any()
    loop = make_source(VirtualUrl.of("virtual", loop=True, **values).values, 1000.0, ONE)
    late = loop.wrench(np.arange(20_000) / 1000)[0, 2]
    assert late.mean() == pytest.approx(70 * G, rel=3e-3)  # whole samples of 300 Hz: up to one in 420


def test_a_file_for_two_belts_stays_on_its_belts(tmp_path):
    path = tmp_path / "split.csv"
    left, right = SyntheticRunner(HalfSine()).wrench(np.arange(1000) / 1000)
    table = np.column_stack([np.arange(1000) / 1000, left[2], right[2]])
    np.savetxt(path, table, delimiter=",", header="time_s,Fz_N_L,Fz_N_R", comments="")
    source = make_source(VirtualUrl.of("split_belt", force=str(path)).values, 1000.0, TWO)
    got = source.wrench(np.arange(900) / 1000)
    np.testing.assert_allclose(got[0, 2], left[2, :900], atol=1e-6)
    np.testing.assert_allclose(got[1, 2], right[2, :900], atol=1e-6)
