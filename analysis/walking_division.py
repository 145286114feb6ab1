"""Double supports divided between the feet, many at once, with the moments at which one foot comes and one goes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.walking_bouts import Transfers
from analysis.walking_share import along, distance_from_line, rising, share_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Division:
    """k double supports."""

    heel_strike: Ints
    """(k,) first sample at which the front foot carries at least the arming threshold."""
    toe_off: Ints
    """(k,) first sample from which on the hind foot carries less than the disarming threshold."""
    lengths: Ints
    """(k,) samples of each."""
    index: Ints
    """(n,) samples of all of them, one double support after the other."""
    front: Floats
    """(n,) the front foot's share of the force at each."""
    distance_m: Floats
    """(k,) how far the total acts beside the line between the feet, half-way through."""


def divide(jumps: Transfers, signals: Floats, base: int, around: int, levels_N: tuple[float, float]) -> Division:
    """Divide the force while the weight goes from one foot to the other.

    Args:
        jumps: Double supports, in samples of the stretch.
        signals: (3, m) vertical force in N, x and y of the centre of pressure in m.
        base: Sample of the stretch at which `signals` begin.
        around: Samples before and after each jump that are divided too.
        levels_N: Arming and disarming threshold, N.

    Returns:
        What was found, in samples of the stretch.
    """
    first, length = jumps.begin - around, jumps.end - jumps.begin + 2 * around
    column = np.arange(int(length.max(initial=1)))
    inside = column < length[:, None]
    sample = first[:, None] + np.minimum(column, length[:, None] - 1)  # the last one again fills up a row
    force, x, y = signals[:, sample - base]
    hind, front = along(jumps.hind, sample - jumps.begin[:, None]), along(jumps.front, sample - jumps.end[:, None])
    share = rising(share_of(x, y, front, hind))
    rows = np.arange(len(jumps))
    comes = np.argmax(force * share >= levels_N[0], axis=1)
    carries = inside & (force * (1.0 - share) >= levels_N[1])
    goes = column.size - np.argmax(carries[:, ::-1], axis=1)
    half = np.argmax(share >= 0.5, axis=1)
    return Division(
        heel_strike=first + comes,
        toe_off=first + np.maximum(goes, comes + 1),
        lengths=length,
        index=sample[inside],
        front=share[inside],
        distance_m=distance_from_line(x, y, front, hind)[rows, half],
    )
