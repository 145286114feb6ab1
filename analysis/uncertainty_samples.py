"""How much every number moves when a step is altered: measured on copies of the step, by the same code as the step."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.measure import measured
from analysis.setup import Setup
from analysis.stances import Stances
from analysis.uncertainty_copies import Pairs, batch_of, decide_again, lay_out, pick
from analysis.uncertainty_noise import LEAST_N, disturb
from analysis.uncertainty_probes import Probe
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

AT_ONCE = 8
"""Steps looked at together: memory stays small."""
TURNS = 3
"""Once all is known, each step shows every so manieth systematic probe in turn: an odd number, for the same reason."""
WEIGHT_STEP = 1e-3
"""Share of body weight by which its effect is told."""
PAIRS, MORE_PAIRS = 4, 8
"""Noises laid over a step, each with either sign; more of them while little is known."""


@dataclass(frozen=True)
class Samples:
    """What s steps showed."""

    moved: Floats
    """(s, probes, metrics) change by one standard uncertainty of each systematic probe; NaN where not tried."""
    noise: Floats
    """(s, metrics) variance per newton² of noise."""
    bias: Floats
    """(s, metrics) mean change per newton² of noise: what noise adds to a maximum."""


class Sampler:
    """Alters copies of steps and measures them.

    Args:
        setup: Rig, runner, protocol.
        probes: Systematic sources.
        names: Columns to look at.
    """

    def __init__(self, setup: Setup, probes: tuple[Probe, ...], names: tuple[str, ...]) -> None:
        self._setup, self._probes, self._names = setup, probes, names
        self._without_fit = replace(setup, two_mass=False)
        self._fitted = np.asarray([name.startswith("two_mass") for name in names])
        self._per_weight = np.asarray([name.startswith("two_mass") and "_BW" in name for name in names])

    def look(self, batch: Batch, rows: Ints, step: Ints, sd: Floats, *, turn: Ints) -> Samples:
        """Look at some steps of a batch.

        Args:
            batch: The steps.
            rows: (s,) those to look at.
            step: (s,) their numbers in the session.
            sd: (s, 6) noise of every component.
            turn: (s,) which of the `TURNS` of systematic probes; −1 for all of them.

        Returns:
            What they show.
        """
        pairs = lay_out(batch, rows, step, sd)
        parts = [
            self._look(batch, pairs.part(first, min(first + AT_ONCE, rows.size)), turn[first : first + AT_ONCE])
            for first in range(0, rows.size, AT_ONCE)
        ]
        return Samples(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("moved", "noise", "bias"))
        )

    def _look(self, batch: Batch, pairs: Pairs, turn: Ints) -> Samples:
        tried = self._tried(turn)
        probe, pair = np.nonzero(tried)
        copies = pick(pairs.stances, np.stack((2 * pair, 2 * pair + 1), axis=1).ravel())
        grown = self._alter(copies, pairs, probe, pair)
        flight_sd = pairs.flight_sd_N.reshape(-1, 2)[pair].ravel()
        again = decide_again(copies, self._setup)
        values = self._values(batch_of(again, self._setup, batch.bw_N, flight_sd, batch.first_tick))
        every = np.full((*tried.shape, len(self._names)), np.nan)
        every[probe, pair] = values
        weighed = self._by_weight(pairs, batch, every[0])
        every[probe, pair] += grown[:, np.newaxis] * weighed[pair]
        change = every[1:] - every[0]
        return self._samples(change.transpose(1, 0, 2), np.maximum(pairs.sd[:, FZ], LEAST_N))

    def _tried(self, turn: Ints) -> Bools:
        """(1 + probes + 2 noises, s) which copies there are: the step as it is, systematic probes, noises."""
        number = np.arange(len(self._probes))[:, np.newaxis]
        systematic = (turn < 0) | (number % TURNS == turn)
        noises = np.arange(2 * MORE_PAIRS)[:, np.newaxis] < np.where(turn < 0, 2 * MORE_PAIRS, 2 * PAIRS)
        return np.concatenate((np.ones((1, turn.size), np.bool_), systematic, noises))

    def _alter(self, copies: Stances, pairs: Pairs, probe: Ints, pair: Ints) -> Floats:
        """Alter the copies in place; gives (c,) by how much body weight was altered with each."""
        grown = np.zeros(probe.size)
        for number, one in enumerate(self._probes):
            first, last = np.searchsorted(probe, (number + 1, number + 2))
            if last > first:
                grown[first:last] = one.alter(copies.part(2 * first, 2 * last))[::2]
        first = int(np.searchsorted(probe, len(self._probes) + 1))
        noise, of = probe[first:] - len(self._probes) - 1, pair[first:]
        sd = pairs.sd[of].copy()
        sd[:, FZ] = np.maximum(sd[:, FZ], LEAST_N)
        sign = np.where(noise % 2 == 0, 1.0, -1.0)
        disturb(copies.part(2 * first, len(copies)), self._setup, pairs.step[of], noise // 2, sd, sign)
        return grown

    def _values(self, altered: Batch) -> Floats:
        """(c, metrics) of the first step of each pair."""
        with np.errstate(all="ignore"):  # behind a follower stands another pair, which is nonsense, and not read
            columns = measured(altered)
        return np.stack([columns[name][::2] for name in self._names], axis=1)

    def _by_weight(self, pairs: Pairs, batch: Batch, values: Floats) -> Floats:
        """(s, metrics) derivatives by the logarithm of body weight; what is fitted is told in body weights at most."""
        heavier_N = batch.bw_N * (1.0 + WEIGHT_STEP)
        other = batch_of(pairs.stances, self._without_fit, heavier_N, pairs.flight_sd_N, batch.first_tick)
        slope = (self._values(other) - values) / WEIGHT_STEP
        fitted = np.where(self._per_weight, -values, 0.0)
        return np.where(self._fitted, fitted, slope)

    def _samples(self, change: Floats, sd_N: Floats) -> Samples:
        """(s, copies, metrics) changes as what they mean."""
        count = len(self._probes)
        steps = np.asarray([one.steps for one in self._probes])[:, np.newaxis]
        plus, minus = change[:, count::2], change[:, count + 1 :: 2]
        odd, even = 0.5 * (plus - minus), 0.5 * (plus + minus)
        bias = _mean(even)
        variance = _mean(odd * odd) + _mean((even - bias[:, np.newaxis]) ** 2)
        square = (sd_N * sd_N)[:, np.newaxis]
        return Samples(change[:, :count] / steps, variance / square, bias / square)


def _mean(values: Floats) -> Floats:
    """Mean over the second axis of what is known, summed in order."""
    known = ~np.isnan(values)
    number = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    mean: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return mean
