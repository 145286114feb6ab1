"""The part of `stance doctor` that needs a person: a step at every cell, a stand in the middle, two pushes.

A terminal or a window drives it: show `step`, hand every chunk to `feed` and show the `Look`. A reading is taken by
itself as soon as it is steady and not the one before; `skip` leaves a step out. `lights` judges what there is, at any
time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.doctor_cells import lone_jumps
from analysis.quality import Light
from daq.chunk import Chunk
from daq.rig import Rig
from rigs.procedures.checkup_readings import Readings, Taken
from rigs.procedures.checkup_steps import EMPTY, MIDDLE, PUSH, STAND, Task, make_tasks

Floats = NDArray[np.float64]

BLOCK_S = 0.25
BLOCKS = {EMPTY: 6, STAND: 6, MIDDLE: 16, PUSH: 6}
"""One and a half seconds of standing still; four in the middle, for breath and heart move half a per cent of it."""
FELT_N = {STAND: 60.0, MIDDLE: 60.0, PUSH: 30.0}
"""Sum of the cells' forces, signs left aside, from which on a load is there; a dead cell leaves 130 N of 70 kg."""
EMPTY_N = 120.0
"""A belt that says less is empty, for cells drift in the minutes between."""
SWAY = {STAND: (0.05, 8.0), MIDDLE: (0.05, 8.0), PUSH: (0.25, 15.0), EMPTY: (0.0, 8.0)}
"""How much each cell may vary while it counts as steady: a share of that sum, and newtons. Who stands still sways by 10
to 15 mm, 2 % of his weight on a cell."""
MOVED = 0.3
"""A reading is a new one if the cells' forces differ by this share from those of the one before."""
JUMP_N = 1000.0
"""No foot loads one cell alone by as much from one sample to the next, even if it stamps."""
PATIENCE_S = 90.0
"""A step that nobody does is left out after so long."""


@dataclass(frozen=True)
class Look:
    """What the cells say now."""

    felt_N: float
    """Sum of the cells' forces, signs left aside, N; of the horizontal ones in a push."""
    progress: float
    """0 … 1 on the way to a reading."""
    waiting: str
    """What it waits for, in words."""
    taken: bool
    """Whether a reading was just taken; `step` is another one then, as it is if nobody did this one for too long."""


@dataclass
class _Window:
    """The last blocks."""

    rest: list[NDArray[np.int32]] = field(default_factory=list)
    medians: list[Floats] = field(default_factory=list)


