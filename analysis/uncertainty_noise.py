"""Noise of the cells as the steps have it: through the filters and the zero.

What a flight shows is filtered noise. White noise of equal cells, through the belt's read-out and the pipeline's own
filter, is laid over a step; the zero that the flights around it would then have had is taken off again, as
`analysis.zero` does, so that noise and the error of the zero are one, with all that connects them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.batch import flight_windows
from analysis.cell_drift import channel_newtons
from analysis.deck import wrench_taps
from analysis.highpass import REACH_S, lowpass_response
from analysis.ragged import window_sum
from analysis.running_mean import Running
from analysis.setup import Setup
from analysis.stances import Stances
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLES = 1 << 15
"""Length of the table of noise; a step begins anywhere in it."""
ASSUMED_N = 2.0
"""Noise that is reckoned with where no flight shows any: in walking. The limit of a green light."""
LEAST_N = 0.02
"""Noise with which a step is probed at least."""
FLIGHTS = 32
"""Flights over which the noise is averaged: a single one is some six independent values, good to 30 %."""
LONGEST_S = 1.0
POINTS = 48
"""Samples of each flight's middle half of which the median is taken as its zero."""
SHORTEST = 16
"""A flight counts as so many samples at least."""
_UNKNOWN = 0.4
"""Flight per contact where no touchdown follows."""


@dataclass(frozen=True)
class NoiseTable:
    """Filtered noise of one belt."""

    wrench: Floats
    """(6, SAMPLES) noise of every component, SD 1; zero for what is not seen."""
    hf: Floats
    """(SAMPLES,) the part of that of Fz above 10 Hz."""
    kept: Floats
    """(6, n) share of the variance that shows within a window of n + 1 samples, whose own mean is taken off."""
    independent: float
    """Samples of Fz per independent value of its square."""


def noise_table(setup: Setup, belt: int) -> NoiseTable:
    """Noise of one belt.

    Args:
        setup: Rate, filter and read-out.
        belt: Number of the belt.

    Returns:
        The same table for the same setup, made once.
    """
    taps = wrench_taps(setup.protocol, setup.sample_rate_Hz, setup.deck)
    matrix = np.ascontiguousarray(setup.belts[belt].matrix)
    return _table(matrix.tobytes(), taps.tobytes(), setup.sample_rate_Hz, belt)


@lru_cache(maxsize=8)
def _table(matrix_bytes: bytes, taps_bytes: bytes, rate_Hz: float, belt: int) -> NoiseTable:
    from scipy.ndimage import correlate1d

    matrix = np.frombuffer(matrix_bytes).reshape(6, -1)
    taps = np.frombuffer(taps_bytes).reshape(6, -1)
    scale = channel_newtons([matrix])
    cells = np.flatnonzero(scale)
    random = np.random.Generator(np.random.Philox(key=[belt, 0x5EED]))
    white = random.standard_normal((cells.size, SAMPLES))
    wrench = np.zeros((6, SAMPLES))
    for column, noise in zip((matrix[:, cells] / scale[cells]).T, white, strict=True):
        wrench += column[:, np.newaxis] * noise
    for row, weights in zip(wrench, taps, strict=True):
        row[:] = correlate1d(row, weights[::-1], mode="wrap")
    sd = wrench.std(axis=1, keepdims=True)
    wrench /= np.where(sd > 0.0, sd, 1.0)
    hf = wrench[FZ] - correlate1d(wrench[FZ], slow_taps(rate_Hz), mode="wrap")
    kept = np.stack([_kept(row, round(LONGEST_S * rate_Hz)) for row in taps])
    return NoiseTable(wrench, hf, kept, float(np.sum(_correlation(taps[FZ]) ** 2)))


