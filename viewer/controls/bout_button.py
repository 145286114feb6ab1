"""The button that names bouts: what is run now, or next."""

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from viewer.controls.ask import Ask
from viewer.controls.buttons import Button

MOST_NAMES = 8
LONGEST = 14
"""Letters of a name on the button; the whole of it is in the tooltip."""


class BoutButton(Button):
    """A menu: a new name, names used before, the end of the bout.

    Args:
        parent: The toolbar.

    Attributes:
        names: Names to offer again, oldest first.
        noted: Gives the names that the recording knows.
    """

    bout_wanted = Signal(str)
    """Name of the bout that begins; empty ends one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bout", "bout", "", "bout", parent)
        self.names: list[str] = []
        self.noted: Callable[[], Iterable[str]] = tuple
        self._name, self._coming, self._wordy = "", False, True
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._write()

    def show_bout(self, name: str, *, coming: bool) -> None:
        """Show the bout.

        Args:
            name: Of the bout under way, or of the next one; may be empty.
            coming: Whether it begins with the next recording.
        """
        if (name, coming) != (self._name, self._coming):
            self._name, self._coming = name, coming
            self.remember(name)
            self._write()

    def set_wordy(self, wordy: bool) -> None:
        """Show words beside the icon, or the icon alone.

        Args:
            wordy: Whether there is room.
        """
        self._wordy = wordy
        self._write()

    def remember(self, name: str) -> None:
        """Offer a name again.

        Args:
            name: Used as a bout's name; an empty one is none.
        """
        if name and name not in self.names:
            self.names = [*self.names, name][-MOST_NAMES:]

    @property
    def word(self) -> str:
        """What stands on the button where there is room."""
        short = self._name if len(self._name) <= LONGEST else self._name[: LONGEST - 1] + "…"
        return f"{'Next' if self._coming else 'Bout'}: {short}" if self._name else "Bout"

    def ask(self) -> None:
        """Ask for a name."""
        when = "with the next recording" if self._coming else "now"
        question = f"Name of the bout, for the report and for comparisons. It begins {when}."
        Ask(self, "Bout", question, "such as warm-up, easy, 12 km/h", self.bout_wanted.emit).open()

    def end(self) -> None:
        """End the bout under way, or take the next one's name back."""
        self.bout_wanted.emit("")

    def _write(self) -> None:
        self.set_word(self.word if self._wordy else "")
        self.setAccessibleName(self.word)
        now = (
            f"“{self._name}” {'begins with the recording' if self._coming else 'is under way'}. " if self._name else ""
        )
        self.says(f"{now}Name what is run now")

    def _fill(self) -> None:
        for name in self.noted():
            self.remember(name)
        menu = self.menu()
        menu.clear()
        menu.addAction("New bout …\tB", self.ask)
        others = [name for name in self.names if name != self._name]
        if others:
            menu.addSeparator()
        for name in reversed(others):
            menu.addAction(name.replace("&", "&&"), partial(self.bout_wanted.emit, name))
        menu.addSeparator()
        end = menu.addAction(
            f"End “{self._name.replace('&', '&&')}”\tShift+B" if self._name else "End the bout\tShift+B"
        )
        end.triggered.connect(self.end)
        end.setEnabled(bool(self._name))
