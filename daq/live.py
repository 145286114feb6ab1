"""What a recorder shares with windows: rings of force samples, of step rows and of stance curves.

A recorder's takes follow each other in the same rings; `origin`, the session tick at which a take's time is zero, tells
them apart.
"""

from typing import Any

import numpy as np

from analysis.pipeline import Output
from analysis.stance_curves import POINTS, SIGNALS
from analysis.steps import COLUMN_DTYPES
from daq.ring import Ring

SAMPLES_S = 60.0
STEPS = 1 << 13
CURVES = 1 << 9


def sample_dtype(belts: int) -> np.dtype[Any]:
    """Type of one shared sample: origin, session tick, wrench of each belt in N and N·m, whether a foot is on it."""
    return np.dtype([("origin", "<i8"), ("tick", "<i8"), ("wrench", "<f4", (belts, 6)), ("contact", "?", (belts,))])


STEP_DTYPE = np.dtype([("origin", "<i8"), *COLUMN_DTYPES.items()])
"""Type of one shared step row: origin, and the columns of the step table."""
CURVE_DTYPE = np.dtype([("origin", "<i8"), ("step", "<i8"), ("values", "<f4", (len(SIGNALS), POINTS))])
"""Type of one shared curve: origin, number of the step, and `StanceCurves.values`."""


class LiveRings:
    """The recorder's end: written by it alone; it never waits for a reader."""

    def __init__(self, sample_rate_Hz: float, belts: int) -> None:
        self.samples = Ring.create(round(SAMPLES_S * sample_rate_Hz), sample_dtype(belts))
        self.steps = Ring.create(STEPS, STEP_DTYPE)
        self.curves = Ring.create(CURVES, CURVE_DTYPE)
        self._dtype = sample_dtype(belts)
        self._origin = 0

    @property
    def names(self) -> tuple[str, str, str]:
        """Names under which readers attach: samples, steps, curves."""
        return self.samples.name, self.steps.name, self.curves.name

    def begin(self, first_tick: int) -> None:
        """Say that what comes next belongs to another take.

        Args:
            first_tick: Session tick of its first frame.
        """
        self._origin = first_tick

    def push(self, output: Output) -> None:
        """Share what the pipeline gave out.

        Args:
            output: Of one chunk.
        """
        live, curves = output.live, output.curves
        if live.tick.size:
            rows = np.empty(live.tick.size, self._dtype)
            rows["origin"] = self._origin
            rows["tick"] = live.tick
            rows["wrench"] = live.wrench.transpose(2, 0, 1)
            rows["contact"] = live.contact.T
            self.samples.push(rows)
        if len(curves):  # before the rows: who sees a row finds its curve
            drawn = np.empty(len(curves), CURVE_DTYPE)
            drawn["origin"], drawn["step"], drawn["values"] = self._origin, curves.step, curves.values
            self.curves.push(drawn)
        if output.steps.rows:
            steps = np.empty(output.steps.rows, STEP_DTYPE)
            steps["origin"] = self._origin
            for name, values in output.steps.items():
                steps[name] = values
            self.steps.push(steps)

    def close(self) -> None:
        """Tell the readers that this is the end, and let go."""
        for ring in (self.samples, self.steps, self.curves):
            ring.end()
            ring.close()
            ring.unlink()
