"""The streaming split at 10 Hz against scipy's filter forwards and backwards, and its independence of chunks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, train, two_mass
from scipy.signal import butter, filtfilt

from analysis.highpass import FrequencySplit, lowpass_response

RATES = [300.0, 333.3, 500.0, 1000.0, 2400.0, 4000.0, 10_000.0, 32_000.0]


def split(force, rate, cuts=()):
    """Everything the stream gives out, ends included."""
    force = np.atleast_2d(force)
    stream = FrequencySplit(rate, len(force))
    edges = [0, *cuts, force.shape[1]]
    parts = [stream.feed(force[:, a:b]) for a, b in itertools.pairwise(edges)]
    return np.concatenate([*parts, stream.finish()], axis=1)


def reference(force, rate):
    """4th-order zero-lag Butterworth low-pass at 10 Hz with corrected cutoff, taken away."""
    wanted = np.tan(np.pi * 10.0 / rate) / (np.sqrt(2.0) - 1.0) ** 0.25
    b, a = butter(2, 2.0 * np.arctan(wanted) / np.pi)
    return force - filtfilt(b, a, force)


def steps(t):
    """A heel strike of O2's kind, sharper: 1.8 m/s lost in 20 ms."""
    return two_mass(t, dv1=1.8, dt1=0.020)


@pytest.mark.parametrize("rate", RATES)
def test_equals_scipy_on_running(rate):
    force = train(steps, 25, 0.34037, rate)
    high, inner = split(force, rate)[0], slice(round(2.0 * rate), -round(2.0 * rate))
    assert np.abs(high - reference(force, rate))[inner].max() < 0.0005 * BW


@pytest.mark.parametrize("rate", RATES)
def test_only_the_ends_are_unknown(rate):
    force = train(steps, 4, 0.34, rate)
    high = split(force, rate)[0]
    half = FrequencySplit(rate, 1).half
    assert high.size == force.size
    assert half == pytest.approx(0.165 * rate, abs=0.006 * rate + 1)
    unknown = np.flatnonzero(np.isnan(high))
    known = np.flatnonzero(~np.isnan(high))
    assert known[0] == half
    assert half <= high.size - 1 - known[-1] < half + rate / 250.0
    assert unknown.size + known.size == high.size
    assert known.size == known[-1] - known[0] + 1


@pytest.mark.parametrize("rate", [300.0, 1000.0, 4000.0])
def test_half_power_at_10_Hz_and_no_phase(rate):
    t = np.arange(round(6.0 * rate)) / rate
    for frequency in (2.0, 5.0, 10.0, 20.0, 40.0):
        wave = np.sin(2.0 * np.pi * frequency * t)
        high = split(wave, rate)[0]
        gain = 1.0 - lowpass_response(np.array([frequency]), rate)[0]
        assert np.nanmax(np.abs(high - gain * wave)) < 0.002
    assert lowpass_response(np.array([10.0]), rate)[0] == pytest.approx(np.sqrt(0.5))
    assert lowpass_response(np.array([0.0, 0.5 * rate]), rate) == pytest.approx([1.0, 0.0], abs=1e-9)


def test_offset_and_drift_do_not_matter():
    force = train(steps, 10, 0.34)
    t = np.arange(force.size) / 1000.0
    change = split(force + 50.0 + 20.0 * t, 1000.0) - split(force, 1000.0)
    assert np.nanmax(np.abs(change)) < 0.001


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 1500), max_size=12),
    rate=st.sampled_from([300.0, 1000.0, 2400.0]),
    belts=st.integers(1, 2),
)
def test_no_cut_changes_a_bit(cuts, rate, belts):
    force = np.random.default_rng(7).normal(size=(belts, 1500)) * 300.0
    whole = split(force, rate)
    assert split(force, rate, sorted(cuts)).tobytes() == whole.tobytes()
    assert split(force[:1], rate).tobytes() == whole[:1].tobytes()


def test_sample_by_sample():
    force = np.random.default_rng(8).normal(size=900)
    assert split(force, 1000.0, range(1, 900)).tobytes() == split(force, 1000.0).tobytes()


@pytest.mark.parametrize("n", [0, 1, 335, 336])
def test_a_stretch_too_short_has_no_value(n):
    high = split(np.ones(n), 1000.0)
    assert high.shape == (1, n)
    assert np.isnan(high).all()


def test_restart_forgets():
    force = train(steps, 4, 0.34)[None]
    stream = FrequencySplit(1000.0, 1)
    stream.feed(1e4 * np.random.default_rng(0).normal(size=(1, 777)))
    stream.finish()
    stream.restart()
    again = np.concatenate((stream.feed(force), stream.finish()), axis=1)
    assert again.tobytes() == split(force, 1000.0).tobytes()
