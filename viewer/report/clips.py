"""Short clips of force around steps, kept while a session streams by: enough to draw, bounded however long it is."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.live import Live
from analysis.pipeline import Output
from analysis.steps import StepTable
from analysis.wrench import FX, FZ

Floats = NDArray[np.float64]

MOST = 240
"""Clips kept at most, over all belts."""
THIN = 3
"""When there are more, one in three stays. An even number would keep the steps of one foot only."""
LEAD_S = 0.1
LENGTH_S = 3.0
"""A clip begins this long before touchdown and has this length."""
MEMORY_S = 600.0
"""Force kept behind the newest sample: rows that wait for body weight come late."""


@dataclass(frozen=True)
class Clip:
    """Filtered force from just before one touchdown."""

    number: int
    """Number of the step among the valid ones of its belt, from 0; −1 for a clip without a step."""
    belt: int
    """Number of the belt."""
    touchdown_s: float
    """Session time of touchdown, s."""
    toe_off_s: float
    """Session time of toe-off, s."""
    time_s: Floats
    """(n,) session time, s."""
    force_N: NDArray[np.float32]
    """(belts, 2, n) fore-aft and vertical force, N."""


class Clips:
    """Picks steps evenly from a stream of unknown length and cuts their force out of it."""

    def __init__(self, belts: Sequence[str], *, first_tick: int, tick_rate_Hz: float, middle_s: float) -> None:
        """Prepare for a session.

        Args:
            belts: Names of the belts, in order.
            first_tick: Session tick at which its time is zero.
            tick_rate_Hz: Ticks per second.
            middle_s: Middle of the session, shown if no step is found, s.
        """
        self._belts = tuple(belts)
        self._first_tick, self._tick_rate_Hz = first_tick, tick_rate_Hz
        self._parts: deque[tuple[Floats, NDArray[np.float32]]] = deque()
        self._seen = [0] * len(self._belts)
        self.every = [1] * len(self._belts)
        """One valid step in so many is kept, per belt."""
        self._kept: list[list[Clip]] = [[] for _ in self._belts]
        self._middle_s = middle_s
        self._middle: Clip | None = None
        self._wanted: list[tuple[int, int, float, float]] = [(0, -1, middle_s - LENGTH_S / 2, middle_s)]

    def feed(self, output: Output) -> None:
        """Take what the pipeline gave out.

        Args:
            output: Rows and force, in the order of the session.
        """
        self._keep_force(output.live)
        for belt in range(len(self._belts)):
            self._want(output.steps, belt)
        newest = self._parts[-1][0][-1] if self._parts else -np.inf
        self._cut(newest)
        while len(self._parts) > 1 and self._parts[1][0][0] < newest - MEMORY_S:
            self._parts.popleft()

    def finish(self) -> None:
        """End the session: clips under way are kept as far as they go."""
        self._cut(np.inf)
        self._parts.clear()

    def of_belt(self, belt: int) -> list[Clip]:
        """Clips of one belt, in order of time, evenly chosen."""
        return self._kept[belt]

    def example(self) -> Clip | None:
        """One clip from the middle of the session, whole if there is a whole one; None if there is no force at all."""
        clips = [clip for kept in self._kept for clip in kept]
        if not clips:
            return self._middle
        longest = max(float(np.ptp(clip.time_s)) for clip in clips)
        whole = [clip for clip in clips if np.ptp(clip.time_s) > 0.9 * longest]
        return min(whole, key=lambda clip: abs(clip.touchdown_s + LENGTH_S / 2 - self._middle_s))

    def _keep_force(self, live: Live) -> None:
        if live.tick.size:
            time = (live.tick - self._first_tick) / self._tick_rate_Hz
            self._parts.append((time, live.wrench[:, [FX, FZ]].astype(np.float32)))

    def _want(self, table: StepTable, belt: int) -> None:
        sound = table["valid"] & ~np.isnan(table["touchdown_s"] + table["toe_off_s"])
        mine = table.select(sound & (table["belt"] == self._belts[belt]))
        numbers = self._seen[belt] + np.arange(mine.rows)
        self._seen[belt] += mine.rows
        for row in np.flatnonzero(numbers % self.every[belt] == 0).tolist():
            self._wanted.append(
                (belt, int(numbers[row]), float(mine["touchdown_s"][row]), float(mine["toe_off_s"][row]))
            )

    def _cut(self, newest: float) -> None:
        ready = [wanted for wanted in self._wanted if wanted[2] - LEAD_S + LENGTH_S <= newest]
        self._wanted = [wanted for wanted in self._wanted if wanted[2] - LEAD_S + LENGTH_S > newest]
        for belt, number, touchdown, toe_off in ready:
            if number < 0:
                self._middle = self._clip(belt, number, touchdown, toe_off)
            elif number % self.every[belt] == 0:
                clip = self._clip(belt, number, touchdown, toe_off)
                if clip is not None and clip.time_s[0] <= touchdown and clip.time_s[-1] >= toe_off:
                    self._kept[belt].append(clip)
                    self._thin(belt)

    def _clip(self, belt: int, number: int, touchdown: float, toe_off: float) -> Clip | None:
        start = touchdown - LEAD_S
        times, forces = [], []
        for time, force in self._parts:
            inside = slice(*np.searchsorted(time, (start, start + LENGTH_S)).tolist())
            times.append(time[inside])
            forces.append(force[:, :, inside])
        if not sum(part.size for part in times):
            return None
        return Clip(belt=belt, number=number, touchdown_s=touchdown, toe_off_s=toe_off,
                    time_s=np.concatenate(times), force_N=np.concatenate(forces, axis=2))  # fmt: skip

    def _thin(self, belt: int) -> None:
        if len(self._kept[belt]) > MOST // len(self._belts):
            self.every[belt] *= THIN
            self._kept[belt] = [clip for clip in self._kept[belt] if clip.number % self.every[belt] == 0]
