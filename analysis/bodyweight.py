"""Body weight from the run itself, and the check of one against the other."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STRIDES = 20


class StrideWeight:
    """Body weight as the mean vertical force over the first `STRIDES` whole strides.

    Over whole strides at a steady height the ground carries exactly the body's weight.
    """

    def __init__(self) -> None:
        self._impulse = np.empty(0)
        self._time = np.empty(0)

    def add(self, impulse_Ns: Floats, time_s: Floats) -> None:
        """Take the next steps.

        Args:
            impulse_Ns: (k,) ∫ Fz dt of each step; NaN steps are passed over.
            time_s: (k,) their durations.
        """
        sound = ~np.isnan(impulse_Ns)
        room = 2 * STRIDES - self._impulse.size
        self._impulse = np.concatenate((self._impulse, impulse_Ns[sound][:room]))
        self._time = np.concatenate((self._time, time_s[sound][:room]))

    @property
    def complete(self) -> bool:
        """Whether all the strides are in."""
        return self._impulse.size >= 2 * STRIDES

    def weight_N(self) -> float:
        """Mean force over the whole strides so far; NaN before the first one."""
        steps = self._impulse.size // 2 * 2
        if steps == 0:
            return float("nan")
        return float(self._impulse[:steps].sum() / self._time[:steps].sum())


def weight_closure(impulse_Ns: Floats, time_s: Floats, bw_N: float) -> float:
    """Mean vertical force over whole strides ÷ body weight: 1 if scale and zero are right.

    Args:
        impulse_Ns: (k,) ∫ Fz dt of each step, NaN allowed.
        time_s: (k,) durations, likewise.
        bw_N: Body weight known from elsewhere.

    Returns:
        The ratio, NaN without a whole stride.
    """
    sound = np.flatnonzero(~np.isnan(impulse_Ns))
    sound = sound[: sound.size // 2 * 2]
    if sound.size == 0:
        return float("nan")
    return float(impulse_Ns[sound].sum() / time_s[sound].sum() / bw_N)
