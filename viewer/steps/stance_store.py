"""Curves of the stances shown, fetched once, and what is averaged over them."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import NO_CURVES, POINTS, SIGNALS, StanceCurves, join_curves
from viewer.source import Scene, Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RETRY_S = 0.3
"""Between questions for curves that were not there yet."""
JUMP_S = 0.5
"""The scene's time may go back by less, live and at the ends of a replay, without being another place."""


class StanceStore:
    """Keeps the curves taken last, so that only new steps are asked for.

    Args:
        clock: Gives seconds; decides when to ask again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._source: Source | None = None
        self._take, self._now_s = 0, -np.inf
        self._known = NO_CURVES
        self._absent: Ints = np.empty(0, np.int64)
        self._again = -np.inf

    def take(self, scene: Scene, steps: Ints) -> NDArray[np.float32]:
        """Curves of some steps; those of others are forgotten.

        Args:
            scene: Where they come from.
            steps: (k,) numbers of the steps.

        Returns:
            (k, signals, points) as `StanceCurves.values`, NaN where a curve is not there (yet).
        """
        self._restart_elsewhere(scene)
        wanted = np.unique(steps)
        self._known = _part(self._known, wanted)
        absent = wanted[~np.isin(wanted, self._known.step)]
        due = self._clock() >= self._again
        ask = absent if due else absent[~np.isin(absent, self._absent)]
        if ask.size:
            self._learn(scene.source.curves(ask))
        self._absent = absent[~np.isin(absent, self._known.step)]
        if due:
            self._again = self._clock() + RETRY_S
        return self._look_up(steps)

    @property
    def due(self) -> bool:
        """Whether curves are missing that may be there by now."""
        return bool(self._absent.size) and self._clock() >= self._again

    def _restart_elsewhere(self, scene: Scene) -> None:
        source, back = scene.source, scene.now_s < self._now_s - JUMP_S
        if source is not self._source or source.take != self._take or back:
            self._source, self._take = source, source.take
            self._known, self._absent, self._again = NO_CURVES, np.empty(0, np.int64), -np.inf
        self._now_s = scene.now_s

    def _learn(self, found: StanceCurves) -> None:
        there = ~np.isnan(found.of("Fz_N")).any(axis=1)
        joined = join_curves([self._known, StanceCurves(found.step[there], found.values[there])])
        self._known = _part(joined, joined.step)

    def _look_up(self, steps: Ints) -> NDArray[np.float32]:
        values = np.full((len(steps), len(SIGNALS), POINTS), np.nan, np.float32)
        there = np.isin(steps, self._known.step)
        values[there] = self._known.values[np.searchsorted(self._known.step, steps[there])]
        return values


def _part(curves: StanceCurves, steps: Ints) -> StanceCurves:
    """Those of some steps, in order of their numbers."""
    kept = np.flatnonzero(np.isin(curves.step, steps))
    kept = kept[np.argsort(curves.step[kept], kind="stable")]
    return StanceCurves(curves.step[kept], curves.values[kept])


def sample(curves: NDArray[np.floating], place: Floats) -> Floats:
    """Read curves between their points, linearly.

    Args:
        curves: (k, m) values.
        place: (n,) or (k, n) places, from 0 at the first point to 1 at the last.

    Returns:
        (k, n) values, NaN outside.
    """
    last = curves.shape[1] - 1
    position = np.broadcast_to(place * last, (len(curves), np.shape(place)[-1]))
    outside = (position < -1e-6) | (position > last + 1e-6)
    low = np.clip(np.floor(position), 0, last - 1).astype(np.int64)
    share = np.clip(position - low, 0.0, 1.0)
    before = np.take_along_axis(curves, low, axis=1).astype(np.float64)
    after = np.take_along_axis(curves, low + 1, axis=1).astype(np.float64)
    return np.where(outside, np.nan, before + share * (after - before))


def mean_sd(curves: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Mean and standard deviation, point by point.

    Args:
        curves: (k, n) values, NaN where a stance is over or not there.

    Returns:
        (n,) means, NaN where fewer than half of the stances have a value, so that a few long ones make no tail of
        their own; (n,) standard deviations, NaN besides where there is only one.
    """
    values = curves.astype(np.float64)
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    enough = count >= max(1.0, 0.5 * len(values))
    total = np.where(there, values, 0.0).sum(axis=0)
    mean = np.where(enough, total / np.maximum(count, 1), np.nan)
    apart = np.where(there & enough, values - mean, 0.0)
    squares = (apart * apart).sum(axis=0)
    sd = np.where(enough & (count > 1), np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    return mean, sd
