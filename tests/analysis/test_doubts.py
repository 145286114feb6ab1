"""Which columns a session's lights grey out: exactly those that the light speaks of, and none that is withheld."""

import pytest

from analysis.doubts import SCALE, TIMING, doubtful_columns
from analysis.gates import BRAKING_IMPULSES, BRAKING_PEAKS, IMPACT, SHAPE, deck_lights, gated_columns
from analysis.protocol import get_protocol
from analysis.quality import AMBER, GREEN, INFO, RED, Light
from analysis.setup import DeckModes, Mode, Setup
from analysis.steps import COLUMNS
from analysis.wrench import force_belt

WHOLE = force_belt({"Fx": 0, "Fy": 1, "Fz": 2})


def setup(z_Hz=250.0, x_Hz=250.0, *, identified=False, rate=1000.0, **more):
    modes = DeckModes(Mode(x_Hz, 0.03), None, Mode(z_Hz, 0.03), identified)
    return Setup(rate, 1e6, [WHOLE], get_protocol(), deck=modes, **more)


def doubted(given):
    return doubtful_columns(deck_lights(given), gated=gated_columns(given), levels=given.contact_levels)


def light(name, state, value=0.0):
    return Light(name, state, value, None, "", f"{name} is {state}")


def test_every_named_column_is_a_column():
    assert {*SCALE, *TIMING} <= {column.name for column in COLUMNS}


def test_a_stiff_and_fast_rig_leaves_nothing_in_doubt():
    assert doubted(setup()) == {}


@pytest.mark.parametrize(
    ("z_Hz", "identified", "impact", "shape"),
    [
        (90.0, False, "printed", "printed"),
        (89.0, False, "doubt", "printed"),
        (60.0, False, "doubt", "printed"),
        (59.0, False, "withheld", "doubt"),
        (45.0, False, "withheld", "withheld"),
        (100.0, True, "printed", "printed"),
        (63.0, True, "doubt", "printed"),
        (45.0, True, "doubt", "doubt"),
        (30.0, True, "withheld", "withheld"),
    ],
)
def test_each_column_is_printed_in_doubt_or_withheld(z_Hz, identified, impact, shape):
    given = setup(z_Hz, identified=identified)
    gated, doubtful = gated_columns(given), doubted(given)
    for group, wanted in ((IMPACT, impact), (SHAPE, shape)):
        assert {(name in gated, name in doubtful) for name in group} == {(wanted == "withheld", wanted == "doubt")}
    assert not {*gated, *doubtful} & {"cadence_spm", "vertical_impulse_BW_s", "braking_peak_BW"}


@pytest.mark.parametrize(
    ("x_Hz", "identified", "peaks", "impulses"),
    [
        (120.0, False, "printed", "printed"),
        (87.0, False, "doubt", "printed"),
        (74.0, False, "withheld", "doubt"),
        (45.0, True, "doubt", "doubt"),
        (20.0, True, "withheld", "withheld"),
    ],
)
def test_fore_aft_likewise(x_Hz, identified, peaks, impulses):
    given = setup(x_Hz=x_Hz, identified=identified)
    gated, doubtful = gated_columns(given), doubted(given)
    for group, wanted in ((BRAKING_PEAKS, peaks), (set(BRAKING_IMPULSES) - set(BRAKING_PEAKS), impulses)):
        assert {(name in gated, name in doubtful) for name in group} == {(wanted == "withheld", wanted == "doubt")}


def test_a_slow_rate_casts_doubt_on_rates_and_contact_times():
    doubtful = doubted(setup(rate=300.0, contact_levels=("30N",)))
    assert {"valr_BW_s", "contact_time_ms", "contact_time_30N_ms"} <= set(doubtful)
    assert "vertical_impulse_BW_s" not in doubtful


def test_a_weight_that_does_not_close_casts_doubt_on_every_force_but_on_no_time():
    found = doubtful_columns([light("weight_closure", RED, 1.05)])
    assert set(found) == set(SCALE)
    assert {"valr_BW_s", "braking_impulse_BW_s", "vertical_oscillation_mm", "k_vert_kN_m"} <= set(found)
    assert not {"contact_time_ms", "cadence_spm", "cop_travel_mm", "belt_speed_m_s"} & set(found)
    assert doubtful_columns([light("weight_closure", AMBER, 1.02)]) == {}


def test_noisy_flights_cast_doubt_on_times_only():
    found = doubtful_columns([light("noise", RED, 12.0)], levels=("30N",))
    assert set(found) == {*TIMING, "contact_time_30N_ms"}
    assert "active_peak_BW" not in found


@pytest.mark.parametrize("name", ["drift", "lost_frames", "belt_dips", "calibration", "steps"])
def test_other_lights_cast_none(name):
    assert doubtful_columns([light(name, state) for state in (GREEN, INFO, AMBER, RED)]) == {}


def test_what_is_withheld_is_not_in_doubt_besides_and_the_reason_is_the_lights():
    found = doubtful_columns([light("weight_closure", RED)], gated={"valr_BW_s"})
    assert "valr_BW_s" not in found
    assert found["active_peak_BW"] == "weight_closure is red"
