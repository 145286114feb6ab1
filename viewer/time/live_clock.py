"""The clock of a live picture. No Qt."""

import numpy as np

MOST_LAG_S = 0.008
"""How far behind the newest sample a live picture may stay for the sake of smoothness."""
MEDIAN_WAIT_S = 0.025
"""Most that a sample may wait in the median for its chunk and for smoothness together."""
LEARN_S = 2.0
"""How fast a live clock learns that samples come earlier than before."""
STALL_S = 0.1
"""Longer chunks than this are no rhythm: something hung, and what was learned before holds no more."""


class LiveClock:
    """The moment to show of a growing record: smooth between chunks, yet hardly late.

    Samples come in chunks, so the newest one jumps. An even motion that never passes it lags by a whole chunk just
    after one has come; a picture that always shows the newest one stutters. With chunks of T and at most L of lag a
    sample waits (T + L) / 2 in the median from its arrival to its turn: T if all is even, T / 2 if nothing is. So this
    clock moves evenly while T is at most `most_lag_s`; through longer chunks it moves evenly as far as L allows and
    jumps by the rest; and L shrinks where the median would pass `MEDIAN_WAIT_S`. With 20 ms of filter and half a frame
    of 17 ms the median from the wire to the picture then stays below 60 ms for chunks of up to 50 ms.

    Args:
        most_lag_s: Most lag behind the newest sample, s.
    """

    def __init__(self, most_lag_s: float = MOST_LAG_S) -> None:
        self.most_lag_s = most_lag_s
        self.restart()

    def restart(self) -> None:
        """Forget everything, for a record that begins anew."""
        self._host_s = self._newest_s = self._shown_s = -np.inf
        self._offset_s = np.inf
        self._widest_s = 0.0

    def advance(self, host_s: float, newest_s: float) -> float:
        """Give the moment to show in this frame.

        Args:
            host_s: Host time of the frame, s.
            newest_s: Time of the newest sample, s.

        Returns:
            A moment at most `most_lag_s` before the newest sample, never behind it and never before the last one.
        """
        if newest_s < self._newest_s:
            self.restart()
        ahead_s = newest_s - host_s
        learn = min(1.0, max(0.0, host_s - self._host_s) / LEARN_S)
        # The even line is the host's clock, moved so that it just never passes the newest sample.
        even_s = self._offset_s + (ahead_s - self._offset_s) * learn if np.isfinite(self._offset_s) else ahead_s
        self._offset_s = min(ahead_s, even_s)
        if ahead_s - self._offset_s > STALL_S:
            self._offset_s, self._widest_s = ahead_s, 0.0
        lag_s = ahead_s - self._offset_s
        self._widest_s = max(lag_s, self._widest_s + (lag_s - self._widest_s) * learn)
        share = self._share()
        self._host_s, self._newest_s = host_s, newest_s
        self._shown_s = min(newest_s, max(self._shown_s, newest_s - lag_s * share))
        return self._shown_s

    def _share(self) -> float:
        """How much of an even motion's lag can be afforded."""
        if self._widest_s <= 0.0:
            return 1.0
        affordable_s = min(self.most_lag_s, max(0.0, 2 * MEDIAN_WAIT_S - self._widest_s))
        return min(1.0, affordable_s / self._widest_s)
