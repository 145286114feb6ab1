"""Force and centre of pressure of every step over its contact: what a picture of a stance is drawn from.

They are cut from the very samples that the step's metrics come from: zeroed by the flights on either side, deck
compensated, and of a walker's own foot alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.belt_path import LOADED_N, belt_path
from analysis.ragged import stance_grid
from analysis.wrench import FX, FY, FZ, MX

Ints = NDArray[np.int64]

POINTS = 201
"""Every half percent of contact, both ends included."""
SIGNALS = ("Fx_N", "Fy_N", "Fz_N", "cop_x_m", "cop_y_m")
"""What each curve holds."""
PERCENT = np.linspace(0.0, 100.0, POINTS)
"""The points' places in contact, %."""


@dataclass(frozen=True)
class StanceCurves:
    """Curves of k steps."""

    step: Ints
    """(k,) their numbers in the step table."""
    values: NDArray[np.float32]
    """(k, 5, 201) SIGNALS at PERCENT. The centre of pressure counts from the ball of the foot: along the belt in the
    belt's frame, + forward, and sideways on the belt, + left. NaN where a step or a value is not known: below 200 N, of
    walking steps, without the belt's speed."""

    def __len__(self) -> int:
        return self.step.size

    def of(self, name: str) -> NDArray[np.float32]:
        """(k, 201) one of SIGNALS."""
        return self.values[:, SIGNALS.index(name)]


NO_CURVES = StanceCurves(np.empty(0, np.int64), np.empty((0, len(SIGNALS), POINTS), np.float32))


def join_curves(parts: Iterable[StanceCurves]) -> StanceCurves:
    """One of several, in order."""
    found = [part for part in parts if len(part)]
    if len(found) < 2:
        return found[0] if found else NO_CURVES
    return StanceCurves(np.concatenate([part.step for part in found]), np.concatenate([part.values for part in found]))


def stance_curves(batch: Batch, first_step: int) -> StanceCurves:
    """Curves of the steps of a batch that get a row.

    Args:
        batch: The steps.
        first_step: Number of the first one.

    Returns:
        One curve per row, NaN for a step without touchdown or toe-off.
    """
    values = np.full((batch.rows, len(SIGNALS), POINTS), np.nan, np.float32)
    whole = np.flatnonzero(batch.whole)
    if whole.size:
        wrench = batch.stances.wrench
        for number, row in enumerate((FX, FY, FZ)):
            values[whole, number] = stance_grid(wrench[row], batch.span, POINTS)
        values[whole, 3] = _along(batch)[whole]
        values[whole, 4] = _across(batch)
    return StanceCurves(np.arange(first_step, first_step + batch.rows), values)


def _along(batch: Batch) -> NDArray[np.float64]:
    """(k, POINTS) belt-frame centre of pressure from the ball point on, m."""
    path = belt_path(batch)
    out = np.full((len(batch), POINTS), np.nan)
    own = batch.whole[path.of]
    of = path.of[own]
    if of.size:
        rank = np.cumsum(batch.whole) - 1
        moment = stance_grid(path.moment_Nm, batch.span, POINTS)[rank[of]]
        force = stance_grid(batch.force_N, batch.span, POINTS)[rank[of]]
        loaded = force >= LOADED_N
        place = np.where(loaded, moment, np.nan) / np.where(loaded, force, 1.0)
        out[of] = place - path.x_b_m.ball[own][:, None]
    return out


def _across(batch: Batch) -> NDArray[np.float64]:
    """(whole steps, POINTS) sideways place of the centre of pressure on the belt, m."""
    seen = np.asarray(["Mx" in belt.observable for belt in batch.setup.belts])[batch.stances.belt[batch.whole]]
    force = stance_grid(batch.force_N, batch.span, POINTS)
    moment = stance_grid(batch.stances.wrench[MX], batch.span, POINTS)
    loaded = (force >= LOADED_N) & seen[:, None]
    return np.where(loaded, moment, np.nan) / np.where(loaded, force, 1.0)
