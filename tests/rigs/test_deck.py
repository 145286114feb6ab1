"""The deck's modes against independent solutions of the same equation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from rigs.deck import MIN_OVERSAMPLING, Deck, DeckMode, discretise, oversampling
from rigs.sources import Load, Taps
from rigs.synthetic import SineAndImpact, SyntheticRunner

RIGID = DeckMode(0.0)


def through(deck, source, rate, n):
    """Wrench after the deck at the ADC's samples, as the signal chain does it."""
    fine = np.arange(n * deck.factor) / (rate * deck.factor)
    return deck.feed(source.wrench(fine).sum(axis=0, keepdims=True))[0]


@pytest.mark.parametrize(("fn", "zeta"), [(25, 0.05), (63, 0.03), (120, 0.02), (250, 0.05)])
@pytest.mark.parametrize("rate", [500, 1000, 4000])
def test_response_equals_a_fine_simulation(fn, zeta, rate):
    """Against scipy.signal.lsim at 200 kHz, with a heel impact of 8 ms."""
    runner = SyntheticRunner(SineAndImpact())
    mode = DeckMode(fn, zeta)
    n = int(0.9 * rate)
    got = through(Deck((RIGID, RIGID, mode), rate), runner, rate, n)[2]
    t = np.arange(n * (200_000 // rate)) / 200_000
    force = runner.wrench(t).sum(axis=0)[2]
    omega = 2 * math.pi * fn
    _, exact, _ = signal.lsim(([2 * zeta * omega, omega**2], [1, 2 * zeta * omega, omega**2]), force, t)
    assert np.abs(got - exact[:: 200_000 // rate]).max() < 0.003 * force.max()


def test_a_step_rings_as_the_closed_form():
    """F_meas of a unit step: 1 − e^{−ζωt} (cos ω_d t − ζω/ω_d sin ω_d t)."""
    fn, zeta, rate = 63.0, 0.03, 4000.0
    b, a = discretise(DeckMode(fn, zeta), rate)
    t = np.arange(1, 2000) / rate
    ramp = np.concatenate([[0.0], np.ones(1999)])  # rises linearly over the first interval
    got = signal.lfilter(b, a, ramp)[1:]
    omega = 2 * math.pi * fn
    wd, dt = omega * math.sqrt(1 - zeta**2), 1 / rate

    def ramp_response(tau):
        """Integral of the step response, by scipy's quadrature-free closed form of the ramp."""
        tau = np.maximum(tau, 0.0)
        # ∫ e^{−st}(cos − ζω/ω_d sin) = e^{−ζωt} sin(ω_d t)/ω_d
        return tau - np.exp(-zeta * omega * tau) * np.sin(wd * tau) / wd

    np.testing.assert_allclose(got, (ramp_response(t) - ramp_response(t - dt)) / dt, atol=1e-9)


def test_o10_a_tap_rings_down_with_the_right_frequency_and_damping():
    fn, zeta, rate = 63.0, 0.03, 20_000.0
    deck = Deck((RIGID, RIGID, DeckMode(fn, zeta)), rate)
    z = through(deck, Taps(Load((0, 0, 100.0)), every_s=2.0), rate, int(1.6 * rate))[2]
    free = z[int(1.01 * rate) :]
    up = np.flatnonzero((free[:-1] < 0) & (free[1:] >= 0))
    crossing = up + free[up] / (free[up] - free[up + 1])
    assert rate / np.diff(crossing).mean() == pytest.approx(62.9716, rel=2e-5)
    peaks, _ = signal.find_peaks(free)
    delta = np.diff(np.log(free[peaks[:15]])).mean()
    assert -delta == pytest.approx(0.1885804, rel=2e-3)


def test_each_direction_follows_its_own_mode_and_moments_follow_the_vertical():
    modes = (DeckMode(40, 0.05), DeckMode(70, 0.05), DeckMode(100, 0.05))
    step = np.zeros((1, 6, 4000))
    step[:, :, 100:] = 1.0
    deck = Deck(modes, 1000.0)
    out = deck.feed(step)[0]
    frequency = [np.argmax(np.abs(np.fft.rfft(row[40:640] - 1.0, 60_000))) / 60 for row in out]
    np.testing.assert_allclose(frequency, [40, 70, 100, 100, 100, 100], rtol=0.02)
    np.testing.assert_array_equal(out[3], out[2])


def test_a_standing_load_is_passed_unchanged_from_the_first_sample():
    deck = Deck((DeckMode(30, 0.02),) * 3, 1000.0)
    out = deck.feed(np.full((1, 6, 1000 * deck.factor), 700.0))
    np.testing.assert_allclose(out, 700.0, rtol=1e-9)


def test_a_rigid_deck_changes_nothing():
    deck = Deck((RIGID, DeckMode(math.inf), RIGID), 1000.0)
    wrench = np.random.default_rng(0).normal(size=(2, 6, 50))
    assert deck.factor == 1
    np.testing.assert_array_equal(deck.feed(wrench), wrench)


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_ringing_does_not_depend_on_the_block_size(cuts):
    modes = (DeckMode(40, 0.05), DeckMode(70, 0.05), DeckMode(100, 0.05))
    factor = oversampling(modes, 1000.0)
    wrench = np.random.default_rng(1).normal(size=(1, 6, sum(cuts) * factor))
    whole = Deck(modes, 1000.0).feed(wrench)
    deck = Deck(modes, 1000.0)
    edges = np.cumsum([0, *cuts]) * factor
    parts = [deck.feed(wrench[:, :, a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), whole)


@pytest.mark.parametrize("rate", [80.0, 300.0, 976.5625, 1000.0, 8000.0])
@pytest.mark.parametrize("fn", [20.0, 63.0, 250.0])
def test_the_modes_are_well_oversampled(rate, fn):
    factor = oversampling((DeckMode(fn), RIGID, RIGID), rate)
    assert factor >= MIN_OVERSAMPLING
    assert factor * rate >= 16 * fn
