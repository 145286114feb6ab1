"""Calibration and tare as the doctor sees them: missing, old, foreign, changed, from the future."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from calibrationfiles import calibrate, found, my_rig, readings

from analysis.setup import Mode
from daq.calibration import calibration_path, write_calibration
from daq.doctor_papers import calibration_light, load_leniently, mode_lights
from daq.rig import load_rig
from daq.rig_edit import write_modes

NOW = datetime(2025, 9, 1, tzinfo=UTC)


def calibrated(folder, days):
    path = my_rig(folder)
    rig = load_rig(path)
    made = NOW - timedelta(days=days)
    write_calibration(
        calibration_path(rig), rig, found(rig), readings(np.random.default_rng(1), 30), made_utc=made.isoformat()
    )
    return path


@pytest.mark.parametrize(("days", "state", "words"), [
    (1, "green", "1 days ago"), (179, "green", "179"), (200, "amber", "old: made"), (-30, "amber", "from the future"),
])  # fmt: skip
def test_the_age_of_a_calibration(tmp_path, days, state, words):
    rig, refused = load_leniently(calibrated(tmp_path, days))
    light = calibration_light(rig, refused, NOW)
    assert light.state == state
    assert words in light.text


def test_a_changed_cell_makes_it_red_and_the_rig_is_still_there(tmp_path):
    path = calibrated(tmp_path, 1)
    path.write_text(path.read_text().replace("capacity_N = 5000", "capacity_N = 4000", 1))
    rig, refused = load_leniently(path)
    light = calibration_light(rig, refused, NOW)
    assert light.state == "red"
    assert "capacity_N" in light.text
    assert rig.calibration is None


def test_a_rehearsal_is_red_for_all_but_a_virtual_treadmill(tmp_path):
    path = my_rig(tmp_path)
    calibrate(path, rehearsal=True)
    for port in (None, "/dev/ttyACM0"):
        rig, refused = load_leniently(path, port=port)
        light = calibration_light(rig, refused, NOW)
        assert (light.state, "a rehearsal" in light.text, rig.calibration) == ("red", True, None)
    light = calibration_light(*load_leniently(path, port="virtual://my_rig.toml"), NOW)
    assert (light.state, "a rehearsal" in light.text) == ("amber", True)


def test_none_is_amber_for_ones_own_rig_and_nothing_for_a_shipped_one(tmp_path):
    own = calibration_light(*load_leniently(my_rig(tmp_path)), NOW)
    assert (own.state, "stance calibrate" in own.text) == ("amber", True)
    assert calibration_light(*load_leniently("frame_8"), NOW).state == "info"


def test_the_modes_are_those_of_the_gates():
    assert {light.name: light.state for light in mode_lights(load_rig("virtual"))} == {
        "vertical_mode": "green", "fore_aft_mode": "green",
    }  # fmt: skip
    soft = mode_lights(load_rig("frame_8"))
    assert any(light.state == "amber" and "stance tap" in light.text for light in soft)


def test_a_mode_that_was_tapped_gets_no_advice_to_tap(tmp_path):
    path = my_rig(tmp_path)
    write_modes(load_rig(path), {axis: Mode(45.0, 0.03) for axis in "xz"}, NOW.date())
    assert not any("`stance tap`" in light.text for light in mode_lights(load_rig(path)))
    assert {light.state for light in mode_lights(load_rig(path))} != {"green"}
