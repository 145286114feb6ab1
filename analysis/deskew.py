"""De-skew: what a multiplexing converter read one channel after the other is brought to one moment, that of the tick.

Channel c of a frame was sampled s_c after its data-ready. When a force of 500 N rises by 70 N per millisecond, as in a
heel strike, half a millisecond between the front and the rear cells of a 1.4 m base moves the centre of pressure by 25
mm. So before the cell matrix mixes them, each channel is interpolated back to the moment of data-ready.

The interpolation is Lagrange's, through the nine samples about that moment, as one FIR per channel. Of all filters of
that length it is the one that is exact for every polynomial up to the eighth power: a load that rests is passed
unchanged, drift stays a straight line, so zeros, tares and weights are what they were. It amplifies nothing (gain ≤ 1,
Σc² ≤ 1). For any delay of up to one sample, in amplitude and in time at 1 kHz:

    frequency / sample rate     0.06            0.12            0.20
    error                       < 1e-6          1.4e-5          1.7e-3
                                < 0.001 µs      0.05 µs         1.8 µs

A windowed sinc of nine taps is 1 % off there and not exact at rest. Nothing is gained above: the low-pass follows.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.filters import LinearPhaseFIR
from analysis.wrench import Belt

Floats = NDArray[np.float64]

REACH = 4
"""Samples on either side that a channel is interpolated through."""


def lagrange_taps(delay: float) -> Floats:
    """Impulse response that delays by a share of a sample: the polynomial through 2·`REACH` + 1 samples, read there.

    Args:
        delay: 0 to 1 sample.

    Returns:
        (2·REACH + 1,) coefficients; for 0 exactly those that pass a signal unchanged.
    """
    nodes = np.arange(-REACH, REACH + 1)
    others = [nodes[nodes != node] for node in nodes]
    return np.array([np.prod((delay - rest) / (node - rest)) for node, rest in zip(nodes, others, strict=True)])


def deskew_filter(belts: Sequence[Belt], sample_rate_Hz: float, skew_s: Sequence[float]) -> LinearPhaseFIR | None:
    """The stage that brings all channels to the time of the tick.

    Args:
        belts: Tell which channels are used, and how many there are.
        sample_rate_Hz: Sampling rate, Hz.
        skew_s: (C,) how long after the tick each channel was sampled, s; empty for all at once.

    Returns:
        The filter for (C, n) channel values; None if no channel that is used is late.

    Raises:
        AnalysisError: There is not one skew per channel, or one is negative or longer than a sample.
    """
    used = np.any([belt.matrix.any(axis=0) for belt in belts], axis=0)
    if not len(skew_s):
        return None
    if len(skew_s) != used.size:
        raise AnalysisError("skew of the channels", expected=f"{used.size} numbers", seen=f"{len(skew_s)}")
    late = np.where(used, np.asarray(skew_s, np.float64), 0.0)
    wrong = np.flatnonzero(~((late >= 0.0) & (late * sample_rate_Hz < 1.0)))
    if wrong.size:
        raise AnalysisError(
            f"skew of channel {wrong[0]}",
            expected=f"0 to less than one sample, {1e6 / sample_rate_Hz:g} µs",
            seen=f"{1e6 * late[wrong[0]]:g} µs",
            next_step="Correct the skew that the firmware declares in HELLO.",
        )
    if not late.any():
        return None
    return LinearPhaseFIR(np.stack([lagrange_taps(delay) for delay in late * sample_rate_Hz]), late.size)
