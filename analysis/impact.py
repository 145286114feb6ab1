"""Is there an impact transient? Three estimators, each with its own uncertainty, and one verdict (metrics, section 5).

* Shape: a peak of its own in the first 50 ms, or at least a shoulder.
* Frequency: size of the force above 10 Hz (`analysis.frequency_split`).
* Two masses: how steeply the limb's curve rises in the fit (`analysis.two_mass`).

An estimator answers "impact" or "none" only where its value lies beyond the threshold by more than its uncertainty,
else "uncertain". An impact transient is not the same as a rearfoot strike: forefoot strikes can have one and soft heel
strikes can hide it (Hamill and Gruber 2017, J Sport Health Sci 6:146).
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.belt_way import belt_way
from analysis.curve import whole_steps

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]

SURE = 1.645
"""Standard uncertainties by which a value must lie beyond a threshold: 95 % on one side."""
REFERENCE_M_S = 10.0 / 3.0
"""Belt speed at which the thresholds hold. They grow in proportion to the speed, as the values roughly do: over the
speeds of 13 runners (Fukuchi et al. 2017, 95 % intervals) the HF peak grows with speed to the power 1.23 (0.90–1.53),
the rate with 1.36 (1.08–1.66)."""
HF_NONE_BW, HF_IMPACT_BW = 0.10, 0.15
"""Largest HF peak without and smallest with an impact (metrics, section 5.2)."""
RATE_NONE_BW_S, RATE_IMPACT_BW_S = 10.0, 15.0
"""The same for the mean rate J1/Δt1² at which the limb's force rises in the two-mass fit."""
LEAST_R2 = 0.98
PROMINENCE_BW = 0.02
"""A peak in its own right stands out by more than this."""
DIP_NONE = 0.5
"""Without an impact the rise does not slow down to less than half in between."""
DIP_UNTIL_S, DIP_UNTIL_SHARE = 0.075, 0.35
"""The rise is looked at from touchdown until then, after touchdown and as a share of contact."""
CHORD_S = 0.010
"""The force's slope is taken over this time, so that noise hardly touches it."""
INSTANTS = 41


def impact_columns(batch: Batch, known: Columns) -> Columns:
    """Verdicts on each running step.

    Args:
        batch: The steps.
        known: Columns of the shape, the frequency split and the two-mass fit.

    Returns:
        (k,) `shape_class`, `hf_class` and `two_mass_class`: impact, none, uncertain, or null where the estimator has
        nothing to go by; `impact_class`: what at least two of them say, else uncertain; `impact_agreement`: at least
        two answered, and all that answered say the same.
    """
    scale = speed_scale(batch)
    runs = batch.whole & (batch.stances.foot == 0) & ~np.isnan(batch.bw_N)
    shape = shape_class(batch, known)
    high = banded(known["hf_peak_BW"], known["u_hf_peak_BW"], HF_NONE_BW * scale, HF_IMPACT_BW * scale)
    rate, u_rate = known["two_mass_rate_BW_s"], known["u_two_mass_rate_BW_s"]
    limb = banded(rate, u_rate, RATE_NONE_BW_S * scale, RATE_IMPACT_BW_S * scale)
    unfit = (known["two_mass_r2"] < LEAST_R2) | ((limb == "impact") & np.isnan(known["two_mass_J1_BW_s"]))
    limb = np.where(unfit, "uncertain", limb)
    answers = [np.where(runs, answer, "") for answer in (shape, high, limb)]
    verdict, agree = combine(answers)
    names = ("shape_class", "hf_class", "two_mass_class", "impact_class")
    return dict(zip(names, [*answers, verdict], strict=True)) | {"impact_agreement": agree}


def speed_scale(batch: Batch) -> Floats:
    """(k,) belt speed in contact, measured or else as set, over `REFERENCE_M_S`; 1 where it is not known."""
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    speed = belt_way(batch, begin, end) / ((end - begin) * batch.interval_s)
    return np.where(speed > 0.0, speed / REFERENCE_M_S, 1.0)


