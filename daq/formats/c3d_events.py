"""Events of a C3D file: the groups EVENT and EVENT_CONTEXT, as motion-capture programs know them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daq.formats.c3d_parameters import LIST, Group, bytes_, floats, integer, integers, texts

STRIKE, OFF = "Foot Strike", "Foot Off"
CONTEXTS = {"L": "Left", "R": "Right"}
GENERAL = "General"
MOST_EVENTS = 12 * LIST
"""Most events of one file: with them, the parameter section is nearly full."""
MOST_LABEL = 32
"""Longest label, bytes."""
_COLOURS = {"Left": (1.0, 0.0, 0.0), "Right": (0.0, 1.0, 0.0), GENERAL: (0.0, 0.0, 1.0)}
_ICONS = {STRIKE: 1, OFF: 2}


@dataclass(frozen=True)
class C3dEvent:
    """Something at one moment."""

    time_s: float
    """Time since the session's first sample, s."""
    label: str
    """"Foot Strike", "Foot Off", or the name of a bout or marker."""
    context: str = GENERAL
    """"Left", "Right" or "General"."""
    meaning: str = ""
    """A word more, for example why a step is not valid."""


def event_groups(events: Sequence[C3dEvent], start_s: float, subject: str) -> list[Group]:
    """Put events into groups.

    Args:
        events: In order of time.
        start_s: Time of the file's first sample, s: times in the file count from it.
        subject: Pseudonym, or nothing.

    Returns:
        EVENT and EVENT_CONTEXT.
    """
    parameters = [integer("USED", len(events), "number of events")]
    for number, begin in enumerate(range(0, len(events), LIST), 1):
        part, more = events[begin : begin + LIST], "" if number == 1 else str(number)
        minutes, seconds = np.divmod([event.time_s - start_s for event in part], 60.0)
        parameters += [
            texts(f"CONTEXTS{more}", [event.context for event in part]),
            texts(f"LABELS{more}", [event.label for event in part], most=MOST_LABEL),
            texts(f"DESCRIPTIONS{more}", [event.meaning for event in part], most=MOST_LABEL),
            floats(f"TIMES{more}", np.column_stack([minutes, seconds]), (2, len(part)),
                   "minutes, seconds since the first sample"),
            texts(f"SUBJECTS{more}", [subject] * len(part)),
            integers(f"ICON_IDS{more}", [_ICONS.get(event.label, 0) for event in part]),
            bytes_(f"GENERIC_FLAGS{more}", [0] * len(part)),
        ]  # fmt: skip
    names = list(_COLOURS)
    contexts = (
        integer("USED", len(names)),
        texts("LABELS", names),
        texts("DESCRIPTIONS", ["left side", "right side", "no side, or one not known"]),
        floats("COLOURS", [part for name in names for part in _COLOURS[name]], (3, len(names))),
        integers("ICON_IDS", [0] * len(names)),
    )
    return [
        Group("EVENT", "touchdowns, toe-offs, bouts and markers", tuple(parameters)),
        Group("EVENT_CONTEXT", "sides that events belong to", contexts),
    ]
