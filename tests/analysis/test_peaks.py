"""Peaks of all stances at once must be scipy's peaks, stance by stance."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import find_peaks

from analysis.errors import AnalysisError
from analysis.peaks import stance_peaks


def by_stance(signal, starts, stops):
    rows = []
    for number, (a, b) in enumerate(zip(starts, stops, strict=True)):
        found, info = find_peaks(signal[a:b], prominence=0)
        rows += [(number, p, signal[a + p], prom) for p, prom in zip(found, info["prominences"], strict=True)]
    return rows


def assert_equal(signal, starts, stops):
    peaks = stance_peaks(signal, np.array(starts, int), np.array(stops, int))
    got = list(zip(peaks.stance, peaks.position, peaks.height, peaks.prominence, strict=True))
    assert got == by_stance(signal, starts, stops)


@st.composite
def sliced_signals(draw):
    # few distinct values make plateaus, also at and across the edges of the slices
    signal = draw(hnp.arrays(float, st.integers(0, 80), elements=st.integers(-3, 3).map(float)))
    cuts = sorted(draw(st.lists(st.integers(0, signal.size), max_size=12)))
    pairs = list(pairwise(cuts))
    keep = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    pairs = [p for p, k in zip(pairs, keep, strict=True) if k]
    return signal, [a for a, _ in pairs], [b for _, b in pairs]


@settings(max_examples=400)
@given(sliced_signals())
def test_equal_to_scipy_with_plateaus_touching_and_empty_slices(case):
    assert_equal(*case)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_equal_to_scipy_on_noisy_stances(seed):
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.integers(30, 300, 40))
    assert_equal(rng.normal(size=edges[-1] + 5).cumsum(), list(edges[:-1:2]), list(edges[1::2]))


def test_overlap_is_refused():
    with pytest.raises(AnalysisError, match="overlap"):
        stance_peaks(np.zeros(10), np.array([0, 3]), np.array([5, 8]))
