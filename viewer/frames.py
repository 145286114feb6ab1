"""How often the window paints, and how late what it paints is."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KEPT = 40_000
"""Frames remembered: ten minutes."""


class FrameMeter:
    """Counts painted frames; told of each one after it is on the screen."""

    def __init__(self) -> None:
        self._painted: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def painted(self, host_s: float, edge_host_s: float | None) -> None:
        """Note one frame.

        Args:
            host_s: Host time at which it was done.
            edge_host_s: Host time at which the newest sample on it was taken; None if that is not known.
        """
        self._painted.append((host_s, np.nan if edge_host_s is None else edge_host_s))

    def restart(self) -> None:
        """Forget the frames so far."""
        self._painted.clear()

    def per_second(self, last_s: float = 2.0) -> float:
        """Frames painted per second lately.

        Args:
            last_s: Over how long, s.

        Returns:
            The rate; 0 before the second frame.
        """
        times = self.times_s
        if times.size < 2:
            return 0.0
        recent = times[times >= times[-1] - last_s]
        return float((recent.size - 1) / (recent[-1] - recent[0])) if recent.size > 1 else 0.0

    @property
    def times_s(self) -> Floats:
        """(n,) host times of the frames."""
        return np.asarray([painted for painted, _ in self._painted], np.float64)

    def latencies_s(self, sample_rate_Hz: float) -> Floats:
        """How long each sample took from being taken to being seen.

        A sample is seen with the first frame that holds it: of those between the newest one of a frame and the newest
        one of the next, the oldest waited longest.

        Args:
            sample_rate_Hz: Samples per second.

        Returns:
            (n,) s, one for each sample that became visible, in order.
        """
        frames = np.asarray([frame for frame in self._painted if not np.isnan(frame[1])], np.float64)
        if len(frames) < 2:
            return np.empty(0)
        edge = np.maximum.accumulate(frames[:, 1])
        taken = np.arange(np.ceil(edge[0] * sample_rate_Hz), np.floor(edge[-1] * sample_rate_Hz) + 1) / sample_rate_Hz
        seen = np.searchsorted(edge, taken, side="left")
        latencies: Floats = frames[np.minimum(seen, len(frames) - 1), 0] - taken
        return latencies
