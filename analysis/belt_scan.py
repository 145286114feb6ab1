"""Periodic forces in the time between contacts: lines of a spectrum full of holes, and what repeats with the belt.

Flights show the belt's own force a tenth of a second at a time. The spectrum of such a record repeats every true line
at its frequency ± multiples of the step rate; the true one is the strongest, because within a flight the others run out
of phase. So lines are taken out strongest first, each with its repetitions (CLEAN, Högbom 1974, Astron Astrophys Suppl
15:417), as a least-squares sinusoid through the samples that are there.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BASELINE_S = 4.0
"""The zero is taken from medians over this long: longer than any belt's turn, shorter than drift."""
FARTHEST_N = 150.0
"""Samples this far from the zero are no flight, whatever they are."""
CLIP_SD = 10.0
OVERSAMPLING = 4
LOCAL = 0.02
"""A line is measured against the median power within this band, in cycles per bin: 2 Hz."""
LOWEST, HIGHEST = 0.005, 0.4
"""Lines are sought between these, in cycles per bin: 0.5 to 40 Hz."""
LINE_POWER = 25.0
"""A line's least power over the mean power around it. In 156 sessions of 30 to 300 s put together from real strides in
random order, which have no lines, the largest of all was 18."""
MOST_LINES = 24
HARMONICS = 8
MOST_PER_HARMONIC = 15.0
"""One strong line, of a roller say, that happens to lie on a multiple makes no seam."""
FOLD_BINS = 2
"""A turn of the belt is divided into slots of about this many bins: 20 ms."""
FOLD_LEAST = 5
"""A slot seen less often says nothing."""


@dataclass(frozen=True)
class Line:
    """A sinusoid in the flights."""

    rate: float
    """Cycles per second, or per metre of belt."""
    amplitude_N: float
    """Its amplitude, N."""


@dataclass(frozen=True)
class Turn:
    """What repeats with each turn of the belt."""

    rate: float
    """Turns per second, or per metre."""
    log10_p: float
    """log₁₀ of the probability that noise alone looks as regular."""
    profile_N: Floats
    """(slots,) mean force over one turn, N; NaN where too few flights show it."""
    largest_N: float
    """Its largest deviation, N …"""
    u_N: float
    """… and the standard uncertainty of that, N."""

    @property
    def crest(self) -> float:
        """Largest deviation over the RMS of the profile: 1.4 for a sinusoid, more for a hit."""
        rms = float(np.sqrt(np.nanmean(self.profile_N**2))) if self.largest_N else 0.0
        return self.largest_N / rms if rms else 0.0


@dataclass(frozen=True)
class Record:
    """The force in n short bins of flight."""

    at: Floats
    """(n,) time in s, or the belt's way in m."""
    force_N: Floats
    """(n,) force, its zero and all that repeats with the steps taken off."""
    step: float
    """Spacing of the bins in the units of `at`."""
    stride_rate: float
    """Strides per unit of `at`; 0 if nobody runs."""

    @property
    def length(self) -> float:
        """From the first bin to the last."""
        return float(self.at.max() - self.at.min())

    @property
    def clipped_N(self) -> Floats:
        """(n,) force without its mean, single wild bins cut down."""
        spread = 1.4826 * float(np.median(np.abs(self.force_N - np.median(self.force_N))))
        clipped = np.clip(self.force_N, -CLIP_SD * spread, CLIP_SD * spread)
        return np.asarray(clipped - clipped.mean())


@dataclass(frozen=True)
class Spectrum:
    """Power of a record."""

    power: Floats
    """(m,) power."""
    relative: Floats
    """(m,) power over the mean power of the noise around it."""
    spacing: float
    """Spacing of frequencies, per unit of `Record.at`."""


def without_zero(time_s: Floats, force_N: Floats) -> tuple[Floats, Bools]:
    """Take the slow zero off.

    Args:
        time_s: (n,) ascending.
        force_N: (n,) force in flight.

    Returns:
        (n,) the rest, and (n,) which of it can be a flight: somebody who stands there for seconds is none.
    """
    block = np.floor(time_s / BASELINE_S).astype(np.int64)
    starts = np.flatnonzero(np.diff(block, prepend=block[0] - 1))
    parts = np.split(np.arange(block.size), starts[1:])
    middle = np.asarray([time_s[part].mean() for part in parts])
    level = np.asarray([np.median(force_N[part]) for part in parts])
    empty = level < np.percentile(level, 10.0) + FARTHEST_N
    rest: Floats = force_N - np.interp(time_s, middle[empty], level[empty])
    return rest, np.abs(rest) < FARTHEST_N


def without_steps(force_N: Floats, flight: Ints, place: Ints, short: int) -> Floats:
    """Take off what every second flight has in the same place: the ends of left and right contacts.

    Args:
        force_N: (n,) force in flight.
        flight: (n,) number of the flight.
        place: (n,) number of the bin within its flight.
        short: Flights of at least this many bins are left as they are: they lie between no two steps.

    Returns:
        (n,) the rest.
    """
    bins = np.bincount(flight - flight.min())[flight - flight.min()]
    kind = np.where(bins < short, 1 + 2 * place + flight % 2, 0)
    order = np.argsort(kind, kind="stable")
    starts = np.flatnonzero(np.diff(kind[order], prepend=-1))
    rest = force_N.copy()
    for group in np.split(order, starts[1:]):
        if kind[group[0]]:
            rest[group] -= np.median(force_N[group])
    return rest


