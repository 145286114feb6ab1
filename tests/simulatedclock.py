"""A device's clock for tests, asked over a simulated USB in simulated host time."""

import numpy as np

from analysis.doctor_device import clock_light
from daq.clock import DeviceClock, RoundTrip
from daq.doctor import CLOCK_EVERY_S, CLOCK_WINDOW_S, SECONDS

TICK_HZ = 2_000_000


def clock_of(ppm, seed):
    """The doctor's light of a clock that runs so much too fast: round trips of 0.3 ms at best, often more."""
    random = np.random.default_rng(seed)
    clock = DeviceClock(TICK_HZ, 7, window_s=CLOCK_WINDOW_S)
    for at_s in 100.0 + np.arange(0.0, SECONDS, CLOCK_EVERY_S):
        there, back = 0.00015 + random.gamma(1.0, 0.0005, 2)
        tick = int((at_s + there) * TICK_HZ * (1.0 + 1e-6 * ppm)) % 2**32
        clock.feed(RoundTrip(at_s, at_s + there + back, tick, 7))
    return clock_light(clock.rate_ppm, clock.u_rate_ppm)
