"""The low-pass: its response, its delay, its damage, and the same bits however the stream is cut."""

import numpy as np
import pytest
from decks import OVERSAMPLING, change, filtered, force, metrics, touchdowns
from hypothesis import given, settings
from hypothesis import strategies as st
from running import half_sine, half_sine_with_impact, train, two_mass
from scipy.optimize import brentq
from scipy.signal import butter, filtfilt
from test_events import pieces

from analysis.errors import AnalysisError
from analysis.filters import LinearPhaseFIR, butterworth_taps, design_taps, lowpass_taps
from analysis.protocol import PROTOCOLS, Protocol

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


def labs_own(signal, rate, cutoff):
    """scipy's forwards-backwards filter with the cutoff corrected for two passes."""
    edge = np.arctan(np.tan(np.pi * cutoff / rate) / (2**0.5 - 1) ** 0.25) * rate / np.pi
    return filtfilt(*butter(2, edge, fs=rate), signal)


SHAPES = [(half_sine, 0.250, 0.35), (two_mass, 0.240, 0.34), (half_sine_with_impact, 0.250, 0.35)]


@pytest.mark.parametrize(("shape", "t_c", "period"), SHAPES)
def test_damage_to_contact_time_and_peaks_is_small_and_no_worse_than_the_labs_own_filter(shape, t_c, period):
    raw = train(shape, 20, period)
    taps = lowpass_taps(1000.0, 60.0)
    ours = LinearPhaseFIR(taps, 1).feed(raw[None])[0]
    labs = labs_own(raw, 1000.0, 60.0)

    def true_at(level):
        rise = brentq(lambda t: float(shape(np.array(t))) - level, 1e-9, 0.02)
        return 1e3 * (brentq(lambda t: float(shape(np.array(t))) - level, t_c - 0.03, t_c - 1e-9) - rise)

    assert contact_ms(ours, 50.0) == pytest.approx(true_at(50.0), abs=0.25)
    assert contact_ms(ours, 20.0) == pytest.approx(true_at(20.0), abs=1.1)
    for level in (20.0, 50.0):
        assert contact_ms(ours, level) == pytest.approx(contact_ms(labs, level), abs=0.2)
    assert ours.max() == pytest.approx(raw.max(), rel=0.003)