@lru_cache(maxsize=8)
def slow_taps(rate_Hz: float) -> Floats:
    """The low-pass that parts the force at 10 Hz, as one impulse response.

    Args:
        rate_Hz: Sampling rate, Hz.

    Returns:
        (2·half + 1,) coefficients.
    """
    half = round(REACH_S * rate_Hz)
    grid = (np.arange(1 << 13) + 0.5) / (1 << 14) * rate_Hz  # midpoints of 0 … half the rate
    gain = lowpass_response(grid, rate_Hz)
    one_side = (gain * np.cos(2.0 * np.pi * grid / rate_Hz * np.arange(half + 1)[:, np.newaxis])).mean(axis=1)
    taps = np.concatenate((one_side[:0:-1], one_side))
    found: Floats = taps / taps.sum()
    return found


def _correlation(taps: Floats) -> Floats:
    """Autocorrelation of filtered white noise at all lags, negative ones first."""
    found = np.correlate(taps, taps, "full")
    correlation: Floats = found / found.max()
    return correlation


def _kept(taps: Floats, longest: int) -> Floats:
    """(longest,) expected variance within a window of 1, 2, … samples over the whole variance."""
    correlation = _correlation(taps)[taps.size - 1 :]
    correlation = np.concatenate((correlation, np.zeros(max(0, longest - correlation.size))))[:longest]
    lag, n = np.arange(longest), np.arange(1.0, longest + 1.0)
    mean = (2.0 * (n * np.cumsum(correlation) - np.cumsum(lag * correlation)) - n) / (n * n)
    kept: Floats = np.maximum(1.0 - mean, 1e-3) * n / np.maximum(n - 1.0, 1.0)
    return kept


@dataclass(frozen=True)
class Level:
    """Noise of n steps, as known with each of them."""

    sd: Floats
    """(n, 6) SD of every component, N and N·m; `ASSUMED_N` of Fz alone where no flight has told."""
    freedom: Floats
    """(n,) degrees of freedom behind it."""


_UNSEEN = np.array([0.0, 0.0, ASSUMED_N, 0.0, 0.0, 0.0, np.inf])


class NoiseLevel:
    """Follows the noise of every component from flight to flight, each belt on its own."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._running = [Running(1.0 - 1.0 / FLIGHTS) for _ in setup.belts]
        self._last = [np.full(7, np.nan) for _ in setup.belts]

    def feed(self, stances: Stances, rows: int) -> Level:
        """Take the next steps.

        Args:
            stances: The steps in order …
            rows: … of which the first are new.

        Returns:
            The noise as known with each of them.
        """
        first, last, known = flight_windows(stances, self._setup.sample_rate_Hz)
        found = np.full((rows, 7), np.nan)
        for number, running in enumerate(self._running):
            mine = np.flatnonzero(stances.belt[:rows] == number)
            told = mine[known[mine]]
            if told.size:
                mean, worth = running.feed(self._squares(stances, first[told], last[told], number))
                found[told] = np.column_stack((np.sqrt(mean[:, :6]), mean[:, 6] * worth[:, 6]))
            found[mine] = self._carried(found[mine], number)
        return Level(found[:, :6], found[:, 6])

    def _squares(self, stances: Stances, first: Ints, last: Ints, belt: int) -> Floats:
        """(n, 7) variance in each flight, with what the flight's own mean took away, and its degrees of freedom."""
        n = last - first + 1
        table = noise_table(self._setup, belt)
        share = table.kept[:, np.minimum(n, table.kept.shape[1]) - 1]
        out = np.empty((n.size, 7))
        for row, signal in enumerate(stances.wrench):
            mean = window_sum(signal, first, last) / n
            square = window_sum(signal * signal, first, last) / n
            out[:, row] = np.maximum(square - mean * mean, 0.0) * n / (n - 1.0) / share[row]
        out[:, 6] = np.maximum(n / table.independent - 1.0, 1.0)
        return out

    def _carried(self, found: Floats, belt: int) -> Floats:
        """The last known noise where a step has no flight."""
        row = np.concatenate((self._last[belt][np.newaxis], found))
        place = np.maximum.accumulate(np.where(np.isnan(row[:, FZ]), 0, np.arange(len(row))))
        carried = row[place]
        if len(found):
            self._last[belt] = carried[-1].copy()
        filled: Floats = np.where(np.isnan(carried[1:]), _UNSEEN, carried[1:])
        return filled


