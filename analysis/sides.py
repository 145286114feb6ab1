"""Which foot made each step: by the belt of a split treadmill, the foot of a walker, or the alternation of a run."""

import numpy as np
from numpy.typing import NDArray

from analysis.alternation import Alternation, Landings, Sides
from analysis.ragged import Span, integrate, window_max
from analysis.setup import Setup
from analysis.stances import NONE, Stances
from analysis.timing import Crossings
from analysis.wrench import FZ, MX

MIDDLE = (0.20, 0.80)
"""Share of contact over which the sideways place is averaged, and in which a running foot has the ground alone."""
MIDSTANCE = (0.45, 0.55)
"""Share of contact in which a walking foot has the ground alone."""
TOUCH_N = 20.0
"""Force on the other belt that is a touch …"""
TOUCH_SD = 5.0
"""… unless it is within this many standard deviations of the noise."""


class SideTracker:
    """Tells left from right, step after step; a step's side, once given, never changes."""

    def __init__(self, setup: Setup) -> None:
        names = [belt.name for belt in setup.belts]
        self._by_belt = np.asarray([{"L": 1, "R": -1}.get(name, 0) for name in names], np.int8)
        self._sees = np.asarray(["Mx" in belt.observable for belt in setup.belts])
        self._setup = setup
        self._alternation = Alternation()

    def feed(self, stances: Stances, at_ref: Crossings) -> None:
        """Take the next steps, in order.

        Args:
            stances: k steps.
            at_ref: Their touchdown and toe-off.
        """
        self._alternation.feed(self._landings(stances, at_ref))

    def end_run(self) -> None:
        """Data are missing, or the session is over: no step to come belongs to this run."""
        self._alternation.end_run()

    @property
    def decided(self) -> int:
        """Steps whose side is decided and not yet taken."""
        return self._alternation.decided

    def take(self, count: int) -> Sides:
        """Sides of the next steps, as `Alternation.take` gives them."""
        return self._alternation.take(count)

    def _landings(self, stances: Stances, at_ref: Crossings) -> Landings:
        use = ~np.isnan(at_ref.touchdown + at_ref.toe_off) & self._sees[stances.belt]
        span = _share_of(stances, at_ref, MIDDLE, use)
        moment, force = (integrate(stances.wrench[row], span.origin, span.touchdown, span.toe_off) for row in (MX, FZ))
        y = np.full(len(stances), np.nan)
        y[use] = moment / force
        by_belt = stances.foot == 0
        known = np.where(by_belt, self._by_belt[stances.belt], stances.foot).astype(np.int8)
        time = stances.tick[stances.on] / self._setup.tick_rate_Hz
        return Landings(time, y, known, (stances.next_on == NONE) | stances.gap, by_belt & (known != 0))


def wrong_belt(stances: Stances, at_ref: Crossings, flight_sd_N: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Steps of a split treadmill during which the other belt was touched while this foot should stand alone.

    Running, that is the middle of contact; walking, both feet are down at its ends, so only midstance tells.

    Args:
        stances: The steps.
        at_ref: Touchdown and toe-off.
        flight_sd_N: (k,) noise of each step.

    Returns:
        (k,) whether the other belt was touched.
    """
    found = np.zeros(len(stances), np.bool_)
    use = ~np.isnan(at_ref.touchdown + at_ref.toe_off) & (stances.foot == 0)
    if not use.any():
        return found
    other = stances.total_N - stances.wrench[FZ]
    limit = np.maximum(TOUCH_N, TOUCH_SD * np.where(np.isnan(flight_sd_N), 0.0, flight_sd_N))
    walks = ((stances.next_on != NONE) & (stances.next_on < stances.off)) | (other[stances.on] > limit)
    for share, which in ((MIDDLE, use & ~walks), (MIDSTANCE, use & walks)):
        span = _share_of(stances, at_ref, share, which)
        found[which] = window_max(other, span.first, np.maximum(span.last, span.first)) > limit[which]
    return found


def _share_of(stances: Stances, at_ref: Crossings, share: tuple[float, float], use: NDArray[np.bool_]) -> Span:
    """Part of each chosen contact."""
    length = at_ref.toe_off - at_ref.touchdown
    begin, end = (at_ref.touchdown + part * length for part in share)
    return Span(stances.on[use], begin[use], end[use])
