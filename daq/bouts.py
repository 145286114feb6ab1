"""Bouts of a session: stretches that somebody named while it was recorded, and the steps that belong to each."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from daq.session_reader import Session


@dataclass(frozen=True)
class BoutSpan:
    """A stretch of a session."""

    name: str
    """What it is called; a name that came before gets a number: "easy", "easy (2)". Empty for a whole session."""
    start_s: float
    """Its beginning, device time since the first sample, s."""
    end_s: float
    """Its end, likewise; that moment belongs to it no more."""
    said: str = ""
    """The name as it was given, without a number."""


def session_bouts(session: Session) -> list[BoutSpan]:
    """The bouts of a session.

    A bout lasts until the next one, until one without a name, which only ends it, or until the session's end. What
    lies before the first one belongs to none.

    Args:
        session: Open session.

    Returns:
        Bouts in order of time; a session in which none was named is one, without a name, from 0 to its end.
    """
    noted = [(event.row, event.text) for event in session.events if event.kind == "bout"]
    end_s = _end_s(session)
    if not noted:
        return [BoutSpan("", 0.0, end_s)]
    return named_spans([(_time_s(session, row), text) for row, text in noted], end_s)


def named_spans(noted: Iterable[tuple[float, str]], end_s: float) -> list[BoutSpan]:
    """Bouts, from the moments at which they were named.

    Args:
        noted: Time, s, and name, in order of time; a name without letters ends a bout and begins none.
        end_s: The session's end, s.

    Returns:
        Bouts in order of time, none of them empty.
    """
    begun = [(time_s, text.strip()) for time_s, text in noted]
    ends = [*(time_s for time_s, _ in begun[1:]), end_s]
    counts: dict[str, int] = {}
    spans = []
    for (start_s, said), stop_s in zip(begun, ends, strict=False):
        if said and stop_s > start_s:
            counts[said] = counts.get(said, 0) + 1
            name = said if counts[said] == 1 else f"{said} ({counts[said]})"
            spans.append(BoutSpan(name, start_s, stop_s, said))
    return spans


def in_span(table: StepTable, span: BoutSpan) -> NDArray[np.bool_]:
    """Which steps belong to a bout: those whose touchdown lies in it, so that each belongs to one at most.

    Args:
        table: Steps of the session.
        span: The bout.

    Returns:
        (rows,) a mask.
    """
    touchdown_s = table["touchdown_s"]
    inside: NDArray[np.bool_] = (touchdown_s >= span.start_s) & (touchdown_s < span.end_s)
    return inside


def span_table(table: StepTable, span: BoutSpan) -> StepTable:
    """The steps of a bout.

    Args:
        table: Steps of the session.
        span: The bout.

    Returns:
        Those whose touchdown lies in it.
    """
    return table.select(in_span(table, span))


def bout_tables(session: Session, table: StepTable) -> list[tuple[BoutSpan, StepTable]]:
    """A session's steps, cut into its bouts.

    Args:
        session: Open session.
        table: Its steps, under any protocol.

    Returns:
        Each bout with its steps, in order of time.
    """
    return [(span, span_table(table, span)) for span in session_bouts(session)]


def _time_s(session: Session, row: int) -> float:
    """Time of a row since the first one; of the row behind the last, the session's end."""
    if row >= session.rows:
        return _end_s(session)
    first, here = session.session_ticks(0, 1), session.session_ticks(row, row + 1)
    return float(here[0] - first[0]) / session.header.tick_rate_Hz


def _end_s(session: Session) -> float:
    """The session's end: one sample behind its last one, so that a step may begin on that."""
    if not session.rows:
        return 0.0
    header = session.header
    return _time_s(session, session.rows - 1) + 1.0 / header.sample_rate_Hz