class Checkup:
    """A check-up under way.

    Args:
        rig: The rig.
        sample_rate_Hz: Of the device, Hz.
        mass_kg: Of the person, for weight closure; None if nobody said.
        scale: What newtons per count are multiplied with, as `Examination.scale`.
    """

    def __init__(self, rig: Rig, sample_rate_Hz: float, mass_kg: float | None = None, scale: float = 1.0) -> None:
        self.rig = rig
        self._rate_Hz = sample_rate_Hz
        self._block = max(1, round(BLOCK_S * sample_rate_Hz))
        self._readings = Readings(rig, mass_kg, scale)
        self._facts, self._channels = self._readings.facts, self._readings.channels
        self.tasks: tuple[Task, ...] = make_tasks(rig)
        self._at = 0
        self._taken = self._readings.taken
        self._window = _Window()
        self._samples = 0
        self._since = 0
        self._jumps = np.zeros(len(self._channels), np.int64)

    @property
    def step(self) -> Task | None:
        """What is to be done now; None when all is done."""
        return self.tasks[self._at] if self._at < len(self.tasks) else None

    @property
    def number(self) -> int:
        """Which step it is, counted from 1."""
        return self._at + 1

    @property
    def _wanted(self) -> int:
        """Blocks that make a reading of this step."""
        return BLOCKS[EMPTY if self.step is None else self.step.kind]

    def skip(self) -> None:
        """Leave this step out."""
        self._at += 1
        self._since = self._samples
        self._window = _Window()

    def feed(self, chunk: Chunk) -> Look:
        """Take in samples.

        Args:
            chunk: The next ones.

        Returns:
            What they show; the last step may be done by then.
        """
        counts = chunk.counts[:, self._channels]
        taken = False
        window = self._window
        window.rest.append(counts)
        if sum(map(len, window.rest)) >= self._block:
            joined = np.concatenate(window.rest)
            whole = len(joined) // self._block
            for block in np.split(joined[: whole * self._block], whole):
                taken |= self._take_block(block)
            self._window.rest = [joined[whole * self._block :]]
        if self.step is not None and self._samples - self._since > PATIENCE_S * self._rate_Hz:
            self.skip()
        return self._look(taken=taken)

    def lights(self) -> list[Light]:
        """Judge what was done so far: wiring, scales, closure, loose contacts; a step that was left out is named."""
        return self._readings.lights(self.tasks[: self._at], self._jumps)

    def _take_block(self, block: NDArray[np.int32]) -> bool:
        """One block of samples; True if a reading was taken with it."""
        window = self._window
        self._jumps += lone_jumps(block * self._facts.newtons_per_count, JUMP_N, self._rate_Hz)
        self._samples += len(block)
        window.medians = [*window.medians[1 - self._wanted :], np.median(block, axis=0)]
        if self.step is None or not self._ready():
            return False
        counts = np.mean(window.medians, axis=0)
        sums = self._felt(np.array(window.medians), signed=True)
        u_N = float(np.std(sums, ddof=1)) / float(np.sqrt(len(sums)))
        self._taken.append(Taken(self.step, counts, self._samples / self._rate_Hz, u_N))
        self.skip()
        return True

    def _ready(self) -> bool:
        """Whether the last blocks are a reading of this step."""
        task, medians = self.step, np.array(self._window.medians)
        if task is None or len(medians) < self._wanted:
            return False
        size = self._felt(medians)
        if not self._steady(medians, size).all():
            return False
        if task.kind == EMPTY:
            return not self._taken or (bool(size.mean() < EMPTY_N) and self._is_new(medians.mean(axis=0)))
        return bool(size.min() > FELT_N[task.kind]) and self._is_new(medians.mean(axis=0))

    def _steady(self, medians: Floats, size: Floats) -> NDArray[np.bool_]:
        """(m,) which blocks agree with the last one, cell by cell: the sum stays the same from corner to corner."""
        task = self.step
        share, least_N = SWAY[EMPTY if task is None else task.kind]
        off = np.abs((medians - medians[-1]) * self._facts.newtons_per_count)[:, self._cells_of(task)].max(axis=1)
        steady: NDArray[np.bool_] = off <= max(share * float(size[-1]), least_N)
        return steady

    def _is_new(self, counts: Floats) -> bool:
        """Whether this is another load than the one before."""
        zero = self._readings.zero(self._samples / self._rate_Hz)
        now = (counts - zero) * self._facts.newtons_per_count
        last = (self._taken[-1].counts - zero) * self._facts.newtons_per_count
        cells = self._cells_of(self.step)
        moved = np.abs(now - last)[cells].sum()
        return bool(moved > MOVED * max(np.abs(now[cells]).sum(), np.abs(last[cells]).sum()))

    def _felt(self, counts: Floats, *, signed: bool = False) -> Floats:
        """(m,) sum of the cells' forces, N."""
        zero = self._readings.zero(self._samples / self._rate_Hz) if self._taken else counts[0]
        forces = ((counts - zero) * self._facts.newtons_per_count)[:, self._cells_of(self.step)]
        total: Floats = (forces if signed else np.abs(forces)).sum(axis=1)
        return total

    def _cells_of(self, task: Task | None) -> NDArray[np.bool_]:
        if task is None or task.kind == EMPTY:
            return np.ones(len(self._channels), np.bool_)
        return ~self._facts.vertical if task.kind == PUSH else self._facts.vertical

    def _look(self, *, taken: bool) -> Look:
        task, medians = self.step, np.array(self._window.medians)
        if task is None or not len(medians):
            return Look(0.0, 0.0, "" if task is None else "wait a moment", taken)
        felt = self._felt(medians)
        if task.kind == EMPTY:
            there = not self._taken or felt[-1] < EMPTY_N
            return Look(
                float(felt[-1]),
                len(medians) / self._wanted if there else 0.0,
                "an empty belt" if not there else "stay off",
                taken,
            )
        if felt[-1] < FELT_N[task.kind]:
            return Look(float(felt[-1]), 0.0, "nobody is felt yet", taken)
        steady = self._steady(medians, felt)
        return Look(
            float(felt[-1]),
            float(steady.sum()) / self._wanted,
            "keep still" if steady.all() else "not steady yet",
            taken,
        )


def interactive_titles(rig: Rig) -> Sequence[str]:
    """What a person would be asked to do, for telling that it was left out."""
    return [task.title for task in make_tasks(rig) if task.kind != EMPTY]
