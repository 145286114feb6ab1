"""Closed-form steps through the whole pipeline at 1 kHz: what comes out must be what went in, within 0.3 %."""

from dataclasses import replace

import numpy as np
import pytest
from running import BW, analyse, ap_sine, half_sine, half_sine_with_impact, one_belt, ticks, train, two_mass
from scipy.optimize import brentq

from analysis.bodyweight import weight_closure
from analysis.protocol import G, get_protocol

PER_MILLE = 1e-3
START = 0.3137


def crossing_times(shape, level, t_c):
    """Touchdown and toe-off of the continuous curve, s after its beginning."""

    def above(t):
        return float(shape(np.array(t))) - level

    return brentq(above, 1e-9, 0.02), brentq(above, t_c - 0.04, t_c - 1e-9)


@pytest.fixture(scope="module", params=[1000.0, 2400.0, 976.5625])
def half_sines(request):
    rate = request.param
    channels = np.stack([train(half_sine, 50, 0.35, rate), train(ap_sine, 50, 0.35, rate)])
    return analyse(channels, one_belt(rate, Fz=0, Fx=1))


def test_O1_every_step_is_found_and_only_the_last_has_no_next(half_sines):
    table, pipeline = half_sines
    assert table.rows == 50
    assert table["valid"].all()
    assert [r["flags"] for r in table.records()] == [[]] * 49 + [["no_next"]]
    assert pipeline.ignored == 0
    assert set(table["side"]) == {"?"}


def test_O1_times(half_sines):
    table = half_sines[0]
    rise, fall = crossing_times(half_sine, 50.0, 0.250)
    assert 1e3 * (0.250 - (fall - rise)) == pytest.approx(5.272, abs=1e-3), "the oracle of the threshold's cost"
    beginnings = START + 0.35 * np.arange(50)
    np.testing.assert_allclose(table["touchdown_s"], beginnings + rise, atol=0.2e-3)
    np.testing.assert_allclose(table["toe_off_s"], beginnings + fall, atol=0.2e-3)
    np.testing.assert_allclose(table["contact_time_ms"], 250.0 - 5.272, atol=0.25)
    np.testing.assert_allclose(table["flight_time_ms"][:-1], 100.0 + 5.272, atol=0.25)
    np.testing.assert_allclose(table["step_time_ms"][:-1], 350.0, rtol=5e-5)
    np.testing.assert_allclose(table["cadence_spm"][:-1], 171.4286, rtol=5e-5)
    assert np.isnan(table["step_time_ms"][-1])


def test_O1_contact_time_at_other_thresholds(half_sines):
    """The low-pass rounds the corner at the foot of the curve: + 1 ms at 20 N, as any filter of 60 Hz does."""
    table = half_sines[0]
    np.testing.assert_allclose(table["contact_time_5pctBW_ms"], 250.0 - 3.619, atol=0.4)
    np.testing.assert_allclose(table["contact_time_20N_ms"], 250.0 - 2.109, atol=1.2)
    assert (table["contact_time_20N_ms"] > table["contact_time_5pctBW_ms"]).all()
    assert (table["contact_time_5pctBW_ms"] > table["contact_time_ms"]).all()


def test_O1_forces(half_sines):
    table = half_sines[0]
    np.testing.assert_allclose(table["active_peak_N"], 1509.61648, rtol=PER_MILLE)
    np.testing.assert_allclose(table["active_peak_BW"], 2.199115, rtol=PER_MILLE)
    np.testing.assert_allclose(table["vertical_impulse_BW_s"] * BW, 240.262925, rtol=2 * PER_MILLE)
    assert np.isnan(table["impact_peak_BW"]).all(), "a half-sine has no impact peak"
    assert np.isnan(table["impact_prominence_BW"]).all()


def test_O1_closes(half_sines):
    loads = half_sines[1].loads
    assert weight_closure(loads.impulse_Ns, loads.time_s, BW) == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(loads.impulse_Ns[:-1], 240.262925, rtol=1e-4)
    np.testing.assert_allclose(loads.time_s[:-1], 0.35, rtol=5e-5)
    assert np.isnan(loads.impulse_Ns[-1])


