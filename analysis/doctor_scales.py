"""The scale of each vertical cell against the others', from a person who stood near each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.quality import AMBER, INFO, Light, graded

Floats = NDArray[np.float64]

SCALE = (0.08, 0.2)
"""Error of one cell's scale against the others. Cells that are all up to 3 % off look like one that is 5 % off."""
CALIBRATED_SCALE = (0.03, 0.1)
"""The same after a calibration."""
AMBIGUOUS = 0.005
"""Explanations that differ by less than this share of the weight are alike."""
SURE = 3.0
"""Standard uncertainties by which a scale must pass its limit."""


@dataclass(frozen=True)
class Wiring:
    """Cells as the rig file has them, C of them, in its order."""

    names: tuple[str, ...]
    """Their names."""
    newtons_per_count: Floats
    """(C,) with sign."""
    vertical: NDArray[np.bool_]
    """(C,) whether it measures along z."""


@dataclass(frozen=True)
class Stand:
    """What the cells said while a person stood still near one of them."""

    target: int
    """Which cell, counted in `Wiring`."""
    counts: Floats
    """(C,) counts over the empty belt's."""
    u_N: float
    """Standard uncertainty of the sum of the forces, N: sway and noise."""


def scales_light(
    stands: Sequence[Stand], forces: Floats, wiring: Wiring, calibrated: Floats | None, weight_N: float | None
) -> Light:
    """The one cell whose scale, if it were wrong, would best explain that the sums differ; or that none does.

    Read sum = W + k · (what cell j reads), with k = e / (1 + e) if j reads 1 + e times too much. A stiff deck shares
    loads in a plane: cells across a diagonal take a constant sum, so that one that reads too much looks like the other
    reading too little; the person's weight tells them apart.

    Args:
        stands: One for each vertical cell.
        forces: (R, C) force of each cell in each of them, N, swaps and signs put right.
        wiring: The cells.
        calibrated: (C,) each cell's share in Fz by a calibration, N per count; None if there is none.
        weight_N: The person's weight; None if nobody said.

    Returns:
        Light "scales".
    """
    limits = SCALE if calibrated is None else CALIBRATED_SCALE
    targets = [stand.target for stand in stands]
    if len(stands) < 3 or set(targets) != set(np.flatnonzero(wiring.vertical).tolist()):
        return Light("scales", INFO, None, limits[0], "", "not judged: not every cell was stood at")
    if calibrated is not None:
        forces = np.array([stand.counts * calibrated for stand in stands])
    sums = forces.sum(axis=1) if calibrated is not None else forces[:, targets].sum(axis=1)
    read = forces[:, targets]
    spread = float(np.ptp(sums) / sums.mean())
    alike, error, u, left = _explained(sums, read, weight_N, np.array([stand.u_N for stand in stands]))
    if left > limits[0] / 2:
        told = ", ".join(f"{total:.0f} N at {wiring.names[t]}" for total, t in zip(sums, targets, strict=True))
        text = (
            f"the forces do not sum to the same weight: {told}. "
            "More than one cell's scale is wrong, or something beside the cells carries load"
        )
        return Light("scales", AMBER, spread, limits[0] / 2, "", text)
    off = max(0.0, abs(float(error[0])) - SURE * u)
    text = f"the forces sum to the same weight at every cell, to {100 * spread:.1f} %"
    if off > limits[0]:
        either = " or ".join(
            f"{wiring.names[targets[i]]} reads {100 * e:+.0f} %" for i, e in zip(alike, error, strict=True)
        )
        more = " (with --mass it can be told which)" if len(alike) > 1 else ""
        text = (
            f"wrong scale: cell {either} against the others{more}. Check its capacity_N and sensitivity_mV_per_V, "
            "the gain of its channel, and whether something beside it carries load"
        )
    return graded("scales", float(error[0]), limits, "", text, magnitude=off)


def _explained(
    sums: Floats, read: Floats, weight_N: float | None, u_N: Floats
) -> tuple[list[int], list[float], float, float]:
    """Cells that explain the sums best, their errors, the first one's uncertainty, and what share stays unexplained.

    Args:
        sums: (R,) of all forces, N.
        read: (R, J) of the cells that were stood at, N.
        weight_N: The person's weight, if it is known.
        u_N: (R,) standard uncertainty of the sums, N.

    Returns:
        Cells, errors, uncertainty, share of the weight.
    """
    about, rest = read - read.mean(axis=0), sums - sums.mean()
    slope = about.T @ rest / (about**2).sum(axis=0)
    left = np.sqrt(((rest[:, np.newaxis] - slope * about) ** 2).mean(axis=0)) / sums.mean()
    alike = np.flatnonzero(left <= left.min() + AMBIGUOUS)
    if weight_N is not None:
        off = sums - weight_N
        strength = read.T @ off / (read**2).sum(axis=0)
        unlike = np.sqrt(((off[:, np.newaxis] - strength * read) ** 2).mean(axis=0))
        alike = alike[[int(unlike[alike].argmin())]]
    best = int(alike[0])
    u = float(np.sqrt((u_N**2).mean() / (about[:, best] ** 2).sum()))
    return alike.tolist(), (slope[alike] / (1.0 - slope[alike])).tolist(), u, float(left[best])
