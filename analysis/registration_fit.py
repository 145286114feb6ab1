"""How a foot is registered: from heel markers, from heel-first steps, or from push-offs at a line.

Only markers see the heel itself. The other two see one end of the foot's path and know the rest from 13 runners
(`tools/fit_registration.py`), so they are joined with what the shoe's length says by itself, each by the inverse square
of its uncertainty, and refused where the two contradict each other. Heel's place on runners held out, one speed carried
to the others, ± SD: markers 4 mm, shoe length alone 7 mm, heel-first steps alone 15 mm and joined 9 mm.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.registration import BALL_SPEED_SLOPE_S, FootRegistration

Floats = NDArray[np.float64]
Sides = NDArray[np.integer[Any]]

BALL_SHARE = 0.675
"""Heel to ball point at 3.5 m/s as a share of the shoe's length …"""
BALL_SHARE_u = 0.035
"""… and its standard uncertainty: 0.023 between feet, and what a shoe's length is (last or sole, about 10 mm)."""
SHARE_SPEED_M_S = 3.5
"""Speed to which `BALL_SHARE` belongs."""
STRIKE_AHEAD_M = 0.024
"""Where a heel-first step has its COP at 200 N, m before the heel's rear edge, at 3 m/s …"""
STRIKE_AHEAD_SLOPE_S = -0.031
"""… and m per m/s: the faster, the earlier 200 N are reached and the steeper the foot …"""
STRIKE_AHEAD_u_M = 0.015
"""… and its standard uncertainty."""
HEEL_FIRST_SPEEDS = (2.0, 4.0)
"""Speeds at which that holds, m/s: measured at 2.5 and 3.5."""
END_BEYOND_BALL_M = 0.037
"""COP at the last 200 N beyond the ball point at 2.5 m/s, m …"""
END_BEYOND_BALL_u_M = 0.008
"""… and its standard uncertainty …"""
END_SPEED_M_S = 2.5
"""… at this speed …"""
HOP_u_M = 0.010
"""… and that of taking a hop from the line for a running push-off, m: assumed, not measured."""
LINE_u_M = 0.003
"""How well a heel is put on a line, or a marker on the heel's edge, m."""
FEWEST_STEPS = 8
FEWEST_PUSHES = 3
CONTRADICTION = 2.5
"""So many standard uncertainties apart, two ways contradict each other."""


def from_markers(
    ball_m: Floats, side: Sides, *, foot_length_m: float, speed_m_s: float | None = None
) -> FootRegistration:
    """Register feet whose heels were seen, by markers or by video.

    Args:
        ball_m: (n,) ball point before the heel's rear edge in each step, m: `BeltPath.x_b_m.ball` less the belt-frame
            place of the heel while the foot is flat.
        side: (n,) above 0 left, below 0 right.
        foot_length_m: Length of the shoe, m.
        speed_m_s: Belt speed.

    Returns:
        The registration. An AnalysisError says which foot has too few steps.
    """
    return _register(ball_m, side, FEWEST_STEPS, LINE_u_M, foot_length_m, speed_m_s, "markers", share=False)


def from_heel_first(
    strike_to_ball_m: Floats, side: Sides, *, foot_length_m: float, speed_m_s: float
) -> FootRegistration:
    """Register feet by steps that deliberately land on the heel.

    Args:
        strike_to_ball_m: (n,) the steps' `strike_to_ball_mm`, in m.
        side: (n,) above 0 left, below 0 right.
        foot_length_m: Length of the shoe, m.
        speed_m_s: Belt speed, m/s.

    Returns:
        The registration.

    Raises:
        AnalysisError: Too few steps, an unsuited speed, or steps that did not land on the heel of such a shoe.
    """
    low, high = HEEL_FIRST_SPEEDS
    if not low <= speed_m_s <= high:
        raise AnalysisError(
            "foot registration by heel-first steps", expected=f"a belt speed of {low:g} to {high:g} m/s, a slow run",
            seen=f"{speed_m_s:g} m/s",
        )  # fmt: skip
    ahead = STRIKE_AHEAD_M + STRIKE_AHEAD_SLOPE_S * (speed_m_s - 3.0)
    ball = np.asarray(strike_to_ball_m, np.float64) + ahead
    return _register(ball, side, FEWEST_STEPS, STRIKE_AHEAD_u_M, foot_length_m, speed_m_s, "heel-first", share=True)


