"""Whose foot the force of one belt belongs to, moment by moment, where that can be told."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from analysis.wrench import FZ
from daq.formats.force_rows import ForceRows, Segment

Floats = NDArray[np.float64]

LOADED_N = 50.0
"""Force that somebody stands on the belt with."""
AROUND_S = 0.05
"""How long before touchdown and after toe-off the filtered force may still be above that."""
LONGEST_CUT_S = 0.5
"""A contact that an end of the part cuts in two is no longer than this; whoever stands longer makes no step."""


@dataclass(frozen=True)
class Feet:
    """Left and right in turn."""

    edges_s: Floats
    """(k − 1,) moments at which the force goes over to the other foot: in the middle of flights, s."""
    left: NDArray[np.bool_]
    """(k,) whether a contact is the left foot's."""

    def is_left(self, time_s: Floats) -> NDArray[np.bool_]:
        """(m,) whether the force of these moments is the left foot's."""
        found: NDArray[np.bool_] = self.left[np.searchsorted(self.edges_s, time_s)]
        return found


def tell_feet(rows: ForceRows, part: Segment, table: StepTable) -> Feet | str:
    """Give every moment of a single belt to a foot.

    Args:
        rows: The force of one belt.
        part: Which of its rows.
        table: Steps of the session.

    Returns:
        The feet; else why they cannot be told apart.
    """
    begin, end = table["touchdown_s"], table["toe_off_s"]
    inside = np.isfinite(begin) & np.isfinite(end) & (end > part.start_s) & (begin < part.end_s)
    begin, end, side = begin[inside], end[inside], table["side"][inside]
    if not begin.size:
        return "there are no steps"
    if not np.isin(side, ("L", "R")).all():
        return f"of {int(np.sum(~np.isin(side, ('L', 'R'))))} steps it is not known whether they are left or right"
    if (end[:-1] >= begin[1:]).any():
        return "both feet are on the belt at once (walking), and one belt feels only their sum"
    begin, end, left = _with_cut_ones(rows, part, begin, end, side == "L")
    feet = Feet((end[:-1] + begin[1:]) / 2.0, left)
    for time_s, contact in _loaded(rows, part, feet.edges_s):
        outside = (time_s < begin[contact] - AROUND_S) | (time_s > end[contact] + AROUND_S)
        if outside.any():
            return f"at {time_s[np.argmax(outside)]:.2f} s somebody stands on the belt who makes no step"
    return feet


def _loaded(rows: ForceRows, part: Segment, edges_s: Floats) -> Iterator[tuple[Floats, NDArray[np.intp]]]:
    """Times of loaded samples, and the number of the contact that each is nearest to."""
    for block in rows.blocks(part.first, part.last):
        time_s = block.time_s[block.wrench[0, FZ] > LOADED_N]
        yield time_s, np.searchsorted(edges_s, time_s)


def _with_cut_ones(
    rows: ForceRows, part: Segment, begin: Floats, end: Floats, left: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Contacts with those that the part's ends cut in two, which are no steps: they are of the other foot in turn."""
    first, last = begin[0] - AROUND_S, end[-1] + AROUND_S
    before, behind = -np.inf, np.inf
    for time_s, _ in _loaded(rows, part, np.zeros(0)):
        before = max(before, np.max(time_s[time_s < first], initial=-np.inf))
        behind = min(behind, np.min(time_s[time_s > last], initial=np.inf))
    if part.start_s <= before < part.start_s + LONGEST_CUT_S:
        begin, end, left = np.append(part.start_s, begin), np.append(before, end), np.append(~left[0], left)
    if part.end_s - LONGEST_CUT_S < behind <= part.end_s:
        begin, end, left = np.append(begin, behind), np.append(end, part.end_s), np.append(left, ~left[-1])
    return begin, end, left
