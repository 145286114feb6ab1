"""Belt travel from pulses: exact where they are dense, within a pulse where they are rare, the same for any chunks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.belt_travel import BeltTravel

RATE = 1000.0


def belt(pulses_per_m, seconds=20.0, speed=3.0, dip=0.0, phase=0.37, wait=0.0):
    """True way and pulse counts of a belt whose speed dips by a share of it, twice a step of 0.35 s."""
    t = np.arange(round(seconds * RATE)) / RATE
    run = np.maximum(t - wait, 0.0)
    swing = 0.35 / (2 * np.pi)
    way = speed * (run - 0.5 * dip * (run - swing * np.sin(run / swing)))
    return way, np.floor(way * pulses_per_m + phase).astype(np.int64)


def error_mm(way, travel):
    """Error within each 0.25 s, which is all a step sees; the first half second is left out."""
    error = (travel - way)[500:]
    windows = np.lib.stride_tricks.sliding_window_view(error, 250)[::50]
    return 1e3 * np.abs(windows - windows[:, :1]).max()


LIMITS_MM = {(1000, 0.0): 1.1, (1000, 0.05): 1.1, (100, 0.0): 3.5, (100, 0.05): 3.5, (5, 0.0): 6.0, (5, 0.05): 15.0}
"""Way of the belt within 0.25 s at 3 m/s: one pulse or two sampling intervals, whichever is more; with 5 pulses per
metre and a speed that dips, what happens between two pulses is not seen."""


@pytest.mark.parametrize(("pulses_per_m", "dip"), LIMITS_MM)
def test_travel_within_a_stance(pulses_per_m, dip):
    way, count = belt(pulses_per_m, dip=dip)
    travel = BeltTravel(pulses_per_m, RATE).feed(count)
    assert not np.isnan(travel[400:]).any()
    assert error_mm(way, travel) < LIMITS_MM[pulses_per_m, dip]


def test_better_than_the_staircase():
    way, count = belt(100, dip=0.05)
    travel = BeltTravel(100, RATE).feed(count)
    assert error_mm(way, travel) < 0.5 * error_mm(way, count / 100)


@settings(max_examples=40, deadline=None)
@given(
    pulses_per_m=st.sampled_from([5.0, 100.0, 1000.0, 137.3]),
    cuts=st.lists(st.integers(1, 3999), max_size=12, unique=True),
    gaps=st.lists(st.integers(1, 3999), max_size=2, unique=True),
    speed=st.floats(0.0, 12.0),
)
def test_any_chunks_give_the_same_bits(pulses_per_m, cuts, gaps, speed):
    _, count = belt(pulses_per_m, seconds=4.0, speed=speed, dip=0.05)
    whole, parts = BeltTravel(pulses_per_m, RATE), BeltTravel(pulses_per_m, RATE)
    once = whole.feed(count, sorted(gaps))
    edges = [0, *sorted(cuts), count.size]
    pieces = [parts.feed(count[a:b], [g - a for g in sorted(gaps) if a <= g < b])
              for a, b in itertools.pairwise(edges)]  # fmt: skip
    assert np.concatenate(pieces).tobytes() == once.tobytes()
    assert repr(parts.speed) == repr(whole.speed)


@settings(max_examples=40, deadline=None)
@given(pulses_per_m=st.sampled_from([5.0, 60.0, 1000.0]), seed=st.integers(0, 999))
def test_never_beyond_the_next_pulse(pulses_per_m, seed):
    step = np.random.default_rng(seed).poisson(3.0 * pulses_per_m / RATE, 3000)
    count = np.cumsum(step)
    travel = BeltTravel(pulses_per_m, RATE).feed(count)
    known = ~np.isnan(travel)
    low = (count - count[0])[known] / pulses_per_m
    assert (travel[known] >= low).all()
    assert (travel[known] <= low + 1.0 / pulses_per_m + 1e-12).all()


def test_nothing_is_known_before_two_pulses():
    _, count = belt(5, seconds=3.0, wait=1.0)
    travel = BeltTravel(5, RATE).feed(count)
    rises = np.flatnonzero(np.diff(count)) + 1
    assert np.isnan(travel[: rises[1]]).all()
    assert not np.isnan(travel[rises[1] :]).any()
    assert np.isnan(BeltTravel(1000, RATE).feed(np.full(5000, 7))).all()  # no pulses: a dead sensor, or a still belt


def test_a_belt_that_stops_stands_still():
    _, count = belt(100, seconds=4.0)
    stopped = np.concatenate([count[:2000], np.full(2000, count[1999])])
    travel = BeltTravel(100, RATE).feed(stopped)
    assert np.ptp(travel[2100:]) == 0.0
    assert 0.0 <= travel[-1] - travel[1999] <= 0.01


def test_a_gap_starts_anew():
    _, count = belt(1000, seconds=2.0)
    travel = BeltTravel(1000, RATE).feed(count, [1000])
    assert np.isnan(travel[1000])
    assert travel[1010] == pytest.approx(0.030, abs=0.002)


@pytest.mark.parametrize("pulses_per_m", [5, 100, 1000])
def test_speed_of_the_session(pulses_per_m):
    _, count = belt(pulses_per_m, seconds=60.0, speed=3.2)
    sensor = BeltTravel(pulses_per_m, RATE)
    sensor.feed(count)
    assert sensor.speed.mean_m_s == pytest.approx(3.2, rel=1e-3)
    assert sensor.speed.median_m_s == pytest.approx(3.2, rel=0.02)
    assert sensor.speed.jumps == 0
    assert np.isnan(BeltTravel(pulses_per_m, RATE).speed.mean_m_s)


def test_dips_are_seen_where_pulses_are_dense():
    for dip in (0.0, 0.06):
        _, count = belt(1000, seconds=60.0, dip=dip)
        sensor = BeltTravel(1000, RATE)
        sensor.feed(count)
        assert sensor.speed.dip_pct == pytest.approx(100 * dip / 2 / (1 - dip / 2), abs=1.2)


@pytest.mark.parametrize("pulses_per_m", [5, 20])
def test_a_lost_pulse_is_a_jump(pulses_per_m):
    _, count = belt(pulses_per_m)
    lost = count - (np.arange(count.size) > 7000)
    sensor = BeltTravel(pulses_per_m, RATE)
    sensor.feed(np.maximum.accumulate(lost))
    assert 1 <= sensor.speed.jumps <= 2
