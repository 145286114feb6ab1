"""The one code path from channel values to step rows: live, offline and in replay.

For any cutting of the stream into chunks the rows are the same, bit for bit: every stage works on samples counted
from the start of a segment, in an order of arithmetic that does not depend on its neighbours in the chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.alternation import BY_SEQUENCE
from analysis.assembler import Assembler, Marks
from analysis.batch import make_batch
from analysis.belt_chain import SPLITS, BeltChain, Progress
from analysis.bodyweight import StrideWeight
from analysis.episodes import Episode, EpisodeLog, handrail_episodes
from analysis.flags import SampleFlag, StepFlag
from analysis.front_end import Filtered, FrontEnd
from analysis.gates import gated_columns
from analysis.handrail import LOOKAHEAD, LOOKBACK, STRIDES, handrail_mask
from analysis.highpass import FrequencySplit
from analysis.incline import normal_share_BW
from analysis.live import Live, LiveForce, join_live
from analysis.machine_watch import BeltNews, MachineState, MachineWatch
from analysis.measure import measure
from analysis.setup import Setup
from analysis.sides import SideTracker
from analysis.stance_curves import NO_CURVES, StanceCurves, join_curves, stance_curves
from analysis.stances import NONE, Stances, join
from analysis.step_loads import StepLoads, join_loads, step_loads
from analysis.steps import EMPTY, StepTable, join_tables
from analysis.timing import crossings
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

BLOCK = 1 << 16
"""Samples worked on at a time: memory stays flat however long the chunk."""


@dataclass(frozen=True)
class Output:
    """What one call gave out."""

    steps: StepTable
    """Rows that became final."""
    live: Live
    """Samples that left the low-pass."""
    curves: StanceCurves = NO_CURVES
    """Curves of those rows, if they were asked for."""


class Pipeline:
    """Filter, zero, contacts, steps, metrics of one session.

    Args:
        setup: Rig, runner and protocol.
        curves: Whether to give out the curve of every step too.
    """

    def __init__(self, setup: Setup, *, curves: bool = False) -> None:
        protocol, rate = setup.protocol, setup.sample_rate_Hz
        self.setup = setup
        self._front = FrontEnd(setup)
        matrices = [belt.matrix for belt in setup.belts]
        self._channels = matrices[0].shape[1]
        self._watch = MachineWatch(matrices, rate, self._front.half)
        self._segment_s: float | None = None
        self._split = FrequencySplit(rate, len(setup.belts))
        self._chains = [BeltChain(rate, protocol, belt.observable) for belt in setup.belts]
        splits = [belt.observable >= SPLITS for belt in setup.belts]
        self._log = EpisodeLog([belt.name for belt in setup.belts], splits, setup.tick_rate_Hz)
        self.gated = gated_columns(setup)
        self._live = LiveForce(len(setup.belts), protocol)
        self._wants_curves = curves
        self._curves: list[StanceCurves] = []
        self._assembler = Assembler(rate, len(setup.belts), protocol)
        self._weight = StrideWeight()
        self._normal = normal_share_BW(setup.runner.incline_deg or 0.0)
        self._sides = SideTracker(setup)
        self._held: list[Stances] = []
        self._loads: list[StepLoads] = []
        self._first_tick: int | None = None
        self._steps = 0
        self.bw_N = setup.bw_N if setup.bw_N is not None else float("nan")

    def feed(
        self,
        channels: NDArray[np.generic],
        tick: Ints,
        flags: Flags,
        gaps: Sequence[int] = (),
        travel_m: Floats | None = None,
    ) -> Output:
        """Take the next samples.

        Args:
            channels: (n, C) channel values: counts, or newtons of an imported record.
            tick: (n,) device time in ticks, continuous over the session.
            flags: (n,) `SampleFlag` bits.
            gaps: Ascending row numbers of this chunk before which data are missing.
            travel_m: (n,) way the belt has gone, as measured; None without a belt sensor.

        Returns:
            Rows that became final and the filtered force.
        """
        travel_m = np.full(tick.size, np.nan) if travel_m is None else travel_m
        bounds = [0, *gaps, tick.size]
        tables, lives = [], []
        for number, (begin, end) in enumerate(pairwise(bounds)):
            if number:
                tables.append(self._end_segment(gap=True))
            for start in range(begin, end, BLOCK):
                part = slice(start, min(start + BLOCK, end))
                output = self._feed_block(channels[part], Marks(tick[part], flags[part], travel_m[part]))
                tables.append(output.steps)
                lives.append(output.live)
        return Output(join_tables(tables), join_live(lives, len(self._chains)), self.take_curves())

    def tare(self, levels: Sequence[Floats], channels: Floats | None = None) -> None:
        """Take a measured zero from here on; it is kept until the flights tell better.

        Args:
            levels: (6,) unloaded wrench of each belt, N and N·m.
            channels: (C,) the unloaded reading of every channel, to tell what each cell does from here on.
        """
        for chain, level in zip(self._chains, levels, strict=True):
            chain.tare(level)
        self._live.tare()
        if channels is not None:
            self._watch.tare(channels)

    def machine(self) -> MachineState:
        """Drift of the cells, noise of the flights and forces of the belt itself, so far."""
        return self._watch.result(self.setup.runner.belt_speed_m_s, self.setup.belt_length_m)

    def finish(self) -> StepTable:
        """End the session.

        Returns:
            The remaining rows.
        """
        rows = self._end_segment(gap=False)
        if self._held:
            self.bw_N = self._weight.weight_N() / self._normal
            rows = join_tables([rows, self._measure_held()])
        return rows

    def take_curves(self) -> StanceCurves:
        """Curves of the rows given out since the last call; `feed` gives its own out, `finish` cannot."""
        found, self._curves = join_curves(self._curves), []
        return found

    @property
    def loads(self) -> StepLoads:
        """Impulse and duration of every step so far, for weight closure."""
        self._loads = [join_loads(self._loads)]
        return self._loads[0]

    def episodes(self, table: StepTable) -> list[Episode]:
        """What else happened: standing, walking, stepping off, scuffs, holding the handrail; in order of time.

        Args:
            table: All rows given out.

        Returns:
            The episodes that are over.
        """
        if self._first_tick is None:
            return []
        held = (table["flags"] & np.uint32(StepFlag.HANDRAIL)) != 0
        found = self._log.episodes(self._first_tick)
        found += handrail_episodes(table["touchdown_s"], table["step_time_ms"], held)
        return sorted(found, key=lambda episode: episode.start_s)

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._steps + sum(len(stances) for stances in self._held)

    def recent_step_times(self, count: int) -> Floats:
        """Durations of the latest valid steps, in s; at most `count` of them."""
        recent = self.loads.time_s[-4 * count :]
        known: Floats = recent[~np.isnan(recent)]
        return known[-count:]

    @property
    def zero_known(self) -> bool:
        """Whether the zero of every belt was found or given."""
        return all(chain.zero_known for chain in self._chains)

    @property
    def ignored(self) -> int:
        """Contacts dropped as scuffs or standing."""
        return sum(chain.ignored for chain in self._chains)

    def _feed_block(self, channels: NDArray[np.generic], marks: Marks) -> Output:
        if self._first_tick is None:
            self._first_tick = int(marks.tick[0])
        if self._segment_s is None:
            self._segment_s = (int(marks.tick[0]) - self._first_tick) / self.setup.tick_rate_Hz
        return self._advance(self._front.feed(channels, marks))

    def _advance(self, filtered: Filtered) -> Output:
        by_belt, marks = filtered.wrench, filtered.marks
        bad = (marks.flags & np.uint8(SampleFlag.ADC | SampleFlag.SATURATED)) != 0
        progress = [chain.feed(part, bad) for chain, part in zip(self._chains, by_belt, strict=True)]
        self._look(filtered, progress)
        hf_N = self._split.feed(by_belt[:, FZ])
        stances = self._assembler.feed(marks, hf_N, progress, [chain.horizon for chain in self._chains])
        levels = np.stack([chain.level for chain in self._chains])
        return Output(self._rows(stances), self._live.feed(marks.tick, by_belt, levels))

    def _look(self, filtered: Filtered, progress: Sequence[Progress]) -> None:
        """Note what the machine and the person on it do besides steps."""
        self._log.feed(filtered.marks.tick, [part.state for part in progress])
        news = [
            BeltNews(part.zeroed[FZ], part.contacts.on, part.contacts.off, chain.new_knots)
            for part, chain in zip(progress, self._chains, strict=True)
        ]
        start_s = 0.0 if self._segment_s is None else self._segment_s
        travel_m = filtered.marks.travel_m
        self._watch.feed(filtered.channels, start_s, filtered.wrench[:, FZ], travel_m, news)

    def _end_segment(self, *, gap: bool) -> StepTable:
        last = self._advance(self._front.finish()).steps
        progress = [chain.finish() for chain in self._chains]
        none = np.empty((self._channels, 0)), np.empty((len(self._chains), 6, 0))
        self._look(Filtered(*none, Marks.none()), progress)
        self._log.end_segment()
        self._watch.finish()
        stances = self._assembler.finish(self._split.finish(), progress, gap=gap)
        self._split.restart()
        self._live.restart()
        self._segment_s = None
        return join_tables([last, self._rows(stances, ended=True)])

    def _rows(self, stances: Stances | None, *, ended: bool = False) -> StepTable:
        if stances is not None:
            protocol = self.setup.protocol
            at_ref = crossings(stances, protocol.ref_N, protocol, reach=0)
            loads = step_loads(stances, at_ref, self.setup)
            self._loads.append(loads)
            self._held.append(stances)
            self._sides.feed(stances, at_ref)
            if np.isnan(self.bw_N):
                self._weight.add(loads.impulse_Ns, loads.time_s)
        if ended:
            self._sides.end_run()
        if np.isnan(self.bw_N) and self._weight.complete:
            self.bw_N = self._weight.weight_N() / self._normal
        return EMPTY if np.isnan(self.bw_N) else self._measure_held()

    def _measure_held(self) -> StepTable:
        """Measure the steps of which all is known: what follows each of them, and its side."""
        if not self._held:
            return EMPTY
        assert self._first_tick is not None
        held = join(self._held)
        known = len(held) - int(held.next_on[-1] != NONE)  # the last one's follower is still to come
        rows = min(known, self._sides.decided)
        self._held = [held]
        if not rows:
            return EMPTY
        due = held.part(0, min(rows + 1, len(held)))
        side = np.zeros(len(due), np.int8)
        side[:rows] = self._sides.take(rows)
        sided = replace(due, side=np.sign(side), by_sequence=np.abs(side) == BY_SEQUENCE)
        batch = make_batch(sided, self.setup, rows=rows, bw_N=self.bw_N, first_tick=self._first_tick)
        first = self._steps + 1
        table = measure(batch, first_step=first, handrail=self._handrail(rows), gated=self.gated)
        if self._wants_curves:
            self._curves.append(stance_curves(batch, first))
        self._steps += table.rows
        self._held = [held.part(rows, len(held))] if rows < len(held) else []
        return table

    def _handrail(self, rows: int) -> NDArray[np.bool_]:
        """Which of the next steps were made holding the handrail."""
        first = max(0, self._steps - LOOKBACK - STRIDES)
        near, loads = slice(first, self._steps + rows + LOOKAHEAD), self.loads
        held = handrail_mask(loads.impulse_Ns[near], loads.time_s[near], self.bw_N * self._normal)
        return held[self._steps - first :][:rows]
