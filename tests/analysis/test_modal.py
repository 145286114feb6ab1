"""Tap tests of known decks: frequency, damping, their uncertainty, and records that are no tap test."""

import itertools

import numpy as np
import pytest
from decks import OVERSAMPLING, force, rung, touchdowns
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.decay_fit import fit_decay
from analysis.errors import AnalysisError
from analysis.modal import ModalFit, find_taps, free_decay

RATE = 1000.0


def blows(at_s, rate=RATE, peak=150.0, width=0.004, end_s=1.0):
    """Half-sine blows of a hammer, oversampled."""
    t = np.arange(round((at_s[-1] + end_s) * rate) * OVERSAMPLING) / (rate * OVERSAMPLING)
    out = np.zeros(t.size)
    for blow in at_s:
        inside = (t >= blow) & (t <= blow + width)
        out[inside] += peak * np.sin(np.pi * (t[inside] - blow) / width)
    return out


def record(fn_Hz, zeta, *, rate=RATE, taps=5, every_s=1.0, noise_N=1.0, seed=0, further=()):
    """Cell force of a tap test, with the weight of the deck in it; `further` are other modes as (share, fn, ζ)."""
    at = 0.5 + every_s * np.arange(taps) + 0.0003 * np.arange(taps)
    fine = blows(at, rate, end_s=every_s)
    share = 1.0 - sum(part for part, _, _ in further)
    out = share * rung(fine, rate, fn_Hz, zeta)
    out = out + sum(part * rung(fine, rate, f, z) for part, f, z in further)
    return out + 30.0 + noise_N * np.random.default_rng(seed).normal(size=out.size)


def test_o10_without_noise():
    """Oracle O10: 63 Hz, ζ 0.03: damped frequency, decrement and settling time."""
    fit = free_decay(record(63.0, 0.03, noise_N=0.0), RATE)
    assert fit.natural_frequency_Hz == pytest.approx(63.0, rel=1e-6)
    assert fit.damping == pytest.approx(0.03, rel=1e-5)
    assert fit.damped_frequency_Hz == pytest.approx(62.9716, abs=1e-4)
    assert fit.log_decrement == pytest.approx(0.1885804, abs=2e-6)
    assert fit.settling_s == pytest.approx(0.25265, abs=3e-5)
    assert (fit.taps, fit.refused) == (5, 0)


@pytest.mark.parametrize("rate", [300.0, 1000.0, 2400.0])
@pytest.mark.parametrize("seed", range(3))
def test_o10_with_noise(rate, seed):
    fit = free_decay(record(63.0, 0.03, rate=rate, noise_N=2.0, seed=seed), rate)
    assert fit.natural_frequency_Hz == pytest.approx(63.0, rel=0.002)
    assert fit.damping == pytest.approx(0.03, rel=0.05)


def test_o10_by_the_textbook():
    """The same record by zero crossings and the decrement of successive peaks, which the fit must agree with."""
    ring = record(63.0, 0.03, noise_N=0.0, taps=1)[530:900] - 30.0
    up = np.flatnonzero((ring[:-1] < 0) & (ring[1:] >= 0))[:10]
    crossing = up + ring[up] / (ring[up] - ring[up + 1])
    damped = RATE / np.diff(crossing).mean()
    spans = [np.abs(ring[a:b]).max() for a, b in itertools.pairwise(up)]
    decrement = -np.polyfit(np.arange(len(spans)), np.log(spans), 1)[0]
    fit = fit_decay(ring, RATE)
    assert np.sqrt(1.0 - fit.damping**2) * fit.natural_frequency_Hz == pytest.approx(damped, rel=1e-3)
    assert 2 * np.pi * fit.damping / np.sqrt(1 - fit.damping**2) == pytest.approx(decrement, rel=0.02)


