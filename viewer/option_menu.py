"""The options menu: what each view lets one choose, in one place."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from viewer.beat.metronome_menu import metronome_menu

if TYPE_CHECKING:
    from viewer.window import Window


def option_menu(window: "Window") -> QMenu:
    """Gather the choices of the views on the page in front.

    Args:
        window: The window.

    Returns:
        The menu, made anew each time it is opened.
    """
    stage = window.stage
    menu = QMenu(window)
    menu.setToolTipsVisible(True)
    _spans(menu, window)
    for title, view in (
        ("Steps", stage.overlay),
        ("Centre of pressure", stage.cop),
        ("Numbers", stage.numbers),
        ("Large type", stage.large),
    ):
        _add(menu, title, view)
    menu.addSeparator()
    menu.addAction("Reference from a session …", lambda: _choose_reference(window))
    menu.addAction("Targets …", stage.numbers.edit_targets)
    menu.addMenu(metronome_menu(window, window.metronome, stage.scene, stage.controls.toasts.say))
    return menu


def _spans(menu: QMenu, window: "Window") -> None:
    spans = menu.addMenu("Seconds of force shown")
    for seconds in window.stage.curve.spans_s:
        action = spans.addAction(span_words(seconds))
        action.setCheckable(True)
        action.setChecked(seconds == window.stage.curve.span_s)
        action.triggered.connect(lambda _, seconds=seconds: window.stage.curve.set_span(seconds))


def span_words(seconds: float) -> str:
    """A span for people: "10 s", "5 min"."""
    return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"


def _add(menu: QMenu, title: str, view: QWidget) -> None:
    actions: list[QAction] = view.actions()
    if actions:
        menu.addMenu(title).addActions(actions)


def _choose_reference(window: "Window") -> None:
    path, _ = QFileDialog.getOpenFileName(window, "Session to compare with", "", "Sessions (*.h5)")
    if path:
        window.load_reference(Path(path))
