"""Heel impact by frequency: the part of the vertical force above 10 Hz early in contact (metrics, section 5.2)."""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.curve import vertex
from analysis.ragged import Span, integrate, window_sum

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_S = 0.075
"""After touchdown, in which an impact is sought."""
EARLY_SHARE = 0.25
"""Share of contact over which the energies are compared."""


def frequency_columns(batch: Batch, known: Columns) -> Columns:  # noqa: ARG001 – all groups are called alike
    """Metrics of HF(t) = F − LP10(F), made on the uninterrupted stream (`analysis.highpass`).

    `hf_peak_BW` is the maximum in the 75 ms after touchdown, refined by a parabola between samples;
    `hf_impulse_BW_s` is ∫ max(HF, 0) dt over the same window; `hf_ratio` is ∑ HF² / ∑ F² over the samples of the first
    quarter of contact. Shorter contacts end the window at toe-off.

    Args:
        batch: The steps, with `Stances.hf_N`.
        known: Not needed.

    Returns:
        (k,) columns; null where the low-pass lacks past or future, near the ends of an uninterrupted stretch, and for
        walking steps, whose share of the force cannot be split by frequency.
    """
    span, interval, bw_N = batch.span, batch.interval_s, batch.bw_N
    high = batch.stances.hf_N
    stop = np.minimum(span.touchdown + WINDOW_S / interval, span.toe_off)
    peak_N, position = _peak(high, span, stop)
    early = span.origin + np.floor(span.touchdown + EARLY_SHARE * (span.toe_off - span.touchdown)).astype(np.int64)
    energy = window_sum(batch.force_N * batch.force_N, span.first, early)
    noise = np.where(np.isnan(peak_N), np.nan, batch.flight_sd_N[batch.whole])
    columns = {
        "hf_peak_BW": peak_N / bw_N,
        "u_hf_peak_BW": noise / bw_N,
        "hf_peak_time_ms": (position - span.touchdown) * interval * 1e3,
        "hf_impulse_BW_s": integrate(np.maximum(high, 0.0), span.origin, span.touchdown, stop) * interval / bw_N,
        "hf_ratio": window_sum(high * high, span.first, early) / energy,
    }
    return batch.spread(columns, keep=batch.stances.foot == 0)


def _peak(high: Floats, span: Span, stop: Floats) -> tuple[Floats, Floats]:
    """Largest value of each window, and its place in samples after the origin; NaN where a sample is missing."""
    first = np.ceil(span.touchdown)
    length = np.floor(stop) - first
    if not length.size:
        return np.empty(0), np.empty(0)
    offset = np.arange(int(length.max()) + 1)
    index = (span.origin + first.astype(np.int64))[:, None] + np.minimum(offset, length[:, None]).astype(np.int64)
    windows = high[index]
    rows, best = np.arange(length.size), windows.argmax(axis=1)
    at = index[rows, best]
    before, after = high[np.maximum(at - 1, 0)], high[np.minimum(at + 1, high.size - 1)]
    place, height = vertex(before, windows[rows, best], after)
    inner = (best > 0) & (best < length)
    seen = ~np.isnan(windows).any(axis=1)
    height = np.where(inner, height, windows[rows, best])
    return np.where(seen, height, np.nan), np.where(seen, first + best + np.where(inner, place, 0.0), np.nan)