def from_line(end_m: Floats, side: Sides, *, foot_length_m: float) -> FootRegistration:
    """Register feet by hops off a line on which the heel stood, the belt standing still.

    Args:
        end_m: (n,) COP at the last 200 N of each hop before the line, m.
        side: (n,) above 0 left, below 0 right.
        foot_length_m: Length of the shoe, m.

    Returns:
        The registration, for 2.5 m/s. An AnalysisError says what is wrong.
    """
    ball = np.asarray(end_m, np.float64) - END_BEYOND_BALL_M
    u = math.sqrt(END_BEYOND_BALL_u_M**2 + HOP_u_M**2 + LINE_u_M**2)
    return _register(ball, side, FEWEST_PUSHES, u, foot_length_m, END_SPEED_M_S, "line", share=True)


def _register(
    ball_m: Floats, side: Sides, fewest: int, u_M: float, foot_length_m: float, speed_m_s: float | None, method: str,
    *, share: bool,
) -> FootRegistration:  # fmt: skip
    """Median of each foot that has enough steps, joined with the shoe's share where asked."""
    found: list[tuple[float | None, float | None]] = []
    counts = []
    for sign in (1, -1):
        mine = np.asarray(ball_m, np.float64)[np.sign(side) == sign]
        mine = mine[np.isfinite(mine)]
        counts.append(mine.size)
        if mine.size < fewest:
            found.append((None, None))
            continue
        ball = float(np.median(mine))
        scatter = 1.25 * float(mine.std(ddof=1)) / math.sqrt(mine.size)  # of a median
        u = math.hypot(u_M, scatter)
        found.append(_join(ball, u, foot_length_m, speed_m_s, method) if share else (ball, u))
    if all(ball is None for ball, _ in found):
        raise AnalysisError(
            "foot registration", expected=f"at least {fewest} usable steps of a foot",
            seen=f"{counts[0]} of the left and {counts[1]} of the right",
            next_step="Record more of them, and see that left and right are told apart.",
        )  # fmt: skip
    (left, u_left), (right, u_right) = found
    return FootRegistration(foot_length_m, left, u_left, right, u_right, speed_m_s, method)


def _join(ball: float, u: float, length: float, speed_m_s: float | None, method: str) -> tuple[float, float]:
    """Weighted mean of a measured ball length and the shoe's share, unless they contradict each other."""
    speed = SHARE_SPEED_M_S if speed_m_s is None else speed_m_s
    expected = BALL_SHARE * length + BALL_SPEED_SLOPE_S * (speed - SHARE_SPEED_M_S)
    u_expected = BALL_SHARE_u * length
    if abs(ball - expected) > CONTRADICTION * math.hypot(u, u_expected):
        hint = {"heel-first": "Steps that land on the heel", "line": "Heel on the line"}[method]
        raise AnalysisError(
            f"foot registration by {method}", expected=f"{1e3 * expected:.0f} mm from heel to ball in a shoe of "
            f"{1e3 * length:.0f} mm, ± {1e3 * CONTRADICTION * math.hypot(u, u_expected):.0f} mm",
            seen=f"{1e3 * ball:.0f} mm", next_step=f"{hint}? Shoe length and belt speed right?",
        )  # fmt: skip
    weights = u**-2, u_expected**-2
    return (weights[0] * ball + weights[1] * expected) / sum(weights), sum(weights) ** -0.5
