"""Buttons of the toolbar: an icon and a word, reached by Tab, pressed by Space although Space is also a shortcut."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from viewer.controls.keys import tip
from viewer.controls.toolbar_icons import SIZE, icon
from viewer.parts.focus import send_home
from viewer.stylesheet import shades
from viewer.theme import Theme

AROUND_WORD = 12
"""Between icon and word, and a little more."""
_PRESSING = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Button(QToolButton):
    """A button of the toolbar.

    Args:
        word: Beside the icon; empty for an icon alone.
        drawing: One of `viewer.controls.toolbar_icons.ICONS`; empty for a word alone.
        does: What it does, for the tooltip and for screen readers.
        key: Row of the table of keys that does the same; empty for none.
        parent: The toolbar.
    """

    def __init__(self, word: str, drawing: str, does: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing, self.key = drawing, key
        self._tinted = ("", "", "")
        self.setIconSize(QSize(SIZE, SIZE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take Space away from the curve
        self.setAccessibleName(word or does)
        self.says(does)
        self.set_word(word)

    def says(self, does: str) -> None:
        """Set tooltip and description.

        Args:
            does: What it does now.
        """
        words = tip(does, self.key) if self.key else does
        if words != self.toolTip():
            self.setToolTip(words)
            self.setAccessibleDescription(does)

    def set_word(self, word: str) -> None:
        """Set the word beside the icon.

        Args:
            word: Empty for none; its room is then given back.
        """
        if word != self.text() or self.toolButtonStyle() != self._style(word):
            self.setText(word)
            self.setToolButtonStyle(self._style(word))

    def word_room(self, word: str) -> int:
        """Width that a word takes on this button; rather too much than too little."""
        return self.fontMetrics().horizontalAdvance(word) + AROUND_WORD if word and not self.isHidden() else 0

    def tint(self, colour: str, disabled: str) -> None:
        """Draw the icon in a colour.

        Args:
            colour: As #rrggbb.
            disabled: While it cannot be used.
        """
        if self.drawing and (self.drawing, colour, disabled) != self._tinted:
            self._tinted = (self.drawing, colour, disabled)
            self.setIcon(icon(self.drawing, colour, disabled))

    def apply_theme(self, theme: Theme) -> None:
        """Draw the icon in the colours of the text."""
        shade = shades(theme)
        self.tint(shade.on_accent if self.isCheckable() and self.isChecked() else theme.ink, shade.disabled)

    def event(self, event: QEvent) -> bool:
        """Keep Space and Enter for oneself while focused."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _PRESSING:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space press it, once, however long they are held down."""
        if event.key() not in _PRESSING:
            super().keyPressEvent(event)
        elif self.isEnabled() and not event.isAutoRepeat():
            self.press_by_key("Space" if event.key() == Qt.Key.Key_Space else "Enter")

    def press_by_key(self, key: str) -> None:  # noqa: ARG002
        """Do what a click does.

        Args:
            key: "Space" or "Enter".
        """
        self.click()

    def setEnabled(self, enabled: bool) -> None:
        """Let the keyboard go before it is disabled: the next button must not get it."""
        if not enabled:
            send_home(self)
        super().setEnabled(enabled)

    def setVisible(self, visible: bool) -> None:
        """Let the keyboard go before it is hidden."""
        if not visible:
            send_home(self)
        super().setVisible(visible)

    def _style(self, word: str) -> Qt.ToolButtonStyle:
        style = Qt.ToolButtonStyle
        if not self.drawing:
            return style.ToolButtonTextOnly
        return style.ToolButtonTextBesideIcon if word else style.ToolButtonIconOnly


def gap(parent: QWidget | None = None) -> QFrame:
    """A thin line between groups of buttons."""
    line = QFrame(parent)
    line.setProperty("role", "gap")
    line.setFixedWidth(1)
    return line
