"""Changing a rig file by program, as a careful person would: comments and layout stay, and the old file is kept.

The new text is understood as a rig before it replaces the old file, in one step; whatever goes wrong leaves that as it
was. A rig that came with the software is not changed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.setup import Mode
from daq.errors import RigError
from daq.replace_file import replace_file
from daq.rig import WITHOUT, Rig, load_rig, parse_rig, shipped_rigs

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

DIGITS = 5
"""Significant digits of what is written: a hundredth of the best tap test's uncertainty."""
MOST_CHARS = 32
"""Of a rig's name."""
_CANNOT = "a rig file of your own, which can be written"


@dataclass(frozen=True)
class Written:
    """What was changed."""

    rig: Rig
    """The rig as its file says now, without a calibration beside it."""
    backup: Path
    """The file as it was."""


def rig_file(rig: Rig) -> Path:
    """The file of a rig that may be changed.

    Args:
        rig: As it was loaded.

    Returns:
        Its path.

    Raises:
        RigError: The rig came with the software, or with a session.
    """
    path = Path(rig.where)
    if rig.where in shipped_rigs() or not path.is_file():
        raise RigError(
            rig.where, expected=_CANNOT,
            seen="a rig that comes with the software" if rig.where in shipped_rigs() else "no such file",
            next_step=f"Make one first: stance rigs copy {rig.name} my_rig.toml, and use --rig my_rig.toml.",
        )  # fmt: skip
    return path


def write_modes(rig: Rig, found: Mapping[str, Mode], on: date) -> Written:
    """Write what a tap test found; each of these modes is said to be identified, the others stay as they are.

    Args:
        rig: As it was loaded.
        found: Modes by axis, "x", "y", "z".
        on: The day, for a comment.

    Returns:
        What was changed.
    """

    def change(document: "TOMLDocument") -> None:
        modes = _table(document, "modes")
        for axis, mode in found.items():
            table = _table(modes, axis)
            for key in ("natural_frequency_Hz", "damping", "u_natural_frequency_Hz", "u_damping"):
                _set(table, key, _rounded(getattr(mode, key)))
            _set(table, "identified", True, f"tap test, {on.isoformat()}")

    return edit_rig(rig, change)


def write_belt(rig: Rig, on: date, *, pulses_per_m: float | None = None, belt_length_m: float | None = None) -> Written:
    """Write what a belt measurement found.

    Args:
        rig: As it was loaded.
        on: The day, for a comment.
        pulses_per_m: Pulses per metre of belt; None leaves it.
        belt_length_m: Length of the belt's loop, m; None leaves it.

    Returns:
        What was changed.
    """

    def change(document: "TOMLDocument") -> None:
        if pulses_per_m is not None:
            _set(_table(document, "belt_sensor"), "pulses_per_m", _rounded(pulses_per_m), f"measured {on.isoformat()}")
        if belt_length_m is not None:
            _set(_table(document, "machine"), "belt_length_m", _rounded(belt_length_m), f"measured {on.isoformat()}")

    return edit_rig(rig, change)


def edit_rig(rig: Rig, change: Callable[["TOMLDocument"], None]) -> Written:
    """Change a rig's file.

    Args:
        rig: As it was loaded; its file must not have changed since.
        change: Makes the changes in the document.

    Returns:
        The rig as it is now, and where the file is kept as it was. A RigError says why nothing was changed.

    Raises:
        RigError: The file has changed since it was loaded.
    """
    import tomlkit

    path = rig_file(rig)
    old = _bytes(path)
    text = old.decode("utf-8-sig")
    if text != rig.text:
        raise RigError(str(path), expected="the file as it was read", seen="one that was changed meanwhile",
                       next_step="Give the command again.")  # fmt: skip
    document = tomlkit.parse(text)
    change(document)
    new = tomlkit.dumps(document)
    parse_rig(new, str(path))
    backup = path.with_name(path.name + ".bak")
    _replace(backup, old)
    _replace(path, (b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b"") + new.encode("utf-8"))
    return Written(load_rig(path, WITHOUT), backup)


def name_for(file: Path) -> str:
    """The name of the rig in a file that is called so.

    Args:
        file: my_rig.toml, or "My rig.toml".

    Returns:
        my_rig: lower-case letters, digits and underscores.

    Raises:
        RigError: No such name can be made of it.
    """
    name = re.sub(r"[^a-z0-9]+", "_", file.name.removesuffix(".toml").lower()).strip("_")[:MOST_CHARS].strip("_")
    if not name:
        raise RigError(str(file), expected="a file name with letters from a to z or digits", seen="none of them",
                       next_step="The rig is called as its file: my_rig.toml is my_rig.")  # fmt: skip
    return name


def renamed(rig: Rig, name: str) -> Rig:
    """A rig by another name.

    Args:
        rig: The rig.
        name: Lower-case letters, digits, underscores.

    Returns:
        The rig without its calibration; its text is the same but for the name.
    """
    import tomlkit

    document = tomlkit.parse(rig.text)
    _set(document, "name", name)
    return parse_rig(tomlkit.dumps(document), rig.where)


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        raise RigError(str(path), expected=_CANNOT, seen=error.strerror or str(error)) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RigError(str(path), expected=_CANNOT, seen=error.strerror or str(error)) from None


def _table(inside: Any, key: str) -> Any:
    """A table of a document, made if it is missing."""
    import tomlkit

    if key not in inside:
        inside[key] = tomlkit.table()
    return inside[key]


def _set(table: Any, key: str, value: str | float | bool, comment: str = "") -> None:
    """Set a key, in its place if it is there; its own comment stays unless another is given."""
    import tomlkit
    from tomlkit.items import InlineTable, Item

    item: Item = tomlkit.item(value)
    old = table.get(key)
    if isinstance(old, Item):
        item.trivia.indent, item.trivia.comment_ws = old.trivia.indent, old.trivia.comment_ws
        item.trivia.comment, item.trivia.trail = old.trivia.comment, old.trivia.trail
    if comment and not isinstance(table, InlineTable):
        item.comment(comment)
    table[key] = item


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
