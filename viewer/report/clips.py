"""Force for the figures, cut out of a few stretches of a session: enough to draw, however long it is."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import NO_CURVES, StanceCurves, join_curves
from analysis.steps import StepTable
from daq.excerpt import Excerpts

Floats = NDArray[np.float64]
Span = tuple[float, float]

STRETCHES, STRETCH_S = 10, 8.0
"""A long session is shown by so many stretches of this length, evenly over its valid steps."""
WHOLE_S = STRETCHES * STRETCH_S
"""A session no longer than this is shown whole."""
AROUND_S = 0.1
"""Force kept before touchdown and after toe-off."""
EXAMPLE_S = 3.0
"""Length of the example of the force over time."""


@dataclass(frozen=True)
class Stretch:
    """Filtered force of one stretch."""

    time_s: Floats
    """(n,) session time, s."""
    wrench: NDArray[np.float32]
    """(belts, 6, n) N and N·m; NaN where samples are missing."""

    def within(self, start_s: float, stop_s: float) -> "Stretch":
        """The part between two moments."""
        part = slice(*np.searchsorted(self.time_s, (start_s, stop_s)).tolist())
        return Stretch(self.time_s[part], self.wrench[:, :, part])


@dataclass(frozen=True)
class Clip:
    """Force around one step."""

    row: int
    """Row of the step table."""
    belt: int
    """Number of the belt."""
    touchdown_s: float
    """Session time of touchdown, s."""
    toe_off_s: float
    """Session time of toe-off, s."""
    force: Stretch
    """From just before touchdown to just after toe-off."""


@dataclass(frozen=True)
class Clips:
    """What the figures draw."""

    stretches: tuple[Stretch, ...] = ()
    """Force of each stretch, in order of time."""
    clips: tuple[Clip, ...] = ()
    """Each valid step that lies whole in one of them, in order of time."""
    curves: StanceCurves = field(default=NO_CURVES)
    """Curves of the valid steps in them."""
    whole: bool = True
    """Whether the stretches are the whole session."""

    def of_belt(self, belt: int) -> list[Clip]:
        """Clips of one belt, in order of time."""
        return [clip for clip in self.clips if clip.belt == belt]

    def example(self) -> Stretch | None:
        """A few seconds from the middle of what is shown, from a touchdown on if there is one; None without force."""
        if not self.stretches:
            return None
        if not self.clips:
            stretch = self.stretches[len(self.stretches) // 2]
            middle = float(stretch.time_s[0] + stretch.time_s[-1]) / 2.0
            return stretch.within(middle - EXAMPLE_S / 2.0, middle + EXAMPLE_S / 2.0)
        middle = self.clips[len(self.clips) // 2].touchdown_s
        stretch = next(s for s in self.stretches if s.time_s[0] <= middle <= s.time_s[-1])
        start = min(middle - AROUND_S, float(stretch.time_s[-1]) - EXAMPLE_S)
        return stretch.within(start, start + EXAMPLE_S)


def spans_of(table: StepTable, last_s: float) -> list[Span]:
    """Choose the stretches.

    Args:
        table: Steps of the session.
        last_s: Time of the last sample, s.

    Returns:
        Begin and end of each, in order, none touching another: the whole session if it is short; else evenly over the
        valid steps, or its middle if there is none.
    """
    if last_s <= WHOLE_S:
        return [(0.0, last_s)]
    touchdown_s = table["touchdown_s"][table["valid"]]
    touchdown_s = np.sort(touchdown_s[np.isfinite(touchdown_s)])
    if not touchdown_s.size:
        return [(last_s / 2.0 - STRETCH_S / 2.0, last_s / 2.0 + STRETCH_S / 2.0)]
    places = (np.arange(STRETCHES) + 0.5) / STRETCHES * touchdown_s.size
    middles = touchdown_s[places.astype(np.int64)]
    starts = np.clip(middles - STRETCH_S / 2.0, 0.0, last_s - STRETCH_S)
    spans: list[Span] = []
    for start in starts.tolist():
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], start + STRETCH_S))
        else:
            spans.append((start, start + STRETCH_S))
    return spans


def cut_clips(excerpts: Excerpts, table: StepTable, *, rate_Hz: float, bw_N: float | None) -> Clips:
    """Cut the stretches out of a session.

    Args:
        excerpts: Of the session.
        table: Its steps.
        rate_Hz: Samples per second.
        bw_N: Body weight; None if it is not known.

    Returns:
        What the figures draw; nothing for a session without samples.
    """
    if excerpts.last_s <= 0.0:
        return Clips()
    stretches, curves = [], []
    spans = spans_of(table, excerpts.last_s)
    for start_s, stop_s in spans:
        start, stop = round(start_s * rate_Hz), round(stop_s * rate_Hz) + 1
        excerpt = excerpts.cut(start, stop, table, np.nan if bw_N is None else bw_N)
        stretches.append(Stretch(np.arange(start, stop) / rate_Hz, excerpt.wrench))
        curves.append(excerpt.curves)
    belts = [belt.name for belt in excerpts.setup.belts]
    clips = tuple(clip for stretch in stretches for clip in _clips(stretch, table, belts))
    return Clips(tuple(stretches), clips, _valid(join_curves(curves), table), spans == [(0.0, excerpts.last_s)])


def _clips(stretch: Stretch, table: StepTable, belts: list[str]) -> list[Clip]:
    """The valid steps of one stretch, one by one: a few hundred in a report."""
    touchdown_s, toe_off_s = table["touchdown_s"], table["toe_off_s"]
    inside = (touchdown_s >= stretch.time_s[0]) & (toe_off_s <= stretch.time_s[-1])
    clips = []
    for row in np.flatnonzero(table["valid"] & inside).tolist():
        begin, end = float(touchdown_s[row]), float(toe_off_s[row])
        belt = belts.index(str(table["belt"][row]))
        part = _known(stretch.within(begin - AROUND_S, end + AROUND_S), belt)
        if part is not None and part.time_s[0] <= begin and part.time_s[-1] >= end:
            clips.append(Clip(row, belt, begin, end, part))
    return clips


def _known(part: Stretch, belt: int) -> Stretch | None:
    """A stretch without samples that are missing before or behind; None if some are missing in between."""
    known = np.flatnonzero(np.isfinite(part.wrench[belt]).all(axis=0))
    if not known.size or known[-1] - known[0] + 1 != known.size:
        return None
    inside = slice(known[0], known[-1] + 1)
    return Stretch(part.time_s[inside], part.wrench[:, :, inside])


def _valid(curves: StanceCurves, table: StepTable) -> StanceCurves:
    rows = np.searchsorted(table["step"], curves.step)
    keep = table["valid"][rows] if len(curves) else np.zeros(0, np.bool_)
    return StanceCurves(curves.step[keep], curves.values[keep])