def disturb(stances: Stances, setup: Setup, step: Ints, probe: Ints, sd: Floats, sign: Floats) -> None:
    """Lay noise over pairs of steps, zeroed by the flights around them.

    Args:
        stances: (2c,) step, follower, step, follower, …; altered in place.
        setup: Rate, filter and read-out.
        step: (c,) number of each step in the session …
        probe: (c,) … and of the trial: the same two numbers give the same noise.
        sd: (c, 6) SD of every component.
        sign: (c,) +1 or −1.
    """
    lengths = stances.end - stances.start
    pair = np.repeat(np.repeat(np.arange(step.size), 2), lengths)
    since = _since(stances)
    time = np.arange(stances.tick.size) + np.repeat(since - stances.on, lengths)  # after the first `on` of its pair
    total, own = np.zeros(stances.tick.size), np.repeat(stances.belt, lengths)
    alone = stances.next_N[stances.on] == stances.wrench[FZ, stances.on]  # the next contact is on the same belt
    following = np.repeat(np.where(alone | (stances.foot != 0), stances.belt, 1 - stances.belt), lengths)
    for belt in range(len(setup.belts)):
        table = noise_table(setup, belt)
        offset = _offset(step, probe, belt)
        noise = table.wrench[:, (offset[pair] + time) % SAMPLES]
        noise -= _zero(stances, since, table, offset, pair, time)
        noise *= (sd * sign[:, np.newaxis]).T[:, pair]
        hf = table.hf[(offset[pair] + time) % SAMPLES] * (sd[:, FZ] * sign)[pair]
        mine = own == belt
        stances.wrench[:, mine] += noise[:, mine]
        stances.hf_N[mine] += hf[mine]
        total += noise[FZ]
        stances.next_N[following == belt] += noise[FZ, following == belt]
    stances.total_N[:] += total


def _since(stances: Stances) -> Ints:
    """(2c,) samples from the first `on` of each pair to the own one: a step and its follower share one time."""
    there = stances.next_on >= 0
    ahead = np.where(there, stances.next_on - stances.on, stances.end - stances.on)
    since = np.zeros(len(stances), np.int64)
    since[1::2] = ahead[::2]
    return since


def _zero(stances: Stances, since: Ints, table: NoiseTable, offset: Ints, pair: Ints, time: Ints) -> Floats:
    """(6, t) zero of the noise: straight lines between its medians in the middle halves of three flights."""
    off = np.where(stances.off >= 0, stances.off, stances.end - 1) - stances.on + since
    guess = off + (_UNKNOWN * (off - since)).astype(np.int64)
    after = np.where(stances.next_on >= 0, stances.next_on - stances.on + since, guess)
    flown = np.maximum(after - off, SHORTEST)
    begin = np.stack((-flown[::2], off[::2], off[1::2]), axis=1)
    length = np.stack((flown[::2], flown[::2], flown[1::2]), axis=1)
    share = 0.25 + 0.5 * (np.arange(POINTS) + 0.5) / POINTS
    place = begin[:, :, np.newaxis] + np.floor(length[:, :, np.newaxis] * share).astype(np.int64)
    level = np.median(table.wrench[:, (offset[:, np.newaxis, np.newaxis] + place) % SAMPLES], axis=3)  # (6, c, 3)
    middle = begin + 0.5 * length
    early = (time - middle[pair, 0]) / (middle[:, 1] - middle[:, 0])[pair]
    late = (time - middle[pair, 1]) / (middle[:, 2] - middle[:, 1])[pair]
    early, late = np.clip(early, 0.0, 1.0), np.clip(late, 0.0, 1.0)
    rise = level[:, :, 1:] - level[:, :, :-1]
    zero: Floats = level[:, pair, 0] + rise[:, pair, 0] * early + rise[:, pair, 1] * late
    return zero


def _offset(step: Ints, probe: Ints, belt: int) -> Ints:
    """Where in the table each noise begins: a number well mixed (Steele et al. 2014, SplitMix64) of step and probe."""
    mixed = step.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + (probe * 64 + belt).astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(SAMPLES)).astype(np.int64)
