"""What a session file says besides force and steps, for the window."""

from typing import Any

import numpy as np

from analysis.quality import Light
from analysis.setup import Setup
from daq.force_layout import ForceLayout
from daq.session import Session
from daq.setups import Instrument
from viewer.source import Facts, Happening

MOST_GAPS = 200
"""Gaps named on the curve, the largest first; more would be a grey smear, and the health line counts them all."""


def facts_of(session: Session, setup: Setup, rig: Instrument) -> Facts:
    """What does not change.

    Args:
        session: The session.
        setup: What its analysis knows.
        rig: The treadmill, or what an imported force is of.

    Returns:
        The facts.
    """
    header = session.header
    return Facts(
        title=session.path.stem,
        rig=header.rig_name,
        runner=setup.runner.name,
        protocol=setup.protocol.name,
        sample_rate_Hz=header.sample_rate_Hz,
        belts=tuple(belt.name for belt in setup.belts),
        observable=frozenset.intersection(*(belt.observable for belt in setup.belts)),
        belt_speed_m_s=setup.runner.belt_speed_m_s,
        recorded_utc=header.created_utc,
        registration=setup.runner.registration,
        shoe_length_m=setup.runner.shoe_length_m,
        belt_size_m=_belt_size_m(rig),
    )


def _belt_size_m(rig: Instrument) -> tuple[float, float] | None:
    if isinstance(rig, ForceLayout):
        return rig.surface_m
    return rig.machine.surface_length_m, rig.machine.surface_width_m


def happenings_of(session: Session) -> tuple[Happening, ...]:
    """Markers, bouts, notes, tares, gaps and resets, in order of time.

    Args:
        session: The session.

    Returns:
        What was noted.
    """
    if not session.rows:
        return ()
    origin = int(session.session_ticks(0, 1)[0])

    def seconds(row: int) -> float:
        row = min(row, session.rows - 1)
        return (int(session.session_ticks(row, row + 1)[0]) - origin) / session.header.tick_rate_Hz

    found = [Happening(seconds(event.row), event.kind, event.text) for event in session.events]
    lost, rows = session.gaps.lost, session.gaps.row
    size = np.where(lost < 0, np.iinfo(np.int64).max, lost)
    for k in np.argsort(-size, kind="stable")[:MOST_GAPS].tolist():
        reset = int(lost[k]) < 0
        text = "the device rebooted" if reset else f"{int(lost[k]):,} frames lost"
        found.append(Happening(seconds(int(rows[k])), "reset" if reset else "gap", text))
    return tuple(sorted(found, key=lambda happening: happening.time_s))


def stored_lights(attributes: dict[str, Any]) -> tuple[tuple[Light, ...], dict[str, str], dict[str, str]]:
    """Lights and reasons as they were stored with the steps; nothing for a session that has none.

    Args:
        attributes: `Session.steps_attrs`.

    Returns:
        The lights, why columns are empty, and why others are greyed out.
    """
    try:
        lights = tuple(Light(**light) for light in attributes.get("quality", ()))
        missing, doubtful = (
            {str(name): str(why) for name, why in attributes.get(kept, {}).items()} for kept in ("missing", "doubtful")
        )
    except (TypeError, AttributeError):
        return (), {}, {}
    return lights, missing, doubtful
