"""Whether somebody is on the belt, as the newest samples tell. No Qt."""

import warnings

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FZ
from daq.taring import STANDING_N
from viewer.source import Source

SHORT_S = 0.5
"""Longer than a running step, so that its mean is no flight's; short enough to see at once who steps off."""
BACK_S = 60.0
"""So far back somebody who came later looks for the first time."""
SETTLE_S = 2.0
"""Before this the force may still be one without any zero."""


def belt_load(source: Source | None) -> tuple[float, bool]:
    """How much is on the belt at the end of what there is.

    Args:
        source: Where the samples come from, if there is one.

    Returns:
        Mean vertical force over `SHORT_S` on the belt that carries most, N, 0 where nothing is known; and whether it
        is one above a zero that is known.
    """
    if source is None:
        return 0.0, False
    found = _means(source, SHORT_S)
    known = bool(source.lights) and all(light.name != "zero" for light in source.lights)
    return (float(found[-1]) if found.size else 0.0), known


class Visited:
    """Remembers whether anybody has been on the belt since a recording began."""

    def __init__(self) -> None:
        self._take: tuple[object, int] | None = None
        self._visited = False

    def feed(self, source: Source) -> bool:
        """Look again; cheap enough for a few times a second.

        Args:
            source: Where the samples come from.

        Returns:
            Whether somebody is, or was, on the belt.
        """
        take = (source, source.take)
        back_s = SHORT_S if take == self._take else BACK_S
        if take != self._take:
            self._visited = False
        if source.last_s < SETTLE_S:
            return False
        self._take = take
        if not self._visited:
            self._visited = bool((_means(source, back_s) > STANDING_N).any())
        return self._visited


def _means(source: Source, seconds: float) -> NDArray[np.float64]:
    """(k,) mean vertical forces over each `SHORT_S` of the last seconds, N, on the belt that carries most."""
    if source.last_s < SETTLE_S:
        return np.empty(0)
    first_s = max(source.last_s - seconds, source.first_s)
    samples = source.samples(first_s, source.last_s + 1.0 / source.facts.sample_rate_Hz)
    n = max(1, round(SHORT_S * samples.rate_Hz))
    force = samples.wrench[:, FZ]
    force = force[:, force.shape[1] % n if force.shape[1] >= n else 0 :]
    blocks = force.reshape(force.shape[0], -1, min(n, max(force.shape[1], 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a gap there is no mean
        means = np.nanmean(blocks, axis=2).max(axis=0) if blocks.size else np.empty(0)
    return means[np.isfinite(means)].astype(np.float64)
