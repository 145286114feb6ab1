"""Do columns of force hold what their headers say: finite, in these units, evenly spaced in time."""

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError

Floats = NDArray[np.float64]

MIN_RATE_Hz, MAX_RATE_Hz = 20.0, 100_000.0


def check_values(values: Floats, name: str, where: str, *, holes: bool) -> None:
    """Refuse what a computation would only turn into nonsense.

    Args:
        values: (n,) column.
        name: Its header, with our name.
        where: The file.
        holes: Whether NaN is allowed.

    Raises:
        FormatError: A value is infinite or missing, or the column is not in its unit.
    """
    bad = np.isinf(values) if holes else ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        seen = f"{values[row]} in row {row + 1}" + (f" and {bad.sum() - 1} more" if bad.sum() > 1 else "")
        raise FormatError(where, expected=f"finite numbers in {name}", seen=seen)
    if name.startswith("Fz_N") and -values.min() > max(values.max(), 50.0):
        hint = "Reverse the sign of all forces: this is how the foot acts on the belt, not how the belt reacts."
        seen = f"values from {values.min():.0f} to {values.max():.0f}"
        raise FormatError(where, expected=f"{name} upwards positive", seen=seen, next_step=hint)
    if name.startswith("cop") and np.isfinite(values).any() and np.nanmedian(np.abs(values)) > 10:
        seen = f"values around {np.nanmedian(values):.0f}: millimetres?"
        raise FormatError(where, expected=f"{name} in metres from the belt's centre", seen=seen)


def sample_rate(time_s: Floats, where: str) -> float:
    """Sample rate of evenly spaced times, however coarsely they were printed.

    Args:
        time_s: (n,) times, s.
        where: The file.

    Returns:
        Rate in Hz; a whole number where that explains the times as well.

    Raises:
        FormatError: Times are missing, run backwards, or are not evenly spaced.
    """
    check_values(time_s, "time_s", where, holes=False)
    step = np.diff(time_s)
    if (step <= 0).any():
        row = int(np.argmax(step <= 0))
        hint = "Print more decimals." if step[row] == 0 else ""
        seen = f"{time_s[row]:g} then {time_s[row + 1]:g} in rows {row + 1} and {row + 2}"
        raise FormatError(where, expected="time_s to increase", seen=seen, next_step=hint)
    rate = step.size / (time_s[-1] - time_s[0])
    _check_spacing(time_s, float(rate), where)
    if not MIN_RATE_Hz <= rate <= MAX_RATE_Hz:
        seen = f"steps of {1 / rate:g}: {'milliseconds?' if 0.02 < rate < MIN_RATE_Hz else 'not seconds?'}"
        raise FormatError(where, expected="time_s in seconds", seen=seen)
    whole = np.round(rate)
    same = np.abs(time_s[0] + np.arange(time_s.size) / whole - time_s).max() <= _resolution(time_s)
    return float(whole if same else rate)


def _check_spacing(time_s: Floats, rate_Hz: float, where: str) -> None:
    step = np.diff(time_s) * rate_Hz
    even = time_s[0] + np.arange(time_s.size) / rate_Hz
    off = np.abs(time_s - even) * rate_Hz
    worst = int(np.argmax(step))
    if step[worst] > 1.6:
        seen = f"a gap of {step[worst] / rate_Hz:g} s after row {worst + 1} (typically {np.median(step) / rate_Hz:g} s)"
        hint = "Cut the file at its gaps, or resample it where it was made."
        raise FormatError(where, expected="evenly spaced times", seen=seen, next_step=hint)
    if off.max() > 1.0:
        row = int(np.argmax(off))
        seen = f"row {row + 1} is {off[row]:.1f} samples away from even spacing"
        raise FormatError(where, expected="evenly spaced times", seen=seen)


def _resolution(time_s: Floats) -> float:
    """One unit of the last decimal that these times need, between 10 ns and 1 ms."""
    for decimals in range(3, 8):
        if np.abs(np.round(time_s, decimals) - time_s).max() < 1e-9:
            return float(10.0**-decimals)
    return 1e-8
