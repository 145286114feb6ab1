"""Where the step table's numbers lie on a stance's curve: both parts of the two-mass fit, impact peak, loading rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.loading import SET_SHARE
from analysis.steps import StepTable
from analysis.two_mass import two_mass_curves
from viewer.steps.stance_choice import drawn_contact_ms
from viewer.steps.stance_store import sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOW, HIGH = 0.2, 0.8
"""Shares of the force at the point of interest between which `valr_BW_s` is taken."""
_FIT = tuple(f"two_mass_{name}" for name in ("J1_BW_s", "J1_pct", "dt1_ms", "p", "s", "begin_ms", "end_ms"))
DOUBTS = {"uncertain": "uncertain", "none": "verdict: none", "": "not observed"}
"""Words for an `impact_class` that is no impact."""
_POINTS, _FINER = 256, 4


@dataclass(frozen=True)
class Parts:
    """Vertical force apart, by the two-mass fit."""

    x: Floats
    """(n,) times from touchdown, ms, or shares of contact, %."""
    limb: Floats
    """(n,) of the limb that stops, BW."""
    body: Floats
    """(n,) of the rest of the body, BW."""


@dataclass(frozen=True)
class Rate:
    """The secant of the average loading rate."""

    time_ms: tuple[float, float]
    """Times of its ends from touchdown, ms."""
    force_BW: tuple[float, float]
    """Heights of its ends."""
    rate_BW_s: float
    """Its slope: `valr_BW_s`."""


def fitted(table: StepTable, rows: Ints) -> Ints:
    """Those of some rows in which the fit tells the limb's impact from the body's loading."""
    known = ~np.isnan(np.sum([table[name][rows] for name in _FIT], axis=0))
    return np.asarray(rows[known], np.int64)


def mean_parts(table: StepTable, rows: Ints, *, over_time: bool) -> Parts | None:
    """Mean of the parts of some steps; of a single one its own.

    Args:
        table: The steps.
        rows: (k,) which of them.
        over_time: Over time from touchdown; else over share of contact.

    Returns:
        The parts; None if the fit could separate none of them.
    """
    rows = fitted(table, rows)
    if not rows.size:
        return None
    columns = {name: table[name][rows] for name in _FIT}
    contact = drawn_contact_ms(table, rows)
    begin, end = columns["two_mass_begin_ms"], columns["two_mass_end_ms"]
    resampled = rows.size > 1 and not over_time
    time_ms = np.linspace(float(begin.min()), float(end.max()), (_FINER if resampled else 1) * _POINTS)
    limb, body = two_mass_curves(columns, time_ms)
    if over_time:
        return Parts(time_ms, limb.mean(axis=0), body.mean(axis=0))
    if not resampled:
        return Parts(time_ms * (100.0 / contact[0]), limb[0], body[0])
    share = np.linspace(float((begin / contact).min()), float((end / contact).max()), _POINTS)
    place = (share * contact[:, None] - time_ms[0]) / (time_ms[-1] - time_ms[0])
    at = [np.nan_to_num(sample(part, place)).mean(axis=0) for part in (limb, body)]  # nothing before and after
    return Parts(100.0 * share, *at)


def impact_doubt(table: StepTable, rows: Ints) -> str:
    """Why the limb's part of some steps is not to be taken for a heel impact.

    Args:
        table: The steps.
        rows: (k,) which of them; counted are those that the fit could separate.

    Returns:
        A word or two; empty if most of them have `impact_class` "impact".
    """
    answers = table["impact_class"][fitted(table, rows)].tolist()
    if not answers or 2 * answers.count("impact") > len(answers):
        return ""
    return max(DOUBTS.items(), key=lambda doubt: answers.count(doubt[0]))[1]


def impact_peak(table: StepTable, row: int) -> tuple[float, float] | None:
    """Place of the impact peak: ms from touchdown, and BW; None if there is none."""
    peak = float(table["impact_peak_time_ms"][row]), float(table["impact_peak_BW"][row])
    return None if np.isnan(peak).any() else peak


def loading_rate(table: StepTable, row: int, force_BW: Floats) -> Rate | None:
    """Where `valr_BW_s` was measured: between 20 and 80 % of the force at the point of interest.

    Args:
        table: The steps.
        row: Which of them.
        force_BW: (n,) its vertical force from touchdown to toe-off.

    Returns:
        The secant; it ends where the curve first reaches 80 % and has the slope of the table. None without a rate.
    """
    rate, contact = float(table["valr_BW_s"][row]), float(drawn_contact_ms(table, np.array([row]))[0])
    until = _point_of_interest_ms(table, row, contact) / contact
    if np.isnan(rate + until + force_BW.sum()) or rate <= 0.0:
        return None
    top = float(sample(force_BW[None], np.array([until]))[0, 0])
    above = np.flatnonzero(force_BW >= HIGH * top)
    if not above.size or above[0] == 0:
        return None
    high = int(above[0])
    before = (force_BW[high] - HIGH * top) / (force_BW[high] - force_BW[high - 1])
    at_high = (high - before) / (force_BW.size - 1) * contact
    at_low = at_high - 1e3 * (HIGH - LOW) * top / rate
    return Rate((at_low, float(at_high)), (LOW * top, HIGH * top), rate)


def _point_of_interest_ms(table: StepTable, row: int, contact_ms: float) -> float:
    source = str(table["poi_source"][row])
    if source == "13pct":
        return SET_SHARE * contact_ms
    return float(table[f"{source}_time_ms"][row]) if source else np.nan
