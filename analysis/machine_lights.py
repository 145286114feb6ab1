"""Quality lights of the machine: cells, zero, drift, belt and incline."""

from collections.abc import Sequence

import numpy as np

from analysis.quality import AMBER, GREEN, INFO, RED, Light, graded
from analysis.setup import Calibrated
from analysis.statistics import Z95

SPEED = (0.01, 0.03)
"""Measured belt speed against the set one."""
DIPS = 0.05
"""Dip of the belt's speed in contact (Willwacher et al. 2021 saw more on 3 of 4 treadmills)."""
LEAST_FRAMES = 100
INCLINE_DEG = (1.5, 3.0)
"""Belt angle by the runner's weight against the one given: 0.01 body weights of fore-aft zero are 0.6 degrees."""
FLIGHTS_FOR_DRIFT = 80
"""Half a minute of running: from there on a still cell is told to drift by less than the limit."""
DRIFT_N_PER_MIN = (5.0, 30.0)
"""Drift of a cell."""
TARE_SHIFT_N = (5.0, 30.0)
"""Movement of a cell between tare and flights."""
ARTEFACT_N = (5.0, 15.0)
"""Amplitude of a belt's own force: a fifth of the thresholds, and what may pass for a scuff."""
RESIDUAL_N = (1.0, 3.0)
"""Mean force left in mid-flight."""

OLD_DAYS = 180
"""A calibration is believed for half a year."""
U_FZ_PCT = 0.5
"""A calibration whose standard uncertainty of the vertical force is larger is poor, as is …"""
U_COP_MM = 5.0
"""… one of whose centre of pressure it is larger (metrics, section 9.1)."""


def calibration_light(known: Calibrated | None) -> Light | None:
    """What the scale of the force rests on.

    Args:
        known: Of the rig; None for a force that does not come from cells.

    Returns:
        The light; None for such a force.
    """
    if known is None:
        return None
    if not known.made_on:
        text = "not calibrated: cells as their data sheets say, 1 % and 5 mm assumed"
        text += "" if known.virtual else "; put known loads on with `stance calibrate`"
        return Light("calibration", INFO if known.virtual else AMBER, None, U_FZ_PCT, "%", text)
    size = f"{Z95 * known.u_Fz_pct:.2g} % of the vertical force and {Z95 * known.u_cop_mm:.2g} mm"
    text = f"made on {known.made_on}, by its own account right to {size}, 95 times in 100"
    text = "; ".join([text, *_doubts(known)])
    state = AMBER if _doubts(known) else GREEN
    return Light("calibration", state, known.u_Fz_pct, U_FZ_PCT, "%", text)


def _doubts(known: Calibrated) -> list[str]:
    """Why a calibration may not be what it says, each with what to do."""
    days = known.age_days or 0.0
    found = []
    if known.u_Fz_pct > U_FZ_PCT or known.u_cop_mm > U_COP_MM:
        good = f"{Z95 * U_FZ_PCT:.2g} % and {Z95 * U_COP_MM:.2g} mm are good"
        found.append(f"poor ({good}): more loads, at more places")
    if days > OLD_DAYS:
        found.append(f"it was {days:.0f} days old: calibrate again")
    if days < -OLD_DAYS:
        found.append(f"it was made {-days:.0f} days after the recording")
    if known.by_hand:
        found.append("changed by hand after it was made")
    return found


def cells_light(still: Sequence[str], frames: int) -> Light | None:
    """Cells whose reading never changed by a single count: not connected, or stuck.

    Args:
        still: Names of these cells.
        frames: Frames recorded.

    Returns:
        The light; None where too little was recorded to tell.
    """
    if frames < LEAST_FRAMES:
        return None
    if not still:
        return Light("cells", GREEN, 0.0, 0.0, "", "every cell's reading moves")
    names = ", ".join(still)
    text = f"{names}: the reading never changed by a single count, so force and place are wrong; check the wiring"
    return Light("cells", RED, float(len(still)), 0.0, "", text)


def zero_light(known: bool, idle: Sequence[str] = ()) -> Light | None:
    """Whether the zero of the force was found at all.

    Args:
        known: Of every belt.
        idle: Belts on which nothing ever showed it, while it is known of another.

    Returns:
        The light; None where it was.
    """
    if known:
        return None
    if idle:
        names = " and ".join({"L": "left", "R": "right"}[name] for name in idle)
        text = f"nobody ran on the {names} belt, so its zero is not known and nothing is measured there"
        return Light("zero", INFO, None, None, "N", text)
    text = "no zero was found, so nothing was measured; step off the belt for a second, or record with --tare"
    return Light("zero", RED, None, None, "N", text)