def spectrum(record: Record, force_N: Floats) -> Spectrum:
    """Power of a record with holes.

    Args:
        record: Gives the places.
        force_N: (n,) force there.

    Returns:
        The spectrum.
    """
    slot = np.round((record.at - record.at.min()) / record.step).astype(np.int64)
    size = 1 << int(np.ceil(np.log2(OVERSAMPLING * (int(slot.max()) + 1))))
    power: Floats = np.abs(np.fft.rfft(np.bincount(slot, force_N, minlength=size))) ** 2
    band = max(8, round(LOCAL * size))
    count = max(1, power.size // band)
    # The median of an exponential distribution is ln 2 of its mean.
    medians = np.median(power[: count * band].reshape(count, -1), axis=1) / np.log(2.0)
    around = np.interp(np.arange(power.size), (np.arange(count) + 0.5) * band, np.maximum(medians, 1e-30))
    return Spectrum(power, power / around, 1.0 / (size * record.step))


def lines(record: Record) -> list[Line]:
    """Find the lines, strongest first.

    Args:
        record: The record.

    Returns:
        The lines.
    """
    rest, found = record.clipped_N, list[Line]()
    while len(found) < MOST_LINES:
        seen = spectrum(record, rest)
        rate = np.arange(seen.power.size, dtype=np.float64) * seen.spacing
        allowed = (rate * record.step < HIGHEST) & (rate * record.step > LOWEST) & ~_of_steps(rate, record)
        allowed &= seen.relative >= LINE_POWER
        for line in found:
            allowed &= np.abs(rate - line.rate) > 2.0 / record.length
        if not allowed.any():
            break
        best = float(rate[np.argmax(np.where(allowed, seen.power, 0.0))])
        wave, amplitude = _sinusoid(2.0 * np.pi * best * (record.at - record.at[0]), rest)
        rest = rest - wave
        found.append(Line(best, amplitude))
    return found


def _of_steps(rate: Floats, record: Record) -> Bools:
    """Which rates cannot be told from a multiple of the stride rate."""
    if record.stride_rate == 0.0:
        return np.zeros(rate.shape, np.bool_)
    nearest = np.round(rate / record.stride_rate) * record.stride_rate
    return np.asarray(np.abs(rate - nearest) < 2.0 / record.length)


def _sinusoid(angle: Floats, force_N: Floats) -> tuple[Floats, float]:
    """Least-squares a·cos + b·sin through a record, and its amplitude."""
    cos, sin = np.cos(angle), np.sin(angle)
    cc, ss, cs = (cos * cos).sum(), (sin * sin).sum(), (cos * sin).sum()
    yc, ys = (force_N * cos).sum(), (force_N * sin).sum()
    det = cc * ss - cs * cs
    a, b = (ss * yc - cs * ys) / det, (cc * ys - cs * yc) / det
    return a * cos + b * sin, float(np.hypot(a, b))


def turn(record: Record, rate: float, tolerance: float) -> Turn:
    """What repeats with each turn of the belt, judged by the power of its first multiples taken together.

    Args:
        record: The record.
        rate: Turns expected per unit of `record.at`.
        tolerance: Share by which that may be wrong.

    Returns:
        The turn, at the rate near by that gives the sharpest picture.
    """
    from scipy.stats import gamma

    seen = spectrum(record, record.clipped_N)
    fine = seen.spacing / HARMONICS
    tried = np.arange(rate * (1.0 - tolerance), rate * (1.0 + tolerance) + fine, fine)
    number = np.arange(1, HARMONICS + 1)
    places = np.outer(tried, number)
    index = np.round(places / seen.spacing).astype(np.int64)
    power = np.minimum(seen.relative[np.minimum(index, seen.relative.size - 1)], MOST_PER_HARMONIC)
    power[_of_steps(places, record)] = 1.0
    log_p = np.asarray(gamma.logsf(np.cumsum(power, axis=1), number)).min(axis=1) / np.log(10.0)
    best = int(np.argmin(log_p))
    trials = max(1.0, 2.0 * tolerance * rate * record.length * HARMONICS) * HARMONICS
    sharpest = _sharpest(record, float(tried[best]), 0.5 * seen.spacing)
    sharpest = _sharpest(record, sharpest.rate, 0.05 * seen.spacing)
    return replace(sharpest, log10_p=float(log_p[best] + np.log10(trials)))


def _sharpest(record: Record, rate: float, reach: float) -> Turn:
    """The folding with the most pronounced profile near a rate."""
    tried = [fold(record, rate + part * reach) for part in np.linspace(-1.0, 1.0, 21).tolist()]
    return max(tried, key=lambda one: float(np.nansum(one.profile_N**2)))


def fold(record: Record, rate: float) -> Turn:
    """Lay the record over one turn of the belt.

    Args:
        record: The record.
        rate: Turns per unit of `record.at`.

    Returns:
        The turn; how probable it is by chance is left open.
    """
    slots = int(np.clip(round(1.0 / (rate * FOLD_BINS * record.step)), 8, 400))
    slot = turn_slot(record, rate, slots)
    count = np.bincount(slot, minlength=slots)
    often = np.maximum(count, 2)
    mean = np.bincount(slot, record.force_N, minlength=slots) / often
    square = np.bincount(slot, record.force_N**2, minlength=slots) / often
    error = np.sqrt(np.maximum(square - mean**2, 0.0) / (often - 1))
    profile = np.where(count >= FOLD_LEAST, mean, np.nan)
    if np.isnan(profile).all():
        return Turn(rate, 0.0, profile, 0.0, float("nan"))
    largest = int(np.nanargmax(np.abs(profile)))
    return Turn(rate, 0.0, profile, float(abs(profile[largest])), float(error[largest]))


def turn_slot(record: Record, rate: float, slots: int) -> Ints:
    """(n,) in which slot of the belt's turn each bin lies."""
    part: Floats = (record.at - record.at[0]) * rate % 1.0
    return np.minimum((part * slots).astype(np.int64), slots - 1)
