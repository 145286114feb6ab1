"""Which columns a soft or slow rig withholds, with what reason, and what its lights say."""

import re

import pytest

from analysis.gates import BRAKING_IMPULSES, BRAKING_PEAKS, IMPACT, LABELS, SHAPE, deck_lights, gated_columns
from analysis.protocol import get_protocol
from analysis.setup import DeckModes, Mode, Setup
from analysis.steps import COLUMNS
from analysis.wrench import force_belt
from daq.rig import load_rig

WHOLE = force_belt({"Fx": 0, "Fy": 1, "Fz": 2})
DECK = force_belt({"Fz": 0})


def setup(z_Hz=250.0, x_Hz=250.0, *, identified=False, rate=1000.0, belt=WHOLE, **more):
    modes = DeckModes(None if x_Hz is None else Mode(x_Hz, 0.03), None, Mode(z_Hz, 0.03), identified)
    return Setup(rate, 1e6, [belt], get_protocol(), deck=modes, **more)


def lights(given):
    return {light.name: light for light in deck_lights(given)}


def test_every_gated_column_is_a_column():
    names = {column.name for column in COLUMNS}
    for group in (IMPACT, SHAPE, BRAKING_PEAKS, BRAKING_IMPULSES, LABELS):
        assert set(group) <= names
        assert len(set(group)) == len(group)


def test_a_stiff_and_fast_rig_prints_everything():
    assert gated_columns(setup()) == {}
    assert {light.state for light in deck_lights(setup())} == {"green"}


@pytest.mark.parametrize(
    ("z_Hz", "identified", "impact", "shape", "state"),
    [
        (178.0, False, True, True, "green"),
        (90.0, False, True, True, "green"),
        (89.0, False, True, True, "amber"),
        (60.0, False, True, True, "amber"),
        (59.9, False, False, True, "red"),
        (45.0, False, False, False, "red"),
        (34.0, False, False, False, "red"),
        (100.0, True, True, True, "green"),
        (63.0, True, True, True, "amber"),
        (45.0, True, True, True, "amber"),
        (35.0, True, True, True, "amber"),
        (33.9, True, False, False, "red"),
    ],
)
def test_the_vertical_mode_gates(z_Hz, identified, impact, shape, state):
    given = setup(z_Hz, identified=identified)
    gated = gated_columns(given)
    assert all((name not in gated) == impact for name in IMPACT)
    assert all((name not in gated) == shape for name in SHAPE)
    assert not set(gated) & {"cadence_spm", "step_time_ms", "vertical_impulse_BW_s", "braking_impulse_BW_s"}
    light = lights(given)["vertical_mode"]
    assert (light.state, light.value, light.unit) == (state, z_Hz, "Hz")
    assert f"{z_Hz:g} Hz" in light.text


@pytest.mark.parametrize(
    ("x_Hz", "identified", "peaks", "impulses", "state"),
    [
        (120.0, False, True, True, "green"),
        (87.0, False, True, True, "amber"),
        (74.0, False, False, True, "red"),
        (45.0, False, False, False, "red"),
        (45.0, True, True, True, "amber"),
        (24.0, True, False, False, "red"),
    ],
)
def test_the_fore_aft_mode_gates(x_Hz, identified, peaks, impulses, state):
    given = setup(x_Hz=x_Hz, identified=identified)
    gated = gated_columns(given)
    assert all((name not in gated) == peaks for name in BRAKING_PEAKS)
    assert all((name not in gated) == impulses for name in BRAKING_IMPULSES)
    assert "valr_BW_s" not in gated
    assert lights(given)["fore_aft_mode"].state == state


def test_a_rig_that_does_not_see_braking_has_no_fore_aft_light_or_gate():
    given = setup(x_Hz=30.0, belt=DECK)
    assert gated_columns(given) == {}
    assert set(lights(given)) == {"vertical_mode", "sample_rate"}


def test_an_unknown_fore_aft_mode_is_told():
    assert lights(setup(x_Hz=None))["fore_aft_mode"].state == "amber"
    assert gated_columns(setup(x_Hz=None)) == {}


def test_an_imported_force_is_judged_by_its_rate_alone():
    given = Setup(1000.0, 1e6, [WHOLE], get_protocol())
    assert gated_columns(given) == {}
    assert [light.name for light in deck_lights(given)] == ["sample_rate"]


@pytest.mark.parametrize(
    ("rate", "impact", "shape", "static", "state"),
    [
        (1000.0, True, True, True, "green"),
        (500.0, True, True, True, "green"),
        (300.0, True, True, True, "amber"),
        (249.0, False, True, True, "red"),
        (150.0, False, False, True, "red"),
        (80.0, False, False, False, "red"),
    ],
)
def test_the_sample_rate_gates(rate, impact, shape, static, state):
    given = setup(rate=rate)
    gated = gated_columns(given)
    for group, printed in ((IMPACT, impact), (SHAPE, shape), (set(BRAKING_IMPULSES) - set(SHAPE), static)):
        assert all((name not in gated) == printed for name in group)
    assert ("cadence_spm" not in gated) == static
    assert lights(given)["sample_rate"].state == state


def test_at_300_Hz_loading_rates_are_printed_with_a_warning():
    light = lights(setup(rate=300.0))["sample_rate"]
    assert light.state == "amber"
    assert "loading rates" in light.text


def test_80_samples_a_second_give_no_column_of_a_step():
    left = {column.name for column in COLUMNS} - set(gated_columns(setup(rate=80.0)))
    assert left == set(LABELS)


def test_no_column_about_impact_or_contact_is_forgotten():
    about = re.compile(r"valr|vilr|hf_|impact_|two_mass|strike|foot_p|contact_time|active_peak|k_leg|k_vert")
    gated = gated_columns(setup(34.0))
    assert [c.name for c in COLUMNS if about.search(c.name) and c.name not in gated] == []


def test_further_contact_times_go_the_way_of_contact_time():
    gated = gated_columns(setup(40.0, contact_levels=("30N", "10pctBW")))
    assert gated["contact_time_30N_ms"] == gated["contact_time_10pctBW_ms"] == gated["contact_time_ms"]


def test_reasons_say_figure_limit_and_remedy():
    gated = gated_columns(setup(45.0, 50.0))
    assert "45 Hz" in gated["valr_BW_s"]
    assert "60 Hz" in gated["valr_BW_s"]
    assert "tap test" in gated["valr_BW_s"]
    assert "50 Hz" in gated["braking_peak_BW"]
    assert "120" in gated_columns(setup(rate=80.0))["cadence_spm"]


@pytest.mark.parametrize(
    ("name", "withheld", "states"),
    [
        ("virtual", (), {"green"}),
        ("frame_8", (), {"green", "amber"}),
        ("frame_6", (), {"green", "amber"}),
        ("deck_4z", (), {"green", "amber"}),
        ("split_belt", (), {"green"}),
    ],
)
def test_shipped_rigs_by_their_nominal_modes(name, withheld, states):
    rig = load_rig(name)
    given = Setup(rig.sample_rate_Hz, 1e6, rig.belts(), get_protocol(), deck=rig.deck_modes())
    assert set(gated_columns(given)) == set(withheld)
    assert {light.state for light in deck_lights(given)} == states
    for light in deck_lights(given):
        assert light.name == "sample_rate" or "nominal" in light.text
