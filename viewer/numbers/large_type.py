"""Numbers that fill the window, to be read from the treadmill.

Letters are read at a distance if they stand at least 1/150 of it tall: 20 mm at 3 m, some 75 px on a usual screen
(0.27 mm a pixel). In a window of 1280 × 720 the digits of two numbers are at least 120 px tall, some 32 mm.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from viewer.beat.metronome import Metronome
from viewer.numbers.big_numbers import TILES
from viewer.numbers.large_tile import LargeTile
from viewer.numbers.pulse import Pulse
from viewer.numbers.tile_panel import TilePanel
from viewer.source import Scene
from viewer.theme import Theme

NUMBERS = (1, 2, 3, 4)
_GAP_px = 8


class LargeType(TilePanel):
    """One to four numbers, as large as there is room.

    Args:
        theme: Colours.
        parent: The widget it is in.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._large = [LargeTile(theme, column) for column in TILES]
        self.pulse = Pulse(theme)
        super().__init__(theme, self._large, parent)
        self.numbers = 2
        """How many are shown."""
        words = {n: f"{n} numbers" if n > 1 else "1 number" for n in NUMBERS}
        self._add_menu("&Numbers", words, self.set_numbers, lambda: self.numbers)
        self.pulse.setParent(self)
        self._arrange()

    def refresh(self, scene: Scene) -> None:
        """Show the numbers of a moment, and let the metronome beat.

        Args:
            scene: The moment.
        """
        super().refresh(scene)
        self.pulse.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours.

        Args:
            theme: The colours.
        """
        super().apply_theme(theme)
        self.pulse.apply_theme(theme)

    def set_metronome(self, metronome: Metronome | None) -> None:
        """Show this metronome's beat while it runs.

        Args:
            metronome: The metronome, or None.
        """
        self.pulse.set_metronome(metronome)

    def set_numbers(self, numbers: int) -> None:
        """Show so many numbers.

        Args:
            numbers: One of `NUMBERS`.
        """
        self.numbers = numbers
        self._arrange()
        self._again()

    def state(self) -> dict[str, Any]:
        """What to remember: plain lists and numbers."""
        return {**super().state(), "numbers": self.numbers}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was remembered; what is not understood is left as it is.

        Args:
            state: From `state`.
        """
        self.numbers = state["numbers"] if state.get("numbers") in NUMBERS else self.numbers
        super().restore(state)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        self._arrange()

    def _visible(self) -> list[LargeTile]:
        return self._large[: self.numbers]

    def _arrange(self) -> None:
        """Divide the window in the way that gives the tallest digits."""
        shapes = [(across, -(-self.numbers // across)) for across in range(1, self.numbers + 1)]
        across, down = max(shapes, key=lambda shape: self._digits_px(*shape))
        width, height = self._cell(across, down)
        for place, tile in enumerate(self._large):
            tile.setVisible(place < self.numbers)
            row, column = divmod(place, across)
            x, y = column * (width + _GAP_px), row * (height + _GAP_px)
            last_alone = place == self.numbers - 1 and column == 0
            tile.setGeometry(int(x), int(y), self.width() if last_alone else int(width), int(height))
        size = max(24, min(self.width(), self.height()) // 9)
        for place, tile in enumerate(self._large):
            tile.corner_px = 2 * size if place == across - 1 else 0
        self.pulse.setGeometry(self.width() - 3 * size, 0, 3 * size, size)
        self.pulse.raise_()

    def _cell(self, across: int, down: int) -> tuple[float, float]:
        """Width and height of a tile, px."""
        return (self.width() - _GAP_px * (across - 1)) / across, (self.height() - _GAP_px * (down - 1)) / down

    def _digits_px(self, across: int, down: int) -> float:
        """Height of the smallest number's digits."""
        box = QRectF(0, 0, *self._cell(across, down))
        return min(tile.digits_px(box) for tile in self._visible())
