"""Preparing a recorded force for playing: band limit, clean flights, sides, loops without a seam."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FZ, MX = 2, 3


def band_limit(wrench: Floats, fs_Hz: float, limit_Hz: float, *, loop: bool) -> Floats:
    """Remove what an ADC of a lower rate could not represent, without shift; unchanged if nothing is above the limit.

    Args:
        wrench: (…, n) at fs_Hz.
        fs_Hz: Sample rate of `wrench`, Hz.
        limit_Hz: Nothing is left above this; the pass band ends at 80 % of it, with a cosine slope between.
        loop: Whether the end joins the beginning. Otherwise the ends are continued by reflection.

    Returns:
        The limited signal, of the same shape.
    """
    if limit_Hz >= fs_Hz / 2:
        return wrench
    n = wrench.shape[-1]
    signal = wrench if loop else np.concatenate([wrench, wrench[..., ::-1]], axis=-1)
    frequency = np.fft.rfftfreq(signal.shape[-1], 1 / fs_Hz)
    slope = np.clip((frequency / limit_Hz - 0.8) / 0.2, 0.0, 1.0)
    gain = np.cos(0.5 * np.pi * slope) ** 2
    limited: Floats = np.fft.irfft(np.fft.rfft(signal) * gain, signal.shape[-1])[..., :n]
    return limited


def empty_in_flight(wrench: Floats, fs_Hz: float, *, margin_s: float = 0.01) -> Floats:
    """Silence the noise of the plate that measured a runner: while nobody touches the belt it is truly empty.

    Args:
        wrench: (6, n), a loop cut in mid-flight.
        fs_Hz: Sample rate, Hz.
        margin_s: Kept beside each contact, s, as a cosine slope.

    Returns:
        (6, n) with zeros in flight, untouched in contact.
    """
    keep = np.zeros(wrench.shape[-1])
    margin = round(margin_s * fs_Hz)
    slope = np.sin(0.5 * np.pi * np.arange(1, margin + 1) / (margin + 1)) ** 2
    for start, end in contacts(wrench[FZ], fs_Hz, threshold_N=25.0):
        shape = np.concatenate([slope, np.ones(end - start), slope[::-1]])
        place = np.arange(start - margin, end + margin) % len(keep)
        keep[place] = np.maximum(keep[place], shape)
    return wrench * keep


def contacts(fz_N: Floats, fs_Hz: float, *, threshold_N: float = 30.0, shortest_s: float = 0.05) -> NDArray[np.intp]:
    """First and last+1 sample of every contact; one at either end may be a part of one.

    Smoothed over 10 ms, so that neither noise nor ringing makes contacts of its own: good enough to tell feet
    apart, not meant to time them.

    Args:
        fz_N: Vertical force (n,).
        fs_Hz: Sample rate, Hz.
        threshold_N: Above this the belt is touched.
        shortest_s: Shorter touches are none, s.

    Returns:
        Sample numbers, (k, 2).
    """
    half = max(round(0.005 * fs_Hz), 1)
    smooth = np.convolve(np.pad(fz_N, half, mode="edge"), np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")
    touched = np.concatenate([[False], smooth > threshold_N, [False]])
    spans = np.flatnonzero(touched[1:] != touched[:-1]).reshape(-1, 2)
    return spans[spans[:, 1] - spans[:, 0] >= shortest_s * fs_Hz]


def split_by_side(wrench: Floats, fs_Hz: float) -> Floats:
    """Give every contact of one runner to the belt of its foot.

    The foot is the sign of the COP's y in mid-stance; if that does not alternate, because the runner is not in the
    middle of the belt, it is the side of the COP compared with the contacts before and after.

    Args:
        wrench: (6, n) about the belt-surface centre.
        fs_Hz: Sample rate, Hz.

    Returns:
        (2, 6, n): left belt, right belt. They add up to `wrench`.
    """
    spans = contacts(wrench[FZ], fs_Hz)
    if not len(spans):
        return np.stack([wrench * (np.sum(wrench[MX]) > 0.0), wrench * (np.sum(wrench[MX]) <= 0.0)])
    core = [(a + 3 * (b - a) // 10, b - 3 * (b - a) // 10) for a, b in spans]
    y = np.array([np.sum(wrench[MX, a:b]) / np.sum(wrench[FZ, a:b]) for a, b in core])
    side = y > 0.0
    if (side[1:] == side[:-1]).any():
        padded = np.pad(y, 1, mode="reflect") if len(y) > 1 else np.zeros(3)
        side = y > (padded[:-2] + padded[2:]) / 2
    middle = (spans[1:, 0] + spans[:-1, 1]) // 2
    left = side[np.searchsorted(middle, np.arange(wrench.shape[-1]), side="right")]
    return np.stack([wrench * left, wrench * ~left])


def loop_span(fz_N: Floats, fs_Hz: float) -> tuple[int, int]:
    """Longest stretch with an even number of contacts that begins and ends in mid-flight: it loops without a jump.

    Args:
        fz_N: Vertical force (n,).
        fs_Hz: Sample rate, Hz.

    Returns:
        First and last+1 sample; all of it if there are not two contacts between three flights.
    """
    spans = contacts(fz_N, fs_Hz)
    flights = [(a + b) // 2 for a, b in zip(spans[:-1, 1], spans[1:, 0], strict=True)]
    if len(flights) < 3:
        return 0, len(fz_N)
    last = len(flights) - 1 - (len(flights) - 1) % 2
    return int(flights[0]), int(flights[last])


def close_seam(wrench: Floats, fs_Hz: float, blend_s: float = 0.02) -> Floats:
    """Lead the end of a loop into its beginning, over the last `blend_s`.

    Args:
        wrench: (…, n).
        fs_Hz: Sample rate, Hz.
        blend_s: Length of the blend, s.

    Returns:
        A copy with the jump spread over the blend.
    """
    n = min(max(round(blend_s * fs_Hz), 1), wrench.shape[-1])
    weight = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1))
    out = wrench.copy()
    out[..., -n:] += (wrench[..., :1] - wrench[..., -1:]) * weight
    return out
