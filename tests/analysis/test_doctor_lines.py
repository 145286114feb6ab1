"""Lines in the spectrum: found where they are, as strong as they are, and not where there is only noise."""

import numpy as np
import pytest

from analysis.doctor_hum import Signals, line_lights, mains_of
from analysis.doctor_lines import find_lines

RATE_HZ = 1000.0


def noise(seed, signals=9, seconds=8.0, sd=0.4):
    return sd * np.random.default_rng(seed).standard_normal((int(seconds * RATE_HZ), signals))


def with_line(amplitude, frequency_Hz, seed=0):
    force = noise(seed)
    t = np.arange(len(force)) / RATE_HZ
    return force + amplitude * np.sin(2 * np.pi * frequency_Hz * t + seed)[:, np.newaxis]


def test_white_and_red_noise_have_no_lines():
    found = sum(len(lines) for seed in range(4) for lines in find_lines(noise(seed), RATE_HZ))
    walks = sum(
        len(lines) for seed in range(4) for lines in find_lines(np.cumsum(noise(seed, sd=0.02), axis=0), RATE_HZ)
    )
    assert (found, walks) == (0, 0)


@pytest.mark.parametrize("frequency_Hz", [27.3, 49.97, 60.02, 149.9, 312.0])
@pytest.mark.parametrize("seconds", [3.0, 8.0])
def test_a_line_is_where_and_as_strong_as_it_is(frequency_Hz, seconds):
    for seed in range(5):
        force = with_line(1.0, frequency_Hz, seed)[: int(seconds * RATE_HZ)]
        for lines in find_lines(force, RATE_HZ):
            assert len(lines) == 1
            assert lines[0].frequency_Hz == pytest.approx(frequency_Hz, abs=0.05)
            assert lines[0].amplitude_N == pytest.approx(1.0, rel=0.06)


def test_jumps_and_drift_are_no_lines():
    force = noise(1)
    force[3000:3030, 2] += 500.0
    force[:, 4] += np.linspace(0.0, 30.0, len(force))
    force[4000:, 5] += 100.0
    assert [len(lines) for lines in find_lines(force, RATE_HZ)] == [0] * 9


def test_mains_has_harmonics_and_a_motor_none_of_them():
    assert mains_of(50.1, RATE_HZ) == 50.0
    assert mains_of(179.9, RATE_HZ) == 60.0
    assert mains_of(27.0, RATE_HZ) is None
    assert mains_of(55.0, RATE_HZ) is None


def test_the_light_says_line_strength_and_place():
    force = noise(2)
    t = np.arange(len(force)) / RATE_HZ
    force[:, 3] += 3.1 * np.sin(2 * np.pi * 50.0 * t)
    force[:, 5] += 4.0 * np.sin(2 * np.pi * 27.0 * t)
    names = ("total Fz", *(f"cell {i}" for i in range(8)))
    lights = {light.name: light for light in line_lights(Signals(names, force, RATE_HZ))}
    assert (lights["mains"].state, lights["lines"].state, lights["noise_total"].state) == ("amber", "amber", "green")
    assert "50.0 Hz, 3.1 N on cell 2" in lights["mains"].text
    assert "27.0 Hz, 4.0 N on cell 4" in lights["lines"].text
    assert lights["mains"].value == pytest.approx(3.1 / np.sqrt(2), rel=0.02)


def test_a_faint_line_is_green_and_slow_converters_are_not_asked():
    lights = {light.name: light for light in line_lights(Signals(("total Fz",), with_line(0.9, 50.0)[:, :1], RATE_HZ))}
    assert lights["mains"].state == "green"
    slow = line_lights(Signals(("total Fz",), noise(0, 1), 80.0))
    assert [light.state for light in slow] == ["green", "info"]
