"""Every key of the window: the one table that shortcuts, tooltips and the help read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

LIVE, REPLAY, BOTH = "live", "replay", "both"


@dataclass(frozen=True)
class Key:
    """One thing that a key does."""

    id: str
    """Name for programs; one row of the table has it."""
    keys: tuple[str, ...]
    """Key sequences, as Qt writes them; any of them does it."""
    words: str
    """What it does, for people."""
    group: str
    """Heading in the help."""
    when: str = BOTH
    """LIVE, REPLAY or BOTH."""
    repeats: bool = False
    """Whether holding the key down does it again and again."""
    shown: str = ""
    """How the help writes the keys, if not one after the other."""


_RECORD, _TIME, _VIEW, _WINDOW = "Recording", "Time", "View", "Window"
KEYS = (
    Key("record", ("R", "Ctrl+R"), "start recording; twice: stop", _RECORD, LIVE),
    Key("stop", ("Shift+R",), "stop recording at once", _RECORD, LIVE),
    Key("tare", ("T",), "tare: set the zero, nobody on the belt", _RECORD, LIVE),
    Key("bout", ("B",), "name what is run: a bout", _RECORD, LIVE),
    Key("bout_end", ("Shift+B",), "end the bout", _RECORD, LIVE),
    Key("marker", ("M",), "set a marker", _RECORD, LIVE),
    Key("marker_digit", tuple("0123456789"), "set a marker with this number", _RECORD, LIVE, shown="0 … 9"),
    Key("note", ("N",), "write a note", _RECORD, LIVE),
    Key("freeze", ("Space",), "freeze the curve; again to follow it", _TIME, LIVE),
    Key("play", ("Space",), "play or pause", _TIME, REPLAY),
    Key("previous_stance", ("Left",), "previous stance", _TIME, repeats=True),
    Key("next_stance", ("Right",), "next stance", _TIME, repeats=True),
    Key("back_5s", ("Shift+Left",), "5 s back", _TIME, repeats=True),
    Key("on_5s", ("Shift+Right",), "5 s on", _TIME, repeats=True),
    Key("first", ("Home",), "to the beginning", _TIME),
    Key("last", ("End",), "to the end", _TIME),
    Key("faster", ("Up",), "play faster", _TIME, REPLAY, repeats=True),
    Key("slower", ("Down",), "play slower", _TIME, REPLAY, repeats=True),
    Key("loop_start", ("[",), "loop: from here …", _TIME, REPLAY),
    Key("loop_end", ("]",), "loop: … to here", _TIME, REPLAY),
    Key("loop_clear", ("\\",), "no loop", _TIME, REPLAY),
    Key("wider", ("-",), "show more seconds", _VIEW, repeats=True, shown="−"),
    Key("closer", ("+", "="), "show fewer seconds", _VIEW, repeats=True, shown="+"),
    Key("units", ("U",), "newtons or body weights", _VIEW),
    Key("large", ("L",), "large type, to read while running", _VIEW),
    Key("compare", ("C",), "compare two bouts", _VIEW, REPLAY),
    Key("theme", ("D",), "dark or light", _VIEW),
    Key("fullscreen", ("F11",), "full screen", _VIEW),
    Key("options", ("O",), "options", _WINDOW),
    Key("screenshot", ("S",), "save a picture of the window", _WINDOW),
    Key("open", ("Ctrl+O",), "open a recorded session", _WINDOW),
    Key("help", ("F1", "?"), "this help", _WINDOW),
    Key("back", ("Escape",), "close what is in front", _WINDOW),
    Key("close", ("Ctrl+Q", "Ctrl+W"), "close the window, not the recording", _WINDOW),
)
"""In the order of the help."""
_SHOWN = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Escape": "Esc"}


def keys_for(live: bool) -> tuple[Key, ...]:
    """Keys of one use of the window.

    Args:
        live: Attached to a recorder, or a recorded session.

    Returns:
        The rows of the table that hold there.
    """
    return tuple(key for key in KEYS if key.when in (BOTH, LIVE if live else REPLAY))


def caps(key: Key) -> tuple[str, ...]:
    """What is printed on the keys: one text for each way to do it."""
    return (key.shown,) if key.shown else tuple(written(sequence) for sequence in key.keys)


def written(sequence: str) -> str:
    """A key sequence, for people: "Shift+Left" is "Shift+←"."""
    *held, last = sequence.split("+") if len(sequence) > 1 else [sequence]
    return "+".join([*held, _SHOWN.get(last, last)])


def tip(words: str, identifier: str) -> str:
    """Tooltip of what a key does as well.

    Args:
        words: What the button does.
        identifier: Row of the table.

    Returns:
        The words, and the keys in brackets.
    """
    return f"{words} ({' or '.join(caps(_BY_ID[identifier]))})"


_BY_ID = {key.id: key for key in KEYS}


def bind(window: QWidget, live: bool, act: Callable[[str, str], object]) -> list[QShortcut]:
    """Make the keys work in a window.

    Args:
        window: Where they work, whichever of its widgets has the focus.
        live: Which keys.
        act: Called with the row's id and the key sequence.

    Returns:
        The shortcuts, children of the window; `unbind` takes them away.
    """
    shortcuts = []
    for key in keys_for(live):
        for sequence in key.keys:
            shortcut = QShortcut(QKeySequence(sequence), window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.setAutoRepeat(key.repeats)  # a finger that rests on R must not stop the recording
            shortcut.activated.connect(partial(act, key.id, sequence))
            shortcuts.append(shortcut)
    return shortcuts


def unbind(shortcuts: list[QShortcut]) -> None:
    """Take shortcuts of `bind` away again.

    Args:
        shortcuts: As `bind` gave them; emptied.
    """
    while shortcuts:
        shortcut = shortcuts.pop()
        shortcut.setEnabled(False)
        shortcut.deleteLater()
