"""What the transport says."""

import numpy as np

from viewer.source import Scene
from viewer.time.playback import Playback
from viewer.time.times import clock

PAUSE_S = 2.0
"""So long after toe-off nobody runs any more."""
SIDES = {"L": "left", "R": "right"}


def speed_words(speed: float) -> str:
    """A speed, for people: "0.25×"."""
    return f"{speed:g}×"


def step_words(scene: Scene) -> str:
    """The stance that is complete on the screen: "Step 43, left"; a dash where nobody runs."""
    table = scene.source.table
    row = min(scene.rows, table.rows) - 1
    if row < 0:
        return "–"
    end_s = np.fmax(table["toe_off_s"][row], table["touchdown_s"][row])
    if scene.now_s - end_s > PAUSE_S:
        return "–"
    side = SIDES.get(str(table["side"][row]), "side not known")
    return f"Step {int(table['step'][row]):,}, {side}"


def behind_words(playback: Playback) -> str:
    """How far what is shown lies behind what happens; nothing while it is followed."""
    if not playback.live or playback.following:
        return ""
    behind = (
        f"{playback.behind_s:.0f} s behind" if playback.behind_s < 120 else f"{clock(playback.behind_s)} min behind"
    )
    return behind if playback.playing else f"frozen, {behind}"


def position_words(playback: Playback) -> str:
    """The moment shown, and of a recorded session its length: "12:34.5 / 60:00"."""
    now = clock(playback.now_s, 1)
    return now if playback.live else f"{now} / {clock(playback.last_s)}"
