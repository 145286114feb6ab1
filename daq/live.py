"""What a recorder shares with windows: a ring of force samples and a ring of step rows."""

from typing import Any

import numpy as np

from analysis.pipeline import Output
from analysis.steps import COLUMN_DTYPES
from daq.ring import Ring

SAMPLES_S = 30.0
STEPS = 1 << 11


def sample_dtype(belts: int) -> np.dtype[Any]:
    """Type of one shared sample: session tick, and the wrench of each belt in N and N·m."""
    return np.dtype([("tick", "<i8"), ("wrench", "<f4", (belts, 6))])


STEP_DTYPE = np.dtype(list(COLUMN_DTYPES.items()))
"""Type of one shared step row: the columns of the step table."""


class LiveRings:
    """The recorder's end: written by it alone; it never waits for a reader."""

    def __init__(self, sample_rate_Hz: float, belts: int) -> None:
        self.samples = Ring.create(round(SAMPLES_S * sample_rate_Hz), sample_dtype(belts))
        self.steps = Ring.create(STEPS, STEP_DTYPE)
        self._dtype = sample_dtype(belts)

    @property
    def names(self) -> tuple[str, str]:
        """Names under which readers attach: samples, steps."""
        return self.samples.name, self.steps.name

    def push(self, output: Output) -> None:
        """Share what the pipeline gave out.

        Args:
            output: Of one chunk.
        """
        live = output.live
        if live.tick.size:
            rows = np.empty(live.tick.size, self._dtype)
            rows["tick"] = live.tick
            rows["wrench"] = live.wrench.transpose(2, 0, 1)
            self.samples.push(rows)
        if output.steps.rows:
            steps = np.empty(output.steps.rows, STEP_DTYPE)
            for name, values in output.steps.items():
                steps[name] = values
            self.steps.push(steps)

    def close(self) -> None:
        """Tell the readers that this is the end, and let go."""
        for ring in (self.samples, self.steps):
            ring.end()
            ring.close()
            ring.unlink()
