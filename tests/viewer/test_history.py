"""The live window's memory against brute force: random puts with gaps, several times round."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.source import Samples
from viewer.sources.envelope import bucket_starts, columns_of, envelope, strokes
from viewer.sources.history import History
from viewer.sources.pyramid import LARGEST

RATE = 1000.0
KEPT = 9000
HOURS = KEPT / RATE / 3600


class Plain:
    """What a History must equal: every sample ever put, in one long array."""

    def __init__(self, belts):
        self.wrench, self.contact = np.full((belts, 6, 0), np.nan, np.float32), np.zeros((belts, 0), bool)
        self.first = self.end = 0

    def put(self, index, wrench, contact):
        if not self.end:
            self.first = int(index[0])
        more = int(index[-1]) + 1 - self.wrench.shape[-1]
        self.wrench = np.pad(self.wrench, [(0, 0), (0, 0), (0, more)], constant_values=np.nan)
        self.contact = np.pad(self.contact, [(0, 0), (0, more)])
        self.wrench[:, :, index], self.contact[:, index] = wrench, contact
        self.end = int(index[-1]) + 1
        self.first = max(self.first, self.end - KEPT)

    def samples(self):
        return Samples(self.first, RATE, self.wrench[:, :, self.first :], self.contact[:, self.first :])


def brute_force(plain, start, stop, bucket):
    start, stop = max(start, plain.first), min(stop, plain.end)
    starts = [i for i in range(0, max(stop, 0), bucket) if i + bucket > start and start < stop]
    out = np.full((2, plain.wrench.shape[0], 3, len(starts)), np.nan, np.float32)
    for m, i in enumerate(starts):
        part = plain.wrench[:, :3, max(i, start) : min(i + bucket, stop)]
        for belt, row in np.ndindex(part.shape[:2]):
            known = part[belt, row][np.isfinite(part[belt, row])]
            if known.size:
                out[:, belt, row, m] = known.min(), known.max()
    return np.array(starts, np.int64), out[0], out[1]


PUTS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 3, 17, 700, 5000, 12_000, 40_000]),  # samples missing before it
        st.sampled_from([1, 2, 5, 50, 63, 1000, 4096, 9500, 20_000]),
        st.booleans(),  # with holes
    ),
    min_size=1,
    max_size=6,
)


def put(targets, rng, at, n, holes, belts):
    index = np.arange(at, at + n)
    if holes and n > 4:
        index = np.sort(rng.choice(index, n - n // 4, replace=False))
    wrench = rng.normal(size=(belts, 6, index.size)).astype(np.float32)
    if holes:
        wrench[:, :, rng.random(index.size) < 0.1] = np.nan
    contact = rng.random((belts, index.size)) < 0.5
    for target in targets:
        target.put(index, wrench, contact)
    return int(index[-1]) + 1


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 2), st.integers(0, 30_000), PUTS,
    st.sampled_from([1, 3, 4, 12, 16, 80, 256, 1000, 1024, 4096, 12_288]),
)  # fmt: skip
def test_equals_brute_force(seed, belts, origin, puts, bucket):
    rng = np.random.default_rng(seed)
    history, plain = History(RATE, belts, HOURS), Plain(belts)
    at = origin
    for missing, n, holes in puts:
        at = put((history, plain), rng, at + missing, n, holes, belts)
        assert (history.first, history.end) == (plain.first, plain.end)
    everything = history.read(0, 10**9)
    np.testing.assert_array_equal(everything.wrench, plain.samples().wrench)
    np.testing.assert_array_equal(everything.contact, plain.samples().contact)
    assert everything.start == plain.first
    ends = np.sort(rng.integers(plain.first - 2000, plain.end + 2000, (3, 2)), axis=1)
    for start, stop in [(0, plain.end), (plain.first, plain.end), *ends.tolist()]:
        expected = brute_force(plain, start, stop, bucket)
        for found in (history.envelope(start, stop, bucket), envelope(plain.samples(), start, stop, bucket)):
            for mine, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(mine, theirs)
        piece = history.read(start, stop)
        first = min(max(start, plain.first), plain.end)
        np.testing.assert_array_equal(piece.wrench, plain.wrench[:, :, first : max(first, stop)])


def test_small_puts_for_three_laps():
    """Fifty at a time, as a window gets them: every level stays right when the arrays go round."""
    rng = np.random.default_rng(5)
    history, plain = History(RATE, 1, HOURS), Plain(1)
    at = 0
    for _ in range(3 * (KEPT + 2 * LARGEST) // 47):
        at = put((history, plain), rng, at, 47, False, 1)
    for bucket in (4, 64, 4096):
        for mine, theirs in zip(history.envelope(0, at, bucket), brute_force(plain, 0, at, bucket), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_clear_begins_anew_at_any_number():
    rng, history = np.random.default_rng(1), History(RATE, 1, HOURS)
    put((history,), rng, 50_000, 8000, False, 1)
    history.clear()
    assert history.first == history.end == 0
    assert history.read(0, 60_000).wrench.shape == (1, 6, 0)
    assert history.envelope(0, 60_000, 16)[0].size == 0
    plain = Plain(1)
    put((history, plain), rng, 3, 100, False, 1)
    for mine, theirs in zip(history.envelope(0, 200, 64), brute_force(plain, 0, 200, 64), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_of_two_samples_with_one_number_the_last_counts():
    history = History(RATE, 1, HOURS)
    wrench = np.arange(24, dtype=np.float32).reshape(1, 6, 4)
    history.put(np.array([7, 8, 8, 10]), wrench, np.array([[True, False, True, True]]))
    history.put(np.array([10, 11]), wrench[:, :, :2] + 100, np.array([[False, True]]))
    found = history.read(0, 20)
    np.testing.assert_array_equal(found.wrench[0, 2], [8, 10, np.nan, 108, 109])
    np.testing.assert_array_equal(found.contact[0], [True, True, False, False, True])
    np.testing.assert_array_equal(history.envelope(0, 20, 4)[2][0, 2], [8, 109])


def test_samples_never_go_back():
    history = History(RATE, 1, HOURS)
    history.put(np.arange(10), np.zeros((1, 6, 10), np.float32), np.zeros((1, 10), bool))
    with pytest.raises(ValueError, match="back in time"):
        history.put(np.array([8]), np.zeros((1, 6, 1), np.float32), np.zeros((1, 1), bool))
    with pytest.raises(ValueError, match="back in time"):
        history.put(np.array([20, 19]), np.zeros((1, 6, 2), np.float32), np.zeros((1, 2), bool))
    assert history.end == 10


def test_memory_is_what_the_text_says():
    assert 119e6 < History(1000.0, 1).nbytes < 121e6


def test_buckets_are_counted_from_sample_nought():
    np.testing.assert_array_equal(bucket_starts(9, 21, 5), [5, 10, 15, 20])
    np.testing.assert_array_equal(bucket_starts(10, 20, 5), [10, 15])
    assert bucket_starts(7, 7, 5).size == 0


def test_columns_hold_the_line_between_samples():
    values = np.array([0.0, 10.0, 20.0, np.nan, 0.0, -5.0, 30.0], np.float32)
    lo, hi = columns_of(values, 100, np.arange(100.0, 107.5, 0.5))
    np.testing.assert_array_equal(lo, hi)  # no column holds more than a sample, and that is at its edge
    nan = np.nan
    np.testing.assert_allclose(lo, [0, 5, 10, 15, 20, nan, nan, nan, 0, -2.5, -5, 12.5, 30, nan])
    lo, hi = columns_of(values, 100, np.array([99.0, 101.5, 104.5, 108.0]))
    np.testing.assert_allclose(lo, [0, 0, -5])
    np.testing.assert_allclose(hi, [10, 20, 30])


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 20), st.integers(0, 50))
def test_columns_do_not_depend_on_where_the_window_begins(seed, step, cut):
    values = np.random.default_rng(seed).normal(size=(2, 600)).astype(np.float32)
    whole = columns_of(values, 1000, np.arange(int(1000 / step) + 1, int(1500 / step)) * step)
    begin = int(1000 / step) + 1 + cut
    part = columns_of(values[:, 3:], 1003, np.arange(begin, int(1500 / step)) * step)
    sure = -(-int(4 / step + 2) // 1)
    for mine, theirs in zip(part, whole, strict=True):
        np.testing.assert_array_equal(mine[:, sure:], theirs[:, cut + sure :])


def test_strokes_join_without_overlap():
    nan = np.nan
    top = np.array([10.2, 20.7, 5.0, nan, 8.0, 8.0], np.float32)
    bottom = np.array([12.9, 25.1, 6.0, nan, 8.9, 30.0], np.float32)
    first, last, there = strokes(top, bottom)
    np.testing.assert_array_equal(there, [True, True, True, False, True, True])
    np.testing.assert_array_equal(first[there], [10, 13, 5, 8, 8])
    np.testing.assert_array_equal(last[there], [12, 25, 19, 8, 30])
