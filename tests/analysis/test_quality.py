"""Quality lights: each number on its side of its limits, said in words; and why a column is empty."""

import numpy as np
import pytest
from running import analyse, half_sine, one_belt, train

from analysis.gates import gated_columns
from analysis.machine_lights import (
    artefact_light,
    cells_light,
    dips_light,
    drift_light,
    incline_light,
    residual_light,
    speed_light,
    tare_light,
    zero_light,
)
from analysis.missing import missing
from analysis.protocol import get_protocol
from analysis.quality import Light, closure_light, doubted, fore_aft_light, frames_light, noise_light, steps_light
from analysis.steps import EMPTY, StepTable


def table(rows=4, **columns):
    values = {name: np.full(rows, value) for name, value in columns.items()}
    return StepTable({"step": np.arange(1, rows + 1), "valid": np.ones(rows, bool), **values})


@pytest.mark.parametrize(
    ("closure", "state"), [(1.0, "green"), (0.991, "green"), (1.02, "amber"), (0.96, "red"), (None, "info")]
)
def test_weight_closure(closure, state):
    assert closure_light(closure, "mass").state == state


def test_closure_says_why_it_is_not_there():
    assert "mass" in closure_light(None, "strides").text
    assert "no whole stride" in closure_light(None, "mass").text


@pytest.mark.parametrize(("net", "state"), [(0.0005, "green"), (0.0015, "amber"), (-0.005, "red")])
def test_net_fore_aft_impulse(net, state):
    steps = table(net_fore_aft_impulse_BW_s=net, braking_impulse_BW_s=0.02, propulsive_impulse_BW_s=0.02 + net,
                  step_time_ms=350.0)  # fmt: skip
    assert fore_aft_light(steps, 0.0).state == state


def test_gravity_is_not_an_imbalance_and_no_braking_is_nothing_to_balance():
    share = np.sin(np.radians(-5.0))
    downhill = table(net_fore_aft_impulse_BW_s=share * 0.35, braking_impulse_BW_s=0.04,
                     propulsive_impulse_BW_s=0.04 + share * 0.35, step_time_ms=350.0)  # fmt: skip
    assert fore_aft_light(downhill, share).state == "green"
    assert fore_aft_light(downhill, 0.0).state == "red"
    none = table(net_fore_aft_impulse_BW_s=1e-4, braking_impulse_BW_s=1e-4, propulsive_impulse_BW_s=2e-4,
                 step_time_ms=350.0)  # fmt: skip
    assert fore_aft_light(none, 0.0).state == "info"
    assert fore_aft_light(table(), 0.0) is None


@pytest.mark.parametrize(("noise", "state"), [(0.5, "green"), (4.0, "amber"), (11.0, "red")])
def test_noise_and_the_doubt_it_casts_on_the_deck(noise, state):
    light = noise_light(table(flight_noise_N=noise), get_protocol())
    assert light.state == state
    mode = Light("vertical_mode", "green", 180.0, 90.0, "Hz", "stiff")
    (seen,) = doubted([mode], light)
    assert seen.state == ("red" if state == "red" else "green")
    assert noise_light(table(), get_protocol()) is None


def test_losses_cells_zero_and_steps():
    assert frames_light(1000, 0, 0).state == "green"
    assert frames_light(100_000, 10, 0).state == "amber"
    assert frames_light(1000, 0, 1).state == "amber"
    assert frames_light(1000, 10, 0).state == "red"
    assert cells_light([], 1000).state == "green"
    assert "FL, RR" in cells_light(["FL", "RR"], 1000).text
    assert cells_light([], 5) is None
    assert zero_light(True) is None
    assert zero_light(False).state == "red"
    idle = zero_light(False, ["L"])
    assert (idle.state, "left belt" in idle.text) == ("info", True)
    assert steps_light(EMPTY).state == "red"
    assert steps_light(table()).state == "green"


def test_belt_incline_drift_tare_and_artefacts():
    assert speed_light(3.01, 3.0).state == "green"
    assert speed_light(3.2, 3.0).state == "red"
    assert speed_light(None, None).state == speed_light(3.0, None).state == "info"
    assert dips_light(-0.0001).text.startswith("the belt slows by 0.0 %")
    assert dips_light(0.07).state == "amber"
    assert incline_light(5.2, 5.0).state == "green"
    assert incline_light(5.0, None).state == "red"
    assert incline_light(None, 5.0) is None
    assert drift_light([1.0, -12.0, np.nan], ["FL", "FR", "RL"], 500).text.startswith("cell FR drifts most, -12.00")
    assert drift_light([50.0], ["FL"], 40).state == "info", "too few flights to tell"
    assert drift_light([np.nan], ["FL"], 500) is None
    assert tare_light([np.nan, 40.0], ["FL", "FR"]).state == "red"
    assert tare_light([np.nan], ["FL"]) is None
    assert residual_light(50, 0.2, 0.1).state == "green"
    assert "nan" not in residual_light(50, 0.2, np.nan).text
    assert residual_light(0, np.nan, np.nan) is None
    assert artefact_light(0.0, []).state == "green"
    assert artefact_light(20.0, ["belt seam: 20 N"]).state == "red"


def test_a_ringing_flight_makes_its_steps_invalid():
    force = train(half_sine, 20, 0.35)
    t = np.arange(force.size) / 1000.0
    ringing = np.where((t > 3.0) & (t < 4.0), 45.0 * np.sin(2 * np.pi * 40.0 * t), 0.0)
    steps, _ = analyse(force + ringing, one_belt())
    noisy = np.asarray(["noisy" in row["flags"] for row in steps.records()])
    assert 2 <= noisy.sum() <= 4
    assert not steps["valid"][noisy].any()
    assert steps["valid"][~noisy].all()


def test_an_empty_column_says_what_it_lacks():
    setup = one_belt()
    steps, _ = analyse(train(half_sine, 20, 0.35), setup)
    reasons = missing(steps, setup, gated_columns(setup), measured_speed=False)
    assert "fore-aft" in reasons["braking_peak_BW"]
    assert "--belt-speed" in reasons["step_length_m"]
    assert "centre of pressure" in reasons["cop_travel_mm"]
    assert "no step" in reasons["impact_peak_BW"]
    assert "contact_time_ms" not in reasons
    empty = {name for name in steps if steps[name].dtype.kind == "f" and np.isnan(steps[name]).all()}
    assert {name for name in empty if not name.startswith("u_")} <= set(reasons), "an uncertainty lacks its number"
    assert missing(EMPTY, setup, {}, measured_speed=False) == {}
    assert missing(steps, setup, {"braking_peak_BW": "too soft"}, measured_speed=True)["braking_peak_BW"] == "too soft"
