"""Braking of the spring-leg model: its published values, and that it never passes for a measurement."""

from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, times_of, wrench_of
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi_trial
from running import analyse, ap_sine, half_sine, one_belt, train
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from analysis.belt_way import belt_way
from analysis.fore_aft import MEASURED, fore_aft_columns
from analysis.modelled import (
    COP_TRAVEL_M,
    IMPULSE_FACTOR,
    PEAK_FACTOR,
    modelled_columns,
    spring_leg_ratio,
    spring_leg_reach,
)
from analysis.protocol import G
from analysis.setup import Runner, Setup
from analysis.stiffness import morin_peak_BW
from analysis.wrench import COMPONENTS, force_belt

RUNNER = Runner(belt_speed_m_s=3.0, leg_length_m=0.93)
MODELLED = ("modelled_braking_peak_BW", "modelled_braking_impulse_BW_s")


def test_factors_are_those_of_the_curve():
    def curve(phase):
        return np.sin(np.pi * phase) * (0.5 - phase)

    top = minimize_scalar(lambda phase: -curve(phase), bounds=(0.0, 0.5), method="bounded", options={"xatol": 1e-10})
    assert pytest.approx(-top.fun, rel=1e-9) == PEAK_FACTOR
    assert top.x == pytest.approx(0.226, abs=5e-4)
    assert pytest.approx(quad(curve, 0.0, 0.5)[0], rel=1e-9) == IMPULSE_FACTOR
    assert (round(PEAK_FACTOR, 5), round(IMPULSE_FACTOR, 6)) == (0.17860, 0.057834)


@pytest.mark.parametrize(
    ("speed", "contact_s", "flight_s", "peak", "impulse", "change"),
    [
        (3.0, 0.25, 0.10, 0.249, 0.0202, 0.198),
        (3.33, 0.24, 0.10, 0.273, 0.0212, 0.208),
        (4.0, 0.22, 0.12, 0.336, 0.0239, 0.235),
        (5.0, 0.19, 0.13, 0.401, 0.0247, 0.242),
    ],
)
def test_O16_values_of_the_specification(speed, contact_s, flight_s, peak, impulse, change):
    setup = replace(one_belt(), runner=replace(RUNNER, belt_speed_m_s=speed))
    batch = batch_of(wrench_of(Fz=train(half_sine, 3, 0.35)), setup)
    on = batch.stances.on[0]
    exact = replace(batch.at_ref, touchdown=np.zeros(3), toe_off=np.full(3, 1e3 * contact_s))
    assert batch.stances.end[0] > on + 1e3 * contact_s
    known = {"contact_time_ms": np.full(3, 1e3 * contact_s), "flight_time_ms": np.full(3, 1e3 * flight_s)}
    columns = modelled_columns(replace(batch, at_ref=exact), known)
    assert columns["modelled_braking_peak_BW"][0] == pytest.approx(peak, abs=6e-4)
    assert columns["modelled_braking_impulse_BW_s"][0] == pytest.approx(impulse, abs=6e-5)
    assert columns["modelled_braking_impulse_BW_s"][0] * G == pytest.approx(change, abs=6e-4)


@settings(max_examples=50, deadline=None)
@given(st.floats(2.0, 6.0), st.floats(0.15, 0.3), st.floats(0.05, 0.18), st.floats(0.75, 1.1))
def test_the_ratio_brakes_first_then_pushes_and_carries_the_modelled_impulse(speed, contact_s, flight_s, leg):
    reach = spring_leg_reach(np.array([speed * contact_s]))
    phase = np.linspace(0.0, 1.0, 2001)
    ratio = spring_leg_ratio(phase, reach[:, None], leg)
    assert ratio.shape == (1, 2001)
    assert (ratio[0, :1000] < 0.0).all()
    assert ratio[0, 1000] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(ratio[0], -ratio[0, ::-1], atol=1e-12)
    assert ratio[0, 0] == pytest.approx(-(speed * contact_s - COP_TRAVEL_M) / (2.0 * leg))
    peak_BW = morin_peak_BW(np.array([contact_s]), np.array([flight_s]))[0]
    braking = -ratio[0, :1001] * peak_BW * np.sin(np.pi * phase[:1001])
    impulse = contact_s * np.sum(0.5 * (braking[1:] + braking[:-1])) / 2000.0
    assert impulse == pytest.approx(IMPULSE_FACTOR * peak_BW * reach[0] / leg * contact_s, rel=1e-5)


def test_O6_the_ratio_takes_the_bias_out_of_the_apparent_centre_of_pressure():
    """h 0.20 m, Fx −200 N, Fz 700 N: x_app − x_true = + 57.143 mm, and x_app + h·Fx/Fz is exact."""
    height, ratio = 0.20, -200.0 / 700.0
    leg = 0.93
    reach = np.array([-ratio * leg / 0.3])  # a runner whose model gives just this ratio at 20 % of contact
    modelled = spring_leg_ratio(np.array([0.2]), reach, leg)
    x_app = 0.05 - height * ratio
    assert 1e3 * (x_app - 0.05) == pytest.approx(57.143, abs=1e-3)
    assert (x_app + height * modelled)[0] == pytest.approx(0.05, abs=1e-12)


def test_a_belt_slower_than_the_foot_rolls_is_no_run():
    assert np.isnan(spring_leg_reach(np.array([0.159, np.nan]))).all()
    assert spring_leg_reach(np.array([0.46]))[0] == pytest.approx(0.30)


def columns_of(setup, fx=ap_sine, **cut):
    wrench = wrench_of(Fz=train(half_sine, 8, 0.35), Fx=train(fx, 8, 0.35))
    batch = batch_of(wrench, setup, **cut)
    return fore_aft_columns(batch, times_of(batch))


