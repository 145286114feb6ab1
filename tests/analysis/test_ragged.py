"""Sums, extremes and marks over many windows against one window at a time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.flags import SampleFlag, StepFlag, flag_list, widen
from analysis.ragged import Span, integrate, ragged_index, value_at, window_max, window_min


@st.composite
def windows(draw):
    signal = np.array(draw(st.lists(st.integers(-9, 9).map(float), min_size=2, max_size=60)))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, signal.size - 1)] * 2).map(sorted), max_size=10))
    return signal, np.array([p[0] for p in pairs], int), np.array([p[1] for p in pairs], int)


@settings(max_examples=200, deadline=None)
@given(windows())
def test_extremes_of_windows_in_any_order_overlapping_and_up_to_the_last_sample(case):
    signal, first, last = case
    pairs = list(zip(first, last, strict=True))
    assert window_max(signal, first, last).tolist() == [signal[a : b + 1].max() for a, b in pairs]
    assert window_min(signal, first, last).tolist() == [signal[a : b + 1].min() for a, b in pairs]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=10))
def test_ragged_index(slices):
    starts, lengths = np.array([s for s, _ in slices], int), np.array([n for _, n in slices], int)
    index, offsets = ragged_index(starts, lengths)
    assert index.tolist() == [i for s, n in slices for i in range(s, s + n)]
    assert offsets.tolist() == [int(lengths[:k].sum()) for k in range(lengths.size)]


def integral_of_one(signal, start, stop):
    knots = [start, *range(int(np.ceil(start)), int(np.floor(stop)) + 1), stop]
    return np.trapezoid(np.interp(knots, np.arange(signal.size), signal), knots)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_integrals_and_values_between_samples(data):
    signal = np.array(data.draw(st.lists(st.integers(-9, 9).map(float), min_size=4, max_size=60)))
    count = data.draw(st.integers(0, 6))
    end = signal.size - 1.0
    start = np.array([data.draw(st.floats(0, end - 1.0)) for _ in range(count)])
    stop = np.array([data.draw(st.floats(s + 1.0, end)) for s in start])
    origin = np.array([data.draw(st.integers(0, signal.size - 1)) for _ in range(count)], int)
    got = integrate(signal, origin, start - origin, stop - origin)
    want = [integral_of_one(signal, a, b) for a, b in zip(start, stop, strict=True)]
    np.testing.assert_allclose(got, want, atol=1e-9)
    at = value_at(signal, origin, stop - origin)
    np.testing.assert_allclose(at, np.interp(stop, np.arange(signal.size), signal), atol=1e-9)


def test_span_holds_the_samples_within():
    span = Span(np.array([10, 100]), np.array([-0.3, 0.0]), np.array([4.9, 5.0]))
    assert span.first.tolist() == [10, 100]
    assert span.last.tolist() == [14, 105]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=40), st.integers(0, 5))
def test_widen_marks_every_neighbour_within_reach(marks, reach):
    flags = np.array([0] * reach + marks + [0] * reach, np.uint8)
    want = [np.bitwise_or.reduce(flags[i : i + 2 * reach + 1]) for i in range(len(marks))]
    got = widen(flags, reach)
    assert got.dtype == np.uint8
    assert got.tolist() == want


def test_flag_names():
    assert flag_list(0) == []
    assert flag_list(StepFlag.GAP | StepFlag.ADC) == ["adc", "gap"]
    for name in ("ADC", "SATURATED", "LATE"):  # step_flags copies the bits as they are
        assert SampleFlag[name].value == StepFlag[name].value
