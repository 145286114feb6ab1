"""DeviceClock against simulated devices whose offset and rate are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.clock import DeviceClock, RoundTrip, unwrap_near

RATE_HZ = 2_000_000
BOOT = 7


class Device:
    """A device that booted at a host time and whose timer runs `ppm` fast; answers after random delays."""

    def __init__(self, seed: int, ppm: float, booted_s: float = 0.0, boot: int = BOOT) -> None:
        self.rng = np.random.default_rng(seed)
        self.per_s = RATE_HZ * (1 + ppm * 1e-6)
        self.booted_s, self.boot = booted_s, boot

    def tick(self, host_s: float) -> int:
        return math.floor((host_s - self.booted_s) * self.per_s)

    def ask(self, sent_s: float, there_s: float, back_s: float, jitter_s: float) -> RoundTrip:
        at_s = sent_s + there_s + self.rng.exponential(jitter_s)
        received_s = at_s + back_s + self.rng.exponential(jitter_s)
        return RoundTrip(sent_s, received_s, self.tick(at_s) % (1 << 32), self.boot)


def fed(
    device: Device, clock: DeviceClock, start_s: float, end_s: float, *, period_s: float = 1.0, **delays: float
) -> None:
    """Ask once a period, with the newest data tick known as an engine knows it."""
    for sent_s in np.arange(start_s, end_s, period_s):
        assert clock.feed(device.ask(sent_s, **delays), newest_tick=device.tick(sent_s))


delay = st.floats(20e-6, 3e-3)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    ppm=st.floats(-5000, 5000),
    booted_s=st.floats(-1e5, 1e5),
    there_s=delay,
    back_s=delay,
    jitter_s=st.floats(1e-6, 5e-3),
    minutes=st.floats(0.2, 8),
)
def test_rate_and_offset_within_the_stated_uncertainty(
    seed: int, ppm: float, booted_s: float, there_s: float, back_s: float, jitter_s: float, minutes: float
) -> None:
    device = Device(seed, ppm, booted_s)
    clock = DeviceClock(RATE_HZ, BOOT)
    start_s = booted_s + 3.0
    end_s = start_s + 60 * minutes
    fed(device, clock, start_s, end_s, there_s=there_s, back_s=back_s, jitter_s=jitter_s)
    fit = clock.fit
    assert abs(clock.rate_ppm - ppm) < 5 * clock.u_rate_ppm
    for host_s in (start_s, 0.5 * (start_s + end_s), end_s, end_s + 10):
        tick = device.tick(host_s)
        assert abs(clock.host_from_tick(tick) - host_s) < 5 * fit.u_host_s(tick)
        assert abs(clock.tick_from_host(host_s) - tick) / RATE_HZ < 5 * fit.u_host_s(tick)


def test_the_stated_uncertainty_is_no_exaggeration() -> None:
    """Over many devices the rate's error, in units of its uncertainty, spreads by about one."""
    scores, u_ppm = [], []
    for seed in range(200):
        device = Device(seed, 120.0)
        clock = DeviceClock(RATE_HZ, BOOT)
        fed(device, clock, 1.0, 301.0, there_s=4e-4, back_s=4e-4, jitter_s=5e-4)
        scores.append((clock.rate_ppm - 120.0) / clock.u_rate_ppm)
        u_ppm.append(clock.u_rate_ppm)
    assert 0.4 < np.std(scores) < 1.6
    assert abs(np.mean(scores)) < 0.3
    assert np.median(u_ppm) < 1.0  # five minutes of millisecond round trips tell the rate to better than 1 ppm


def test_slow_round_trips_do_not_pull() -> None:
    """One answer in three is delayed by 50 ms, on the way back only."""
    device = Device(1, -80.0)
    clock = DeviceClock(RATE_HZ, BOOT)
    for i, sent_s in enumerate(np.arange(1.0, 121.0)):
        back_s = 3e-4 + (50e-3 if i % 3 == 0 else 0.0)
        clock.feed(device.ask(sent_s, 3e-4, back_s, 1e-5), newest_tick=device.tick(sent_s))
    assert clock.rate_ppm == pytest.approx(-80.0, abs=0.5)
    assert clock.host_from_tick(device.tick(60.0)) == pytest.approx(60.0, abs=1e-4)
    assert clock.fit.residual_s < 1e-4  # of each window only the best was kept


def test_a_slow_half_minute_does_not_pull() -> None:
    """The host was busy: every answer of 28 s came 20 ms late."""
    device = Device(1, -80.0)
    clock = DeviceClock(RATE_HZ, BOOT)
    for sent_s in np.arange(1.0, 121.0):
        back_s = 3e-4 + (20e-3 if sent_s > 92.0 else 0.0)
        clock.feed(device.ask(sent_s, 3e-4, back_s, 1e-5), newest_tick=device.tick(sent_s))
    assert clock.rate_ppm == pytest.approx(-80.0, abs=1.0)
    assert clock.host_from_tick(device.tick(60.0)) == pytest.approx(60.0, abs=1e-4)


def test_one_round_trip_is_usable_and_says_how_uncertain_it_is() -> None:
    device = Device(1, 400.0)
    clock = DeviceClock(RATE_HZ, BOOT)
    assert not clock.ready
    with pytest.raises(ValueError, match="round trip"):
        clock.host_from_tick(0)
    clock.feed(device.ask(10.0, 5e-4, 5e-4, 1e-6))
    assert clock.ready
    assert clock.rate_ppm == 0.0
    assert clock.u_rate_ppm > 1000
    tick = device.tick(40.0)
    assert abs(clock.host_from_tick(tick) - 40.0) < 3 * clock.fit.u_host_s(tick)
    assert clock.fit.u_host_s(tick) > 0.01