def test_modelled_never_looks_measured():
    modelled, measured = (columns_of(replace(s, runner=RUNNER)) for s in (one_belt(Fz=0), one_belt(Fz=0, Fx=1)))
    assert modelled["braking_evidence"].tolist() == ["modelled"] * 7 + [""]
    assert set(measured["braking_evidence"]) == {"measured"}
    for name in MEASURED:
        assert np.isnan(modelled[name]).all(), name
        assert not np.isnan(measured[name]).any(), name
    for name in MODELLED:
        assert not np.isnan(modelled[name][:-1]).any(), name
        assert np.isnan(measured[name]).all(), name


def test_the_model_cannot_see_how_the_runner_brakes():
    """What the fore-aft force really does changes nothing: the model knows times, speed and leg length only."""
    setup = replace(one_belt(Fz=0), runner=RUNNER)
    soft, hard = columns_of(setup), columns_of(setup, fx=lambda t: 3.0 * ap_sine(t))
    for name in MODELLED:
        assert soft[name].tobytes() == hard[name].tobytes()


@pytest.mark.parametrize("runner", [Runner(belt_speed_m_s=3.0), Runner(leg_length_m=0.93), Runner()])
def test_without_speed_or_leg_there_is_no_model(runner):
    columns = columns_of(replace(one_belt(Fz=0), runner=runner))
    assert set(columns["braking_evidence"]) == {""}
    for name in MODELLED:
        assert np.isnan(columns[name]).all(), name


def test_leg_length_from_stature():
    a = columns_of(replace(one_belt(Fz=0), runner=Runner(belt_speed_m_s=3.0, stature_m=0.93 / 0.53)))
    b = columns_of(replace(one_belt(Fz=0), runner=RUNNER))
    np.testing.assert_allclose(a["modelled_braking_peak_BW"], b["modelled_braking_peak_BW"], rtol=1e-12)


def test_walking_has_no_model():
    columns = columns_of(replace(one_belt(Fz=0), runner=RUNNER), foot=1)
    assert set(columns["braking_evidence"]) == {""}
    for name in MODELLED:
        assert np.isnan(columns[name]).all(), name


def test_the_same_bits_in_batches_of_any_size():
    batch = batch_of(wrench_of(Fz=train(half_sine, 9, 0.35)), replace(one_belt(Fz=0), runner=RUNNER))
    whole = fore_aft_columns(batch, times_of(batch))
    parts = apart(fore_aft_columns, batch, times_of)
    for name in (*MODELLED, "braking_evidence"):
        assert parts[name].tobytes() == whole[name].tobytes(), name


def test_the_measured_way_of_the_belt_counts_not_the_set_speed():
    """O7: a belt that dips by 5 % in every stance goes less far than its set speed says."""
    force = train(half_sine, 8, 0.35)
    speed = 3.0 * np.where(force > 0.0, 0.95, 1.0)
    travel = np.concatenate(([0.0], np.cumsum(speed[:-1]) / 1000.0))
    setup = replace(one_belt(Fz=0), runner=RUNNER)
    with_sensor = batch_of(wrench_of(Fz=force), setup, travel=travel)
    without = batch_of(wrench_of(Fz=force), setup)
    ends = (without.at_ref.touchdown, without.at_ref.toe_off)
    set_way, real_way = belt_way(without, *ends), belt_way(with_sensor, *ends)
    np.testing.assert_allclose(set_way, 3e-3 * (ends[1] - ends[0]), rtol=1e-12)
    np.testing.assert_allclose(real_way, 0.95 * set_way, atol=1e-9)
    np.testing.assert_allclose(belt_way(with_sensor, ends[1], ends[0]), -real_way, atol=1e-12)
    blind = batch_of(wrench_of(Fz=force), replace(setup, runner=Runner()))
    assert np.isnan(belt_way(blind, *ends)).all()
    known = times_of(without)
    less = modelled_columns(with_sensor, known)["modelled_braking_peak_BW"]
    more = modelled_columns(without, known)["modelled_braking_peak_BW"]
    np.testing.assert_allclose((less / more)[:-1], ((real_way - 0.16) / (set_way - 0.16))[:-1], rtol=1e-9)


@pytest.mark.parametrize("name", ["RBDS002_T35", "RBDS012_T45", "RBDS024_T35"])
def test_on_real_runners_it_is_a_rough_guide(name):
    """Over 39 trials: peak 0.78 ± 0.09 of the measured one, which holds an impact; impulse 1.02 ± 0.11 of it."""
    trial = fukuchi_trial(name)
    runner = Runner(stature_m=trial.stature_m, belt_speed_m_s=trial.speed_m_s)
    tables = []
    for seen in (COMPONENTS, ("Fz",)):
        belt = force_belt({c: COMPONENTS.index(c) for c in seen}, channels=6)
        setup = Setup(300.0, 1e6, [belt], one_belt().protocol, trial.mass_kg * G, runner=runner)
        tables.append(analyse(trial.wrench, setup)[0])
    measured, modelled = tables
    peak = np.nanmedian(modelled[MODELLED[0]]) / np.nanmedian(measured["braking_peak_BW"])
    impulse = np.nanmedian(modelled[MODELLED[1]]) / np.nanmedian(measured["braking_impulse_BW_s"])
    assert 0.5 < peak < 1.05
    assert 0.75 < impulse < 1.3
    assert np.isnan(modelled["braking_peak_BW"]).all()
    assert set(modelled["braking_evidence"]) <= {"modelled", ""}
