"""The panel of large numbers: tiles whose metric can be chosen, with their course over the last minutes."""

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from viewer.numbers.number_tile import NumberTile
from viewer.numbers.tile_panel import TilePanel
from viewer.numbers.trends import cut, trends
from viewer.source import Scene
from viewer.theme import Theme

TILES = ("cadence_spm", "contact_time_ms", "braking_impulse_BW_s", "hf_peak_BW")
MINUTES = (1, 5, 15)
_BEST_SHAPE = 2.3  # width over height at which a tile is read most easily


class BigNumbers(TilePanel):
    """Large numbers with their course and their targets.

    Args:
        theme: Colours.
        parent: The widget it is in.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._courses = [NumberTile(theme, column) for column in TILES]
        super().__init__(theme, self._courses, parent)
        self.minutes = 5
        """How much of the course is shown."""
        self._add_menu("&Course of", {n: f"last {n} min" for n in MINUTES}, self.set_minutes, lambda: self.minutes)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._across = 0
        self._arrange()

    def set_minutes(self, minutes: int) -> None:
        """Show the course of so many minutes.

        Args:
            minutes: One of `MINUTES`.
        """
        self.minutes = minutes
        self._again()

    def state(self) -> dict[str, Any]:
        """What to remember: plain lists and numbers."""
        return {**super().state(), "minutes": self.minutes}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was remembered; what is not understood is left as it is.

        Args:
            state: From `state`.
        """
        self.minutes = state["minutes"] if state.get("minutes") in MINUTES else self.minutes
        super().restore(state)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the tiles so that they are neither flat nor narrow."""
        super().resizeEvent(event)
        self._arrange()

    def _show_more(self, scene: Scene) -> None:
        for tile in self._courses:
            part = cut(*self._steps_of(tile, scene), tile.column)
            end_s = tile.face.reading.ended_s if tile.face else math.nan
            if math.isnan(end_s):
                tile.show_course((), (0.0, 60.0))
                continue
            # Up to the newest step, so that it moves only when there is one; a young session fills its curves sooner.
            whole_minutes = math.ceil((end_s - float(part["touchdown_s"][0])) / 60.0)
            begin_s = end_s - 60.0 * min(self.minutes, max(1, whole_minutes))
            tile.show_course(trends(part, tile.column, begin_s, self.count), (begin_s, end_s))

    def _arrange(self) -> None:
        """Choose how many tiles stand side by side."""
        n = len(self.tiles)
        across = min((1, 2, n), key=lambda k: abs(math.log(self._shape(k) / _BEST_SHAPE)))
        if across == self._across:
            return
        self._across = across
        for place, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, place // across, place % across)
        for line in range(n):
            self._grid.setColumnStretch(line, 1 if line < across else 0)
            self._grid.setRowStretch(line, 1 if line < -(-n // across) else 0)

    def _shape(self, across: int) -> float:
        """Width over height of a tile if so many stand side by side."""
        down = -(-len(self.tiles) // across)
        return max(1, self.width()) / across / (max(1, self.height()) / down)
