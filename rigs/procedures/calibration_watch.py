"""What the cells say while a load is put on: in newtons by their data sheets, changed or not, steady or not."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad
from analysis.calibration_design import wrench_of
from analysis.errors import AnalysisError
from analysis.steady import SteadyWatch
from analysis.wrench import COMPONENTS
from daq.chunk import Chunk
from daq.layout import CHANNELS, Status
from daq.rig import Rig
from rigs.procedures.plan_loads import centres_m

Floats = NDArray[np.float64]

NOTICED_N = 5.0
"""A change of load that should move the cells by less need not be seen before the next reading."""
NOTICED_SHARE = 0.05
"""So much of the expected change must be seen: something was done. Whether it was the right thing the checks ask."""
RECENT = 32
"""Chunks that make the reading of what does not stand still."""
BAD = Status.ADC_CRC | Status.TORN | Status.SATURATED


class CellWatch:
    """Watches the cells from one step to the next.

    Args:
        rig: The rig.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig, self._belts = rig, rig.nominal_belts()
        self._matrix = np.concatenate([belt.matrix for belt in self._belts])
        self._answer = np.linalg.pinv(self._matrix)  # counts that a wrench should make
        self._channels = [cell.channel for cell in rig.cells]
        self._scale = np.array([cell.sign * rig.newtons_per_count(cell) for cell in rig.cells])
        self._centres_m = dict(zip([belt.name for belt in self._belts], centres_m(rig), strict=True))
        self._start: Floats | None = None
        self.begin()

    def begin(self, load: KnownLoad | None = None) -> None:
        """Begin a step: what was read before is forgotten.

        Args:
            load: What will be put on; None is the empty belt.
        """
        forces = self._matrix.reshape(-1, 6, CHANNELS)[:, :3].reshape(-1, CHANNELS)
        kind = "weight" if load is None else load.kind
        self._steady = SteadyWatch(self._rig.sample_rate_Hz, forces[forces.any(axis=1)], kind)
        self._recent: deque[Floats] = deque(maxlen=RECENT)
        self._fault = ""

    def feed(self, chunk: Chunk) -> None:
        """Take in samples; after a gap, a reboot or damaged ones it begins to watch anew.

        Args:
            chunk: Samples that follow those of the last call.
        """
        if not len(chunk):
            return
        bad = (chunk.status & int(BAD)) != 0
        if bad.any() or len(chunk.gap_row):
            self._steady.reset()
            self._recent.clear()
            saturated = bool((chunk.status & int(Status.SATURATED)).any())
            self._fault = "a cell or its amplifier to come back from the end of its range" if saturated else ""
        else:
            self._fault = ""
            self._steady.feed(chunk.counts)
        if not bad.all():
            self._recent.append(chunk.counts[~bad].mean(axis=0))
            self._start = self._recent[0] if self._start is None else self._start

    @property
    def waiting(self) -> str:
        """What it waits for, in words; empty when the cells stand still."""
        if self._fault:
            return self._fault
        if not self._recent:
            return "samples"
        return "" if self._steady.progress == 1.0 else "the force to stand still"

    @property
    def progress(self) -> float:
        """0 … 1 on the way to a steady reading."""
        return self._steady.progress

    @property
    def sd_N(self) -> float:
        """Standard deviation of the force that moves most, N; NaN before there is enough."""
        return self._steady.sd_N

    def reading(self) -> tuple[Floats, Floats, float]:
        """What may be kept: the steady reading, else the last moments, which are as uncertain as they move.

        Returns:
            Mean counts (C,), their standard uncertainty (C,), and over how many seconds.

        Raises:
            AnalysisError: No sample has come yet.
        """
        steady = self._steady.steady
        if steady is not None:
            return steady.counts, steady.u_counts, steady.seconds
        if not self._recent:
            raise AnalysisError("calibration", expected="samples from the device", seen="none since the last step")
        recent = np.array(self._recent)
        return recent.mean(axis=0), recent.std(axis=0), 0.0

    def against(self, zero: Floats | None) -> tuple[Floats, Floats]:
        """What the cells say now, over a zero.

        Args:
            zero: (C,) counts of the empty belt; None takes the first samples ever.

        Returns:
            Wrench (B, 6), N and N·m, and force of each cell (cells,), N; NaN before there are samples.
        """
        now = self._recent[-1] if self._recent else np.full(CHANNELS, np.nan)
        start = self._start if self._start is not None else now
        net = now - (start if zero is None else zero)
        return (self._matrix @ net).reshape(-1, 6), self.newtons(net)

    def newtons(self, net: Floats) -> Floats:
        """Force of each cell (cells,), N, of net counts (C,)."""
        force: Floats = net[self._channels] * self._scale
        return force

    def expected(self, load: KnownLoad | None) -> Floats:
        """Counts that a load should make by the data sheets.

        Args:
            load: The load; None is the empty belt.

        Returns:
            (C,).
        """
        wrench = np.zeros((len(self._belts), 6))
        for belt, out in zip(self._belts, wrench, strict=True):
            if load is not None and load.belt == belt.name:
                seen = [name in belt.observable for name in COMPONENTS]
                out[seen] = wrench_of(load, self._centres_m[belt.name])[seen]
        counts: Floats = self._answer @ wrench.ravel()
        return counts

    def has_changed(self, before: Floats, wanted: Floats) -> bool:
        """Whether the cells have noticed a change of load.

        Args:
            before: (C,) counts of the last reading.
            wanted: (C,) by how much they should change.

        Returns:
            Yes, also if the change should be too small to be noticed.
        """
        size = float(np.linalg.norm(self.newtons(wanted)))
        if size < NOTICED_N or not self._recent:
            return size < NOTICED_N
        return float(np.linalg.norm(self.newtons(self._recent[-1] - before))) >= NOTICED_SHARE * size
