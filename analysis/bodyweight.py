"""Body weight from the run itself, and the check of one against the other."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STRIDES = 20


def strides(impulse_Ns: Floats) -> NDArray[np.int64]:
    """Pair steps that follow each other into strides: left and right carry different shares of the weight.

    Args:
        impulse_Ns: (k,) ∫ Fz dt of each step; a NaN (a step that is not valid or has no next) breaks the row.

    Returns:
        Number of each stride's first step; strides do not overlap.
    """
    sound = ~np.isnan(impulse_Ns)
    steps = np.arange(sound.size)
    row_start = np.maximum.accumulate(np.where(sound, -1, steps)) + 1
    followed = np.append(sound[1:], False)[: sound.size]
    return np.flatnonzero(sound & followed & ((steps - row_start) % 2 == 0))


def _mean_force(impulse_Ns: Floats, time_s: Floats, first: NDArray[np.int64]) -> float:
    both = np.stack((first, first + 1), axis=1).ravel()
    return float(impulse_Ns[both].sum() / time_s[both].sum()) if first.size else float("nan")


class StrideWeight:
    """Body weight as the mean vertical force over the first `STRIDES` whole strides.

    Over whole strides at a steady height the ground carries exactly the body's weight.
    """

    def __init__(self) -> None:
        self._impulse = np.empty(0)
        self._time = np.empty(0)
        self._first = np.empty(0, np.int64)

    def add(self, impulse_Ns: Floats, time_s: Floats) -> None:
        """Take the next steps.

        Args:
            impulse_Ns: (k,) ∫ Fz dt of each step; NaN where it is not known.
            time_s: (k,) their durations.
        """
        self._impulse = np.concatenate((self._impulse, impulse_Ns))
        self._time = np.concatenate((self._time, time_s))
        self._first = strides(self._impulse)[:STRIDES]

    @property
    def complete(self) -> bool:
        """Whether all the strides are in."""
        return self._first.size >= STRIDES

    def weight_N(self) -> float:
        """Mean force over the whole strides so far; NaN before the first one."""
        return _mean_force(self._impulse, self._time, self._first)


def weight_closure(impulse_Ns: Floats, time_s: Floats, bw_N: float) -> float:
    """Mean vertical force over whole strides ÷ body weight: 1 if scale and zero are right.

    Args:
        impulse_Ns: (k,) ∫ Fz dt of each step, NaN where it is not known.
        time_s: (k,) durations, likewise.
        bw_N: Body weight known from elsewhere.

    Returns:
        The ratio, NaN without a whole stride.
    """
    return _mean_force(impulse_Ns, time_s, strides(impulse_Ns)) / bw_N
