"""Stretches of a session that can be compared: its bouts, its halves, or a selection. No Qt."""

from collections.abc import Iterable

import numpy as np

from daq.bouts import BoutSpan, named_spans
from viewer.source import Happening

WHOLE, FIRST_HALF, SECOND_HALF, SELECTION = "Whole session", "First half", "Second half", "Loop selection"


def bouts_of(happenings: Iterable[Happening], last_s: float) -> tuple[BoutSpan, ...]:
    """The named bouts of a session.

    A bout lasts until the next one, until one without a name, which only ends it, or until the session's end. What
    lies before the first one belongs to none.

    Args:
        happenings: What was noted, in order of time.
        last_s: The session's end.

    Returns:
        Bouts in order of time; a name that comes again gets a number: "easy", "easy (2)".
    """
    noted = [(some.time_s, some.text) for some in happenings if some.kind == "bout"]
    return tuple(named_spans(noted, last_s))


def stretches(
    happenings: Iterable[Happening], first_s: float, last_s: float, selection: tuple[float, float] | None = None
) -> tuple[BoutSpan, ...]:
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
    halves = BoutSpan(FIRST_HALF, first_s, middle_s), BoutSpan(SECOND_HALF, middle_s, after)
    rest = [*halves, BoutSpan(WHOLE, first_s, after)]
    if selection is not None:
        rest.append(BoutSpan(SELECTION, *selection))
    return (*bouts_of(happenings, last_s), *rest)
