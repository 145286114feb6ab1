"""Moments of a session, as people read them."""

import math

STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)
"""Distances between two labels of a time axis."""


def clock(seconds: float, decimals: int = 0) -> str:
    """A moment as minutes and seconds, never rounded up to one that is still to come.

    Args:
        seconds: Since the session's beginning.
        decimals: Decimals of the seconds.

    Returns:
        For example "0:07.3" or "60:00".
    """
    unit = 10**decimals
    whole = max(0, math.floor(seconds * unit + 1e-6))
    minutes, rest = divmod(whole, 60 * unit)
    width = 2 if decimals == 0 else 3 + decimals
    return f"{minutes}:{rest / unit:0{width}.{decimals}f}"


def label_step(span_s: float, width: float, least: float = 70.0) -> float:
    """How far apart the labels of a time axis stand.

    Args:
        span_s: What the axis shows, s.
        width: Its width, pixels.
        least: Least distance of two labels, pixels.

    Returns:
        A round number of seconds.
    """
    per_pixel = span_s / max(width, 1.0)
    return next((step for step in STEPS_S if step >= least * per_pixel), STEPS_S[-1])


def round_end(last_s: float) -> float:
    """End of an axis for a session that grows: far enough to last for a while.

    Args:
        last_s: Latest moment so far, s.

    Returns:
        A round time after it, s.
    """
    for minutes in (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120):
        if last_s <= 60.0 * minutes:
            return 60.0 * minutes
    return 3600.0 * math.ceil(last_s / 3600.0)
