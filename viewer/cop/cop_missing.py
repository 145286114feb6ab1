"""Why a rig or a moment has no centre of pressure to show, in one friendly line."""

import numpy as np

from analysis.steps import StepTable
from viewer.source import Source
from viewer.steps.awaited import never

_NEEDS = {"feet": "My", "butterfly": "MxMy", "belt": "MxMy"}
"""Moments that a picture is made of."""
_PLACES = {"My": "how far ahead", "Mx": "how far to the side"}


def why_empty(source: Source, steps: StepTable, picture: str) -> str:
    """Say why a picture cannot be drawn.

    Args:
        source: What is shown.
        steps: The last rows.
        picture: "feet", "butterfly" or "belt".

    Returns:
        The reason; empty if it can.
    """
    unseen = [words for moment, words in _PLACES.items() if moment in _NEEDS[picture]
              and moment not in source.facts.observable]  # fmt: skip
    if unseen:
        return f"Where the force acts cannot be shown: this rig's sensors do not tell {' and '.join(unseen)}."
    if picture != "feet":
        return ""
    if not steps.rows:
        reason = never(source)
        return (
            f"No path under the feet: {reason}." if reason else "The paths under the feet appear with the first steps."
        )
    if np.isfinite(steps["cop_travel_mm"]).any():
        return ""
    reason = source.missing.get("cop_travel_mm", "")
    if not reason:
        return "The paths under the feet appear with the first whole steps."
    return f"No path under the feet: {reason}. The live place on the belt is in this view's menu."