@given(base=st.integers(-(2**40), 2**60), away=st.integers(-(2**31), 2**31 - 1))
def test_unwrapping_finds_the_nearest(base: int, away: int) -> None:
    assert unwrap_near((base + away) % (1 << 32), base) == base + away


def test_the_timer_wraps_without_a_step() -> None:
    """At 2 MHz it wraps every 36 minutes."""
    device = Device(3, 10.0)
    clock = DeviceClock(RATE_HZ, BOOT, span_s=1e9)
    fed(device, clock, 2000.0, 5000.0, period_s=5.0, there_s=3e-4, back_s=3e-4, jitter_s=1e-5)
    assert device.tick(5000.0) > 1 << 33
    assert clock.host_from_tick(device.tick(4999.0)) == pytest.approx(4999.0, abs=1e-4)


def test_answers_of_another_boot_and_impossible_ones_are_refused() -> None:
    clock = DeviceClock(RATE_HZ, BOOT)
    assert not clock.feed(RoundTrip(1.0, 1.001, 0, BOOT + 1))
    assert not clock.feed(RoundTrip(1.0, 0.9, 0, BOOT))
    assert not clock.ready


def test_old_round_trips_are_forgotten_when_the_rate_wanders() -> None:
    """The board warms up: the rate changes by 5 ppm between the first and the last ten minutes."""
    clock = DeviceClock(RATE_HZ, BOOT)
    cold, warm = Device(1, 0.0), Device(2, 5.0, booted_s=900 - 900 / (1 + 5e-6))
    fed(cold, clock, 0.5, 900, there_s=3e-4, back_s=3e-4, jitter_s=1e-5)
    fed(warm, clock, 900.5, 1800, there_s=3e-4, back_s=3e-4, jitter_s=1e-5)
    assert clock.rate_ppm == pytest.approx(5.0, abs=0.5)
    assert clock.fit.points <= 152


def test_arrays_map_like_numbers_over_boots() -> None:
    clock, _ = rebooted(away_s=2.0)
    ticks = np.array([RATE_HZ, clock._epochs[-1].first_tick - 1, clock._epochs[-1].first_tick, 100 * RATE_HZ])
    assert clock.host_from_tick(ticks).tolist() == [clock.host_from_tick(int(t)) for t in ticks]


def rebooted(away_s: float, *, with_trips: bool = True, ppm: float = 60.0) -> tuple[DeviceClock, dict[str, float]]:
    """A minute of data, a reset of `away_s`, and a minute more; what the engine would see."""
    delays = {"there_s": 4e-4, "back_s": 6e-4, "jitter_s": 1e-4}
    old, clock = Device(5, ppm), DeviceClock(RATE_HZ, BOOT)
    fed(old, clock, 1.0, 61.0, **delays)
    new = Device(6, ppm, booted_s=61.0 + 0.5 * away_s, boot=BOOT + 1)
    first_s = 61.0 + away_s
    trips = [new.ask(first_s - 0.01 * k, **delays) for k in range(1, 6)] if with_trips else []
    last = old.tick(61.0)
    offset = clock.offset_after_reboot(BOOT + 1, new.tick(first_s), last, trips, arrived_s=first_s + 2e-3)
    seen = {"last": last, "first": new.tick(first_s) + offset, "first_s": first_s, "offset": offset}
    fed(new, clock, first_s, first_s + 60, **delays)
    return clock, seen


@settings(max_examples=40, deadline=None)
@given(away_s=st.floats(0.02, 300.0), with_trips=st.booleans())
def test_session_time_goes_on_over_a_reboot(away_s: float, with_trips: bool) -> None:
    clock, seen = rebooted(away_s, with_trips=with_trips)
    assert isinstance(seen["offset"], int)
    assert clock.offset == seen["offset"]
    assert clock.boot == BOOT + 1
    assert seen["first"] > seen["last"]
    true_ticks = away_s * RATE_HZ * (1 + 60e-6)
    assert abs(seen["first"] - seen["last"] - true_ticks) / RATE_HZ < 4 * clock.u_placed_s
    assert clock.u_placed_s < 3e-3
    assert clock.rate_ppm == pytest.approx(60.0, abs=8 * clock.u_rate_ppm)
    assert clock.host_from_tick(int(seen["first"])) == pytest.approx(seen["first_s"], abs=4e-3)


def test_a_reboot_never_turns_time_back() -> None:
    """Even if the host clock, wrongly, says that the device was away for less than no time."""
    clock, device = DeviceClock(RATE_HZ, BOOT), Device(1, 0.0)
    fed(device, clock, 1.0, 5.0, there_s=1e-4, back_s=1e-4, jitter_s=1e-6)
    offset = clock.offset_after_reboot(BOOT + 1, 50, 100 * RATE_HZ, [RoundTrip(5.0, 5.001, 50, BOOT + 1)])
    assert 50 + offset == 100 * RATE_HZ + 1


def test_a_reboot_without_any_clock_follows_at_once_and_says_so() -> None:
    clock = DeviceClock(RATE_HZ, BOOT)
    assert 50 + clock.offset_after_reboot(BOOT + 1, 50, 1000) == 1001
    assert clock.u_placed_s == math.inf
    assert clock.feed(RoundTrip(5.0, 5.001, 60, BOOT + 1), newest_tick=55)
    assert clock.host_from_tick(1011) == pytest.approx(5.0005)