@settings(max_examples=15, deadline=None)
@given(st.floats(20.0, 200.0), st.floats(0.01, 0.06), st.integers(0, 2**31))
def test_any_deck_is_identified_well_enough_to_take_its_ringing_out(fn, zeta, seed):
    every = max(1.0, 8.0 / (zeta * 2.0 * np.pi * fn))
    fit = free_decay(record(fn, zeta, every_s=every, seed=seed, taps=4), RATE)
    assert fit.natural_frequency_Hz == pytest.approx(fn, rel=0.005)
    assert fit.damping == pytest.approx(zeta, rel=0.10)


def test_the_stated_uncertainty_is_the_scatter():
    """Over 30 tests of one deck, errors in units of their standard uncertainty have a standard deviation near 1."""
    fits = [free_decay(record(63.0, 0.03, noise_N=3.0, seed=seed, taps=6), RATE) for seed in range(30)]
    for name, truth in (("natural_frequency_Hz", 63.0), ("damping", 0.03)):
        z = [(getattr(fit, name) - truth) / getattr(fit, f"u_{name}") for fit in fits]
        assert 0.6 < np.std(z) < 1.4, name
        assert abs(np.mean(z)) < 0.5, name


@pytest.mark.parametrize("neighbour", [70.0, 80.0, 110.0])
@pytest.mark.parametrize("share", [0.15, 0.35])
def test_a_weaker_neighbouring_mode_does_not_bend_the_strong_one(neighbour, share):
    fit = free_decay(record(63.0, 0.03, further=[(share, neighbour, 0.04)]), RATE)
    assert fit.natural_frequency_Hz == pytest.approx(63.0, rel=0.002)
    assert fit.damping == pytest.approx(0.03, rel=0.05)


def test_a_person_who_stands_and_sways_does_not_matter():
    signal = record(63.0, 0.03)
    signal = signal + 700.0 + 25.0 * np.sin(2 * np.pi * 0.9 * np.arange(signal.size) / RATE)
    fit = free_decay(signal, RATE)
    assert fit.natural_frequency_Hz == pytest.approx(63.0, rel=0.002)
    assert fit.damping == pytest.approx(0.03, rel=0.05)


def test_taps_are_found_where_they_are_and_ringing_is_none():
    at = 0.5 + 1.5 * np.arange(6)
    signal = rung(blows(at), RATE, 25.0, 0.01) + np.random.default_rng(1).normal(size=round((at[-1] + 1.0) * RATE))
    found = find_taps(signal, RATE)
    np.testing.assert_allclose(found / RATE, at, atol=0.06)


def test_a_double_blow_is_refused_and_the_others_are_used():
    signal = record(63.0, 0.03, taps=6)
    again = record(63.0, 0.03, taps=1, noise_N=0.0) - 30.0
    signal[2500:3300] += 0.6 * again[350:1150]  # 0.15 s after the third blow
    fit = free_decay(signal, RATE)
    assert (fit.taps, fit.refused) == (5, 1)
    assert fit.natural_frequency_Hz == pytest.approx(63.0, rel=0.002)


@pytest.mark.parametrize(
    ("signal", "seen"),
    [
        (np.random.default_rng(0).normal(size=5000), "no blow"),
        (np.zeros(5000), "no blow"),
        (np.empty(0), "no blow"),
        (rung(force(touchdowns(20), RATE), RATE, 200.0, 0.05), "0 of them"),
        (rung(force(touchdowns(20), RATE), RATE, 35.0, 0.03), "20 blows"),
    ],
    ids=["noise", "silence", "nothing", "running", "running on a soft deck"],
)
def test_what_is_no_tap_test_is_refused(signal, seen):
    with pytest.raises(AnalysisError, match=seen):
        free_decay(signal, RATE)


def test_a_mode_by_other_names():
    fit = ModalFit(63.0, 0.03, 0.0, 0.0, 1, 0)
    assert fit.damped_frequency_Hz == pytest.approx(62.9716, abs=5e-5)
    assert fit.log_decrement == pytest.approx(0.1885804, abs=5e-8)
    assert fit.settling_s == pytest.approx(0.25265, abs=3e-5)
