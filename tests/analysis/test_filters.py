"""The low-pass: its response, its delay, its damage, and the same bits however the stream is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import half_sine, half_sine_with_impact, train, two_mass
from scipy.optimize import brentq
from scipy.signal import butter, filtfilt
from test_events import pieces

from analysis.errors import AnalysisError
from analysis.filters import LinearPhaseFIR, lowpass_taps

RATES = [300.0, 500.0, 976.5625, 1000.0, 2400.0, 4000.0]


def gain(taps, frequency, rate):
    return np.abs(np.sum(taps * np.exp(-2j * np.pi * frequency / rate * np.arange(taps.size))))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("cutoff", [25.0, 60.0])
def test_response_is_one_at_zero_and_minus_3_dB_at_the_cutoff(rate, cutoff):
    taps = lowpass_taps(rate, cutoff)
    assert gain(taps, 0.0, rate) == pytest.approx(1.0, abs=1e-12)
    assert gain(taps, cutoff, rate) == pytest.approx(10 ** (-3.0103 / 20), abs=1e-6)
    passed = [gain(taps, f, rate) for f in np.linspace(0, cutoff, 100)]
    assert (np.diff(passed) <= 1e-3).all(), "the pass band rises nowhere"
    stop = np.linspace(min(cutoff + 60.0, rate / 2), rate / 2, 200)
    assert max(gain(taps, f, rate) for f in stop) < 0.01


@pytest.mark.parametrize("rate", RATES)
def test_phase_is_linear_and_length_40_ms(rate):
    taps = lowpass_taps(rate, 60.0)
    assert (taps == taps[::-1]).all()
    assert taps.size % 2 == 1
    assert (taps.size - 1) / rate == pytest.approx(0.040, abs=1.01 / rate)
    assert not taps.flags.writeable, "the cached taps are shared"


def test_41_taps_at_1_kHz():
    assert lowpass_taps(1000.0, 60.0).size == 41


@pytest.mark.parametrize(("rate", "cutoff", "length"), [(100.0, 60.0, 40.0), (120.0, 60.0, 40.0), (1000.0, 5.0, 40.0)])
def test_an_impossible_cutoff_is_refused(rate, cutoff, length):
    with pytest.raises(AnalysisError, match=f"low-pass of {cutoff:g} Hz.*sampling rate"):
        lowpass_taps(rate, cutoff, length)


def test_output_is_the_convolution_and_needs_no_padding():
    taps, signal = lowpass_taps(1000.0, 60.0), np.random.default_rng(1).normal(size=(3, 500))
    got = LinearPhaseFIR(taps, 3).feed(signal)
    want = [np.convolve(row, taps, mode="valid") for row in signal]
    np.testing.assert_allclose(got, want, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(RATES), st.lists(st.integers(0, 700), max_size=12))
def test_any_cutting_gives_the_same_bits(seed, rate, cuts):
    signal = 1e3 * np.random.default_rng(seed).normal(size=(2, 700))
    taps = lowpass_taps(rate, 60.0)
    whole = LinearPhaseFIR(taps, 2).feed(signal)
    stream = LinearPhaseFIR(taps, 2)
    columns = pieces(np.arange(700), cuts)
    parts = np.concatenate([stream.feed(signal[:, c]) for c in columns], axis=1)
    assert parts.tobytes() == whole.tobytes()


def test_one_sample_at_a_time_gives_the_same_bits():
    signal = np.random.default_rng(2).normal(size=(6, 300))
    taps = lowpass_taps(1000.0, 60.0)
    whole, stream = LinearPhaseFIR(taps, 6).feed(signal), LinearPhaseFIR(taps, 6)
    parts = np.concatenate([stream.feed(signal[:, i : i + 1]) for i in range(300)], axis=1)
    assert parts.tobytes() == whole.tobytes()


def contact_ms(force, level, skip=5):
    """Contact time of one step, first upward to last downward crossing around its middle."""
    above = force >= level
    rise = np.flatnonzero(~above[:-1] & above[1:])[skip]
    fall = np.flatnonzero(above[:-1] & ~above[1:])[skip]

    def at(i):
        return i + (level - force[i]) / (force[i + 1] - force[i])

    return at(fall) - at(rise)


SHAPES = [(half_sine, 0.250, 0.35), (two_mass, 0.240, 0.34), (half_sine_with_impact, 0.250, 0.35)]


@pytest.mark.parametrize(("shape", "t_c", "period"), SHAPES)
def test_damage_to_contact_time_and_peaks_is_small_and_no_worse_than_the_labs_own_filter(shape, t_c, period):
    raw = train(shape, 20, period)
    taps = lowpass_taps(1000.0, 60.0)
    ours = LinearPhaseFIR(taps, 1).feed(raw[None])[0]
    # zero-lag 4th order with its cutoff corrected for two passes, as biomechanics software has it
    edge = np.arctan(np.tan(np.pi * 60 / 1000) / (2**0.5 - 1) ** 0.25) * 1000 / np.pi
    labs = filtfilt(*butter(2, edge, fs=1000), raw)

    def true_at(level):
        rise = brentq(lambda t: float(shape(np.array(t))) - level, 1e-9, 0.02)
        return 1e3 * (brentq(lambda t: float(shape(np.array(t))) - level, t_c - 0.03, t_c - 1e-9) - rise)

    assert contact_ms(ours, 50.0) == pytest.approx(true_at(50.0), abs=0.25)
    assert contact_ms(ours, 20.0) == pytest.approx(true_at(20.0), abs=1.1)
    for level in (20.0, 50.0):
        assert contact_ms(ours, level) == pytest.approx(contact_ms(labs, level), abs=0.2)
    assert ours.max() == pytest.approx(raw.max(), rel=0.003)
