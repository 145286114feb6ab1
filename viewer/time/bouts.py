"""Stretches of a session that can be compared: its bouts, its halves, or a selection. No Qt."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from viewer.source import Happening

WHOLE, FIRST_HALF, SECOND_HALF, SELECTION = "Whole session", "First half", "Second half", "Loop selection"


@dataclass(frozen=True)
class Bout:
    """A stretch of a session."""

    name: str
    """What it is called."""
    start_s: float
    """Its beginning."""
    stop_s: float
    """Its end, which belongs to it no more."""


def bouts_of(happenings: Iterable[Happening], last_s: float) -> tuple[Bout, ...]:
    """The named bouts of a session.

    A bout lasts until the next one, until one without a name, which only ends it, or until the session's end. What
    lies before the first one belongs to none.

    Args:
        happenings: What was noted, in order of time.
        last_s: The session's end.

    Returns:
        Bouts in order of time; a name that comes again gets a number: "easy", "easy (2)".
    """
    begun = [(some.time_s, some.text.strip()) for some in happenings if some.kind == "bout"]
    ends = [*(time_s for time_s, _ in begun[1:]), last_s]
    counts: dict[str, int] = {}
    bouts = []
    for (start_s, name), stop_s in zip(begun, ends, strict=False):
        if name and stop_s > start_s:
            counts[name] = counts.get(name, 0) + 1
            bouts.append(Bout(name if counts[name] == 1 else f"{name} ({counts[name]})", start_s, stop_s))
    return tuple(bouts)


def stretches(
    happenings: Iterable[Happening], first_s: float, last_s: float, selection: tuple[float, float] | None = None
) -> tuple[Bout, ...]:
    """Everything that can be chosen for a comparison.

    Args:
        happenings: What was noted, in order of time.
        first_s: The session's beginning.
        last_s: The session's end.
        selection: Beginning and end of a selection, if there is one.

    Returns:
        The bouts, then the halves, then the whole session, then the selection.
    """
    middle_s = (first_s + last_s) / 2
    after = float(np.nextafter(last_s, np.inf))  # a step may begin at the very end
    rest = [Bout(FIRST_HALF, first_s, middle_s), Bout(SECOND_HALF, middle_s, after), Bout(WHOLE, first_s, after)]
    if selection is not None:
        rest.append(Bout(SELECTION, *selection))
    return (*bouts_of(happenings, last_s), *rest)


def in_bout(table: StepTable, bout: Bout) -> NDArray[np.bool_]:
    """Which rows begin within a bout, so that each belongs to one at most.

    Args:
        table: Rows of the session.
        bout: The stretch.

    Returns:
        (rows,) a mask.
    """
    touchdown_s = table["touchdown_s"]
    inside: NDArray[np.bool_] = (touchdown_s >= bout.start_s) & (touchdown_s < bout.stop_s)
    return inside


def rows_of(table: StepTable, bout: Bout) -> StepTable:
    """The rows of a bout.

    Args:
        table: Rows of the session.
        bout: The stretch.

    Returns:
        Those whose foot lands in it.
    """
    return table.select(in_bout(table, bout))
