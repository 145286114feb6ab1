"""What of a session becomes events of C3D files, and where a long session is cut because one file cannot hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.flags import INVALIDATING, flag_list
from analysis.steps import StepTable
from daq.formats.c3d_events import CONTEXTS, GENERAL, MOST_EVENTS, OFF, STRIKE, C3dEvent
from daq.formats.c3d_out import frame_length
from daq.formats.force_rows import ForceRows, Segment
from daq.session import Session

SAID = {"bout": "end of bout", "marker": "marker", "note": "note"}
"""Kinds of events that go out, with the label of one whose text is empty or was not asked for."""


@dataclass(frozen=True)
class Piece:
    """What one file holds."""

    segment: Segment
    """Rows without a gap."""
    events: tuple[C3dEvent, ...]
    """Events in that time."""
    per_frame: int
    """Samples per frame."""


def step_events(table: StepTable) -> list[C3dEvent]:
    """Touchdowns and toe-offs.

    Args:
        table: Steps of the session.

    Returns:
        Two events per step, where their times are known.
    """
    found = []
    for side, begin, end, flags in zip(
        *(table[name].tolist() for name in ("side", "touchdown_s", "toe_off_s", "flags")), strict=True
    ):
        why = ", ".join(flag_list(flags & INVALIDATING))
        context = CONTEXTS.get(side, GENERAL)
        meaning = f"not valid: {why}" if why else ""
        found += [
            C3dEvent(time_s, label, context, meaning)
            for time_s, label in ((begin, STRIKE), (end, OFF)) if np.isfinite(time_s)
        ]  # fmt: skip
    return found


def said_events(session: Session, *, notes: bool = False, bouts: bool = False) -> list[C3dEvent]:
    """Bouts and markers. What people typed may tell who they are, so it goes out only where that was asked for.

    Args:
        session: Open session.
        notes: Whether notes and the texts of markers may go out.
        bouts: Whether names of bouts may; otherwise bouts get numbers, those of one name the same.

    Returns:
        Events without a side, labelled with what was said, or with what kind they are.
    """
    kinds = {kind for kind in SAID if notes or kind != "note"}
    noted = [event for event in session.events if event.kind in kinds and session.rows]
    origin = int(session.session_ticks(0, 1)[0]) if noted else 0
    numbers: dict[str, int] = {}
    found = []
    for event in noted:
        row = min(event.row, session.rows - 1)
        time_s = (int(session.session_ticks(row, row + 1)[0]) - origin) / session.header.tick_rate_Hz
        text = event.text.strip()
        if event.kind == "bout" and text and not bouts:
            text = f"bout {numbers.setdefault(text, len(numbers) + 1)}"
        elif event.kind != "bout" and not notes:
            text = ""
        found.append(C3dEvent(time_s, text or SAID[event.kind], meaning=event.kind))
    return found


def cut_pieces(rows: ForceRows, part: Segment, events: Sequence[C3dEvent], most: int = MOST_EVENTS) -> list[Piece]:
    """Divide a stretch so that each file can hold its events; cuts lie just before touchdowns, in flight.

    Args:
        rows: The force.
        part: Which of its rows.
        events: Events of the session, in order.
        most: Most events of one file.

    Returns:
        Pieces in order of time; every sample and every event in exactly one, but for what does not fill a last frame.
    """
    rate_Hz = rows.rate_of(part)
    inside = [event for event in events if part.start_s <= event.time_s <= part.end_s]
    offsets = [round((time_s - part.start_s) * rate_Hz) for time_s in _cuts(inside, most)]
    longest = int(np.max(np.diff([0, *offsets, part.rows])))
    per_frame = frame_length(longest, rate_Hz)
    edges = [0, *(offset // per_frame * per_frame for offset in offsets), part.rows]
    pieces = []
    for start, stop in pairwise(edges):
        first, last = part.first + start, part.first + stop
        segment = Segment(first, stop - start, rows.times(first), rows.times(last - 1))
        end_s = part.end_s if stop == part.rows else rows.times(last)
        mine = tuple(e for e in inside if segment.start_s <= e.time_s < end_s or (e.time_s == end_s == part.end_s))
        pieces.append(Piece(segment, mine, per_frame))
    return pieces


def _cuts(events: Sequence[C3dEvent], most: int) -> list[float]:
    """Times between events such that no more than `most` lie between two of them."""
    cuts: list[float] = []
    begin = 0
    while len(events) - begin > most:
        end = begin + most
        while end > begin + 1 and not (events[end].label == STRIKE and events[end - 1].label == OFF):
            end -= 1
        end = end if end > begin + 1 else begin + most
        cuts.append((events[end - 1].time_s + events[end].time_s) / 2.0)
        begin = end
    return cuts
