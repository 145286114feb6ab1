"""The metronome's menu: off, a cadence, or some per cent above the runner's own."""

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from viewer.beat.metronome import FASTEST_SPM, SLOWEST_SPM, Metronome
from viewer.numbers.chosen_steps import LAST_MINUTE
from viewer.numbers.trends import latest
from viewer.source import Scene

SHARES = (1.0, 1.05, 1.075, 1.1)
"""Of the runner's own cadence: the steps of Heiderscheit et al. (2011), Med Sci Sports Exerc 43:296."""
USUAL_SPM = 180.0

Say = Callable[[str, str], object]


def metronome_menu(parent: QWidget, metronome: Metronome, scene: Scene, say: Say) -> QMenu:
    """Make the menu anew.

    Args:
        parent: Widget over which it opens.
        metronome: What it governs.
        scene: What is shown: gives the runner's own cadence.
        say: Tells the user something, with a level ("green", "amber").

    Returns:
        The menu.
    """
    menu = QMenu("Metronome", parent)
    own_spm = latest(scene.source.table, "cadence_spm", "", LAST_MINUTE) if scene.rows else None

    def beat(cadence_spm: float) -> None:
        metronome.start(cadence_spm)
        if metronome.problem:
            say(f"No sound: {metronome.problem} The beat is shown in large type.", "amber")
        else:
            say(f"Metronome at {cadence_spm:.0f} steps/min.", "green")

    def ask() -> None:
        start = metronome.cadence_spm or own_spm or USUAL_SPM
        value, agreed = QInputDialog.getDouble(
            parent, "Metronome", "Steps per minute", start, SLOWEST_SPM, FASTEST_SPM, 1
        )
        if agreed:
            beat(value)

    off = menu.addAction("Off", metronome.stop)
    off.setCheckable(True)
    off.setChecked(not metronome.running)
    menu.addSeparator()
    if own_spm is not None and math.isfinite(own_spm):
        for share in SHARES:
            words = "own cadence" if share == 1.0 else f"own cadence +{100 * (share - 1):g} %"
            menu.addAction(f"{own_spm * share:.0f} steps/min, {words}", partial(beat, own_spm * share))
    menu.addAction("Another cadence …", ask)
    return menu