# --- the zero-lag Butterworth of the papers ---------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("cutoff", [10.0, 25.0, 50.0, 100.0])
def test_butterworth_is_filtfilt_away_from_the_ends(rate, cutoff):
    taps, signal = butterworth_taps(rate, cutoff), np.random.default_rng(3).normal(size=5000)
    half = taps.size // 2
    got = LinearPhaseFIR(taps, 1).feed(signal[None])[0]
    ends = slice(half, -half)  # where filtfilt itself is free of its padding
    np.testing.assert_allclose(got[ends], labs_own(signal, rate, cutoff)[half:-half][ends], atol=3e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("cutoff", [10.0, 25.0, 50.0])
def test_butterworth_is_minus_3_dB_at_the_cutoff_and_symmetric(rate, cutoff):
    taps = butterworth_taps(rate, cutoff)
    assert (taps == taps[::-1]).all()
    assert gain(taps, 0.0, rate) == pytest.approx(1.0, abs=1e-12)
    assert gain(taps, cutoff, rate) == pytest.approx(0.5**0.5, abs=3e-6)
    octave = np.tan(np.pi * 2 * cutoff / rate) / np.tan(np.pi * cutoff / rate)
    two_passes = 1.0 / (1.0 + octave**4 * (2**0.5 - 1))
    assert gain(taps, 2 * cutoff, rate) == pytest.approx(two_passes, abs=3e-6)


@pytest.mark.parametrize(("rate", "cutoff"), [(100.0, 50.0), (80.0, 60.0), (1000.0, 0.0)])
def test_an_impossible_butterworth_is_refused(rate, cutoff):
    with pytest.raises(AnalysisError, match=f"low-pass of {cutoff:g} Hz.*sampling rate"):
        butterworth_taps(rate, cutoff)


def test_each_protocol_gets_the_filter_it_names():
    for protocol in PROTOCOLS.values():
        taps = design_taps(protocol, 1000.0)
        assert gain(taps, protocol.cutoff_Hz, 1000.0) == pytest.approx(0.5**0.5, abs=1e-5)
    assert (design_taps(PROTOCOLS["P60-50/20"], 1000.0) == lowpass_taps(1000.0, 60.0)).all()
    short = Protocol("short", filter_length_ms=30.0)
    assert design_taps(short, 1000.0).size == 31
    assert (design_taps(PROTOCOLS["Z50-20"], 500.0) == butterworth_taps(500.0, 50.0)).all()
    with pytest.raises(AnalysisError, match=r"fir or butterworth.*'median'"):
        design_taps(Protocol("odd", filter="median"), 1000.0)


# Cutoff, change of impact peak, VALR, VILR and active peak in %, of contact time at 50 N and at 20 N in ms, with the
# hard rearfoot strike of 103 BW/s (metrics, section 9.2)
DAMAGE = [
    (15, -13.8, -38.2, -37.3, 0.0, 10.2, 13.3),
    (20, -7.6, -22.8, -21.9, 0.0, 5.5, 7.7),
    (25, -4.1, -12.9, -12.2, 0.0, 3.2, 4.9),
    (30, -2.2, -7.4, -6.7, 0.0, 2.0, 3.4),
    (40, -0.7, -2.5, -2.0, 0.0, 0.9, 1.9),
    (50, -0.3, -0.5, -0.6, 0.0, 0.4, 1.1),
    (60, -0.1, 0.1, -0.2, 0.0, 0.2, 0.7),
    (100, 0.0, 0.2, 0.0, 0.0, 0.0, 0.1),
]


@pytest.fixture(scope="module")
def hard_strikes():
    at = touchdowns(20)
    fine = force(at, 1000.0)
    return at, fine[::OVERSAMPLING]


def test_the_hard_heel_strike_is_the_one_of_the_table(hard_strikes):
    at, raw = hard_strikes
    assert metrics(raw, at, 1000.0)[:, 1].mean() == pytest.approx(103.0, rel=0.01)


@pytest.mark.parametrize("row", DAMAGE, ids=[str(row[0]) for row in DAMAGE])
def test_o11_filter_damage(row, hard_strikes):
    """Oracle O11: what a zero-lag Butterworth does to a hard heel strike, within one percentage point."""
    at, raw = hard_strikes
    smooth = filtered(raw, butterworth_taps(1000.0, row[0]))
    found = change(metrics(smooth, at, 1000.0), metrics(raw, at, 1000.0))
    at_20N = change(metrics(smooth, at, 1000.0, threshold_N=20.0), metrics(raw, at, 1000.0, threshold_N=20.0))
    assert list(found.values()) == pytest.approx(row[1:6], abs=1.0)
    assert [found["contact"], at_20N["contact"]] == pytest.approx(row[5:], abs=0.3)


def test_our_default_damages_as_little_as_the_laboratories_60_Hz(hard_strikes):
    at, raw = hard_strikes
    found = change(metrics(filtered(raw, lowpass_taps(1000.0, 60.0)), at, 1000.0), metrics(raw, at, 1000.0))
    assert max(abs(found[name]) for name in ("impact", "valr", "vilr", "active")) <= 0.65
    assert abs(found["contact"]) <= 0.1


# --- a filter of its own for each row ---------------------------------------------------------------------------------


def test_rows_with_taps_of_their_own_are_convolved_each_with_its_own():
    rng = np.random.default_rng(4)
    taps, signal = rng.normal(size=(3, 21)), rng.normal(size=(3, 400))
    got = LinearPhaseFIR(taps, 3).feed(signal)
    np.testing.assert_allclose(
        got, [np.convolve(row, own, mode="valid") for row, own in zip(signal, taps, strict=True)], atol=1e-12
    )


def test_equal_rows_take_the_same_path_as_one_filter():
    signal, taps = np.random.default_rng(5).normal(size=(6, 300)), lowpass_taps(1000.0, 60.0)
    one, each = LinearPhaseFIR(taps, 6).feed(signal), LinearPhaseFIR(np.tile(taps, (6, 1)), 6).feed(signal)
    assert one.tobytes() == each.tobytes()


def test_a_row_does_not_care_what_the_other_rows_are_filtered_with():
    rng = np.random.default_rng(6)
    signal, taps = rng.normal(size=(6, 300)), np.tile(lowpass_taps(1000.0, 60.0), (6, 1))
    before = LinearPhaseFIR(taps, 6).feed(signal)
    taps = taps.copy()
    taps[2:] = rng.normal(size=taps.shape[1])
    assert LinearPhaseFIR(taps, 6).feed(signal)[:2].tobytes() == before[:2].tobytes()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 500), max_size=12))
def test_any_cutting_gives_the_same_bits_with_a_filter_for_each_row(seed, cuts):
    rng = np.random.default_rng(seed)
    signal, taps = 1e3 * rng.normal(size=(3, 500)), rng.normal(size=(3, 41))
    whole, stream = LinearPhaseFIR(taps, 3).feed(signal), LinearPhaseFIR(taps, 3)
    parts = np.concatenate([stream.feed(signal[:, c]) for c in pieces(np.arange(500), cuts)], axis=1)
    assert parts.tobytes() == whole.tobytes()


@pytest.mark.parametrize("shape", [(20,), (2, 41), (6, 40)])
def test_taps_that_do_not_fit_are_refused(shape):
    with pytest.raises(AnalysisError, match="odd number of coefficients"):
        LinearPhaseFIR(np.ones(shape), 6)
