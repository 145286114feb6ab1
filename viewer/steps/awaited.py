"""What the first steps are waiting for, as far as a moment tells."""

import math

import numpy as np

from analysis.bodyweight import STRIDES
from viewer.source import Scene, Source

BODY_WEIGHT = "finding body weight: run on"
LEFT_AND_RIGHT = "finding left and right"
FIRST_STEPS = "first steps on their way"
NO_STEPS = "no steps yet"
STEPPING_S = 5.0
"""A touchdown within this time means that somebody runs or walks."""
_BY_BELT = "Steps appear a second or two after they are made"
_BY_PLACE = "Steps appear after the first 10 to 24 of a run, some 4 to 9 s, when left and right are known"
_BY_WEIGHT = f"without --mass after {STRIDES} strides, when body weight is"


def awaited(scene: Scene) -> str:
    """What is awaited at a moment at which no step is over yet.

    Args:
        scene: The moment.

    Returns:
        One of the words above, how far an analysis is, or why there will never be a step.
    """
    source = scene.source
    if source.working:
        return source.working
    if reason := never(source):
        return f"no steps: {reason}"
    if not source.live or not _steps_under_way(scene):
        return NO_STEPS
    if math.isnan(source.bw_N):
        return BODY_WEIGHT
    return FIRST_STEPS if _told_by_belt(scene) else LEFT_AND_RIGHT


def awaited_at_length(scene: Scene) -> str:
    """The same as sentences, and when steps appear.

    Args:
        scene: The moment.

    Returns:
        For an empty plot.
    """
    source, words = scene.source, awaited(scene)
    said = words[:1].upper() + words[1:]
    if source.working:
        return f"{said} …"
    if never(source):
        return f"{said}."
    if not source.live:
        return f"{said}." if source.table.rows else "No steps in this session."
    if words == BODY_WEIGHT:
        return f"{said}. Steps appear after {STRIDES} strides, when it is known; with --mass they appear sooner."
    when = _BY_BELT if _told_by_belt(scene) else _BY_PLACE
    return f"{said}. {when}" + (f"; {_BY_WEIGHT}." if math.isnan(source.bw_N) else ".")


def never(source: Source) -> str:
    """Why this source can have no steps at all; empty if it can."""
    return "" if source.table.rows else source.missing.get("contact_time_ms", "")


def _told_by_belt(scene: Scene) -> bool:
    """Whether each foot has a belt of its own."""
    return {"L", "R"} <= set(scene.source.facts.belts)


def _steps_under_way(scene: Scene) -> bool:
    """Whether a contact has begun lately; who stands does not step."""
    contact = scene.source.samples(scene.now_s - STEPPING_S, scene.now_s).contact
    return bool(np.any(contact[:, 1:] & ~contact[:, :-1]))
