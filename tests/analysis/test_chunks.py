"""One code path: however a stream is cut into chunks, the step table is the same, bit for bit."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from running import BW, analyse, half_sine_with_impact, one_belt, ticks, two_belts, two_mass

import analysis.pipeline
from analysis.flags import SampleFlag


@dataclass(frozen=True)
class Stream:
    """A session with everything in it that can go wrong."""

    channels: NDArray
    """(belts, n) N."""
    flags: NDArray
    """(n,) sample marks."""
    tick: NDArray
    """(n,) µs."""
    gaps: list[int]
    """Rows before which data are missing."""
    rate: float
    """Hz."""


def make_stream(seed, *, belts=1, rate=1000.0, seconds=22.0):
    """Runs, pauses (empty, standing, walking), scuffs, drift, noise, spikes, marks and gaps, all by chance."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    force = np.zeros((belts, t.size))
    now, foot = rng.uniform(0, 1), 0
    while now < seconds:
        kind = rng.choice(["step", "step", "step", "step", "step", "step", "scuff", "empty", "stand", "walk"])
        length = {"step": 0.35, "scuff": 0.1, "empty": 1.5, "stand": 2.5, "walk": 3.0}[kind] * rng.uniform(0.8, 1.2)
        a, b = np.searchsorted(t, (now, now + length))
        own, local = force[foot % belts, a:b], t[a:b] - now
        if kind == "step":
            shape = rng.choice([half_sine_with_impact, two_mass])
            own += rng.uniform(0.7, 1.3) * shape(local, 0.68 * length)
        elif kind == "scuff":
            own += rng.uniform(20, 200) * (local < 0.06)
        elif kind == "stand":
            own += BW * np.clip(local / 0.3, 0, 1)
        elif kind == "walk":
            own += BW * (1 + 0.3 * np.sin(11 * local))
        foot += 1
        now += length * (0.5 if belts > 1 and rng.random() < 0.3 else 1.0)  # on two belts feet overlap
    force += rng.choice([0.5, 5.0]) * rng.normal(size=force.shape)
    force += rng.uniform(-300, 300, (belts, 1)) + rng.uniform(-3, 3, (belts, 1)) * t
    flags = np.zeros(t.size, np.uint8)
    wild = rng.integers(0, t.size, 4)
    force[:, wild] += rng.choice([-4e4, 4e4, 300.0], wild.size)
    flags[wild[:2]] = rng.choice([int(f) for f in SampleFlag], 2)
    tick = ticks(t.size, rate) + rng.integers(0, 3, t.size)
    gaps = sorted(rng.choice(t.size, rng.choice([0, 1, 1, 3]), replace=False).tolist())
    return Stream(force, flags, tick, gaps, rate)


def results(stream, cuts, bw):
    setup = replace(two_belts(stream.rate) if len(stream.channels) > 1 else one_belt(stream.rate), bw_N=bw)
    table, pipeline = analyse(stream.channels, setup, cuts=cuts, gaps=stream.gaps, flags=stream.flags, tick=stream.tick)
    loads = pipeline.loads
    return table, (pipeline.bw_N, pipeline.ignored, loads.impulse_Ns.tobytes(), loads.time_s.tobytes())


def assert_same(stream, cuts, bw=None):
    whole, rest = results(stream, (), bw)
    cut, cut_rest = results(stream, cuts, bw)
    assert cut.rows == whole.rows
    for name in whole:
        assert cut[name].tobytes() == whole[name].tobytes(), name
    assert cut.equals(whole)
    np.testing.assert_equal(cut_rest, rest)
    return whole


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 2]),
    st.sampled_from([BW, None]),
    st.lists(st.integers(0, 22_000), max_size=40),
    st.tuples(st.integers(0, 21_000), st.integers(0, 60)),
)
def test_random_streams_cut_at_random_and_into_single_samples(seed, belts, bw, cuts, singles):
    stream = make_stream(seed, belts=belts)
    first, count = singles
    assert_same(stream, [c for c in {*cuts, *range(first, first + count)} if c < stream.tick.size], bw)


@pytest.mark.parametrize("size", [1, 7, 20, 64, 499, 500, 501, 1000, 4096])
def test_equal_chunks_of_any_size_also_around_the_block_of_the_zero(size):
    stream = make_stream(size, belts=1 + size % 2, seconds=6.0 if size == 1 else 22.0)
    assert_same(stream, range(size, stream.tick.size, size))


@pytest.mark.parametrize("rate", [300.0, 976.5625, 2400.0])
def test_other_rates(rate):
    for seed in range(3):
        stream = make_stream(seed, rate=rate, belts=1 + seed % 2)
        cuts = np.random.default_rng(seed).integers(0, stream.tick.size, 60)
        assert_same(stream, cuts)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 40_000])
def test_chunks_around_the_internal_block(size):
    stream = make_stream(11, seconds=80.0)
    whole = assert_same(stream, range(size, stream.tick.size, size), BW)
    assert whole["valid"].sum() > 40


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(16, 3000))
def test_the_internal_block_may_have_any_size(seed, block):
    stream = make_stream(seed, belts=1 + seed % 2, seconds=8.0 if block < 50 else 22.0)
    whole, _ = results(stream, (), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis.pipeline, "BLOCK", block)
        assert results(stream, (), None)[0].equals(whole)


def test_the_streams_hold_what_they_should():
    """The test above would prove nothing on streams without steps, gaps, marks or overlapping feet."""
    tables = [results(make_stream(seed, belts=1 + seed % 2), (), None)[0] for seed in range(10)]
    flags = {name for table in tables for record in table.records() for name in record["flags"]}
    assert {"gap", "no_next"} <= flags
    assert flags & {"adc", "saturated", "late"}
    assert sum(int(table["valid"].sum()) for table in tables) > 80
    split = tables[1::2]
    assert any((t["touchdown_s"][1:] < t["toe_off_s"][:-1]).any() for t in split), "double support"


def test_channels_beyond_the_belts_and_integer_counts_are_welcome():
    stream = make_stream(3)
    setup = one_belt()
    counts = np.round(stream.channels[0]).astype(np.int32)
    whole, _ = analyse(counts, setup, gaps=stream.gaps, flags=stream.flags, tick=stream.tick)
    as_float, _ = analyse(counts.astype(float), setup, gaps=stream.gaps, flags=stream.flags, tick=stream.tick)
    assert whole.equals(as_float)
    assert whole.rows > 0
