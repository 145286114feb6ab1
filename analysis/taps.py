"""Blows in a record of force: where they are, and each one's own piece of the record."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

APART_S = 0.3
"""Blows closer together are one blow that bounced."""
SLOW_S = 0.1
"""What changes more slowly is no ringing: a person's sway, drift."""
SMALLEST_PEAK = 0.2
"""A blow is at least this share of a hard one …"""
HARD = 3
"""… which is the third hardest, lest one step of a person hide all blows."""
ABOVE_NOISE = 6.0
"""A blow stands out from the noise by at least this many standard deviations."""
BEFORE_S = (0.20, 0.06)
"""So long before its peak a blow is not yet there: the force is below half of it; ringing only ever falls."""
BLOCK_S = 0.05
QUIET = 0.05
"""Noise is what this share of the blocks of `BLOCK_S` stay below: a soft deck rings from one blow to the next."""
LEAD_S = 0.25
"""A blow's piece of the record begins so long before its peak …"""
PUSH_S = 0.03
"""A blow whose impulse is that of its peak force for longer is a step or a push; a ring of 13 Hz gives 12 ms."""
PUSHED_S = 0.15
"""A blow's impulse is looked at over this long."""
GUARD_S = 0.02
"""… and ends so long before the next."""


@dataclass(frozen=True)
class Blow:
    """One blow and what rang after it."""

    force: Floats
    """(n,) force along the axis, from before the blow until the next one."""
    peak: int
    """Sample of the largest force."""
    clipped: int = -1
    """Last sample at which some channel was at the end of its range; −1 if none was."""
    place_m: tuple[float, float] | None = None
    """Where it fell, (x, y) from the belt's centre; None if that is not known."""

    @property
    def after(self) -> int:
        """Samples from the peak on."""
        return self.force.size - self.peak

    def is_push(self, sample_rate_Hz: float) -> bool:
        """Whether the force stays too long for a blow: a step, a push, somebody who gets on or off."""
        level = float(np.median(self.force[: max(1, self.peak - round(GUARD_S * sample_rate_Hz))]))
        over = self.force[max(0, self.peak - round(GUARD_S * sample_rate_Hz)) :][: round(PUSHED_S * sample_rate_Hz)]
        impulse = abs(float(np.sum(over - level))) / sample_rate_Hz
        return impulse > PUSH_S * float(np.abs(over - level).max())


def find_taps(force: Floats, sample_rate_Hz: float) -> Ints:
    """Blows in a record, each at the first of its largest forces.

    Args:
        force: (n,) force along the axis that was tapped, offset and all.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (k,) sample numbers.
    """
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    fast = np.abs(force - uniform_filter1d(force, max(3, round(SLOW_S * sample_rate_Hz)), mode="nearest"))
    block = max(4, round(BLOCK_S * sample_rate_Hz))
    blocks = fast[: fast.size // block * block].reshape(-1, block)
    if not len(blocks):
        return np.empty(0, np.int64)
    noise = float(np.quantile(np.sqrt(np.mean(blocks**2, axis=1)), QUIET))
    least = max(ABOVE_NOISE * noise, 1e-12)
    found, _ = find_peaks(np.pad(fast, 1), height=least, distance=max(1, round(APART_S * sample_rate_Hz)))
    blows = found - 1
    far, near = (round(before * sample_rate_Hz) for before in BEFORE_S)
    risen = [fast[max(0, i - far) : max(0, i - near)].max(initial=0.0) < 0.5 * fast[i] for i in blows.tolist()]
    blows = blows[np.asarray(risen, np.bool_)]
    if not blows.size:
        return np.empty(0, np.int64)
    hard = float(np.sort(fast[blows])[-min(HARD, blows.size)])
    blows = blows[fast[blows] >= SMALLEST_PEAK * hard]
    return np.array([_first_peak(fast, at, near) for at in blows.tolist()], np.int64)


def _first_peak(fast: Floats, largest: int, near: int) -> int:
    """The blow's own peak: where little damps the ring, a later swing may read a trifle higher."""
    first = max(0, largest - near)
    piece = fast[first : largest + 1]
    at = int(np.argmax(piece >= 0.5 * fast[largest]))
    falls = np.flatnonzero(np.diff(piece[at:]) < 0.0)
    return first + at + (int(falls[0]) if falls.size else piece.size - 1 - at)


def cut_blows(
    force: Floats, sample_rate_Hz: float, clipped: Bools | None = None, *, longest_s: float, taps: Ints | None = None
) -> list[Blow]:
    """Cut a record into its blows.

    Args:
        force: (n,) force along the axis that was tapped, without holes.
        sample_rate_Hz: Sampling rate, Hz.
        clipped: (n,) where a channel was at the end of its range.
        longest_s: No piece is longer after its blow, s.
        taps: (k,) where the blows are; by default those of `find_taps`.

    Returns:
        The blows in order.
    """
    found = find_taps(force, sample_rate_Hz) if taps is None else taps
    lead, guard, most = (round(s * sample_rate_Hz) for s in (LEAD_S, GUARD_S, longest_s))
    blows = []
    for at, following in pairwise([*found.tolist(), force.size + guard]):
        first, end = max(0, at - lead), min(at + most, following - guard)
        if end <= at:
            continue
        hit = np.flatnonzero(clipped[first:end]) if clipped is not None else np.empty(0, np.int64)
        blows.append(Blow(force[first:end], at - first, int(hit[-1]) if hit.size else -1))
    return blows
