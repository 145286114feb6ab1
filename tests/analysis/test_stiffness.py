"""Stiffness from force and, apart from it, from times alone (Morin et al. 2005)."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batches import apart, batch_of, times_of, wrench_of
from realdata import fukuchi
from running import MASS, analyse, half_sine, one_belt, train, two_mass

from analysis.com import com_columns
from analysis.protocol import G
from analysis.setup import Runner, Setup
from analysis.stiffness import leg_shortening, morin_peak_BW, morin_sinking_m, stiffness_columns
from analysis.wrench import COMPONENTS, force_belt

MORIN = ("morin_peak_BW", "morin_k_vert_kN_m", "morin_k_leg_kN_m")
O1 = Runner(belt_speed_m_s=3.0, leg_length_m=0.9275)


def known_of(batch):
    known = times_of(batch)
    known |= com_columns(batch, known)
    return known | {"active_peak_N": np.full(len(batch), 1509.61648)}


def measured(setup, shape=half_sine, period=0.35, **cut):
    batch = batch_of(wrench_of(Fz=train(shape, 8, period)), setup, **cut)
    return stiffness_columns(batch, known_of(batch))


def morin(contact_s, flight_s, speed, leg, mass=MASS):
    """k_vert and k_leg in kN/m from times."""
    contact, flight = np.array([contact_s]), np.array([flight_s])
    peak = 1e-3 * mass * G * morin_peak_BW(contact, flight)
    sinking = morin_sinking_m(contact, flight)
    return float(peak[0] / sinking[0]), float(peak[0] / leg_shortening(leg, speed * contact, sinking)[0])


def test_O1_in_closed_form():
    assert MASS * G * morin_peak_BW(np.array([0.25]), np.array([0.1]))[0] == pytest.approx(1509.61648, rel=1e-7)
    assert morin_sinking_m(np.array([0.25]), np.array([0.1]))[0] == pytest.approx(0.0599535, rel=1e-5)
    assert leg_shortening(0.9275, np.array([0.75]), np.array([0.0599535]))[0] == pytest.approx(0.1391427, rel=1e-5)
    assert morin(0.25, 0.10, 3.0, 0.9275) == pytest.approx((25.1798, 10.8494), rel=1e-5)


def test_O1_from_force():
    """A half-sine is what the times-only method assumes, so force gives the same stiffness."""
    columns = measured(replace(one_belt(), runner=O1))
    np.testing.assert_allclose(columns["k_vert_kN_m"][:-2], 25.1798, rtol=3e-3)
    np.testing.assert_allclose(columns["k_leg_kN_m"][:-2], 10.8494, rtol=3e-3)
    assert np.isnan(columns["k_leg_kN_m"][-2:]).all()


def test_O1_through_the_whole_pipeline():
    table, _ = analyse(train(half_sine, 20, 0.35), replace(one_belt(), runner=O1))
    np.testing.assert_allclose(table["k_vert_kN_m"][:-2], 25.1798, rtol=5e-3)
    np.testing.assert_allclose(table["k_leg_kN_m"][:-2], 10.8494, rtol=5e-3)


def test_O2_whose_force_fades_in_and_out():
    """A raised cosine leaves the ground on a parabola: a straight line finds half of what the threshold hid.

    From the exact beginning k_vert is 30.499 kN/m (see test_com); counted from 50 N it would be 5.0 % more.
    """
    batch = batch_of(wrench_of(Fz=train(two_mass, 8, 0.34)), replace(one_belt(), runner=O1))
    known = known_of(batch) | {"active_peak_N": np.full(len(batch), 2.6478 * MASS * G)}
    stiffer = stiffness_columns(batch, known)["k_vert_kN_m"][:-2] / 30.499 - 1.0
    assert (stiffer > 0.0).all()
    assert (stiffer < 0.032).all()


def test_times_only_values_are_those_of_the_row():
    setup = replace(one_belt(), runner=O1)
    batch = batch_of(wrench_of(Fz=train(half_sine, 8, 0.35)), setup)
    known, columns = known_of(batch), stiffness_columns(batch, known_of(batch))
    contact, flight = known["contact_time_ms"][0] * 1e-3, known["flight_time_ms"][0] * 1e-3
    assert columns["morin_peak_BW"][0] == pytest.approx(0.5 * np.pi * (flight / contact + 1.0))
    expected = morin(contact, flight, 3.0, 0.9275)
    found = (columns["morin_k_vert_kN_m"][0], columns["morin_k_leg_kN_m"][0])
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("contact_s", "flight_s", "speed"), [(0.25, 0.10, 3.33), (0.20, 0.12, 4.5), (0.23, 0.10, 3.33)]
)
def test_R5_ten_percent_less_contact_time(contact_s, flight_s, speed):
    """Morin et al. (2005): −10 % contact time makes k_vert 20 % and k_leg 25 % larger."""
    before, after = morin(contact_s, flight_s, speed, 0.93), morin(0.9 * contact_s, flight_s, speed, 0.93)
    assert after[0] / before[0] - 1.0 == pytest.approx(0.20, abs=0.02)
    assert after[1] / before[1] - 1.0 == pytest.approx(0.25, abs=0.02)


def test_leg_length_is_measured_or_estimated_or_missing():
    from_stature = measured(replace(one_belt(), runner=Runner(belt_speed_m_s=3.0, stature_m=1.75)))
    given = measured(replace(one_belt(), runner=Runner(belt_speed_m_s=3.0, leg_length_m=0.9275)))
    np.testing.assert_allclose(from_stature["k_leg_kN_m"], given["k_leg_kN_m"], rtol=1e-12)
    for runner in (Runner(belt_speed_m_s=3.0), Runner(stature_m=1.75)):
        columns = measured(replace(one_belt(), runner=runner))
        for name in ("k_leg_kN_m", "morin_k_leg_kN_m"):
            assert np.isnan(columns[name]).all(), name
        assert not np.isnan(columns["k_vert_kN_m"][:-2]).any()


def test_a_leg_that_could_not_reach_gives_null():
    columns = measured(replace(one_belt(), runner=Runner(belt_speed_m_s=9.0, leg_length_m=0.9275)))
    assert np.isnan(columns["k_leg_kN_m"]).all()
    assert np.isnan(columns["morin_k_leg_kN_m"]).all()


def test_walking_and_an_unknown_weight_give_null():
    walking = measured(replace(one_belt(), runner=O1), foot=-1)
    assert all(np.isnan(values).all() for values in walking.values())
    weightless = measured(replace(one_belt(bw=None), runner=O1))
    assert np.isnan(weightless["morin_k_vert_kN_m"]).all()
    assert not np.isnan(weightless["k_vert_kN_m"][:-2]).any(), "force needs no body weight"


def test_the_same_bits_in_batches_of_any_size():
    batch = batch_of(wrench_of(Fz=train(two_mass, 9, 0.34)), replace(one_belt(), runner=O1))
    whole = stiffness_columns(batch, known_of(batch))
    for step in (1, 4):
        parts = apart(stiffness_columns, batch, known_of, step=step)
        for name, values in whole.items():
            assert parts[name].tobytes() == values.tobytes(), (name, step)


def real_tables():
    belt = force_belt({name: i for i, name in enumerate(COMPONENTS)})
    for trial in fukuchi():
        runner = Runner(stature_m=trial.stature_m, belt_speed_m_s=trial.speed_m_s)
        setup = Setup(trial.sample_rate_Hz, 1e6, [belt], one_belt().protocol, trial.mass_kg * G, runner=runner)
        yield trial, analyse(trial.wrench, setup)[0]


def test_R5_on_real_runners():
    """Morin et al. (2005), 8 runners on a treadmill, 3.33 to 6.67 m/s: the sine is 7 % low, k_leg is 10.4 ± 2.3 kN/m.

    Published too: k_vert 37.7 ± 8.8 kN/m over speeds; it grows with speed, k_leg hardly does.
    """
    medians = {2.5: [], 3.5: [], 4.5: []}
    for trial, table in real_tables():
        below = 1.0 - np.nanmedian(table["morin_peak_BW"] / table["active_peak_BW"])
        medians[trial.speed_m_s].append([np.nanmedian(table[n]) for n in ("k_vert_kN_m", "k_leg_kN_m")] + [below])
    slow, middle, fast = (np.mean(medians[v], axis=0) for v in (2.5, 3.5, 4.5))
    assert slow[0] < middle[0] < fast[0]
    assert 37.7 - 8.8 < fast[0] < 37.7 + 8.8
    assert fast[1] == pytest.approx(slow[1], rel=0.15)
    for speed in (middle, fast):
        assert 10.37 - 2.34 < speed[1] < 10.37 + 2.34
        assert 0.0 < speed[2] < 0.12


if "STANCE_DATA" in os.environ:

    @pytest.mark.validate
    def test_the_sine_is_low_on_37_more_runners():
        """Alcantara et al. (2021): peak, contact time and step frequency of 87 conditions."""
        with (Path(os.environ["STANCE_DATA"]) / "alcantara2021" / "GRF_IMU_data.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        peak, contact, frequency = (np.array([float(r[n]) for r in rows]) for n in ("GRFPeak", "GRFtc", "IMUsf"))
        below = 1.0 - morin_peak_BW(contact, 1.0 / frequency - contact) / peak
        assert len(rows) == 87
        assert below.mean() == pytest.approx(0.092, abs=5e-4)
        assert below.std() == pytest.approx(0.037, abs=5e-4)
