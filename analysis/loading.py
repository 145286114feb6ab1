"""Loading rates: how fast the vertical force rises after touchdown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.curve import Curve, vertex, whole_steps
from analysis.ragged import Span
from analysis.vertical import IMPACT_FROM_S, IMPACT_TO_S, IMPACT_TO_SHARE

Floats = NDArray[np.float64]

HF_TRANSIENT_BW = 0.10
"""Smallest high-frequency peak whose time marks an impact. A step without any impact reaches 0.07 BW by the bend of its
curve alone, and the time of that bend says nothing; up to 0.10 BW the frequency split calls it none."""
SET_SHARE = 0.13
"""Share of contact that stands in for the impact where nothing marks it (Blackmore et al. 2016)."""
FIRST_S = 0.025
SPREAD_S = 0.001
"""Half of the reach of the instantaneous rate: it looks ± 2 ms about each instant."""
INSTANTS = 33
"""Instants between touchdown and the point of interest at which the instantaneous rate is taken."""
FROM_N = 200.0


@dataclass(frozen=True)
class PointOfInterest:
    """Up to where each step loads."""

    position: Floats
    """(k,) samples after the step's origin."""
    force_N: Floats
    """(k,) force there."""
    source: NDArray[np.str_]
    """(k,) "impact_peak", "hf_peak" or "13pct"."""


def loading_columns(batch: Batch, known: Columns) -> Columns:
    """Loading rates by several definitions, and the point of interest they rest on (metrics, section 4).

    Args:
        batch: The steps.
        known: Impact peak and, if they are there, the high-frequency peak and its time.

    Returns:
        (k,) columns: `poi_source`, the others in BW/s.
    """
    span, per_s = batch.span, 1.0 / batch.interval_s
    curve, contact = whole_steps(batch), batch.span.toe_off - batch.span.touchdown
    poi = point_of_interest(curve, span, batch.interval_s, _of_whole(batch, known))
    peak_N = _of_whole(batch, known)["impact_peak_BW"] * batch.bw_N
    early = curve.at(span.touchdown + FIRST_S * per_s) - curve.at(span.touchdown)
    rates = {
        "valr_BW_s": flank_rate(curve, span, poi.position, 0.2 * poi.force_N, 0.8 * poi.force_N) * per_s,
        "valr_25_BW_s": np.where(contact > FIRST_S * per_s, early / FIRST_S, np.nan),
        "valr_3_12_BW_s": mean_rate(curve, span.touchdown + 0.03 * contact, span.touchdown + 0.12 * contact) * per_s,
        "valr_200N_BW_s": _rate_from_200N(curve, span, poi, peak_N) * per_s,
        "vilr_BW_s": steepest(curve, span, poi.position, SPREAD_S * per_s) / SPREAD_S,
    }
    columns: dict[str, NDArray[np.generic]] = {name: rate / batch.bw_N for name, rate in rates.items()}
    return batch.spread(columns | {"poi_source": poi.source})


def _of_whole(batch: Batch, known: Columns) -> dict[str, Floats]:
    names = ("impact_peak_BW", "impact_peak_time_ms", "hf_peak_BW", "hf_peak_time_ms")
    none = np.full(len(batch), np.nan)
    return {name: np.asarray(known.get(name, none), np.float64)[batch.whole] for name in names}


def point_of_interest(curve: Curve, span: Span, interval_s: float, known: Columns) -> PointOfInterest:
    """Where loading ends: (a) the impact peak; else (b) the high-frequency peak; else (c) 13 % of contact.

    (b) is the method of Blackmore, Willy and Creaby (2016, J Biomech 49:479), closer to the impact peak than (c). Every
    curve has a largest high-frequency value, though, so (b) is used only where that is of the size of an impact
    (`HF_TRANSIENT_BW`) and lies where impacts do, in (5 ms, min(50 ms, 0.30 t_c)].

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        interval_s: Sampling interval.
        known: (k,) `impact_peak_time_ms`, `hf_peak_BW` and `hf_peak_time_ms`; NaN where there is none.

    Returns:
        The points.
    """
    contact = span.toe_off - span.touchdown
    hf_s = known["hf_peak_time_ms"] * 1e-3
    has_impact = ~np.isnan(known["impact_peak_time_ms"])
    has_hf = (known["hf_peak_BW"] >= HF_TRANSIENT_BW) & (hf_s > IMPACT_FROM_S)
    has_hf &= hf_s <= np.minimum(IMPACT_TO_S, IMPACT_TO_SHARE * contact * interval_s)
    set_time = SET_SHARE * contact
    after = np.where(has_hf, hf_s / interval_s, set_time)
    after = np.where(has_impact, known["impact_peak_time_ms"] * 1e-3 / interval_s, after)
    source = np.where(has_impact, "impact_peak", np.where(has_hf, "hf_peak", "13pct"))
    position = span.touchdown + after
    return PointOfInterest(position, curve.at(position), source)


def mean_rate(curve: Curve, start: Floats, stop: Floats) -> Floats:
    """(F(stop) − F(start)) / (stop − start), per sample; positions are (k,)."""
    rate: Floats = (curve.at(stop) - curve.at(start)) / (stop - start)
    return rate


def flank_rate(curve: Curve, span: Span, stop: Floats, low: Floats, high: Floats) -> Floats:
    """Mean slope between two levels on the flank that first reaches the higher one; VALR with 20 and 80 % of F(POI).

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        stop: (k,) where the flank ends, samples after the origin.
        low: (k,) lower level, N.
        high: (k,) upper level, N.

    Returns:
        (k,) N per sample; NaN where the force does not cross both levels.
    """
    at_high = curve.first_rise(high, span.touchdown, stop)
    lands_below = curve.at(span.touchdown) < low
    before = np.where(lands_below, span.touchdown, curve.first - curve.origin)  # else the flank began in flight
    at_low = curve.last_rise(low, before, at_high)
    rate: Floats = (high - low) / (at_high - at_low)
    return rate


def steepest(curve: Curve, span: Span, stop: Floats, spread: float) -> Floats:
    """VILR: the largest slope from touchdown to the point of interest, by central differences over ± 2 ms.

    A maximum grows with noise; the five-point difference keeps the slope of a low-passed force within 0.02 %, where
    (F(t + 2 ms) − F(t − 2 ms)) / 4 ms would take 1.4 % off that of oracle O3. It is taken at equally spaced instants
    that include both ends, whatever the sampling rate, and a maximum between them is that of the parabola.

    Args:
        curve: Vertical force of the steps.
        span: Where each contact begins and ends.
        stop: (k,) the points of interest, samples after the origin.
        spread: 1 ms in samples.

    Returns:
        (k,) N per `spread`.
    """
    share = np.linspace(0.0, 1.0, INSTANTS)
    position = span.touchdown[:, None] + (stop - span.touchdown)[:, None] * share
    slope = curve.slope(position, spread)
    rows, best = np.arange(len(slope)), slope.argmax(axis=1)
    inner = np.clip(best, 1, INSTANTS - 2)
    _, height = vertex(slope[rows, inner - 1], slope[rows, inner], slope[rows, inner + 1])
    largest: Floats = np.where(inner == best, height, slope[rows, best])
    return largest


def _rate_from_200N(curve: Curve, span: Span, poi: PointOfInterest, peak_N: Floats) -> Floats:
    """Slope from 200 N to 90 % of the impact peak, N per sample; NaN without one (Lieberman et al. 2010)."""
    high = 0.9 * peak_N
    high = np.where(high > FROM_N, high, np.nan)
    return flank_rate(curve, span, poi.position, np.full(high.size, FROM_N), high)
