"""From cell signals to the wrench on the belt: forces, moments and centre of pressure (COP).

Frame of reference: +x forward (running direction), +y left, +z up; origin at the belt's centre, on its surface.
The wrench is the ground reaction on the runner, so braking is Fx < 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

COMPONENTS = ("Fx", "Fy", "Fz", "Mx", "My", "Mz")
FX, FY, FZ, MX, MY, MZ = range(6)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Belt:
    """One belt as the analysis sees it: how channel values become its wrench."""

    name: str
    """"" for a single belt, "L" or "R" on a split belt."""
    matrix: Floats
    """Shape (6, C): N or N·m per channel unit; rows Fx Fy Fz Mx My Mz about the belt-surface centre."""
    observable: frozenset[str]
    """Components the sensors can see; the others' rows are zero and mean nothing."""
    directions: Floats = field(default_factory=lambda: np.zeros((0, 6, 6)))
    """(d, 6, 6): how the read-out may be wrong. The true wrench is (1 + Σ zᵢ Dᵢ) times the one read, the zᵢ independent
    with mean 0 and standard deviation 1. From a calibration, else from the tolerances of uncalibrated cells."""

    def __post_init__(self) -> None:
        unknown = self.observable - set(COMPONENTS)
        if self.matrix.ndim != 2 or self.matrix.shape[0] != 6 or unknown:
            raise AnalysisError(
                f"belt {self.name!r}",
                expected=f"a matrix of 6 rows and components of {COMPONENTS}",
                seen=f"shape {self.matrix.shape}, components {sorted(self.observable)}",
            )

    @property
    def measures_braking(self) -> bool:
        """Whether fore-aft force is measured, not merely modelled."""
        return "Fx" in self.observable


def force_belt(columns: Mapping[str, int], *, name: str = "", channels: int | None = None) -> Belt:
    """A belt whose channels already are wrench components, as in an imported force record.

    Args:
        columns: Component name → channel number.
        name: Name of the belt.
        channels: Number of channels in all; by default just enough for `columns`.

    Returns:
        The belt, with a matrix of zeros and ones.
    """
    width = channels if channels is not None else 1 + max(columns.values())
    matrix = np.zeros((6, width))
    for component, channel in columns.items():
        matrix[COMPONENTS.index(component), channel] = 1.0
    return Belt(name, matrix, frozenset(columns))


def apply_matrix(matrix: Floats, channels: Floats) -> Floats:
    """Wrench of every sample, summed in a fixed order so that a sample's value never depends on its neighbours.

    A matrix product would do the same arithmetic, but rounds differently for blocks of different width;
    live, offline and replay could then differ in the last bit.

    Args:
        matrix: (6, C), N or N·m per unit.
        channels: (C, n), channel-major.

    Returns:
        (6, n) wrench in N and N·m.
    """
    out = np.zeros((matrix.shape[0], channels.shape[1]))
    term = np.empty(channels.shape[1])
    for total, gains in zip(out, matrix, strict=True):
        for gain, values in zip(gains, channels, strict=True):
            if gain != 0.0:
                np.multiply(values, gain, out=term)
                np.add(total, term, out=total)
    return out


def centre_of_pressure(wrench: Floats, *, min_force_N: float = 200.0) -> tuple[Floats, Floats]:
    """COP on the belt surface: x = −My/Fz, y = Mx/Fz.

    Because the moments are taken about the belt surface, a rig that measures fore-aft force has the h·Fx/Fz
    correction built in. On vertical cells alone My contains h·Fx and x is the apparent COP, displaced towards the
    midfoot while braking by h·|Fx|/Fz.

    Args:
        wrench: (6, n) in N and N·m about the belt-surface centre.
        min_force_N: COP is NaN below this vertical force; 1 N of cell noise is 7 mm at 200 N on a 1.4 m base.

    Returns:
        x and y in metres, each (n,).
    """
    fz = wrench[FZ]
    loaded = fz >= min_force_N
    safe = np.where(loaded, fz, 1.0)
    x = np.where(loaded, -wrench[MY] / safe, np.nan)
    y = np.where(loaded, wrench[MX] / safe, np.nan)
    return x, y


def free_moment(wrench: Floats, *, min_force_N: float = 200.0) -> Floats:
    """Free vertical moment at the COP: Tz = Mz − x·Fy + y·Fx.

    Args:
        wrench: (6, n) in N and N·m about the belt-surface centre.
        min_force_N: NaN below this vertical force.

    Returns:
        Tz in N·m, (n,).
    """
    x, y = centre_of_pressure(wrench, min_force_N=min_force_N)
    moment: Floats = wrench[MZ] - x * wrench[FY] + y * wrench[FX]
    return moment
