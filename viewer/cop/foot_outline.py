"""The outline of a shoe's sole, for the eye: where the foot lies under its centre of pressure.

A registered foot has its own length and lies where the registration says. Any other foot is drawn by a typical one:
the ball point lies 67.5 ± 2.3 % of the shoe's length before the heel's rear edge at 3.5 m/s, 5.7 mm nearer for each m/s
more (13 runners, `tools/fit_registration.py`; `BALL_SHARE` in `analysis/registration_fit.py`). Nothing is reckoned
from such an outline.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.registration import BALL_SPEED_SLOPE_S
from analysis.registration_fit import BALL_SHARE, SHARE_SPEED_M_S
from viewer.source import Facts

Floats = NDArray[np.float64]

ASSUMED_LENGTH_M = 0.28
"""Length of a shoe that nobody measured."""
_POINTS = 16
_RIGHT = np.asarray([  # four points of each Bézier piece of a right sole: ahead of the heel and to the left, in lengths
    [(0.00, 0.000), (0.00, -0.065), (0.06, -0.116), (0.14, -0.116)],  # heel, outside
    [(0.14, -0.116), (0.30, -0.116), (0.46, -0.178), (0.67, -0.178)],  # outer edge
    [(0.67, -0.178), (0.85, -0.178), (1.00, -0.090), (1.00, 0.040)],  # small toes
    [(1.00, 0.040), (1.00, 0.125), (0.90, 0.172), (0.74, 0.172)],  # big toe
    [(0.74, 0.172), (0.60, 0.172), (0.54, 0.088), (0.42, 0.088)],  # inside of the ball
    [(0.42, 0.088), (0.32, 0.088), (0.26, 0.116), (0.14, 0.116)],  # arch
    [(0.14, 0.116), (0.06, 0.116), (0.00, 0.065), (0.00, 0.000)],  # heel, inside
])  # fmt: skip


@dataclass(frozen=True)
class FootPlace:
    """Where a foot's outline lies; the ball point is at 0."""

    length_m: float
    """Length of the shoe."""
    heel_m: float
    """Heel's rear edge, negative because it lies behind."""
    registered: bool
    """Whether the foot's own registration says so; else a typical foot does."""
    assumed_length: bool = False
    """Whether even the length is a guess."""

    @property
    def toe_m(self) -> float:
        """Tip of the shoe."""
        return self.heel_m + self.length_m

    @property
    def thirds_m(self) -> tuple[float, float]:
        """Where the middle third begins and ends."""
        return self.heel_m + self.length_m / 3.0, self.heel_m + self.length_m * 2.0 / 3.0


def place_foot(facts: Facts, side: str, speed_m_s: float) -> FootPlace:
    """Say where a foot lies.

    Args:
        facts: What is known of the runner.
        side: "L", "R", or anything else for a foot that is not known.
        speed_m_s: Belt speed; NaN if it is not known.

    Returns:
        The place of its outline.
    """
    registration = facts.registration
    if registration is not None:
        sign = np.asarray([{"L": 1, "R": -1}.get(side, 0)])
        ball = float(registration.ball_m(sign, np.asarray([speed_m_s]))[0][0])
        if np.isfinite(ball):
            return FootPlace(registration.foot_length_m, -ball, registered=True)
    length = facts.shoe_length_m or ASSUMED_LENGTH_M
    faster = 0.0 if np.isnan(speed_m_s) else speed_m_s - SHARE_SPEED_M_S
    ball = BALL_SHARE * length + BALL_SPEED_SLOPE_S * faster
    return FootPlace(length, -ball, registered=False, assumed_length=facts.shoe_length_m is None)


def sole(side: str) -> Floats:
    """A shoe's sole of length 1.

    Args:
        side: "L" or "R"; anything else gives a sole that is neither.

    Returns:
        (n, 2) closed curve: ahead of the heel's rear edge, and to the left.
    """
    t = np.linspace(0.0, 1.0, _POINTS, endpoint=False)[:, None]
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    right = np.einsum("pb,kbc->kpc", weights, _RIGHT).reshape(-1, 2)
    right = np.vstack([right, right[:1]])
    return right * (1.0, -1.0) if side == "L" else right if side == "R" else _even(right)


def _even(right: Floats) -> Floats:
    """A sole as wide as a right one, the same on either side."""
    tip = int(np.argmax(right[:, 0]))
    outside, inside = right[: tip + 1], right[:tip:-1]
    ahead = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, 4 * _POINTS))
    half = 0.5 * (np.interp(ahead, *inside.T) - np.interp(ahead, *outside.T))
    back_again = np.column_stack([ahead, -half])[::-1]
    return np.vstack([np.column_stack([ahead, half]), back_again])


def outline(place: FootPlace, side: str) -> Floats:
    """The outline of a foot on the floor.

    Args:
        place: Where it lies.
        side: Which foot.

    Returns:
        (n, 2) closed curve, m ahead of the ball point and to the left.
    """
    curve: Floats = sole(side) * place.length_m + (place.heel_m, 0.0)
    return curve
