"""The oracles again, through the whole chain: closed-form force → deck, noise, counts, bytes → session → steps.

On analytic input each stage has its own tests; here the rig adds 0.2 N of noise per cell, modes from 200 Hz and 24-bit
counts, and the numbers must still be those of the closed forms.
"""

from functools import cache

import numpy as np
import pytest
from system.chain import record

MASS = 70.0
BW = MASS * 9.80665


@cache
def steps(url, rig="virtual", seconds=16.0, **runner):
    results = record(f"virtual://{url}&speed=max", None, rig=rig, seconds=seconds, mass_kg=MASS, **dict(runner))
    rows = [row for row in results["steps"] if row["valid"]][3:-2]
    assert len(rows) > 20
    return rows


def mean(rows, column):
    values = [row[column] for row in rows]
    assert None not in values, column
    return float(np.mean(values))


def check(rows, expected, tolerance):
    found = {column: mean(rows, column) for column in expected}
    for column, value in expected.items():
        assert found[column] == pytest.approx(value, rel=tolerance), column


HALF_SINE = "virtual?runner=half_sine&seed=3"
TWO_MASS = "virtual?runner=two_mass&seed=3"
IMPACT = "virtual?runner=impact&seed=3"


def test_half_sine():
    """O1, m 70 kg, contact 250 ms, flight 100 ms, 3 m/s; lost at 50 N: 5.272 ms."""
    rows = steps(HALF_SINE, stature_m=1.75)
    check(rows, {"step_time_ms": 350.0, "cadence_spm": 171.4286}, 1e-4)
    assert mean(rows, "contact_time_ms") == pytest.approx(250.0 - 5.272, abs=0.5)
    assert mean(rows, "contact_time_20N_ms") == pytest.approx(250.0 - 2.109, abs=1.0)  # the 60 Hz filter's own 0.7 ms
    check(
        rows,
        {
            "active_peak_BW": 2.199115,
            "step_length_m": 1.05,
            "vertical_oscillation_mm": 72.2118,
            "com_fall_contact_mm": 59.9535,
            "k_vert_kN_m": 25.1798,
            "k_leg_kN_m": 10.8494,
            "effective_contact_ms": 174.868,
        },
        0.01,
    )
    assert mean(rows, "vertical_impulse_BW_s") * BW == pytest.approx(240.263, rel=0.003)
    assert all(row["impact_peak_BW"] is None for row in rows)
    assert all(row["impact_class"] != "impact" for row in rows)


def test_two_mass():
    """O2, Clark, Ryan and Weyand: contact 240 ms, flight 100 ms, limb loses 1.10 m/s in 27 ms."""
    rows = steps(TWO_MASS)
    check(rows, {"impact_peak_BW": 1.2494, "active_peak_BW": 2.6478}, 0.005)
    check(rows, {"vertical_oscillation_mm": 76.5588}, 0.005)
    check(rows, {"com_fall_contact_mm": 59.5957, "k_vert_kN_m": 30.499}, 0.04)  # a touch this soft is seen late
    check(rows, {"two_mass_J1_BW_s": 15.28553 / BW}, 0.03)
    assert mean(rows, "two_mass_dt1_ms") == pytest.approx(27.0, abs=1.5)
    assert mean(rows, "two_mass_p") == pytest.approx(2.0, abs=0.1)
    assert {row["impact_class"] for row in rows} == {"impact"}


def test_half_sine_with_an_impact():
    """O3: peaks at 32.22 ms (1.530974 BW) and 125 ms (2.107343 BW)."""
    rows = steps(IMPACT)
    check(rows, {"impact_peak_BW": 1.530974, "active_peak_BW": 2.107343}, 0.005)
    lost = 1e3 * 0.250 / np.pi * np.arcsin(50.0 / 1509.6)
    assert mean(rows, "impact_peak_time_ms") == pytest.approx(32.2229 - lost, abs=1.0)
    assert mean(rows, "vilr_BW_s") == pytest.approx(80.7007, rel=0.03)
    assert {row["impact_class"] for row in rows} == {"impact"}


def test_braking():
    """O4: 0.25 BW, 0.0198944 BW·s, at a quarter of contact, over at its half."""
    rows = steps(HALF_SINE, stature_m=1.75)
    check(rows, {"braking_impulse_BW_s": 0.0198944, "propulsive_impulse_BW_s": 0.0198944}, 0.01)
    check(rows, {"braking_peak_BW": 0.25}, 0.01)
    assert mean(rows, "zero_crossing_pct") == pytest.approx(50.0, abs=0.5)
    assert mean(rows, "net_fore_aft_impulse_BW_s") == pytest.approx(0.0, abs=2e-4)
    assert {row["braking_evidence"] for row in rows} == {"measured"}


def test_what_four_vertical_cells_cannot_see_is_not_printed():
    """The same runner on a deck without fore-aft cells: measured columns are null, modelled ones say so."""
    rows = steps("deck_4z?runner=half_sine&seed=3&fn_Hz=250", "deck_4z", stature_m=1.75)
    for column in ("braking_peak_BW", "braking_impulse_BW_s", "propulsive_peak_BW", "zero_crossing_pct"):
        assert all(row[column] is None for row in rows)
    assert {row["braking_evidence"] for row in rows} == {"modelled"}
    assert mean(rows, "modelled_braking_peak_BW") == pytest.approx(0.249, abs=0.01)


@pytest.mark.parametrize("roll", [0.0, 0.12])
def test_a_foot_that_rides_the_belt_stands_still_in_its_frame(roll):
    """O7: X_b is constant but for the roll of the foot; the COP's way is that between 200 N and 200 N."""
    rows = steps(f"{HALF_SINE}&roll_m={roll}")
    share = 1.0 - 2.0 / np.pi * np.arcsin(200.0 / 1509.6)
    assert mean(rows, "cop_travel_mm") == pytest.approx(1e3 * roll * share, abs=2.0)


def test_sides_of_a_narrow_runner():
    """O8: feet 40 mm apart; every side right."""
    rows = steps(f"{HALF_SINE}&step_width_m=0.04")
    sides = [row["side"] for row in rows]
    first = (rows[0]["step"] - 1) % 2
    assert sides == ["LR"[(first + k) % 2] for k in range(len(rows))]


def test_drift():
    """O9: 100 N in 30 s and 20 N that fade; contact time moves by less than 0.2 ms."""
    calm = steps(HALF_SINE, seconds=30.0)
    drifting = steps(f"{HALF_SINE}&drift_N_per_min=50&warmup_N=5&warmup_s=8", seconds=30.0)  # per cell, of four
    for column, allowed in (("contact_time_ms", 0.2), ("contact_time_20N_ms", 0.2)):
        assert abs(mean(calm, column) - mean(drifting, column)) < allowed
    assert mean(drifting, "active_peak_N") == pytest.approx(mean(calm, "active_peak_N"), abs=1.0)
