"""The device's clock and rate, judged from evidence: slow and true clocks, and round trips with jitter."""

import numpy as np
import pytest
from simulatedclock import clock_of

from analysis.doctor_device import clock_light, losses_light, rate_light


@pytest.mark.parametrize("seed", range(50))
def test_a_slow_clock_is_found_and_a_crystal_is_not_blamed(seed):
    slow = clock_of(-5000.0, seed)
    assert (slow.state, "the device's clock is slow" in slow.text) == ("amber", True)
    assert slow.value == pytest.approx(-5000.0, abs=300.0)
    assert clock_of(random_crystal_ppm(seed), seed).state == "green"


def random_crystal_ppm(seed):
    return float(np.random.default_rng(seed).uniform(-100.0, 100.0))


def test_a_clock_nobody_can_believe_is_red_and_a_mute_one_amber():
    assert clock_of(-20_000.0, 1).state == "red"
    assert clock_light(None, np.inf).state == "amber"
    assert clock_light(40.0, 900.0).state == "info", "too few answers"
    assert clock_light(1e6, 1.0, real_time=False).state == "info"


def test_a_rate_is_judged_against_the_file_and_against_what_the_device_says():
    assert rate_light(1000.4, 1000.0, 1000.0).state == "green"
    assert rate_light(500.0, 1000.0, 500.0).state == "amber", "the session will keep the device's rate"
    assert rate_light(500.0, 1000.0, 1000.0).state == "red", "a recording will be refused"
    assert rate_light(1005.03, 1000.0, 1000.0, clock_ppm=-5000.0).state == "green", "the timer is wrong, not the ADC"
    assert rate_light(75.0, 80.0, 80.0, weighs=True).state == "green"


def test_losses_have_an_amount_and_a_reset_is_red():
    assert losses_light(10_000, 0, 0, 0, 0).state == "green"
    assert losses_light(10_000, 3, 3, 0, 0).state == "amber"
    assert losses_light(10_000, 30, 30, 0, 0).state == "red"
    assert losses_light(10_000, 0, 0, 0, 1).state == "red"