def speed_light(measured_m_s: float | None, set_m_s: float | None) -> Light | None:
    """Measured belt speed against the set one.

    Args:
        measured_m_s: Median measured speed, so that pauses do not count; None without a belt sensor.
        set_m_s: Set speed; None if not given.

    Returns:
        The light; None if neither is known.
    """
    if measured_m_s is None and set_m_s is None:
        return Light("belt_speed", INFO, None, None, "m/s", "not known: give --belt-speed or fit a belt sensor")
    if measured_m_s is None:
        return Light("belt_speed", INFO, set_m_s, None, "m/s", f"{set_m_s:g} m/s as given, not measured")
    if set_m_s is None or set_m_s == 0.0:
        return Light("belt_speed", INFO, measured_m_s, None, "m/s", f"{measured_m_s:.3f} m/s measured, none given")
    off = measured_m_s / set_m_s - 1.0
    text = f"{measured_m_s:.3f} m/s measured, {set_m_s:g} given ({100 * off:+.1f} %)"
    return graded("belt_speed", measured_m_s, SPEED, "m/s", text, magnitude=abs(off))


def dips_light(dip: float | None) -> Light | None:
    """How much the belt slows down in contact.

    Args:
        dip: Median dip, as a share of the mean speed; None if not measured.

    Returns:
        The light; None if not measured.
    """
    if dip is None:
        return None
    text = f"the belt slows by {max(100 * dip, 0.0):.1f} % in contact"
    return graded("belt_dips", dip, (DIPS, 2 * DIPS), "", text)


def incline_light(seen_deg: float | None, given_deg: float | None) -> Light | None:
    """Belt angle that the runner's own weight shows, against the one given.

    Args:
        seen_deg: From mean fore-aft and vertical force; None where fore-aft force is not measured.
        given_deg: As given; None is level.

    Returns:
        The light; None where nothing was seen.
    """
    if seen_deg is None or np.isnan(seen_deg):
        return None
    given = 0.0 if given_deg is None else given_deg
    text = f"by the runner's weight the belt rises by {seen_deg:+.1f} degrees, {given:g} given"
    if abs(seen_deg - given) > INCLINE_DEG[0]:
        text += "; check the incline given and the fore-aft zero"
    return graded("incline", seen_deg, INCLINE_DEG, "degrees", text, magnitude=abs(seen_deg - given))


def residual_light(flights: int, residual_N: float, u_zero_N: float) -> Light | None:
    """What is left in mid-flight when the zero is drawn from the flights on either side.

    Args:
        flights: Flights that made the zero.
        residual_N: Mean of what is left.
        u_zero_N: Standard uncertainty of the zero in the middle of a stance.

    Returns:
        The light; None without enough flights.
    """
    if np.isnan(residual_N):
        return None
    text = f"{residual_N:+.2f} N left in mid-flight over {flights:,} flights"
    if not np.isnan(u_zero_N):
        text += f", the zero is sure to {u_zero_N:.2f} N"
    if abs(residual_N) > RESIDUAL_N[0]:
        text += "; the zero bends between flights: let the cells warm up, look for a deck that rings"
    return graded("flight_residual", residual_N, RESIDUAL_N, "N", text)


def drift_light(drifts_N_per_min: Sequence[float], names: Sequence[str], flights: int) -> Light | None:
    """Fastest drift among the cells.

    Args:
        drifts_N_per_min: Of each cell, NaN where it is not known.
        names: Of the cells.
        flights: Flights that told it.

    Returns:
        The light; None where no drift is known.
    """
    largest = _largest(drifts_N_per_min, names)
    if largest is None:
        return None
    if flights < FLIGHTS_FOR_DRIFT:
        return Light("drift", INFO, None, DRIFT_N_PER_MIN[0], "N/min", "too short a run to tell how the cells drift")
    value, name = largest
    text = f"cell {name} drifts most, {value:+.2f} N/min; drift is taken out in every flight"
    if abs(value) > DRIFT_N_PER_MIN[0]:
        text += "; let it warm up for 20 min, keep sun and draught off, tare with the belt running"
    return graded("drift", value, DRIFT_N_PER_MIN, "N/min", text)


def tare_light(shifts_N: Sequence[float], names: Sequence[str]) -> Light | None:
    """How far the cells moved from the tare to the first flights: what a running belt, or heat, adds.

    Args:
        shifts_N: Of each cell, NaN without a tare.
        names: Of the cells.

    Returns:
        The light; None without a tare.
    """
    largest = _largest(shifts_N, names)
    if largest is None:
        return None
    value, name = largest
    text = f"cell {name} moved most from the tare to the first flights, {value:+.2f} N"
    if abs(value) > TARE_SHIFT_N[0]:
        text += "; tare with the belt running at the speed of the test"
    return graded("tare_shift", value, TARE_SHIFT_N, "N", text)


def artefact_light(largest_N: float, words: Sequence[str]) -> Light:
    """Forces that the belt itself makes.

    Args:
        largest_N: Amplitude of the largest; 0 if there are none.
        words: Each artefact in words, strongest first.

    Returns:
        The light.
    """
    text = "; ".join(words) if words else "no seam and no periodic force found in the flights"
    if largest_N > ARTEFACT_N[0]:
        text += "; look at the seam's glue, the rollers and the motor's line"
    return graded("belt_artefacts", largest_N, ARTEFACT_N, "N", text)


def _largest(values: Sequence[float], names: Sequence[str]) -> tuple[float, str] | None:
    """Value furthest from zero and whose it is; None if all are NaN."""
    known = [(value, name) for value, name in zip(values, names, strict=True) if not np.isnan(value)]
    return max(known, key=lambda one: abs(one[0])) if known else None