def banded(value: Floats, u: Floats, low: Floats, high: Floats) -> Texts:
    """Impact at or above `high`, none at or below `low`, each by `SURE` uncertainties; null where the value is.

    Args:
        value: (k,) values, NaN for null.
        u: (k,) standard uncertainties.
        low: (k,) lower thresholds.
        high: (k,) upper thresholds.

    Returns:
        (k,) "impact", "none", "uncertain" or "".
    """
    answer = np.where(value - SURE * u >= high, "impact", np.where(value + SURE * u <= low, "none", "uncertain"))
    return np.where(np.isnan(value), "", answer)


def combine(answers: list[Texts]) -> tuple[Texts, Bools]:
    """One verdict of several estimators.

    Args:
        answers: Of each estimator (k,) "impact", "none", "uncertain" or "".

    Returns:
        (k,) what at least two of them say, "uncertain" if there is no such, "" if all are null; and (k,) whether at
        least two answered and none contradicts.
    """
    yes = sum((answer == "impact").astype(np.int64) for answer in answers)
    no = sum((answer == "none").astype(np.int64) for answer in answers)
    silent = np.logical_and.reduce([answer == "" for answer in answers])
    verdict = np.where((yes >= 2) & (yes > no), "impact", np.where((no >= 2) & (no > yes), "none", "uncertain"))
    agree: Bools = (np.maximum(yes, no) >= 2) & (np.minimum(yes, no) == 0)
    return np.where(silent, "", verdict), agree


def shape_class(batch: Batch, known: Columns) -> Texts:
    """Impact if a peak stands out; none if the force rises without even a shoulder; uncertain in between.

    Args:
        batch: The steps.
        known: `impact_prominence_BW` with its uncertainty.

    Returns:
        (k,) verdicts, null for steps that are not whole.
    """
    prominence, u = known["impact_prominence_BW"], known["u_impact_prominence_BW"]
    dip, u_dip = np.full(len(batch), np.nan), np.full(len(batch), np.nan)
    dip[batch.whole], u_dip[batch.whole] = slope_dip(batch)
    peak = prominence - SURE * u >= PROMINENCE_BW
    smooth = np.isnan(prominence) & (dip + SURE * u_dip <= DIP_NONE)
    answer = np.where(peak, "impact", np.where(smooth, "none", "uncertain"))
    return np.where(np.isnan(dip), "", answer)


def slope_dip(batch: Batch) -> tuple[Floats, Floats]:
    """How far the rise of the force slows down between a steep part before and a steep part after.

    1 − s/min(s before, s after) with s the slope over 10 ms, where s lies furthest below both: 0 for a rise that bends
    one way only, 1 where the force stands still in between, more where it falls, which is a peak.

    Args:
        batch: The steps.

    Returns:
        (w,) dips of the whole steps and their standard uncertainties from the noise in flight.
    """
    span, curve = batch.span, whole_steps(batch)
    half = 0.5 * CHORD_S / batch.interval_s
    length = np.minimum(DIP_UNTIL_S / batch.interval_s, DIP_UNTIL_SHARE * (span.toe_off - span.touchdown))
    place = span.touchdown[:, None] + length[:, None] * np.linspace(0.0, 1.0, INSTANTS)
    slope = (curve.at(place + half) - curve.at(place - half)) / CHORD_S
    before = np.maximum.accumulate(slope, axis=1)
    after = np.maximum.accumulate(slope[:, ::-1], axis=1)[:, ::-1]
    around = np.maximum(np.minimum(before, after), 1e-9)  # a fall at the very edge has nothing steep beside it
    fall = around - slope
    best = np.where(slope < around, fall, 0.0).argmax(axis=1)
    rows = np.arange(len(place))
    dip = np.maximum(fall[rows, best] / around[rows, best], 0.0)
    return dip, 2.0 * batch.flight_sd_N[batch.whole] / CHORD_S / around[rows, best]
