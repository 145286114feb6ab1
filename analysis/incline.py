"""A belt that climbs or falls: forces in the belt's own frame, and what of them is gravity.

The belt's frame leans back by θ (+ uphill): its x runs up the belt, its z stands on it. Seen from the level frame
(X forward, Z up) a force (F_X, F_Z) has in the belt's frame

    F_x =  F_X·cos θ + F_Z·sin θ        F_z = −F_X·sin θ + F_Z·cos θ

Cells that tilt with the belt (the whole machine stands tilted on them) measure in the belt's frame already. Cells that
stay level (only the deck is lifted, above them) measure in the level frame, about the place where the belt's centre was
when the belt lay level; `level_to_belt` turns and moves what they read, once, in the matrix that reads them.

A runner who keeps speed and place on the belt is, over whole strides, held by the force BW upwards and nothing else.
So the belt-frame force has mean BW·sin θ along the belt and BW·cos θ across it, whatever the stride: uphill the net
impulse is propulsive, downhill it is braking. Those are forces that really act under the shoe, so braking and
propulsion keep them; only a balance that should come to nothing must leave gravity's share out (`analysis.quality`).

A session must know θ, and whether the cells tilt; if they stay level, also where the deck is hinged.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import COMPONENTS, Belt

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hinge:
    """Line across the machine about which the deck is lifted, in the level belt's frame."""

    x_m: float
    """Forward of the level belt's centre: −half of the deck's length for a hinge at its rear end."""
    z_m: float = 0.0
    """Above the level belt's surface."""


def gravity_share_BW(incline_deg: float) -> float:
    """Mean belt-frame fore-aft force of a runner who keeps speed and place: sin θ, + (propulsive) uphill.

    Args:
        incline_deg: Belt angle θ, degrees, + uphill.

    Returns:
        Force in body weights.
    """
    return math.sin(math.radians(incline_deg))


def normal_share_BW(incline_deg: float) -> float:
    """Mean belt-frame vertical force of a runner who keeps speed and place: cos θ; 1 % less than BW at 8°.

    Weight closure and a body weight found from strides divide by it.

    Args:
        incline_deg: Belt angle θ, degrees.

    Returns:
        Force in body weights.
    """
    return math.cos(math.radians(incline_deg))


def seen_incline_deg(mean_fx_N: float, mean_fz_N: float) -> float:
    """Belt angle that the runner's own weight shows, atan(mean Fx / mean Fz) over whole strides in the belt's frame.

    Only where cells tilt with the belt and measure fore-aft force; level cells show zero at every angle. 0.01 BW of
    zero error, or of a runner who drifts along the belt, is 0.6°.

    Args:
        mean_fx_N: Mean fore-aft force over whole strides, N.
        mean_fz_N: Mean vertical force over the same strides, N.

    Returns:
        Degrees, + uphill.
    """
    return math.degrees(math.atan2(mean_fx_N, mean_fz_N))


def level_to_belt(incline_deg: float, hinge: Hinge) -> Floats:
    """Matrix that turns a wrench of level cells into the wrench of the lifted belt.

    Lifting turns the belt's centre about the hinge, to hinge + R·(−hinge). Moments are taken about there,
    M′ = M − d × F with d its way from the level belt's centre, then forces and moments are turned.

    Args:
        incline_deg: Belt angle θ, degrees, + uphill.
        hinge: About which the deck is lifted.

    Returns:
        (6, 6), rows and columns Fx Fy Fz Mx My Mz.
    """
    turn = _turn(incline_deg)
    d = _moved(incline_deg, hinge)
    cross = np.array([[0.0, -d[2], d[1]], [d[2], 0.0, -d[0]], [-d[1], d[0], 0.0]])
    out = np.zeros((6, 6))
    out[:3, :3] = out[3:, 3:] = turn
    out[3:, :3] = -turn @ cross
    return out


def inclined_belt(belt: Belt, incline_deg: float, *, cells_tilt: bool, hinge: Hinge) -> Belt:
    """A belt's read-out at an incline.

    Without fore-aft cells, level cells miss F_X: what is left is F_z = F_Z·cos θ, which lacks −F_X·sin θ (0.3 BW of
    fore-aft force at 5° are 0.026 BW; over whole strides its mean is zero), and braking stays unseen. The belt then
    stands `raised_height_m` above the cells, which is what a COP corrected for unseen fore-aft force must know.

    Args:
        belt: The read-out of the level belt.
        incline_deg: Belt angle θ, degrees, + uphill.
        cells_tilt: Whether the cells tilt with the belt: then nothing changes.
        hinge: About which the deck is lifted, if the cells stay level.

    Returns:
        The belt, reading in its own frame.
    """
    if cells_tilt or incline_deg == 0.0:
        return belt
    turn = level_to_belt(incline_deg, hinge)
    matrix = turn @ belt.matrix
    for row, component in enumerate(COMPONENTS):
        if component not in belt.observable:
            matrix[row] = 0.0
    # (1 + D) acts on the wrench of the level cells: seen from the belt it is T (1 + D) T⁻¹.
    return replace(belt, matrix=matrix, directions=turn @ belt.directions @ np.linalg.inv(turn))


def raised_height_m(height_m: float, incline_deg: float, hinge: Hinge) -> float:
    """Height of the lifted belt's centre above cells that stay level.

    Args:
        height_m: The same of the level belt.
        incline_deg: Belt angle θ, degrees, + uphill.
        hinge: About which the deck is lifted.

    Returns:
        Height, m.
    """
    return height_m + float(_moved(incline_deg, hinge)[2])


def _turn(incline_deg: float) -> Floats:
    """(3, 3) rotation from the level frame to the belt's."""
    angle = math.radians(incline_deg)
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _moved(incline_deg: float, hinge: Hinge) -> Floats:
    """(3,) how far lifting moves the belt's centre, in the level frame, m."""
    lever = np.array([hinge.x_m, 0.0, hinge.z_m])
    moved: Floats = lever - _turn(incline_deg).T @ lever
    return moved
