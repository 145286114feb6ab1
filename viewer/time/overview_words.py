"""What the overview says under the mouse."""

import numpy as np

from analysis.steps import StepTable
from viewer.report.words import decimals_for, label_of, number, unit_of
from viewer.time.overview_picture import Picture
from viewer.time.times import clock

NEAR_PX = 4
"""How near the mouse must be to what happened."""
SIDES = {"L": "left", "R": "right"}


def words_at(picture: Picture, table: StepTable, x: float) -> str:
    """Say what lies at a place.

    Args:
        picture: What is drawn.
        table: Steps of the session.
        x: In logical pixels from the left.

    Returns:
        Moment, bout, what happened there, and the step nearest to it, line by line.
    """
    time_s = picture.plan.time_at(x)
    lines = [clock(time_s, 1)]
    lines += [f"Bout: {bout.name}" for bout in picture.bouts if bout.start_s <= time_s < bout.end_s]
    for at, some in picture.ticks:
        if abs(at - x) <= NEAR_PX:
            text = f": {some.text}" if some.text else ""
            lines.append(f"{some.kind.capitalize()}{text}, {clock(some.time_s, 1)}")
    return "\n".join([*lines, *_step_words(picture, table, time_s)])


def _step_words(picture: Picture, table: StepTable, time_s: float) -> list[str]:
    """The step that begins nearest, if that is within a second or two pixels."""
    touchdown_s = table["touchdown_s"]
    after = int(np.searchsorted(touchdown_s, time_s))
    near = [row for row in (after - 1, after) if 0 <= row < touchdown_s.size]
    row = min(near, key=lambda row: abs(touchdown_s[row] - time_s), default=None)
    plan = picture.plan
    two_px_s = 2 * (plan.last_s - plan.first_s) / max(plan.right - plan.left, 1)
    if row is None or abs(touchdown_s[row] - time_s) > max(1.0, two_px_s):
        return []
    side = SIDES.get(str(table["side"][row]), "side not known")
    words = [f"Step {int(table['step'][row]):,}, {side}{'' if table['valid'][row] else ', not valid'}"]
    for lane in picture.lanes:
        value, unit = float(table[lane.column][row]), unit_of(lane.column)
        if np.isfinite(value):
            words.append(f"{label_of(lane.column)}: {number(value, decimals_for(value, unit))} {unit}")
    return words
