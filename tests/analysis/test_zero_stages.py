"""The stages that find and remove the zero, one by one and for any cutting of the stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_events import pieces

from analysis.belt_chain import BeltChain
from analysis.causal_zero import CausalZero
from analysis.protocol import get_protocol
from analysis.wrench import FZ
from analysis.zero import ExactZero, FlightKnots


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


def test_empty_input_to_every_stage():
    empty, none = np.empty((6, 0)), np.empty(0, np.bool_)
    causal, knots, exact = CausalZero(1000.0), FlightKnots(1000.0, 50.0, 20.0), ExactZero(1000.0)
    for _ in range(2):
        samples, zero = causal.feed(empty, none)
        found = knots.feed(samples, zero)
        assert found[0].size == 0
        assert exact.feed(samples, zero, found).shape == (6, 0)
    samples, zero = causal.finish()
    assert samples.shape == zero.shape == (6, 0)
    assert knots.finish()[1].shape == (6, 0)
    assert exact.finish().shape == (6, 0)


def test_a_knot_is_the_median_of_the_middle_half_of_a_flight():
    force = np.concatenate((np.full(50, 700.0), np.arange(100.0) * 0.1, np.full(50, 700.0)))
    wrench = np.tile(np.arange(1.0, 7.0)[:, None], force.size)
    wrench[FZ] = force
    position, value, known = FlightKnots(1000.0, 50.0, 20.0).feed(wrench, np.zeros_like(wrench))
    assert position.tolist() == [99.5]
    assert value[:, 0].tolist() == [1.0, 2.0, pytest.approx(4.95), 4.0, 5.0, 6.0]
    assert known.tolist() == [150]


@pytest.mark.parametrize(("flight", "ringing"), [(39, 0.0), (100, 15.0)])
def test_no_knot_from_a_short_or_a_ringing_flight(flight, ringing):
    low = ringing * np.sqrt(2) * np.sin(2 * np.pi * np.arange(flight) / 9.0)
    wrench = np.zeros((6, 200 + flight))
    wrench[FZ] = np.concatenate((np.full(100, 700.0), low, np.full(100, 700.0)))
    assert FlightKnots(1000.0, 50.0, 20.0).feed(wrench, np.zeros_like(wrench))[0].size == 0