def test_O4_braking_and_propulsion(half_sines):
    table = half_sines[0]
    rise, _ = crossing_times(half_sine, 50.0, 0.250)
    np.testing.assert_allclose(table["braking_peak_BW"], 0.25, rtol=3 * PER_MILLE)
    np.testing.assert_allclose(table["propulsive_peak_BW"], 0.25, rtol=3 * PER_MILLE)
    np.testing.assert_allclose(table["braking_impulse_BW_s"] * BW, 13.656797, rtol=3 * PER_MILLE)
    np.testing.assert_allclose(table["propulsive_impulse_BW_s"] * BW, 13.656797, rtol=3 * PER_MILLE)
    net = table["propulsive_impulse_BW_s"] - table["braking_impulse_BW_s"]
    assert np.abs(net).max() < 1e-4 * table["braking_impulse_BW_s"].mean()
    np.testing.assert_allclose(table["braking_time_ms"], 62.5 - 1e3 * rise, atol=1.0)
    assert set(table["braking_evidence"]) == {"measured"}


@pytest.fixture(scope="module")
def two_masses():
    return analyse(train(two_mass, 50, 0.34), one_belt())


def test_O2_two_mass_model(two_masses):
    """Clark, Ryan and Weyand (2017): impact peak 1.2494 BW at 32.591 ms, active peak 2.6478 BW, from t = 0."""
    table, pipeline = two_masses
    rise, fall = crossing_times(two_mass, 50.0, 0.240)
    assert table.rows == 50
    np.testing.assert_allclose(table["impact_peak_BW"], 1.2494, rtol=PER_MILLE)
    np.testing.assert_allclose(table["impact_peak_time_ms"], 32.591 - 1e3 * rise, atol=0.75)
    np.testing.assert_allclose(table["active_peak_BW"], 2.6478, rtol=PER_MILLE)
    np.testing.assert_allclose(table["contact_time_ms"], 1e3 * (fall - rise), atol=0.25)
    np.testing.assert_allclose(pipeline.loads.impulse_Ns[:-1], 233.39827, rtol=1e-4)


def test_O3_half_sine_with_impact():
    table, pipeline = analyse(train(half_sine_with_impact, 50, 0.35), one_belt())
    rise, fall = crossing_times(half_sine_with_impact, 50.0, 0.250)
    np.testing.assert_allclose(table["impact_peak_BW"], 1.530974, rtol=3 * PER_MILLE)
    np.testing.assert_allclose(table["impact_peak_time_ms"], 32.2229 - 1e3 * rise, atol=0.75)
    np.testing.assert_allclose(table["impact_prominence_BW"], 1.530974 - 1.249318, rtol=0.01)
    np.testing.assert_allclose(table["active_peak_BW"], 2.107343, rtol=PER_MILLE)
    np.testing.assert_allclose(table["contact_time_ms"], 1e3 * (fall - rise), atol=0.25)
    np.testing.assert_allclose(pipeline.loads.impulse_Ns[:-1], 240.262038, rtol=1e-4)


@pytest.mark.parametrize(
    "softer",
    [
        {"t_c": 0.220, "t_a": 0.120, "dv1": 0.60, "dt1": 0.040},
        {"t_c": 0.205, "t_a": 0.135, "dv1": 0.45, "dt1": 0.060},
    ],
)
def test_O2_midfoot_and_forefoot_shapes_have_no_impact_peak(softer):
    table, _ = analyse(train(lambda t: two_mass(t, **softer), 20, 0.34), one_belt())
    assert table.rows == 20
    assert np.isnan(table["impact_peak_BW"]).all()
    assert np.isnan(table["impact_peak_time_ms"]).all()


def test_an_impact_higher_than_the_active_peak_stays_out_of_it():
    table, _ = analyse(train(lambda t: half_sine_with_impact(t, height=1800.0), 20, 0.35), one_belt())
    assert (table["impact_peak_BW"] > table["active_peak_BW"]).all()
    top = (BW * 0.35 - 1800.0 * 0.008 * np.sqrt(2 * np.pi)) * np.pi / 0.5
    np.testing.assert_allclose(table["active_peak_N"], top, rtol=3 * PER_MILLE)


