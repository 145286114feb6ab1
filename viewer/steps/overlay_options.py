"""Choices of the step overlay: the same actions in a row of small buttons, in the context menu and in the window's."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from viewer.steps.foot_view import Options
from viewer.theme import Theme

COUNTS = (5, 10, 20, 50)
SPACING_PX = 8


@dataclass(frozen=True)
class Choice:
    """One value of an option."""

    option: str
    """Field of `Options`."""
    value: object
    """What it becomes."""
    short: str
    """On a button."""
    words: str
    """In a menu."""


CHOICES = (
    *(Choice("count", n, str(n), f"Last {n} steps of each foot") for n in COUNTS),
    Choice("over_time", True, "ms", "Over time from touchdown"),
    Choice("over_time", False, "%", "Over share of contact"),
    Choice("component", "Fz", "vertical", "Vertical force"),
    Choice("component", "Fx", "fore-aft", "Fore-aft force"),
    Choice("mean_parts", False, "this step", "Heel impact and midfoot loading of the current step"),
    Choice("mean_parts", True, "mean", "Heel impact and midfoot loading, mean of the steps shown"),
)
BEFORE = {"count": "Last", "mean_parts": "Areas"}
"""Words before the buttons of an option …"""
BEHIND = {"count": "per foot"}
"""… and behind them."""


class OptionActions(QObject):
    """Actions that change the options.

    Args:
        changed: Called with the new options.
        parent: Owner.
    """

    def __init__(self, changed: Callable[[Options], None], parent: QObject) -> None:
        super().__init__(parent)
        self.options, self._changed = Options(), changed
        self.by_choice: dict[Choice, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for choice in CHOICES:
            group = groups.setdefault(choice.option, QActionGroup(self))
            action = QAction(choice.words, group, checkable=True)
            action.setIconText(choice.short)
            action.setToolTip(choice.words)
            action.setChecked(getattr(self.options, choice.option) == choice.value)
            action.triggered.connect(lambda _=False, c=choice: self.set(c.option, c.value))
            self.by_choice[choice] = action

    def set(self, option: str, value: object) -> None:
        """Choose.

        Args:
            option: Field of `Options`.
            value: What it becomes; need not be one that has a button.
        """
        for choice, action in self.by_choice.items():
            if choice.option == option:
                action.setChecked(choice.value == value)
        options = replace(self.options, **{option: value})  # type: ignore[arg-type]
        if options != self.options:
            self.options = options
            self._changed(options)

    def allow(self, option: str, value: object, allowed: bool, why_not: str) -> None:
        """Let a value be chosen or not.

        Args:
            option: Field of `Options`.
            value: One of its values.
            allowed: Whether it may be chosen.
            why_not: Why not, for the tooltip.
        """
        for choice, action in self.by_choice.items():
            if (choice.option, choice.value) == (option, value):
                action.setEnabled(allowed)
                action.setToolTip(choice.words if allowed else why_not[:1].upper() + why_not[1:])

    def in_menu(self) -> list[QAction]:
        """All of them, a line between one option and the next."""
        found, last = [], CHOICES[0].option
        for choice, action in self.by_choice.items():
            if choice.option != last:
                line = QAction(self)
                line.setSeparator(True)
                found.append(line)
            found.append(action)
            last = choice.option
        return found


class OptionRow(QWidget):
    """The same as small buttons; what does not fit is left to the menu.

    Args:
        actions: The choices.
        more: A further action behind them.
        parent: Owner.
    """

    def __init__(self, actions: OptionActions, more: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.groups: list[QWidget] = []
        for option in dict.fromkeys(choice.option for choice in CHOICES):
            mine = [action for choice, action in actions.by_choice.items() if choice.option == option]
            self.groups.append(_buttons(BEFORE.get(option, ""), mine, BEHIND.get(option, ""), self))
        self.groups.insert(-1, _buttons("", [more], "", self))
        for group in self.groups:
            layout.addWidget(group)
        layout.addStretch(1)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours; what is chosen is underlined too."""
        self.setStyleSheet(
            f"QLabel {{ color: {theme.dim}; }}"
            f"QToolButton {{ color: {theme.dim}; background: transparent; border: 0; border-radius: 0;"
            " border-bottom: 2px solid transparent; padding: 1px 3px; }"
            f"QToolButton:hover {{ color: {theme.accent}; background: transparent; }}"
            f"QToolButton:checked {{ color: {theme.ink}; background: transparent;"
            f" border-bottom-color: {theme.accent}; }}"
            f"QToolButton:disabled {{ color: {theme.dim}; text-decoration: line-through; }}"
        )
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the options that fit."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        used = 0
        for group in self.groups:
            used += group.sizeHint().width() + SPACING_PX
            group.setVisible(used <= self.width())


def _buttons(before: str, actions: list[QAction], behind: str, parent: QWidget) -> QWidget:
    group = QWidget(parent)
    layout = QHBoxLayout(group)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    if before:
        layout.addWidget(QLabel(before, group))
    for action in actions:
        button = QToolButton(group)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(button)
    if behind:
        layout.addWidget(QLabel(behind, group))
    return group
