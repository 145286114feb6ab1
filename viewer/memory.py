"""What the window remembers of a person's choices from one time to the next."""

import json
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings

from viewer.theme import LIGHT, THEMES

if TYPE_CHECKING:
    from viewer.stage import Stage
    from viewer.window import Window

KEY = "window"


class Memory:
    """Choices as one JSON object in the user's settings; damaged ones are forgotten.

    Args:
        settings: Where they are kept; None for the user's own.
        kept: Whether to read and write them at all; a picture for a document depends on nobody's choices.
    """

    def __init__(self, settings: QSettings | None, *, kept: bool) -> None:
        self._settings = (settings or QSettings("stance", "stance")) if kept else None
        self._state: dict[str, Any] = {}
        if self._settings is not None:
            try:
                state = json.loads(str(self._settings.value(KEY, "{}")))
            except ValueError:
                state = {}
            self._state = state if isinstance(state, dict) else {}

    @property
    def theme(self) -> str:
        """Name of the colours used last."""
        name = self._state.get("theme")
        return name if name in THEMES else LIGHT.name

    @property
    def size(self) -> tuple[int, int] | None:
        """Size used last, pixels; None at first."""
        match self._state.get("size"):
            case [int(width), int(height)] if 320 <= width <= 20_000 and 240 <= height <= 20_000:
                return width, height
        return None

    def furnish(self, stage: "Stage") -> None:
        """Give the views the choices made last time.

        Args:
            stage: The views.
        """
        for name, view in (("numbers", stage.numbers), ("large", stage.large)):
            state = self._state.get(name)
            if isinstance(state, dict):
                view.restore(state)
        span = self._state.get("span_s")
        if isinstance(span, int | float):
            stage.curve.set_span(float(span))
        stage.set_units(self._state.get("in_BW") is True)

    def keep(self, window: "Window") -> None:
        """Remember the choices of a window that closes, or that turns to another source.

        Args:
            window: The window.
        """
        stage = window.stage
        self._state = {
            "theme": window.theme.name,
            "size": None if window.isFullScreen() or window.isMaximized() else [window.width(), window.height()],
            "span_s": stage.curve.span_s,
            "in_BW": stage.in_BW,
            "numbers": stage.numbers.state(),
            "large": stage.large.state(),
        }
        if self._settings is not None:
            self._settings.setValue(KEY, json.dumps(self._state))
