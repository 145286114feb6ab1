"""Where the keyboard goes when what has it goes away: home, never to the next button, which Space would press."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


def holds_focus(widget: QWidget) -> bool:
    """Whether it, or something in it, has the keyboard in its window, be the window in front or not."""
    focused = widget.window().focusWidget()
    return focused is not None and (focused is widget or widget.isAncestorOf(focused))


def send_home(widget: QWidget, before: QWidget | None = None) -> None:
    """Take the keyboard away from what is about to be hidden or disabled; Qt would give it to the next button.

    Args:
        widget: What goes.
        before: What had it before; None for the nearest thing around that a click would give it to.
    """
    if not holds_focus(widget):
        return
    home = before if before is not None and isValid(before) and before.isEnabled() else None
    while home is not None and not home.isVisible():
        home = _around(home)
    home = home or _around(widget)
    if home is None:
        widget.window().focusWidget().clearFocus()
    else:
        home.setFocus(Qt.FocusReason.OtherFocusReason)


def _around(widget: QWidget) -> QWidget | None:
    """The nearest thing around it that takes the keyboard with a click."""
    outer = widget.parentWidget()
    while outer is not None and not outer.focusPolicy() & Qt.FocusPolicy.ClickFocus:
        outer = outer.parentWidget()
    return outer
