"""The axes of the step overlay: the same for both feet, and in round steps so that they seldom move."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF

from viewer.steps.foot_view import FootView, Options, Scale

LONGEST = 1.3
"""The time axis ends at this many times the usual contact, whatever a single long one does."""
ROUND_MS = 10.0
ROUND = {"N": 100.0, "BW": 0.1}
MARGIN = 0.06
"""Of the x axis, free on either side: the fitted curves begin before touchdown."""


def limits(views: Sequence[FootView], options: Options, scale: Scale) -> QRectF:
    """Find what the axes span.

    Args:
        views: Of each foot.
        options: What is shown.
        scale: Unit of force.

    Returns:
        The span, y upwards.
    """
    end = _end(views) if options.over_time else 100.0
    low, high = _force(views)
    step = ROUND[scale.unit]
    if options.component == "Fz":
        top = math.ceil(1.05 * high / step) * step
        bottom = -0.03 * top
    else:
        room = 0.08 * (high - low)
        bottom, top = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    return QRectF(-MARGIN * end, bottom, (1.0 + 2.0 * MARGIN) * end, max(top, step) - bottom)


def _end(views: Sequence[FootView]) -> float:
    """Of the time axis, ms."""
    contact = np.concatenate([view.stances[0][:, -1] for view in views])
    ends = [view.reference.x[-1] for view in views if view.reference]
    if contact.size:
        ends.append(min(contact.max(), LONGEST * float(np.median(contact))))
    return math.ceil(max(ends, default=250.0) / ROUND_MS) * ROUND_MS


def _force(views: Sequence[FootView]) -> tuple[float, float]:
    """Lowest and highest force drawn."""
    found = [np.zeros(1)]
    for view in views:
        found.append(view.stances[1].ravel())
        found += [band.mean + side * np.nan_to_num(band.sd) for band in (view.reference,) if band for side in (-1, 1)]
        if view.parts:
            found.append(view.parts.limb + view.parts.body)
    every = np.concatenate(found)
    return float(np.nanmin(every)), float(np.nanmax(every))


def axis_labels(options: Options, scale: Scale) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the axes.

    Args:
        options: What is shown.
        scale: Unit of force.

    Returns:
        Labels of the x and of the y axis, each also in fewer words.
    """
    unit = scale.unit
    force: tuple[str, ...] = (f"vertical force, {unit}", f"force, {unit}", unit)
    if options.component == "Fx":
        force = (f"fore-aft force, {unit} (+ forward)", f"fore-aft force, {unit}", f"fore-aft, {unit}", unit)
    if options.over_time:
        return ("time from touchdown, ms", "time, ms", "ms"), force
    return ("share of contact, %", "contact, %", "%"), force
