"""What is left of the deck's ringing in the force: one that no tap test identified, or the error of one that was."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.deck import compensates
from analysis.highpass import BLOCK_RATE_HZ
from analysis.setup import Mode, Setup
from analysis.stances import NONE, Stances
from analysis.uncertainty_noise import slow_taps
from analysis.wrench import FZ

Floats = NDArray[np.float64]

HIGHEST = 0.45
"""Modes above this share of the sampling rate lie beyond what the low-pass lets through."""


def deck_alterations(setup: Setup) -> list[Callable[[Stances], Floats]]:
    """What the modes of the deck may do to a step.

    A mode that is taken out is off by its uncertainties of frequency and of damping; one that is not, because nobody
    identified it or because it is stiff, acts in full and is not corrected.

    Args:
        setup: Modes, rate and belts.

    Returns:
        Alterations by one standard uncertainty each.
    """
    deck = setup.deck
    if deck is None:
        return []
    seen = frozenset().union(*(belt.observable for belt in setup.belts))
    found: list[Callable[[Stances], Floats]] = []
    for mode, rows, component in ((deck.x, (0,), "Fx"), (deck.y, (1,), "Fy"), (deck.z, (2, 3, 4, 5), "Fz")):
        if mode is None or component not in seen or mode.natural_frequency_Hz > HIGHEST * setup.sample_rate_Hz:
            continue
        for b, a in _filters(
            mode, setup.sample_rate_Hz, taken_out=compensates(mode, identified=deck.is_identified(mode))
        ):
            found.append(partial(_ring, rows=rows, b=b, a=a, setup=setup))
    return found


def _filters(mode: Mode, rate_Hz: float, *, taken_out: bool) -> list[tuple[Floats, Floats]]:
    """Numerator and denominator of what the force is filtered by."""
    b, a = _resonance(mode, rate_Hz)
    if not taken_out:
        return [_without(b, a)]
    other = []
    if mode.u_natural_frequency_Hz > 0.0:
        other.append(replace(mode, natural_frequency_Hz=mode.natural_frequency_Hz + mode.u_natural_frequency_Hz))
    if mode.u_damping > 0.0:
        other.append(replace(mode, damping=mode.damping + mode.u_damping))
    pairs = [_resonance(one, rate_Hz) for one in other]
    return [(np.convolve(top, a), np.convolve(bottom, b)) for top, bottom in pairs]


def _without(b: Floats, a: Floats) -> tuple[Floats, Floats]:
    """The filter that takes a mode out of a force in which it rings already: what it changes is the error.

    The inverse of a mode lacks a factor (1 + 1/z)/2, which its output is therefore late by: half a sample. So is then
    what is subtracted.
    """
    late = 0.5 * np.convolve([1.0, 1.0], b)
    return a - late + np.append(b, 0.0), b


def _resonance(mode: Mode, rate_Hz: float) -> tuple[Floats, Floats]:
    """The mode as a recursive filter: bilinear transform of (2ζω s + ω²)/(s² + 2ζω s + ω²), true at ω.

    Args:
        mode: Natural frequency and damping.
        rate_Hz: Sampling rate.

    Returns:
        Coefficients of numerator and denominator, without the factor (1 + 1/z)/2 that every mode has alike.
    """
    turn = np.tan(np.pi * mode.natural_frequency_Hz / rate_Hz)
    damped = 2.0 * mode.damping * turn
    square = turn * turn
    a0 = 1.0 + damped + square
    a = np.array([1.0, 2.0 * (square - 1.0) / a0, (1.0 - damped + square) / a0])
    # s = (1 − 1/z)/(1 + 1/z): the numerator is (damped·s + square)·(1 + 1/z)², of which one factor stands apart.
    return 2.0 * np.array([damped + square, square - damped]) / a0, a


def _ring(stances: Stances, *, rows: tuple[int, ...], b: Floats, a: Floats, setup: Setup) -> Floats:
    """Alter the force of each step, before which the deck is at rest, by a filter."""
    empty = _before_flight(stances, setup)
    for row in rows:
        change = _answer(stances, stances.wrench[row], empty, b, a)
        if row == FZ:
            _carry_on(stances, change, empty, b, a, setup.sample_rate_Hz)
        stances.wrench[row] += change
    return np.zeros(len(stances))


def _carry_on(stances: Stances, change: Floats, empty: Floats, b: Floats, a: Floats, rate_Hz: float) -> None:
    """The same for what else is known of the vertical force."""
    alone = stances.next_N == stances.wrench[FZ]
    stances.next_N[:] += np.where(alone, change, _answer(stances, stances.next_N, empty, b, a))
    stances.total_N[:] += _answer(stances, stances.total_N, empty, b, a)
    stances.hf_N[:] += fast_part(stances, change, rate_Hz)


def fast_part(stances: Stances, change: Floats, rate_Hz: float) -> Floats:
    """What of a change of force lies above 10 Hz, where it is nothing before and after each step.

    As in `analysis.highpass` the low-pass runs on averages; they are held, not interpolated, for a change is small.

    Args:
        stances: The steps.
        change: (t,) N.
        rate_Hz: Sampling rate, Hz.

    Returns:
        (t,) N.
    """
    from scipy.ndimage import correlate1d

    block = max(1, int(rate_Hz / BLOCK_RATE_HZ))
    padded, index = _padded(stances, change, whole=block)
    means = np.zeros((len(padded), padded.shape[1] // block))
    for place in range(block):
        means += padded[:, place::block]
    slow = correlate1d(means / block, slow_taps(rate_Hz / block), axis=1, mode="constant")
    fast: Floats = change - np.repeat(slow, block, axis=1).ravel()[index]
    return fast


def _answer(stances: Stances, signal: Floats, empty: Floats, b: Floats, a: Floats) -> Floats:
    """(t,) what the filter changes."""
    from scipy.signal import lfilter

    calm = signal * empty
    padded, index = _padded(stances, calm)
    answered: Floats = lfilter(b, a, padded, axis=1).ravel()[index]
    return answered - calm


def _padded(stances: Stances, signal: Floats, whole: int = 1) -> tuple[Floats, NDArray[np.int64]]:
    """Steps side by side, (k, a multiple of `whole`), and where the (t,) samples are in it when laid end to end."""
    lengths = stances.end - stances.start
    longest = -(-int(lengths.max()) // whole) * whole
    index = np.arange(signal.size) + np.repeat(np.arange(lengths.size) * longest - stances.start, lengths)
    padded = np.zeros(lengths.size * longest)
    padded[index] = signal
    return padded.reshape(-1, longest), index


def _before_flight(stances: Stances, setup: Setup) -> Floats:
    """(t,) 0 up to the end of the contact before each step's flight, 1 from there on."""
    lengths = stances.end - stances.start
    place = np.arange(stances.tick.size)
    on = np.repeat(stances.on, lengths)
    settled = round(0.02 * setup.sample_rate_Hz)
    loaded = (stances.total_N >= setup.protocol.off_N) & (place < on - settled)
    last = np.maximum.accumulate(np.where(loaded, place, NONE))
    begin = np.repeat(stances.start, lengths)
    last_loaded_of_step = np.maximum.reduceat(np.where(last >= begin, last, NONE), stances.start)
    return (place > np.repeat(last_loaded_of_step, lengths)).astype(np.float64)
