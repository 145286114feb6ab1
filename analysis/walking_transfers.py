"""Weight going from the hind foot to the front foot: where the centre of pressure jumps forward.

Walking on a belt, the centre of pressure rides backwards with the foot that stands and jumps forward to the next one
in double support: the sawtooth of the "butterfly" (Roerdink et al. 2008, J Biomech 41:2628). A jump is where its
smoothed speed is forward; that is found in any stream, the force never falling to zero notwithstanding.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.events import SchmittTrigger
from analysis.filters import LinearPhaseFIR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMOOTH_S = 0.04
"""Half length of the window over which the speed of the centre of pressure is taken."""
FORWARD_M_S = 0.3
"""A jump begins when the centre of pressure moves forward this fast …"""
STILL_M_S = 0.1
"""… and ends when it is slower than this. Standing, it sways at a tenth of the one."""
LEAST_JUMP_M = 0.08
"""Smaller jumps are sway, or the roll of a foot that stands."""
JOIN_S = 0.08
"""A shorter halt does not part a jump in two."""
APART_S = 0.16
"""Single support lasts longer than this; of jumps nearer to each other neither is a step."""


def speed_taps(sample_rate_Hz: float) -> Floats:
    """Impulse response of a smoothed derivative: 1 per second for a ramp of 1 per second, blind to a constant."""
    half = max(1, round(SMOOTH_S * sample_rate_Hz))
    offset = np.arange(-half, half + 1)
    shape = -np.sin(np.pi * offset / (half + 1))  # the derivative of a raised cosine
    taps: Floats = -shape / float((shape * offset).sum()) * sample_rate_Hz
    return taps


class TransferFinder:
    """Finds the jumps in one loaded stretch of a stream, counted in samples from its beginning."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._fir = LinearPhaseFIR(speed_taps(sample_rate_Hz), 1)
        self._join = round(JOIN_S * sample_rate_Hz)
        self._apart = round(APART_S * sample_rate_Hz)
        self._trigger = SchmittTrigger(FORWARD_M_S, STILL_M_S)
        self.restart()

    def restart(self) -> None:
        """Begin a new stretch."""
        self._fir.reset()
        self._trigger.reset()
        self._seen = 0
        self._begin, self._end = np.empty(0, np.int64), np.empty(0, np.int64)  # jumps not yet sure to be whole
        self._risen: int | None = None  # beginning of the jump under way

    @property
    def watched(self) -> int:
        """No jump still to be told begins before this sample."""
        if self._begin.size:
            return int(self._begin[0])
        return self._risen if self._risen is not None else self._known

    @property
    def _known(self) -> int:
        """Samples whose speed is known."""
        known: int = self._seen - self._fir.half
        return max(known, 0)

    def feed(self, x: Floats, kept: Floats, base: int) -> tuple[Ints, Ints]:
        """Take the next samples.

        Args:
            x: (n,) fore-aft centre of pressure, m, + forward.
            kept: (m,) the stretch from sample `base` to the end of `x`; holds every sample from `watched` on.
            base: See `kept`.

        Returns:
            Beginning and end (k,) of each jump that is final.
        """
        self._seen += x.size
        speed = self._fir.feed(x[None])[0]
        where, up = self._trigger.feed(speed)
        where = where + self._fir.half
        begin, end = where[up], where[~up]
        if self._risen is not None:
            begin = np.concatenate(([self._risen], begin))
        elif end.size and (not begin.size or end[0] < begin[0]):
            end = end[1:]  # moving forward when the stretch began: no step led there
        closed = end.size
        self._risen = int(begin[closed]) if begin.size > closed else None
        begin = begin[:closed]
        large = kept[end - base] - kept[begin - base] >= LEAST_JUMP_M
        self._begin = np.concatenate((self._begin, begin[large]))
        self._end = np.concatenate((self._end, end[large]))
        return self._settle(self._known, self._risen)

    def finish(self) -> tuple[Ints, Ints]:
        """End the stretch.

        Returns:
            As `feed`: the remaining jumps; one still under way is none.
        """
        return self._settle(self._seen + self._apart, None)

    def _settle(self, known: int, risen: int | None) -> tuple[Ints, Ints]:
        """Join the halves of parted jumps and hand out those that nothing to come can change."""
        if not self._begin.size:
            return self._begin, self._end
        parted = np.append(self._begin[1:] - self._end[:-1] >= self._join, True)
        first = np.append(True, parted[:-1])
        begin, end = self._begin[first], self._end[parted]
        until = known if risen is None else risen
        sure = int(np.searchsorted(end, until - self._apart, side="right"))
        given = int(np.flatnonzero(parted)[sure - 1]) + 1 if sure else 0
        self._begin, self._end = self._begin[given:], self._end[given:]
        return begin[:sure], end[:sure]
