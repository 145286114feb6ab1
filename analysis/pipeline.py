"""The one code path from channel values to step rows: live, offline and in replay.

For any cutting of the stream into chunks the rows are the same, bit for bit: every stage works on samples counted
from the start of a segment, in an order of arithmetic that does not depend on its neighbours in the chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.assembler import Marks
from analysis.belt_chain import SPLITS, BeltChain, Progress
from analysis.episodes import NOT_SPLIT, OFF, Episode, EpisodeLog, handrail_episodes
from analysis.exact_force import ExactForce, ForceCollector
from analysis.flags import SampleFlag, StepFlag
from analysis.front_end import Filtered, FrontEnd
from analysis.gates import gated_columns
from analysis.live import Live, LiveForce, join_live
from analysis.machine_watch import BeltNews, MachineState, MachineWatch
from analysis.setup import Setup
from analysis.stance_curves import NO_CURVES, StanceCurves
from analysis.step_loads import StepLoads
from analysis.stepping import Stepping
from analysis.steps import StepTable, join_tables
from analysis.uncertainty import Uncertainties
from analysis.weighing import Weighing
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

BLOCK = 1 << 16
"""Samples worked on at a time: memory stays flat however long the chunk."""
NO_WALKING = frozenset({"Fz"})
"""What a converter too slow for steps is trusted to see: too little to split a walk into feet."""


@dataclass(frozen=True)
class Output:
    """What one call gave out."""

    steps: StepTable
    """Rows that became final."""
    live: Live
    """Samples that left the low-pass."""
    curves: StanceCurves = NO_CURVES
    """Curves of those rows, if they were asked for."""
    force: ExactForce | None = None
    """Exactly zeroed force that became known, if it was asked for; it comes some seconds later than `live`."""


class Pipeline:
    """Filter, zero, contacts, steps, metrics of one session; of a converter too slow for steps: weight alone.

    Args:
        setup: Rig, runner and protocol.
        curves: Whether to give out the curve of every step too.
        force: Whether to give out the exactly zeroed force too.
    """

    def __init__(self, setup: Setup, *, curves: bool = False, force: bool = False) -> None:
        protocol, rate = setup.protocol, setup.sample_rate_Hz
        self.setup = setup
        self._front = FrontEnd(setup)
        matrices = [belt.matrix for belt in setup.belts]
        self._channels = matrices[0].shape[1]
        self._watch = MachineWatch(matrices, rate, self._front.half)
        self._segment_s: float | None = None
        seen = [NO_WALKING if setup.static_only else belt.observable for belt in setup.belts]
        self._chains = [BeltChain(rate, protocol, observable) for observable in seen]
        splits = [observable >= SPLITS for observable in seen]
        self._log = EpisodeLog([belt.name for belt in setup.belts], splits, setup.tick_rate_Hz)
        self.gated = gated_columns(setup)
        self._live = LiveForce(len(setup.belts), protocol)
        self._steps = Weighing(setup) if setup.static_only else Stepping(setup, self.gated, curves=curves)
        self._force = ForceCollector(len(setup.belts)) if force else None
        self._first_tick: int | None = None

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
        return Output(join_tables(tables), join_live(lives, len(self._chains)), self.take_curves(), self.take_force())

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
        return join_tables([self._end_segment(gap=False), self._steps.finish()])

    def take_curves(self) -> StanceCurves:
        """Curves of the rows given out since the last call; `feed` gives its own out, `finish` cannot."""
        return self._steps.take_curves()

    def take_force(self) -> ExactForce | None:
        """Force that became known since the last call, if it was asked for; likewise."""
        return None if self._force is None else self._force.take()

    @property
    def bw_N(self) -> float:
        """Body weight, NaN while it is not known."""
        return self._steps.bw_N

    @property
    def loads(self) -> StepLoads:
        """Impulse and duration of every step so far."""
        return self._steps.loads

    @property
    def uncertainties(self) -> Uncertainties | None:
        """What tells the rows' uncertainties, if anything does."""
        return self._steps.uncertainties if isinstance(self._steps, Stepping) else None

    @property
    def standing_N(self) -> float:
        """Vertical force of who stood still, NaN if nobody did; only where a converter too slow for steps weighs."""
        return self._steps.standing_N if isinstance(self._steps, Weighing) else float("nan")

    def weight_closure(self) -> float:
        """Mean vertical force over whole strides, or of standing where there are no steps, ÷ body weight; or NaN."""
        return self._steps.weight_closure()

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
        if self.setup.static_only:
            found = [episode for episode in found if episode.kind in (NOT_SPLIT, OFF)]
        found += handrail_episodes(table["touchdown_s"], table["step_time_ms"], held)
        return sorted(found, key=lambda episode: episode.start_s)

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._steps.found

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
    def idle_belts(self) -> tuple[str, ...]:
        """Belts whose zero nothing ever showed, while it is known of another."""
        unknown = tuple(
            belt.name for belt, chain in zip(self.setup.belts, self._chains, strict=True) if not chain.zero_known
        )
        return unknown if len(unknown) < len(self._chains) else ()

    @property
    def ignored(self) -> int:
        """Contacts dropped as scuffs or standing."""
        return sum(chain.ignored for chain in self._chains)

    def _feed_block(self, channels: NDArray[np.generic], marks: Marks) -> Output:
        if self._first_tick is None:
            self._first_tick = int(marks.tick[0])
            self._steps.begin(self._first_tick)
        if self._segment_s is None:
            self._segment_s = (int(marks.tick[0]) - self._first_tick) / self.setup.tick_rate_Hz
        return self._advance(self._front.feed(channels, marks))

    def _advance(self, filtered: Filtered) -> Output:
        by_belt, marks = filtered.wrench, filtered.marks
        bad = (marks.flags & np.uint8(SampleFlag.ADC | SampleFlag.SATURATED)) != 0
        progress = [chain.feed(part, bad) for chain, part in zip(self._chains, by_belt, strict=True)]
        self._look(filtered, progress)
        if self._force is not None:
            self._force.feed(marks.tick, by_belt, [part.zeroed for part in progress])
        rows = self._steps.feed(filtered, progress, [chain.horizon for chain in self._chains])
        levels = np.stack([chain.level for chain in self._chains])
        return Output(rows, self._live.feed(marks.tick, by_belt, levels))

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
        if self._force is not None:
            self._force.feed(np.empty(0, np.int64), none[1], [part.zeroed for part in progress])
            self._force.end_segment()
        self._look(Filtered(*none, Marks.none()), progress)
        self._log.end_segment()
        self._watch.finish()
        rows = self._steps.end_segment(progress, gap=gap)
        self._live.restart()
        self._segment_s = None
        return join_tables([last, rows])
