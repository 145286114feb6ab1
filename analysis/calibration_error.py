"""How wrong a calibrated read-out may be, from the covariance of its correction.

If R is off by dR, a wrench T that was read as such is off by dR·R⁻¹·T, for the cells said R⁻¹·T.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration_design import Stack
from analysis.directions import compress_directions
from analysis.wrench import FX, FY, FZ, MX, MY

Floats = NDArray[np.float64]

GRID_N = 700.0
"""Vertical force at each place of the grid, N; the scale's error is the same share of any."""


@dataclass(frozen=True)
class ReadOutError:
    """A correction and how well it is known."""

    stack: Stack
    """The components."""
    correction: Floats
    """(m, m) R, SI units."""
    covariance: Floats
    """(m·m, m·m) of R row by row."""

    @property
    def mixing(self) -> Floats:
        """(m, m) R⁻¹: what the nominal read-out says of a unit of each component."""
        return np.linalg.inv(self.correction).astype(np.float64)

    def of(self, wrenches: Floats) -> Floats:
        """Covariance of what is read of stacked wrenches (n, m): (n, m, m)."""
        m = len(self.stack.names)
        cells = wrenches @ self.mixing.T
        found: Floats = np.einsum("kalb,na,nb->nkl", self.covariance.reshape(m, m, m, m), cells, cells)
        return found

    def vertical_pct(self, grids_m: list[Floats]) -> float:
        """Standard uncertainty of Fz, root mean square over places (p, 2) of each belt, %."""
        share = [self._at(b, places)[:, 0, 0] for b, places in enumerate(grids_m)]
        return 100.0 * float(np.sqrt(np.concatenate(share).mean()))

    def place_mm(self, grids_m: list[Floats]) -> float:
        """Standard uncertainty of the centre of pressure, root mean square distance over the same places, mm."""
        square = [np.trace(self._at(b, places)[:, 1:, 1:], axis1=1, axis2=2) for b, places in enumerate(grids_m)]
        return 1e3 * float(np.sqrt(np.concatenate(square).mean()))

    def _at(self, belt: int, places_m: Floats) -> Floats:
        """Covariance (p, 3, 3) of dFz/Fz and of where a load is read, x and y, m.

        From x = −My/Fz and y = Mx/Fz: dx = −(dMy + x·dFz)/Fz, dy = (dMx − y·dFz)/Fz.
        """
        z, mx, my = (self._place(belt, row) for row in (FZ, MX, MY))
        x, y = places_m.T
        wrenches = np.zeros((len(places_m), len(self.stack.names)))
        wrenches[:, z], wrenches[:, mx], wrenches[:, my] = GRID_N, GRID_N * y, -GRID_N * x
        slope = np.zeros((len(places_m), 3, len(self.stack.names)))
        slope[:, 0, z], slope[:, 1, my], slope[:, 2, mx] = 1.0, -1.0, 1.0
        slope[:, 1, z], slope[:, 2, z] = -x, -y
        slope /= GRID_N
        found: Floats = slope @ self.of(wrenches) @ slope.transpose(0, 2, 1)
        return found

    def _place(self, belt: int, row: int) -> int:
        found = self.stack.where(belt, row)
        assert found is not None, "every rig measures Fz, Mx and My"
        return found

    def pull_pct(self, row: int) -> float | None:
        """Standard uncertainty of a horizontal force at the belt's centre, root mean square over belts, %."""
        rows = np.flatnonzero(self.stack.row == row)
        if not rows.size:
            return None
        own = self.of(np.eye(len(self.stack.names))[rows])
        return 100.0 * float(np.sqrt(np.mean([own[i, k, k] for i, k in enumerate(rows)])))

    def crosstalk_pct(self) -> tuple[dict[str, float], dict[str, float]]:
        """Forces mixed up, "Fx from Fz": what the nominal read-out did, and what may be left; % of the source."""
        names, m = self.stack.names, len(self.stack.names)
        forces = [k for k in range(m) if self.stack.row[k] in (FX, FY, FZ)]
        left = np.sqrt(np.einsum("skk->ks", self.of(np.eye(m))))
        pairs = [(f"{names[k]} from {names[s]}", k, s) for k in forces for s in forces if k != s]
        mixed = self.mixing
        was = {name: 100.0 * float(mixed[k, s]) for name, k, s in pairs}
        return was, {name: 100.0 * float(left[k, s]) for name, k, s in pairs}

    def directions(self, belt: int) -> Floats:
        """Few directions (d, 6, 6) in which this belt's read-out may be wrong under a load on it alone."""
        m, own = len(self.stack.names), self.stack.of(belt)
        size, shape = np.linalg.eigh(self.covariance / np.outer(self._unit, self._unit))
        root = (shape * np.sqrt(np.maximum(size, 0.0))).T * self._unit
        parts = root.reshape(-1, m, m)[:, own, :] @ self.mixing[:, own]
        whole = np.zeros((len(parts), 6, 6))
        rows = self.stack.row[own]
        whole[np.ix_(np.arange(len(parts)), rows, rows)] = parts
        return compress_directions(whole, self.stack.belts[belt].observable)

    @property
    def _unit(self) -> Floats:
        """(m·m,) natural size of each entry of R."""
        unit: Floats = np.outer(self.stack.scale, 1.0 / self.stack.scale).ravel()
        return unit