def test_an_impact_in_the_wider_window_stays_out_of_the_active_peak():
    late = {"height": 1500.0, "middle": 0.078, "sd": 0.004}  # 31 % of contact: inside 30 to 75 %, outside 40 to 60 %
    table, _ = analyse(train(lambda t: half_sine_with_impact(t, **late), 20, 0.35), one_belt())
    top = (BW * 0.35 - 1500.0 * 0.004 * np.sqrt(2 * np.pi)) * np.pi / 0.5
    np.testing.assert_allclose(table["active_peak_N"], top, rtol=3 * PER_MILLE)


@pytest.mark.parametrize(
    ("bump", "found"),
    [
        pytest.param({"height": 500.0, "middle": 0.030, "sd": 0.008}, True, id="where impacts are"),
        pytest.param({"height": 500.0, "middle": 0.064, "sd": 0.006}, False, id="after 50 ms"),
        pytest.param({"height": 238.0, "middle": 0.030, "sd": 0.008}, False, id="stands out by less than 0.02 BW"),
        pytest.param({"height": 300.0, "middle": 0.030, "sd": 0.008}, True, id="stands out by more than 0.02 BW"),
    ],
)
def test_what_counts_as_an_impact_peak(bump, found):
    force = train(lambda t: half_sine_with_impact(t, **bump), 20, 0.35)
    loose = replace(get_protocol(), impact_prominence_BW=1e-9)
    table, _ = analyse(force, one_belt())
    assert (~np.isnan(table["impact_peak_BW"]) == found).all()
    if bump["height"] == 238.0:
        assert not np.isnan(analyse(force, replace(one_belt(), protocol=loose))[0]["impact_peak_BW"]).any()


@pytest.mark.parametrize("mass", [30.0, 70.0, 140.0])
def test_threshold_of_5_percent_of_any_body_weight(mass):
    """15 N lies below the disarming threshold, 69 N above the arming one."""

    def shape(t):
        return half_sine(t, mass=mass)

    table, _ = analyse(train(shape, 20, 0.35), one_belt(bw=mass * G))
    rise, fall = crossing_times(shape, 0.05 * mass * G, 0.250)
    np.testing.assert_allclose(table["contact_time_5pctBW_ms"], 1e3 * (fall - rise), atol=0.6)
    heavier = table["contact_time_5pctBW_ms"] < table["contact_time_ms"]
    assert heavier.all() == (mass > 102)


def test_an_active_peak_outside_the_middle_is_found_in_the_wider_window():
    def early(t):
        return np.where((t > 0) & (t < 0.25), 1500.0 * np.sin(np.pi * (np.clip(t, 0, 0.25) / 0.25) ** 0.65), 0.0)

    table, _ = analyse(train(early, 20, 0.35), one_belt())  # its peak lies at 34 % of contact
    np.testing.assert_allclose(table["active_peak_N"], 1500.0, rtol=3 * PER_MILLE)


def test_braking_is_null_where_it_is_not_measured(two_masses):
    table, _ = two_masses
    for name in table:
        if name.startswith(("braking_", "propulsive_")) and name != "braking_evidence":
            assert np.isnan(table[name]).all(), name
    assert all(r["braking_evidence"] is None for r in table.records())


@pytest.mark.parametrize("rate", [300.0, 500.0, 1000.0, 4000.0])
def test_rate_changes_no_number_by_much(rate):
    table, _ = analyse(train(half_sine_with_impact, 30, 0.35, rate), one_belt(rate))
    reference, _ = analyse(train(half_sine_with_impact, 30, 0.35, 8000.0), one_belt(8000.0))
    coarse = 1000.0 / rate
    np.testing.assert_allclose(table["contact_time_ms"], reference["contact_time_ms"], atol=0.05 + 0.1 * coarse**2)
    np.testing.assert_allclose(table["impact_peak_BW"], reference["impact_peak_BW"], rtol=0.002 * (1 + coarse**2))
    np.testing.assert_allclose(table["active_peak_BW"], reference["active_peak_BW"], rtol=0.001 * (1 + coarse**2))


def test_times_come_from_device_ticks_not_from_the_nominal_rate():
    force = train(half_sine, 30, 0.35)
    exact, _ = analyse(force, one_belt())
    slow, _ = analyse(force, one_belt(), tick=ticks(force.size, 1000.0 / 1.004))
    for name in ("touchdown_s", "contact_time_ms", "flight_time_ms", "step_time_ms"):
        np.testing.assert_allclose(slow[name], exact[name] * 1.004, rtol=2e-5)
