"""A contact detector for making data files: apart from `analysis`, so that the data never depend on what they test."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def low_pass(signal: Floats, sample_rate_Hz: float, cutoff_Hz: float) -> Floats:
    """Zero-lag second-order Butterworth, run both ways, along the last axis."""
    from scipy.signal import butter, sosfiltfilt

    sos = butter(2, cutoff_Hz, fs=sample_rate_Hz, output="sos")
    return np.asarray(sosfiltfilt(sos, signal, axis=-1), dtype=np.float64)


def contacts(fz: Floats, sample_rate_Hz: float, *, threshold_N: float, min_contact_s: float = 0.08) -> Floats:
    """Touchdown and toe-off of every complete contact, interpolated between samples.

    Args:
        fz: (n,) vertical force, N, free of offset and smooth enough not to cross the threshold by noise.
        sample_rate_Hz: Sample rate in Hz.
        threshold_N: Level that both events refer to, N.
        min_contact_s: Shorter pieces are not contacts, s.

    Returns:
        (k, 2) touchdown and toe-off, s from the first sample.
    """
    above = fz >= threshold_N
    rise = np.flatnonzero(~above[:-1] & above[1:])
    fall = np.flatnonzero(above[:-1] & ~above[1:])
    fall = fall[fall > rise[0]]
    rise = rise[: len(fall)]
    on = rise + (threshold_N - fz[rise]) / (fz[rise + 1] - fz[rise])
    off = fall + (fz[fall] - threshold_N) / (fz[fall] - fz[fall + 1])
    events = np.stack([on, off], axis=1) / sample_rate_Hz
    return np.asarray(events[events[:, 1] - events[:, 0] >= min_contact_s])


def mid_flight(events: Floats, sample_rate_Hz: float, n: int) -> NDArray[np.bool_]:
    """Mask of the middle half of every flight between two contacts, where force is zero and ringing is small."""
    mask = np.zeros(n, dtype=bool)
    for off, on in zip(events[:-1, 1], events[1:, 0], strict=True):
        quarter = 0.25 * (on - off)
        mask[int((off + quarter) * sample_rate_Hz) : int((on - quarter) * sample_rate_Hz)] = True
    return mask
