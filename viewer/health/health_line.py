"""The line at the bottom that is always there: the worst in words, the rest as small items, all of it on a click."""

import time

from PySide6.QtWidgets import QHBoxLayout, QWidget

from viewer.controls.buttons import Button
from viewer.health.belt_load import Visited
from viewer.health.ending import Ending
from viewer.health.health import health
from viewer.health.health_item import Item
from viewer.health.health_panel import HealthPanel
from viewer.health.health_settled import Settled
from viewer.health.health_strip import Strip
from viewer.source import Scene, Source
from viewer.theme import Theme

EVERY_S = 0.25
"""As often as a recorder says how it is; faster nobody reads."""


class HealthLine(QWidget):
    """The health line.

    Args:
        theme: Colours.
        parent: The window.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._next_s = 0.0
        self._source: object | None = None
        self._settled, self._ending, self._visited = Settled(), Ending(), Visited()
        self.items: tuple[Item, ...] = ()
        self.strip = Strip(theme)
        self.button = Button("All checks", "", "Every check with its number, its limit and what to do", "")
        self.panel = HealthPanel(theme, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 8, 3)
        row.addWidget(self.strip, 1)
        row.addWidget(self.button)
        self.button.clicked.connect(self.toggle_panel)
        self.strip.pressed.connect(self.toggle_panel)

    def refresh(self, scene: Scene) -> None:
        """Show how the source is doing.

        Args:
            scene: What the window shows.
        """
        now_s, source = time.monotonic(), scene.source
        if source is self._source and now_s < self._next_s:
            return
        if source is not self._source:
            self._source = source
            self._settled, self._ending, self._visited = Settled(), Ending(), Visited()
        self._next_s = now_s + EVERY_S
        self.items = self._settled.feed(self._items(source), now_s)
        self.strip.show_items(self.items, source.working)
        self.panel.show_items(self.items)

    def _items(self, source: Source) -> tuple[Item, ...]:
        status, rate = source.status, source.facts.sample_rate_Hz
        if status is None:
            return health(status, source.lights, source.live, rate)
        died, visited = self._ending.died(status), self._visited.feed(source)
        return health(status, source.lights, source.live, rate, died=died, visited=visited)

    def toggle_panel(self) -> None:
        """Open or close the list of all checks."""
        if self.panel.isVisible():
            self.panel.hide()
        else:
            self.panel.appear()

    def close_panel(self) -> bool:
        """Close the list of all checks.

        Returns:
            Whether it was open.
        """
        was_open = self.panel.isVisible()
        self.panel.hide()
        return was_open

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        self.strip.apply_theme(theme)
        self.panel.apply_theme(theme)
        self.button.apply_theme(theme)
