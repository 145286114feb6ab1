"""What a converter that is too slow for steps still tells: the weight of whoever stands still."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.belt_chain import Progress
from analysis.flags import SampleFlag
from analysis.front_end import Filtered
from analysis.incline import normal_share_BW
from analysis.setup import Setup
from analysis.stance_curves import NO_CURVES, StanceCurves
from analysis.step_loads import StepLoads, join_loads
from analysis.steps import EMPTY, StepTable
from analysis.wrench import FZ

Floats = NDArray[np.float64]

BLOCK_S = 1.0
"""A quiet stance sways and breathes; over a second its force is the weight to a newton or two."""
STEADY = 0.03
"""Standard deviation of the force within a block, per mean, of who stands still: 0.01; of who walks: 0.2 and more."""
LEAST_N = 50.0
"""Less than this is no load, but what is left of the zero."""


class Weighing:
    """Stands in for `analysis.stepping.Stepping` where there are no steps; its step tables are empty."""

    found = 0
    """Steps found so far: none."""

    def __init__(self, setup: Setup) -> None:
        self._block = max(4, round(BLOCK_S * setup.sample_rate_Hz))
        self._belts = len(setup.belts)
        self._normal = normal_share_BW(setup.runner.incline_deg or 0.0)
        self._given_N = setup.bw_N
        self._means: list[float] = []
        self._restart()

    def _restart(self) -> None:
        self._force = [np.empty(0) for _ in range(self._belts)]
        self._bad = np.empty(0, np.bool_)

    def begin(self, first_tick: int) -> None:
        """Take note of nothing: there are no times of steps to count from a first tick."""

    def feed(self, filtered: Filtered, progress: Sequence[Progress], horizons: Sequence[int]) -> StepTable:  # noqa: ARG002
        """Take the next samples and what became known with them, as `Stepping.feed` does.

        Args:
            filtered: What left the filter.
            progress: Of each belt.
            horizons: Not asked for.

        Returns:
            No rows.
        """
        wrong = (filtered.marks.flags & np.uint8(SampleFlag.ADC | SampleFlag.SATURATED)) != 0
        self._bad = np.concatenate((self._bad, wrong))
        self._weigh(progress)
        return EMPTY

    def end_segment(self, progress: Sequence[Progress], *, gap: bool) -> StepTable:  # noqa: ARG002
        """End the segment and prepare for the next.

        Args:
            progress: The last of each belt.
            gap: Not asked for.

        Returns:
            No rows.
        """
        self._weigh(progress)
        self._restart()
        return EMPTY

    def finish(self) -> StepTable:
        """No rows."""
        return EMPTY

    def take_curves(self) -> StanceCurves:
        """No curves."""
        return NO_CURVES

    @property
    def loads(self) -> StepLoads:
        """Of no steps."""
        return join_loads([])

    @property
    def standing_N(self) -> float:
        """Vertical force of who stood still, both feet and belts together: median over seconds; NaN if nobody did."""
        return float(np.median(self._means)) if self._means else float("nan")

    @property
    def bw_N(self) -> float:
        """Body weight as given, else as weighed; NaN while it is not known."""
        return self.standing_N / self._normal if self._given_N is None else self._given_N

    def weight_closure(self) -> float:
        """Vertical force of standing still ÷ body weight, NaN if nobody stood still."""
        return self.standing_N / (self.bw_N * self._normal)

    def _weigh(self, progress: Sequence[Progress]) -> None:
        """Judge the seconds that are complete on every belt."""
        self._force = [
            np.concatenate((held, part.zeroed[FZ])) for held, part in zip(self._force, progress, strict=True)
        ]
        ready = min(force.size for force in self._force) // self._block * self._block
        total = np.sum([force[:ready] for force in self._force], axis=0).reshape(-1, self._block)
        bad = self._bad[:ready].reshape(-1, self._block).any(axis=1)
        mean, sd = total.mean(axis=1), total.std(axis=1)
        self._means += mean[(mean >= LEAST_N) & (sd <= STEADY * mean) & ~bad].tolist()
        self._force, self._bad = [force[ready:] for force in self._force], self._bad[ready:]
