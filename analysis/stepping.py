"""The last stages of the pipeline: from the belts' contacts to final rows of the step table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.alternation import BY_SEQUENCE
from analysis.assembler import Assembler
from analysis.batch import make_batch
from analysis.belt_chain import Progress
from analysis.bodyweight import StrideWeight, weight_closure
from analysis.front_end import Filtered
from analysis.handrail import LOOKAHEAD, LOOKBACK, STRIDES, handrail_mask
from analysis.highpass import FrequencySplit
from analysis.incline import normal_share_BW
from analysis.measure import measure
from analysis.setup import Setup
from analysis.sides import SideTracker
from analysis.stance_curves import StanceCurves, join_curves, stance_curves
from analysis.stances import NONE, Stances, join
from analysis.step_loads import StepLoads, join_loads, step_loads
from analysis.steps import EMPTY, StepTable
from analysis.timing import crossings
from analysis.uncertainty import Uncertainties
from analysis.wrench import FZ

Floats = NDArray[np.float64]


class Stepping:
    """Cuts steps out of the stream, tells their sides, and measures them."""

    def __init__(self, setup: Setup, gated: Mapping[str, str], *, curves: bool = False) -> None:
        """Prepare.

        Args:
            setup: Rig, runner and protocol.
            gated: Columns that this rig must not print.
            curves: Whether to keep the curve of every step too.
        """
        self._setup, self._gated = setup, gated
        self._split = FrequencySplit(setup.sample_rate_Hz, len(setup.belts))
        self._assembler = Assembler(setup.sample_rate_Hz, len(setup.belts), setup.protocol)
        self._weight = StrideWeight()
        self._normal = normal_share_BW(setup.runner.incline_deg or 0.0)
        self._sides = SideTracker(setup)
        self._held: list[Stances] = []
        self._loads: list[StepLoads] = []
        self._wants_curves = curves
        self._curves: list[StanceCurves] = []
        self._first_tick: int | None = None
        self._steps = 0
        self.uncertainties = Uncertainties(setup) if setup.uncertainty else None
        """What tells the rows' uncertainties, if that is wanted."""
        self.bw_N = setup.bw_N if setup.bw_N is not None else float("nan")
        """Body weight, NaN while it is not known."""

    def begin(self, first_tick: int) -> None:
        """Say at which tick the session's time is zero."""
        self._first_tick = first_tick

    def feed(self, filtered: Filtered, progress: Sequence[Progress], horizons: Sequence[int]) -> StepTable:
        """Take the next samples and what became known with them.

        Args:
            filtered: What left the filter.
            progress: Of each belt.
            horizons: Of each belt: no contact still to come begins before it.

        Returns:
            Rows that became final.
        """
        hf_N = self._split.feed(filtered.wrench[:, FZ])
        return self._rows(self._assembler.feed(filtered.marks, hf_N, progress, horizons))

    def end_segment(self, progress: Sequence[Progress], *, gap: bool) -> StepTable:
        """End the segment and prepare for the next.

        Args:
            progress: The last of each belt.
            gap: Whether data are missing after it; at the end of a session they are not.

        Returns:
            Rows that became final.
        """
        stances = self._assembler.finish(self._split.finish(), progress, gap=gap)
        self._split.restart()
        return self._rows(stances, ended=True)

    def finish(self) -> StepTable:
        """End the session.

        Returns:
            Rows that waited for body weight.
        """
        if not self._held:
            return EMPTY
        self.bw_N = self._weight.weight_N() / self._normal
        return self._measure_held()

    def take_curves(self) -> StanceCurves:
        """Curves of the rows given out since the last call."""
        found, self._curves = join_curves(self._curves), []
        return found

    @property
    def loads(self) -> StepLoads:
        """Impulse and duration of every step so far."""
        self._loads = [join_loads(self._loads)]
        return self._loads[0]

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._steps + sum(len(stances) for stances in self._held)

    def weight_closure(self) -> float:
        """Mean vertical force over whole strides ÷ body weight, NaN without a whole stride."""
        return weight_closure(self.loads.impulse_Ns, self.loads.time_s, self.bw_N * self._normal)

    def _rows(self, stances: Stances | None, *, ended: bool = False) -> StepTable:
        if stances is not None:
            protocol = self._setup.protocol
            at_ref = crossings(stances, protocol.ref_N, protocol, reach=0)
            loads = step_loads(stances, at_ref, self._setup)
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
        batch = make_batch(sided, self._setup, rows=rows, bw_N=self.bw_N, first_tick=self._first_tick)
        first = self._steps + 1
        table = measure(batch, first_step=first, handrail=self._handrail(rows), gated=self._gated)
        if self.uncertainties is not None:
            table = self.uncertainties.tell(batch, table)
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
