"""Where the foot lies about its centre of pressure (COP): what strike index and load shares must know.

A treadmill sees where the force acts, not where the shoe is. But the COP of late contact is anatomy: from 50 to 80 %
of contact the foot pushes off over its ball, whatever part of it landed first. On 13 runners (26 feet at 2.5, 3.5 and
4.5 m/s, heel markers of Fukuchi et al. 2017, `tools/fit_registration.py`) the force-weighted mean of the belt-frame
COP over that window, the *ball point*, scatters by 2 mm from step to step (the last COP above 200 N: 11 mm), does not
move when the strike moves, and creeps towards the heel by 5.7 mm for each m/s of speed. So one length per foot, from
the heel's rear edge to the ball point, registers the foot: the heel of every step lies that far behind its ball point.

`registration_fit` finds that length.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

METHODS = ("markers", "heel-first", "line")
"""How a foot can be registered: as `registration_fit` does it."""
BALL_WINDOW = (0.50, 0.80)
"""Share of contact over which the ball point is averaged."""
BALL_SPEED_SLOPE_S = -0.0057
"""Movement of the ball point per belt speed, m per m/s …"""
BALL_SPEED_u_M = 0.004
"""… what of it remains between speeds, m: standard deviation over 26 feet."""
UNKNOWN_SPEED_u_M = 0.006
"""Standard uncertainty of the ball point where the speed is not known, m: the slope over ± 1 m/s."""


@dataclass(frozen=True)
class FootRegistration:
    """Where the ball point of each foot lies before the heel; None for a foot that was not registered."""

    foot_length_m: float
    """Length of the foot in its shoe: strike index and thirds count in it."""
    ball_L_m: float | None
    """Left foot, heel's rear edge to ball point."""
    u_ball_L_m: float | None
    """Its standard uncertainty."""
    ball_R_m: float | None
    """Right foot, likewise."""
    u_ball_R_m: float | None
    """Its standard uncertainty."""
    speed_m_s: float | None
    """Belt speed to which the lengths belong; None if they belong to none."""
    method: str
    """One of `METHODS`."""

    def __post_init__(self) -> None:
        _check("foot_length_m", self.foot_length_m, 0.10, 0.45)
        for ball, u in ((self.ball_L_m, self.u_ball_L_m), (self.ball_R_m, self.u_ball_R_m)):
            if (ball is None) != (u is None):
                raise AnalysisError(
                    "foot registration", expected="a ball length with its uncertainty", seen="one without the other"
                )
            if ball is not None and u is not None:
                _check("ball length", ball, 0.3 * self.foot_length_m, self.foot_length_m)
                _check("its uncertainty", u, 0.0, 0.1)
        if self.method not in METHODS:
            raise AnalysisError(
                "foot registration, method",
                expected=" or ".join(METHODS),
                seen=repr(self.method),
                next_step="Make it again with `stance register`.",
            )
        if self.ball_L_m is None and self.ball_R_m is None:
            raise AnalysisError("foot registration", expected="at least one foot", seen="none")

    def as_dict(self) -> dict[str, Any]:
        """The fields, as a session or a subject file keeps them; what is None is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "FootRegistration":
        """Rebuild a registration.

        Args:
            values: Fields by name.

        Returns:
            The registration.

        Raises:
            AnalysisError: A field is unknown, missing, of another type or impossible.
        """
        optional = ("ball_L_m", "u_ball_L_m", "ball_R_m", "u_ball_R_m", "speed_m_s")
        known = {"foot_length_m", "method", *optional}
        wrong = [name for name in values if name not in known]
        wrong += [name for name in ("foot_length_m", "method") if name not in values]
        wrong += [name for name in values if name in known and not _is(name, values[name])]
        if wrong:
            raise AnalysisError(
                "foot registration",
                expected="foot_length_m, method and ball_L_m, u_ball_L_m, ball_R_m, u_ball_R_m, speed_m_s in metres",
                seen=f"something else for {', '.join(wrong)}",
                next_step="Make it again with `stance register`.",
            )
        numbers = {name: float(values[name]) if name in values else None for name in optional}
        return cls(foot_length_m=float(values["foot_length_m"]), method=str(values["method"]), **numbers)

    def ball_m(self, side: NDArray[np.integer[Any]], speed_m_s: Floats) -> tuple[Floats, Floats]:
        """Heel to ball point of each step, carried to the step's own speed.

        Args:
            side: (k,) above 0 left, below 0 right, 0 not known: then the mean of both feet.
            speed_m_s: (k,) belt speed; NaN if it is not known: then the length as registered, less sure.

        Returns:
            Length and its standard uncertainty, m, (k,) each; NaN for a foot that is not registered.
        """
        left, right = _number(self.ball_L_m), _number(self.ball_R_m)
        u_left, u_right = _number(self.u_ball_L_m), _number(self.u_ball_R_m)
        either, u_either = 0.5 * (left + right), math.hypot(max(u_left, u_right), 0.5 * (left - right))
        length = np.where(side > 0, left, np.where(side < 0, right, either))
        u = np.where(side > 0, u_left, np.where(side < 0, u_right, u_either))
        if self.speed_m_s is None:
            return length, np.hypot(u, UNKNOWN_SPEED_u_M)
        change = np.asarray(speed_m_s, np.float64) - self.speed_m_s
        known = ~np.isnan(change)
        carried = length + BALL_SPEED_SLOPE_S * np.where(known, change, 0.0)
        return carried, np.hypot(u, np.where(known, np.where(change == 0.0, 0.0, BALL_SPEED_u_M), UNKNOWN_SPEED_u_M))


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise AnalysisError(
            f"foot registration, {name}",
            expected=f"{low:g} to {high:g} m",
            seen=f"{value:g} m",
            next_step="Check the unit.",
        )


def _is(name: str, value: Any) -> bool:
    if name == "method":
        return isinstance(value, str)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max  # TOML knows whole numbers that no float can hold


def _number(value: float | None) -> float:
    return math.nan if value is None else value
