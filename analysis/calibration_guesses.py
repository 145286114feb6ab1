"""What people type or do by mistake, as ratios of forces and as places, and what to say of it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

G = 9.80665
POUND_KG = 0.45359237

PLAUSIBLE = 0.15
"""The nominal read-out is right to this, cells and statics together."""
APART_M = 0.05
"""A load that is read further than this from where it was said to be is not there."""

UNITS = (
    (G, "kilograms were typed where newtons belong", "Give the mass as a mass, or the force as mass × 9.81."),
    (1.0 / G, "newtons were typed where kilograms belong", "Give the force as a force, or the mass as force / 9.81."),
    (1.0 / POUND_KG, "kilograms were taken for pounds", "Give the mass in kilograms as it is, without conversion."),
    (POUND_KG, "pounds were typed where kilograms belong", "Give the mass in kilograms: 1 lb is 0.4536 kg."),
    (G * POUND_KG, "pounds of force were typed where newtons belong", "Give the force in newtons: 1 lbf is 4.448 N."),
    (1.0 / G / POUND_KG, "newtons were taken for pounds of force", "Give the force in newtons, without conversion."),
)
"""Read force per said force, and what that says."""

MILLIMETRES = "Give the place in millimetres, as measured."
Move = Callable[[Floats], Floats]
PLACES: tuple[tuple[str, Move, str, str], ...] = (
    ("swapped", lambda p: p[::-1], "x and y are swapped", "x is forward, y is to the left."),
    ("mirrored_y", lambda p: p * (1, -1), "left and right are mirrored", "y is positive to the left."),
    ("mirrored_x", lambda p: p * (-1, 1), "front and rear are mirrored", "x is positive towards the front."),
    ("turned", lambda p: -p, "the place is seen from the wrong end", "x is positive towards the front, y to the left."),
    ("inches", lambda p: p * 25.4, "inches were typed where millimetres belong", MILLIMETRES),
    ("inches", lambda p: p / 25.4, "millimetres were taken for inches", MILLIMETRES),
    ("centimetres", lambda p: p * 10.0, "centimetres were typed where millimetres belong", MILLIMETRES),
    ("centimetres", lambda p: p / 10.0, "millimetres were taken for centimetres", MILLIMETRES),
)  # fmt: skip
"""Code, where a load said to be at p (2,) then truly is, what happened, what to do."""


def unit_mistake(ratio: float) -> tuple[str, str] | None:
    """What a ratio of force read to force said says of units.

    Args:
        ratio: Read / said.

    Returns:
        What happened and what to do; None if no unit explains it.
    """
    if ratio <= 0.0:
        return None
    away, what, do = min((abs(np.log(ratio / factor)), what, do) for factor, what, do in UNITS)
    return (what, do) if away < np.log1p(PLAUSIBLE) else None


def place_mistake(said_m: Floats, read_m: Floats) -> tuple[str, str, str] | None:
    """What explains that a load is read elsewhere than it was said to be.

    Args:
        said_m: (2,) x and y from the belt's centre, m.
        read_m: (2,) the same as read.

    Returns:
        Code, what happened and what to do; None if nothing explains it well.
    """
    guesses = [(float(np.linalg.norm(read_m - move(said_m))), code, what, do) for code, move, what, do in PLACES]
    away, code, what, do = min(guesses)
    near = max(APART_M / 2, PLAUSIBLE * float(np.linalg.norm(read_m)))
    return (code, what, do) if away < min(near, 0.5 * float(np.linalg.norm(read_m - said_m))) else None
