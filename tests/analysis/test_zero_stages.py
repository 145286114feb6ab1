"""The stages that find and remove the zero, one by one and for any cutting of the stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_events import pieces

from analysis.belt_chain import BeltChain
from analysis.causal_zero import CausalZero
from analysis.flight_knots import FlightKnots, Knots, join_knots
from analysis.protocol import get_protocol
from analysis.wrench import FZ
from analysis.zero import ExactZero


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 10**6), max_size=15), st.booleans())
def test_stages_release_the_same_bits_for_any_cutting(seed, cuts, quiet):
    rng = np.random.default_rng(seed)
    wrench = rng.normal(size=(6, 6000)).cumsum(axis=1) * 0.2
    wrench[FZ] += 0.0 if quiet else np.maximum(1500 * np.sin(2 * np.pi * np.arange(6000) / 700), 0.0)
    bad = rng.random(6000) < 2e-4

    def through(parts):
        chain = BeltChain(1000.0, get_protocol())
        out = [chain.feed(wrench[:, part], bad[part]).zeroed for part in parts]
        return np.concatenate([*out, chain.finish().zeroed], axis=1)

    whole = through([np.arange(6000)])
    assert whole.shape == wrench.shape, "every sample is released once"
    assert through(pieces(np.arange(6000), cuts)).tobytes() == whole.tobytes()


def session(rng):
    """Standing, walking, running, resting and wild readings in any order: the zero may be known late, or never."""
    kinds, parts = ("stand", "walk", "run", "rest"), []
    for kind in rng.choice(kinds, rng.integers(2, 6), p=(0.4, 0.2, 0.2, 0.2)):
        t = np.arange(int(rng.uniform(300, 9000))) / 1000.0
        sine = np.sin(2 * np.pi * t / 0.35)
        parts.append({
            "stand": 700.0 + 8.0 * np.sin(4 * t),
            "walk": 700.0 + 220.0 * np.sin(2 * np.pi * 1.8 * t),
            "run": np.where(sine > 0, 2400.0 * np.abs(sine), 0.0),
            "rest": np.zeros(t.size),
        }[str(kind)])  # fmt: skip
    force = np.concatenate(parts) + rng.uniform(-500, 500) + rng.normal(size=sum(p.size for p in parts))
    if rng.random() < 0.3:
        start = rng.integers(0, force.size)
        force[start : start + 2000] -= 4000.0
    return force


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 40_000), max_size=15), st.integers(1, 5))
def test_the_same_bits_while_the_zero_is_unknown_and_after(seed, cuts, singles):
    rng = np.random.default_rng(seed)
    force = session(rng)
    wrench = force * np.asarray([0.1, 0.2, 1.0, 0.3, -0.2, 0.05])[:, None]
    bad = rng.random(force.size) < 2e-5
    first = int(rng.integers(0, force.size))
    cuts = [c for c in {*cuts, *range(first, first + singles)} if c < force.size]

    def through(parts):
        causal, knots, exact = CausalZero(1000.0), FlightKnots(1000.0, 50.0, 20.0), ExactZero(1000.0)
        out, unsure, flights = [], [], []

        def onward(samples, zero, found):
            flights.append(found)
            out.append(exact.feed(samples, zero, found))
            unsure.append(exact.unsure)

        for part in parts:
            samples, zero = causal.feed(wrench[:, part], bad[part])
            onward(samples, zero, knots.feed(samples, zero))
        samples, zero = causal.finish()
        onward(samples, zero, knots.feed(samples, zero))
        onward(samples[:, :0], zero[:, :0], knots.finish())
        out.append(exact.finish())
        unsure.append(exact.unsure)
        found = join_knots(flights)
        fields = (found.first, found.count, found.value, found.spread_N, found.known, found.used)
        return [np.concatenate(out, axis=1), np.concatenate(unsure), *fields]

    whole = through([np.arange(force.size)])
    assert whole[0].shape == wrench.shape, "every sample is released once"
    assert whole[1].size == force.size
    assert np.isfinite(whole[0]).all()
    for one, other in zip(whole, through(pieces(np.arange(force.size), cuts)), strict=True):
        assert one.tobytes() == other.tobytes()


def test_empty_input_to_every_stage():
    empty, none = np.empty((6, 0)), np.empty(0, np.bool_)
    causal, knots, exact = CausalZero(1000.0), FlightKnots(1000.0, 50.0, 20.0), ExactZero(1000.0)
    for _ in range(2):
        samples, zero = causal.feed(empty, none)
        found = knots.feed(samples, zero)
        assert len(found) == 0
        assert exact.feed(samples, zero, found).shape == (6, 0)
    samples, zero = causal.finish()
    assert samples.shape == zero.shape == (6, 0)
    assert len(knots.finish()) == 0
    assert exact.finish().shape == (6, 0)
    assert exact.unsure.shape == (0,)


def flights_of(force):
    wrench = np.tile(np.arange(1.0, 7.0)[:, None], force.size)
    wrench[FZ] = force
    return FlightKnots(1000.0, 50.0, 20.0).feed(wrench, np.zeros_like(wrench))


def test_a_knot_is_the_median_of_the_middle_half_of_a_flight():
    found = flights_of(np.concatenate((np.full(50, 700.0), np.arange(100.0) * 0.1, np.full(50, 700.0))))
    assert found.position.tolist() == [99.5]
    assert (found.first.tolist(), found.count.tolist()) == ([75], [50])
    assert found.value[:, 0].tolist() == [1.0, 2.0, pytest.approx(4.95), 4.0, 5.0, 6.0]
    assert found.spread_N.tolist() == [pytest.approx(3.9 / 2.563)]
    assert found.known.tolist() == [150]
    assert found.used.tolist() == [True]


@pytest.mark.parametrize(("flight", "ringing", "seen"), [(39, 0.0, 0), (100, 15.0, 1)])
def test_no_knot_from_a_short_or_a_ringing_flight(flight, ringing, seen):
    low = ringing * np.sqrt(2) * np.sin(2 * np.pi * np.arange(flight) / 9.0)
    found = flights_of(np.concatenate((np.full(100, 700.0), low, np.full(100, 700.0))))
    assert len(found) == seen
    assert not found.used.any()


def flights_at(levels):
    steps = [np.concatenate((np.full(200, 1000.0), np.full(100, level))) for level in levels]
    return flights_of(np.concatenate((*steps, np.full(200, 1000.0))))


@pytest.mark.parametrize(
    ("levels", "rejected"),
    [
        ([0, 0, 0, 15, 0, 0, 0], [3]),  # one brushed flight
        ([0, 1, 0, -15, 0, 1, 0], []),  # nothing pulls: a lower one is true
        ([0, 0, 15, 15, 15, 15], [2]),  # the zero has risen: believed with the second flight
        ([0, 2, 4, 6, 8, 10, 12, 14, 16], []),  # drift
        ([0, 7, 14, 17, 18], []),  # fast drift: along the line
    ],
)
def test_only_a_flight_that_lies_alone_above_the_others_is_rejected(levels, rejected):
    found = flights_at([float(level) for level in levels])
    assert len(found) == len(levels)
    assert np.flatnonzero(~found.used).tolist() == rejected


def test_a_zero_that_jumps_is_not_drawn_as_a_slope_and_the_time_between_is_unsure():
    wrench = np.zeros((6, 1000))
    wrench[FZ, 500:] = -400.0
    no, at = np.zeros(2), np.asarray([[200, 700], [100, 100]])
    knots = Knots(at[0], at[1], np.stack([no, no, [0.0, -400.0], no, no, no]), no, at[0] + 150, np.ones(2, np.bool_))
    exact = ExactZero(1000.0)
    zeroed = exact.feed(wrench, np.zeros_like(wrench), knots)[FZ]
    assert np.flatnonzero(exact.unsure).tolist() == list(range(250, 750))
    assert not zeroed[:500].any()
    assert set(zeroed[500:650]) == {-400.0}
    assert not zeroed[650:].any()


@pytest.mark.parametrize("rate", [100.0, 300.0, 1000.0, 2400.0, 32_000.0])
def test_a_first_level_at_any_rate(rate):
    t = np.arange(round(6 * rate)) / rate
    sine = np.sin(2 * np.pi * t / 0.7)
    wrench = np.zeros((6, t.size))
    wrench[FZ] = 40.0 + np.where(sine > 0, 2100.0 * np.abs(sine), 0.0)
    causal = CausalZero(rate)
    causal.feed(wrench, np.zeros(t.size, np.bool_))
    assert causal.level is not None
    assert causal.level[FZ] == pytest.approx(40.0)
