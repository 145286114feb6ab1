"""Watching a machine warm up: the drift of cells and belts, second by second, until it is small enough to tare."""

import numpy as np
from numpy.typing import NDArray

from analysis.machine_lights import DRIFT_N_PER_MIN
from analysis.warmup import WarmupState, judge_warmup
from analysis.wrench import FZ
from daq.chunk import Chunk
from daq.rig import Rig
from daq.tare import QUIET_N
from daq.taring import STANDING_N

Floats = NDArray[np.float64]

STEP_N = 20.0
"""The force of an empty belt does not change by so much from one second to the next."""


class WarmupWatch:
    """Follows an empty machine.

    Args:
        rig: The rig.
        sample_rate_Hz: Sampling rate, Hz.
    """

    def __init__(self, rig: Rig, sample_rate_Hz: float) -> None:
        belts = rig.nominal_belts()
        scales = np.zeros((len(rig.cells), belts[0].matrix.shape[1]))
        for row, cell in enumerate(rig.cells):
            scales[row, cell.channel] = cell.sign * rig.newtons_per_count(cell)
        self._rows = np.vstack([scales, *(belt.matrix[FZ] for belt in belts)])
        self._belts = slice(len(rig.cells), None)
        self.names = (*(cell.name for cell in rig.cells), *(f"Fz {belt.name}".strip() for belt in belts))
        """Cells, then the vertical force of each belt."""
        self._limits = [DRIFT_N_PER_MIN[0]] * len(self.names)
        self._second = max(2, round(sample_rate_Hz))
        self._rate = sample_rate_Hz
        self.disturbances = 0
        """How often somebody touched the belt, and the watch began anew."""
        self.samples = 0
        """How many there were."""
        self._boot: int | None = None
        self._rest: NDArray[np.int32] = np.empty((0, self._rows.shape[1]), np.int32)
        self._seq: NDArray[np.int64] = np.empty(0, np.int64)
        self._time_s: list[float] = []
        self._values_N: list[Floats] = []
        self._empty_N: Floats | None = None  # (B,) force of the belts when last surely empty

    def feed(self, chunk: Chunk) -> None:
        """Take samples.

        Args:
            chunk: The next ones. After a reboot the watch begins anew: nobody knows how long it took.
        """
        if not len(chunk):
            return
        self.samples += len(chunk)
        boot = int(chunk.boot[-1])
        if self._boot not in (None, boot) or np.ptp(chunk.boot):
            self._rest, self._seq = self._rest[:0], self._seq[:0]
            self._begin()
        self._boot = boot
        rest = np.concatenate([self._rest, chunk.counts])
        seq = np.concatenate([self._seq, chunk.seq])
        whole = len(rest) // self._second * self._second
        if whole:
            forces = (rest[:whole] @ self._rows.T).reshape(-1, self._second, len(self._rows))
            middles = seq[:whole].reshape(-1, self._second).mean(axis=1) / self._rate
            self._take(middles, forces.mean(axis=1), forces[:, :, self._belts].std(axis=1).max(axis=1))
        self._rest, self._seq = rest[whole:], seq[whole:]

    @property
    def passed_s(self) -> float:
        """How long it has been watched, disturbances and all, s."""
        return self.samples / self._rate

    def state(self) -> WarmupState:
        """What is known now."""
        values = np.reshape(self._values_N, (-1, len(self._rows)))
        return judge_warmup(np.array(self._time_s), values, self.names, self._limits)

    def _take(self, time_s: Floats, values_N: Floats, noise_N: Floats) -> None:
        """Take means of seconds; with the belt touched or occupied the watch begins anew."""
        for second_s, means_N, sd_N in zip(time_s.tolist(), values_N, noise_N.tolist(), strict=True):
            force_N = means_N[self._belts]
            occupied = self._empty_N is not None and (force_N - self._empty_N).max() > STANDING_N
            if sd_N > QUIET_N or occupied:
                self._begin()
                continue
            if self._values_N and np.abs(force_N - self._values_N[-1][self._belts]).max() > STEP_N:
                self._begin()
            self._time_s.append(second_s)
            self._values_N.append(means_N)
            self._empty_N = force_N

    def _begin(self) -> None:
        """Forget what was seen, if anything."""
        self.disturbances += bool(self._time_s)
        self._time_s, self._values_N = [], []


def words(state: WarmupState) -> str:
    """What a state means, in one sentence.

    Args:
        state: The state.

    Returns:
        "wait 8 more minutes", or so.
    """
    if state.ready:
        return "warm: the cells drift slowly enough to tare"
    if state.wait_s is None or state.u_wait_s is None:
        return "cannot tell yet how long"
    if state.wait_s < 90.0:
        return f"wait about {max(10, round(state.wait_s, -1)):.0f} more seconds"
    minutes, u = state.wait_s / 60.0, state.u_wait_s / 60.0
    return f"wait {minutes:.0f} more minutes" + (f" (give or take {u:.0f})" if u >= 1.0 else "")
