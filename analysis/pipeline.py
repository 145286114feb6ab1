"""The one code path from channel values to step rows: live, offline and in replay.

For any cutting of the stream into chunks the rows are the same, bit for bit: every stage works on samples counted
from the start of a segment, in an order of arithmetic that does not depend on its neighbours in the chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.assembler import Assembler
from analysis.belt_chain import BeltChain
from analysis.bodyweight import StrideWeight
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.flags import SampleFlag, widen
from analysis.measure import Setup, StepLoads, measure, step_loads
from analysis.stances import Stances, join
from analysis.steps import EMPTY, StepTable, join_tables
from analysis.wrench import apply_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

BLOCK = 1 << 15
"""Samples worked on at a time: memory stays flat however long the chunk."""


@dataclass(frozen=True)
class Live:
    """Filtered force with the zero as known now: for the eye, not for the record."""

    tick: Ints
    """(n,) device time, ticks."""
    wrench: Floats
    """(belts, 6, n) N and N·m."""


@dataclass(frozen=True)
class Output:
    """What one call gave out."""

    steps: StepTable
    """Rows that became final."""
    live: Live
    """Samples that left the low-pass."""


class Pipeline:
    """Filter, zero, contacts, steps, metrics of one session."""

    def __init__(self, setup: Setup) -> None:
        protocol, rate = setup.protocol, setup.sample_rate_Hz
        self.setup = setup
        self._taps = lowpass_taps(rate, protocol.cutoff_Hz, protocol.filter_length_ms, protocol.kaiser_beta)
        self._fir = LinearPhaseFIR(self._taps, 6 * len(setup.belts))
        self._chains = [BeltChain(rate, protocol) for _ in setup.belts]
        self._assembler = Assembler(rate, len(setup.belts), protocol)
        self._weight = StrideWeight()
        self._held: list[Stances] = []
        self._loads: list[StepLoads] = []
        self._first_tick: int | None = None
        self._steps = 0
        self.bw_N = setup.bw_N if setup.bw_N is not None else float("nan")
        self._restart_marks()

    def feed(self, channels: NDArray[np.generic], tick: Ints, flags: Flags, gaps: Sequence[int] = ()) -> Output:
        """Take the next samples.

        Args:
            channels: (n, C) channel values: counts, or newtons of an imported record.
            tick: (n,) device time in ticks, continuous over the session.
            flags: (n,) `SampleFlag` bits.
            gaps: Ascending row numbers of this chunk before which data are missing.

        Returns:
            Rows that became final and the filtered force.
        """
        bounds = [0, *gaps, tick.size]
        tables, lives = [], []
        for number, (begin, end) in enumerate(pairwise(bounds)):
            if number:
                tables.append(self._end_segment(gap=True))
            for start in range(begin, end, BLOCK):
                part = slice(start, min(start + BLOCK, end))
                output = self._feed_block(channels[part], tick[part], flags[part])
                tables.append(output.steps)
                lives.append(output.live)
        return Output(join_tables(tables), self._join_live(lives))

    def tare(self, levels: Sequence[Floats]) -> None:
        """Take a measured zero from here on; it is kept until the flights tell better.

        Args:
            levels: (6,) unloaded wrench of each belt, N and N·m.
        """
        for chain, level in zip(self._chains, levels, strict=True):
            chain.tare(level)

    def finish(self) -> StepTable:
        """End the session.

        Returns:
            The remaining rows.
        """
        rows = self._end_segment(gap=False)
        if self._held:
            self.bw_N = self._weight.weight_N()
            rows = join_tables([rows, self._measure_held()])
        return rows

    @property
    def loads(self) -> StepLoads:
        """Impulse and duration of every step so far, for weight closure."""
        return StepLoads(
            np.concatenate([np.empty(0), *(part.impulse_Ns for part in self._loads)]),
            np.concatenate([np.empty(0), *(part.time_s for part in self._loads)]),
        )

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._steps + sum(len(stances) for stances in self._held)

    def recent_step_times(self, count: int) -> Floats:
        """Durations of the latest valid steps, in s; at most `count` of them."""
        recent = np.concatenate([np.empty(0), *(part.time_s for part in self._loads[-2 * count :])])
        known: Floats = recent[~np.isnan(recent)]
        return known[-count:]

    @property
    def ignored(self) -> int:
        """Contacts dropped as scuffs or standing."""
        return sum(chain.ignored for chain in self._chains)

    def _feed_block(self, channels: NDArray[np.generic], tick: Ints, flags: Flags) -> Output:
        if self._first_tick is None:
            self._first_tick = int(tick[0])
        rows = np.ascontiguousarray(channels.T, np.float64)
        wrench = np.concatenate([apply_matrix(belt.matrix, rows) for belt in self.setup.belts])
        filtered = self._fir.feed(wrench)
        tick, flags = self._align(tick, flags, filtered.shape[1])
        by_belt = filtered.reshape(len(self._chains), 6, -1)
        bad = (flags & np.uint8(SampleFlag.ADC | SampleFlag.SATURATED)) != 0
        progress = [chain.feed(part, bad) for chain, part in zip(self._chains, by_belt, strict=True)]
        stances = self._assembler.feed(tick, flags, progress, [chain.horizon for chain in self._chains])
        levels = np.stack([chain.level for chain in self._chains])
        return Output(self._rows(stances), Live(tick, by_belt - levels[:, :, None]))

    def _end_segment(self, *, gap: bool) -> StepTable:
        progress = [chain.finish() for chain in self._chains]
        stances = self._assembler.finish(np.empty(0, np.int64), np.empty(0, np.uint8), progress, gap=gap)
        self._fir.reset()
        self._restart_marks()
        return self._rows(stances)

    def _restart_marks(self) -> None:
        self._tick_tail = np.empty(0, np.int64)
        self._flag_tail = np.empty(0, np.uint8)

    def _align(self, tick: Ints, flags: Flags, ready: int) -> tuple[Ints, Flags]:
        """Ticks and widened flags of the filtered samples, which lag by half the filter."""
        half = self._fir.half
        tick, flags = np.concatenate((self._tick_tail, tick)), np.concatenate((self._flag_tail, flags))
        self._tick_tail, self._flag_tail = tick[ready:], flags[ready:]
        if not ready:
            return tick[:0], flags[:0]
        return tick[half : half + ready], widen(flags[: ready + 2 * half], half)

    def _rows(self, stances: Stances | None) -> StepTable:
        if stances is None:
            return EMPTY
        loads = step_loads(stances, self.setup)
        self._loads.append(loads)
        self._held.append(stances)
        if np.isnan(self.bw_N):
            self._weight.add(loads.impulse_Ns, loads.time_s)
            if not self._weight.complete:
                return EMPTY
            self.bw_N = self._weight.weight_N()
        return self._measure_held()

    def _measure_held(self) -> StepTable:
        assert self._first_tick is not None
        stances, self._held = join(self._held), []
        table = measure(stances, self.setup, bw_N=self.bw_N, first_step=self._steps + 1, first_tick=self._first_tick)
        self._steps += table.rows
        return table

    def _join_live(self, lives: list[Live]) -> Live:
        empty = Live(np.empty(0, np.int64), np.empty((len(self._chains), 6, 0)))
        return Live(
            np.concatenate([empty.tick, *(part.tick for part in lives)]),
            np.concatenate([empty.wrench, *(part.wrench for part in lives)], axis=2),
        )
